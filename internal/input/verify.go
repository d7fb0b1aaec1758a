package input

import (
	"errors"

	"github.com/google/go-containerregistry/pkg/name"

	"github.com/ghcr-publish/ghcr-publish/internal/attest"
)

// VerifyConfig is the configuration of `verify`.
type VerifyConfig struct {
	Common

	Reference   name.Reference
	Requirement attest.Requirement
	JSON        bool
}

// ParseVerify reads and checks the inputs of `verify`.
func ParseVerify(env Environment) (*VerifyConfig, error) {
	r := newReader(Verify, env)
	c := &VerifyConfig{JSON: r.boolean("json")}
	r.registryInputs(&c.Common, env)
	if source := r.text("source"); source == "" {
		r.failEmpty("source", CodeSourceMissing, "Set the input source to a reference, such as ghcr.io/acme/web:1.2.3.")
	} else if !r.refuseFile(source) {
		c.Reference = r.reference("source", source, &c.Common)
	}
	c.Requirement = r.requirement(policyOf(c.GitHub.ServerURL, r.text))
	c.Requirement.Policy.DenySelfHosted = r.boolean("deny-self-hosted-runners")
	r.validate(c.Requirement.Policy)
	return c, errors.Join(r.errs...)
}
