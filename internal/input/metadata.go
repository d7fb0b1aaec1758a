package input

import (
	"errors"
	"strings"
)

// MetadataConfig is the configuration of `metadata`.
type MetadataConfig struct {
	Common
	Naming
	Images                             string // in the form of docker/metadata-action, not parsed
	FromGit                            bool
	SepTags, SepLabels, SepAnnotations string
	BakeTarget                         string
	Explain                            bool
}

// ParseMetadata reads and checks the inputs of `metadata`.
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

// naming returns the texts of the inputs. Package meta parses the texts, and its
// errors name the rule.
func (r *reader) naming() Naming {
	return Naming{
		Tags: r.text("tags"), Flavor: r.text("flavor"), Version: r.text("version"),
		Labels: r.text("labels"), Annotations: r.text("annotations"),
	}
}

// context reads the input context, or the input ref-context if context is empty.
// The input of docker/metadata-action has the name context.
func (r *reader) context() string {
	switch v := r.text("context"); v {
	case "":
		return r.choice("ref-context")
	case "git", "workflow":
		return v
	default:
		r.fail("context", CodeValue, "For the command metadata, write workflow or git.", "The input context has the invalid value %q", v)
		return v
	}
}
