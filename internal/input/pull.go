package input

import (
	"errors"

	"github.com/google/go-containerregistry/pkg/name"
	v1 "github.com/google/go-containerregistry/pkg/v1"
)

// PullConfig is the configuration of `pull`.
type PullConfig struct {
	Common

	Reference   name.Reference
	Destination string       // package sink parses this text
	Platform    *v1.Platform // nil for all platforms; if the destination accepts one platform, nil means the platform of the machine or the engine
	VerifyOnly  bool
}

// ParsePull reads and checks the inputs of `pull`.
func ParsePull(env Environment) (*PullConfig, error) {
	r := newReader(Pull, env)
	c := &PullConfig{Platform: r.platform(), VerifyOnly: r.boolean("verify-only"), Destination: r.text("destination")}
	r.registryInputs(&c.Common, env)
	if source := r.text("source"); source != "" {
		c.Reference = r.reference("source", source, &c.Common)
	} else {
		r.failEmpty("source", CodeSourceMissing, "Set source to the reference of the image: ghcr.io/acme/web:1.2.3.")
	}
	switch {
	case c.VerifyOnly && c.Destination != "":
		r.fail("destination", CodeDestinationWithVerifyOnly, "Remove one of the two inputs, because verify-only writes nothing.", "The inputs destination and verify-only exclude each other")
	case !c.VerifyOnly && c.Destination == "":
		r.fail("destination", CodeDestinationMissing, "Set destination to a directory for an OCI layout, to oci-archive:FILE, docker-archive:FILE or docker-daemon:, or set verify-only: true.", "The input destination is empty")
	}
	return c, errors.Join(r.errs...)
}
