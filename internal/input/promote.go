package input

import (
	"errors"
	"strings"

	"github.com/google/go-containerregistry/pkg/name"
	v1 "github.com/google/go-containerregistry/pkg/v1"
)

// PromoteConfig is a run of `promote` as it was asked for.
type PromoteConfig struct {
	Config

	From     name.Reference // what is promoted; nil if the input is wrong
	Expected v1.Hash        // the digest it must have; zero for any
}

// ParsePromote reads and checks everything a promotion is asked for.
func ParsePromote(env Environment) (*PromoteConfig, error) {
	r := newReader(Promote, env)
	c := &PromoteConfig{}
	r.common(&c.Common, env)
	r.promoted(c)
	c.Naming = r.naming()
	c.Labels, c.Annotations = "", "" // other inputs' names: they would change the digest
	if tag, ok := c.From.(name.Tag); ok && c.Tags == "" && c.moved() {
		c.Tags = tag.TagStr()
	}
	if c.From != nil && c.Tags == "" {
		r.fail("tags", "no-tags", "Set tags: the names that are to point at it.", "There is no tag to promote %s to", c.From)
	}
	if text := r.text("expected-digest"); text != "" {
		var err error
		if c.Expected, err = v1.NewHash(text); err != nil {
			r.fail("expected-digest", "digest-invalid", "Write sha256: and 64 hexadecimal digits, as the output digest has it.", "expected-digest is %q", text)
		}
	}
	r.choices(&c.Config)
	c.OnlyNewer = r.boolean("only-newer")
	return c, errors.Join(r.errs...)
}

// promoted reads the source: a reference, or the digest or the tag of one in
// the image.
func (r *reader) promoted(c *PromoteConfig) {
	text := strings.TrimPrefix(r.text("source"), "docker://")
	if text == "" {
		r.fail("source", "source-missing", "Set source to a reference, or to the tag or digest of one in image: rc, sha256:….", "There is nothing to promote")
		return
	}
	full := text
	if !strings.ContainsAny(text, "/@") && len(c.Images) > 0 {
		full = c.Images[0].Name() + ":" + text
		if strings.HasPrefix(text, "sha256:") {
			full = c.Images[0].Name() + "@" + text
		}
	}
	ref, err := name.ParseReference(full)
	if err != nil {
		r.fail("source", "source-invalid", "Write HOST/OWNER/NAME:TAG, or @sha256:… in place of the tag; or the tag or digest of one in image.", "source is %q", text)
		return
	}
	c.From, c.Source = ref, "docker://"+ref.Name()
}

// moved reports whether any image is another repository than the source's.
func (c *PromoteConfig) moved() bool {
	for _, repo := range c.Images {
		if repo.Name() != c.From.Context().Name() {
			return true
		}
	}
	return false
}
