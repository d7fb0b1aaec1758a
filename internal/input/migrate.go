package input

import "errors"

// MigrateConfig is the configuration of `migrate`.
type MigrateConfig struct {
	Common
	Paths    []string // empty for the workflows of the working directory
	Write    bool
	Check    bool
	ToAction string
	AddCheck bool   // also write a workflow that checks the permissions
	SARIF    string // a path; "" for none
}

// ParseMigrate reads and checks the inputs of `migrate`.
func ParseMigrate(env Environment) (*MigrateConfig, error) {
	r := newReader(Migrate, env)
	c := &MigrateConfig{
		Paths: r.lines("paths"), Write: r.boolean("write"), Check: r.boolean("check"), AddCheck: r.boolean("add-check"),
		ToAction: r.text("to-action"), SARIF: r.text("sarif"),
	}
	r.base(&c.Common, env)
	c.Home = c.GitHub.Registry()
	r.token(&c.Common, env)
	return c, errors.Join(r.errs...)
}
