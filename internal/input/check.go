package input

import "errors"

// ParseCheck reads and checks the inputs of `check`. The command `check` has the inputs
// of `publish` that can cause a refusal.
func ParseCheck(env Environment) (*Config, error) {
	r := newReader(Check, env)
	r.origin = env.Origin // the command "check" writes nothing, so it may use a repository that the user did not name
	c := &Config{}
	r.common(&c.Common, env)
	r.policies(c)
	c.Verify = VerifyFull
	return c, errors.Join(r.errs...)
}
