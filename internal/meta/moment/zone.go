package moment

import (
	_ "embed"
	"strings"
	"sync"
	"time"
	_ "time/tzdata" // for hosts without zone files
)

// names lists the zones of the IANA database, one per line.
//
//go:embed zones.txt
var names string

// zoneNames maps a folded zone name to its real name.
var zoneNames = sync.OnceValue(func() map[string]string {
	out := map[string]string{}
	for name := range strings.Lines(names) {
		name = strings.TrimSpace(name)
		out[fold(name)] = name
	}
	return out
})

// loaded caches the zones that were loaded, because loading is slow.
var loaded sync.Map // name → *time.Location

// Zone is a time zone. The zero value is invalid; use [LoadZone].
type Zone struct {
	location *time.Location
	known    bool
}

// UTC is the zone for a date without a tz attribute.
var UTC = Zone{location: time.UTC, known: true}

// Known reports whether the name of the zone exists in the database.
func (z Zone) Known() bool { return z.known }

// LoadZone finds a zone of the IANA database. The name is not case-sensitive,
// and can have underscores instead of slashes. An unknown zone has the offset
// of UTC, but no name.
func LoadZone(name string) Zone {
	real, ok := zoneNames()[fold(name)]
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
