package input

import (
	"errors"

	"github.com/google/go-containerregistry/pkg/name"
	v1 "github.com/google/go-containerregistry/pkg/v1"
)

// PullConfig is a run of `pull` as it was asked for.
type PullConfig struct {
	Common

	Reference   name.Reference
	Destination string       // as written; package sink parses it
	Platform    *v1.Platform // nil: all, or this machine's where one is needed
	VerifyOnly  bool
}

// ParsePull reads and checks everything a pull is asked for.
func ParsePull(env Environment) (*PullConfig, error) {
	r := newReader(Pull, env)
	c := &PullConfig{Platform: r.platform(), VerifyOnly: r.boolean("verify-only"), Destination: r.text("destination")}
	r.remote(&c.Common, env)
	if source := r.text("source"); source != "" {
		c.Reference = r.reference("source", source, &c.Common)
	} else {
		r.fail("source", "source-missing", "Set source to the image's reference: ghcr.io/acme/web:1.2.3.", "There is no image to pull")
	}
	switch {
	case c.VerifyOnly && c.Destination != "":
		r.fail("destination", "destination-idle", "Take one of both away: verify-only writes nothing.", "destination is given together with verify-only")
	case !c.VerifyOnly && c.Destination == "":
		r.fail("destination", "destination-missing", "Set destination to a directory for an OCI layout, to oci-archive:FILE, docker-archive:FILE or docker-daemon:; or verify-only: true.", "There is no destination")
	}
	return c, errors.Join(r.errs...)
}
