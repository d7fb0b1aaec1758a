package input

import (
	"errors"
	"strings"
)

// MetadataConfig is a run of `metadata` as it was asked for.
type MetadataConfig struct {
	Common
	Naming
	Images                             string // in docker/metadata-action's form, as written
	FromGit                            bool
	SepTags, SepLabels, SepAnnotations string
	BakeTarget                         string
	Explain                            bool
}

// ParseMetadata reads and checks everything a metadata run is asked for.
func ParseMetadata(env Environment) (*MetadataConfig, error) {
	r := newReader(Metadata, env)
	c := &MetadataConfig{Naming: r.naming(), Explain: r.boolean("explain")}
	r.base(&c.Common, env)
	c.Home = c.GitHub.Registry()
	r.token(&c.Common, env)
	c.Images = strings.TrimSpace(r.text("images") + "\n" + r.text("image"))
	c.FromGit = r.context() == "git"
	c.SepTags, c.SepLabels, c.SepAnnotations = r.raw("sep-tags"), r.raw("sep-labels"), r.raw("sep-annotations")
	c.BakeTarget = r.text("bake-target")
	return c, errors.Join(r.errs...)
}

// naming keeps the text as it is: package meta parses it, and reports
// mistakes with the rule they are in.
func (r *reader) naming() Naming {
	return Naming{
		Tags: r.text("tags"), Flavor: r.text("flavor"), Version: r.text("version"),
		Labels: r.text("labels"), Annotations: r.text("annotations"),
	}
}

// context is ref-context, or its older name.
func (r *reader) context() string {
	switch v := r.text("context"); v {
	case "":
		return r.choice("ref-context")
	case "git", "workflow":
		return v
	default:
		r.fail("context", "input-value", "Allowed for metadata: workflow, git.", "context is %q", v)
		return v
	}
}
