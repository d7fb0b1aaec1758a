package moment

import (
	_ "embed"
	"strings"
	"sync"
	"time"
	_ "time/tzdata" // for hosts that have no zone files
)

// names lists the zones of the IANA database, one a line.
//
//go:embed zones.txt
var names string

// spelled leads from a zone's folded name to its real one.
var spelled = sync.OnceValue(func() map[string]string {
	out := map[string]string{}
	for name := range strings.Lines(names) {
		name = strings.TrimSpace(name)
		out[fold(name)] = name
	}
	return out
})

// loaded caches the zones asked for: reading one is slow.
var loaded sync.Map // name → *time.Location

// Zone is a time zone. The zero value is unusable; ask [LoadZone].
type Zone struct {
	location *time.Location
	known    bool
}

// UTC is the zone of formats that name none.
var UTC = Zone{location: time.UTC, known: true}

// Known reports whether the name that the zone was loaded by exists.
func (z Zone) Known() bool { return z.known }

// LoadZone finds a zone of the IANA database. Case does not matter, and a
// slash may be an underscore. An unknown zone is like UTC, but nameless.
func LoadZone(name string) Zone {
	real, ok := spelled()[fold(name)]
	if !ok {
		return Zone{location: time.UTC}
	}
	if l, ok := loaded.Load(real); ok {
		return Zone{location: l.(*time.Location), known: true}
	}
	l, err := time.LoadLocation(real)
	if err != nil {
		return Zone{location: time.UTC}
	}
	loaded.Store(real, l)
	return Zone{location: l, known: true}
}

func fold(name string) string {
	return strings.ReplaceAll(strings.ToLower(name), "/", "_")
}
