package input

import "errors"

// ParseCheck reads and checks the inputs of `check`: the inputs of `publish` that
// decide if the registry or a policy refuses the image.
func ParseCheck(env Environment) (*Config, error) {
	r := newReader(Check, env)
	c := &Config{}
	r.common(&c.Common, env)
	r.policies(c)
	c.Verify = VerifyFull
	return c, errors.Join(r.errs...)
}
