package input

import "errors"

// ParsePublish reads and checks everything a publish run is asked for.
func ParsePublish(env Environment) (*Config, error) {
	r := newReader(Publish, env)
	c := &Config{}
	r.common(&c.Common, env)
	c.Source = r.text("source")
	if c.Source == "" {
		r.fail("source", "source-missing", "Set source to what the build step left: a directory, a tar, or docker://REFERENCE.", "There is no source")
	}
	c.Naming = r.naming()
	r.choices(c)
	return c, errors.Join(r.errs...)
}

func (r *reader) choices(c *Config) {
	c.Visibility = Visibility(r.choice("visibility"))
	c.FailOnMismatch = r.choice("on-visibility-mismatch") == "fail"
	c.OnReadOnly = r.choice("on-readonly")
	if c.OnReadOnly == "" {
		c.OnReadOnly = "fail"
		if c.GitHub.PullRequest() {
			c.OnReadOnly = "skip"
		}
	}
	c.Verify = Verification(r.choice("verify"))
	c.DryRun = r.boolean("dry-run") || !r.boolean("push")
}
