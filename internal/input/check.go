package input

import "errors"

// ParseCheck reads and checks everything a check is asked for: what publish
// takes, as far as it decides whether publishing would be refused.
func ParseCheck(env Environment) (*Config, error) {
	r := newReader(Check, env)
	c := &Config{}
	r.common(&c.Common, env)
	r.wishes(c)
	c.Verify = VerifyFull
	return c, errors.Join(r.errs...)
}
