package input

import (
	"errors"
	"os"
	"strings"

	"github.com/google/go-containerregistry/pkg/name"
	v1 "github.com/google/go-containerregistry/pkg/v1"
)

// InspectConfig is a run of `inspect` as it was asked for.
type InspectConfig struct {
	Common

	Source    string         // as written
	Reference name.Reference // nil: Source is a path
	Platform  *v1.Platform   // nil: all
	JSON      bool
	Digest    bool // the digest alone
}

// ParseInspect reads and checks everything that inspect is asked for.
func ParseInspect(env Environment) (*InspectConfig, error) {
	r := newReader(Inspect, env)
	c := &InspectConfig{Source: r.text("source"), Platform: r.platform(), JSON: r.boolean("json"), Digest: r.boolean("digest-only")}
	r.remote(&c.Common, env)
	switch {
	case c.Source == "":
		r.fail("source", "source-missing", "Set source to a reference (ghcr.io/acme/web:1.2.3), a directory, or a tar.", "There is nothing to inspect")
	case strings.HasPrefix(c.Source, referencePrefix) || !onDisk(c.Source):
		c.Reference = r.reference("source", c.Source, &c.Common)
	}
	return c, errors.Join(r.errs...)
}

// onDisk reports a source that is a path: by its prefix or its form, or
// because it is there.
func onDisk(source string) bool {
	prefix, _, _ := strings.Cut(source, ":")
	switch prefix {
	case "oci", "oci-archive", "docker-archive", "docker-daemon", "containers-storage":
		return true
	}
	if strings.HasPrefix(source, ".") || strings.HasPrefix(source, "/") || strings.ContainsAny(source, `\#`) {
		return true
	}
	_, err := os.Stat(source)
	return err == nil
}
