package input

import "errors"

// MigrateConfig is a run of `migrate` as it was asked for.
type MigrateConfig struct {
	Common
	Paths    []string // none: the working directory's workflows
	Write    bool
	Check    bool
	ToAction string
	AddCheck bool   // also write a workflow that proves the grants
	SARIF    string // a path; "" for none
}

// ParseMigrate reads and checks everything a migrate run is asked for.
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
