package input

import (
	"errors"
	"strings"

	"github.com/google/go-containerregistry/pkg/name"
	v1 "github.com/google/go-containerregistry/pkg/v1"

	"github.com/ghcr-publish/ghcr-publish/internal/attest"
)

// PromoteConfig is the configuration of `promote`.
type PromoteConfig struct {
	Config

	From     name.Reference      // the source; nil if the input is invalid
	Expected v1.Hash             // the digest that From must have; the zero value means any digest
	Require  *attest.Requirement // the attestation that From must have, or nil
}

// ParsePromote reads and checks the inputs of `promote`.
func ParsePromote(env Environment) (*PromoteConfig, error) {
	r := newReader(Promote, env)
	c := &PromoteConfig{}
	r.common(&c.Common, env)
	r.promoteSource(c)
	c.Naming = r.naming()
	c.Labels, c.Annotations = "", "" // promote has no inputs for labels and annotations, because they would change the digest
	if tag, ok := c.From.(name.Tag); ok && c.Tags == "" && c.hasOtherRepository() {
		c.Tags = tag.TagStr()
	}
	if c.From != nil && c.Tags == "" {
		r.fail("tags", CodeNoTags, "Set the input tags to the names that must point at the image.", "The input tags is empty, so no tag would point at %s", c.From)
	}
	if text := r.text("expected-digest"); text != "" {
		var err error
		if c.Expected, err = v1.NewHash(text); err != nil {
			r.fail("expected-digest", CodeDigestInvalid, "Write sha256: and 64 hexadecimal digits, as in the output digest.", "The input expected-digest has the invalid value %q", text)
		}
	}
	c.Platforms = r.platforms("platforms")
	c.Require = r.require(c.GitHub.ServerURL)
	r.pushOptions(&c.Config)
	c.OnlyNewer = r.boolean("only-newer")
	return c, errors.Join(r.errs...)
}

// promoteSource parses the input "source". This input is a reference, or a digest or a
// tag in the first repository of the input "image".
func (r *reader) promoteSource(c *PromoteConfig) {
	text := strings.TrimPrefix(r.text("source"), referencePrefix)
	if text == "" {
		r.failEmpty("source", CodeSourceMissing, "Set the input source to a reference, or to a tag or digest in the repository of the input image, such as rc or sha256:….")
		return
	}
	if r.refuseFile(text) {
		return
	}
	if hint := c.otherForm(text); hint != "" {
		r.fail("source", CodeSourceInvalid, hint, "The input source is %q, which is not an image reference", text)
		return
	}
	if parts := strings.FieldsFunc(text, func(c rune) bool { return c == '\n' || c == ',' }); len(parts) > 1 {
		r.fail("source", CodeSourceInvalid, "Write one image: "+strings.TrimSpace(parts[0])+". Promote each image in a separate step.", "The input source contains several images: %q", text)
		return
	}
	full := text
	if !strings.ContainsAny(text, "/@") && len(c.Images) > 0 {
		full = c.Images[0].Name() + ":" + text
		if strings.HasPrefix(text, "sha256:") {
			full = c.Images[0].Name() + "@" + text
		}
	}
	ref, fault := c.parseReference(full)
	if fault != nil {
		r.fail("source", CodeSourceInvalid, fault.Cure+" The input can also be a tag or a digest in the repository of the input image.", "The input source is %q, which %s", text, fault.Is)
		return
	}
	c.From, c.Source = ref, referencePrefix+ref.Name()
}

// hasOtherRepository reports whether an image is in another repository than the
// source.
func (c *PromoteConfig) hasOtherRepository() bool {
	for _, repo := range c.Images {
		if repo.Name() != c.From.Context().Name() {
			return true
		}
	}
	return false
}
