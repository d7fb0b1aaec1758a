package moment

import (
	_ "embed"
	"strings"
	"sync"
	"time"
	_ "time/tzdata" // Some hosts have no time zone files.
)

// names lists the zones of the IANA database, one per line.
//
//go:embed zones.txt
var names string

// zoneNames maps the simplified name that the function "fold" returns to the name of the
// zone.
var zoneNames = sync.OnceValue(func() map[string]string {
	out := map[string]string{}
	for name := range strings.Lines(names) {
		name = strings.TrimSpace(name)
		out[fold(name)] = name
	}
	return out
})

// loaded caches the zones that LoadZone has loaded, because the loading of a
// zone is slow.
var loaded sync.Map // name → *time.Location

// Zone is a time zone. The zero value is invalid. Use [LoadZone] to get a Zone.
type Zone struct {
	location *time.Location
	known    bool
}

// UTC is the zone for a date without the attribute tz.
var UTC = Zone{location: time.UTC, known: true}

// Known reports whether the name of the zone exists in the database.
func (z Zone) Known() bool { return z.known }

// LoadZone returns the zone of the IANA database with the given name. The name
// is not case-sensitive, and it can have underscores instead of slashes. For an
// unknown name, LoadZone returns a zone with the offset of UTC and without a
// name.
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
