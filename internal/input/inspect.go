package input

import (
	"errors"
	"os"
	"path/filepath"
	"strings"

	"github.com/google/go-containerregistry/pkg/name"
	v1 "github.com/google/go-containerregistry/pkg/v1"
)

// InspectConfig is the configuration of `inspect`.
type InspectConfig struct {
	Common

	Source    string         // the input "source", not parsed
	Reference name.Reference // nil if Source is not a reference
	Platform  *v1.Platform   // nil means all platforms
	JSON      bool
	Digest    bool // the command prints only the digest
}

// ParseInspect reads and checks the inputs of `inspect`.
func ParseInspect(env Environment) (*InspectConfig, error) {
	r := newReader(Inspect, env)
	c := &InspectConfig{Source: r.text("source"), Platform: r.platform(), JSON: r.boolean("json"), Digest: r.boolean("digest-only")}
	r.registryInputs(&c.Common, env)
	if c.JSON && c.Digest {
		r.fail("digest-only", CodeValue, "Remove one of the two inputs. The JSON of the input json contains the digest.", "The inputs json and digest-only exclude each other")
	}
	switch {
	case c.Source == "" && r.refused("image"):
	case c.Source == "":
		r.failEmpty("source", CodeSourceMissing, "Set the input source to a reference (ghcr.io/acme/web:1.2.3), a directory, or a tar.")
	case strings.HasPrefix(c.Source, referencePrefix) || !isLocal(c.Source):
		c.Reference = r.reference("source", c.Source, &c.Common)
	}
	return c, errors.Join(r.errs...)
}

// isLocal reports whether the source is on this machine. A local source has the
// prefix of a local format or the form of a path, or it is the name of an existing
// file.
func isLocal(source string) bool {
	prefix, _, _ := strings.Cut(source, ":")
	switch prefix {
	case "oci", "oci-archive", "docker-archive", "docker-daemon", "containers-storage":
		return true
	}
	if strings.HasPrefix(source, ".") || strings.HasPrefix(source, "/") || filepath.IsAbs(source) || strings.ContainsAny(source, `\#`) {
		return true
	}
	_, err := os.Stat(source)
	return err == nil
}
