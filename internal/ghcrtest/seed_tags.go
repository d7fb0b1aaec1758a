package ghcrtest

import (
	"fmt"
	"strings"

	"github.com/ghcr-publish/ghcr-publish/internal/safe/lazy"
)

// labelReference matches {hex:LABEL} and {digest:LABEL}.
var labelReference = lazy.Regexp(`\{(hex|digest):([^{}]+)\}`)

// expandTags replaces the references to labels in the tags of a version.
func (b *seedBuilder) expandTags(v *SeedVersion) error {
	m := b.out.manifests[v.Label]
	for _, tag := range v.Tags {
		for _, found := range labelReference().FindAllStringSubmatch(tag, -1) {
			if found[2] == v.Label {
				return fmt.Errorf("version %q refers to itself through the tag %q", v.Label, tag)
			}
		}
		expanded := b.expand(tag)
		if !validTag(expanded) {
			return fmt.Errorf("version %q has the invalid tag %q", v.Label, tag)
		}
		m.tags = append(m.tags, expanded)
	}
	return nil
}

// expand replaces the references to labels in a text.
func (b *seedBuilder) expand(text string) string {
	return labelReference().ReplaceAllStringFunc(text, func(reference string) string {
		found := labelReference().FindStringSubmatch(reference)
		digest := b.descriptor(found[2]).Digest
		if found[1] == "hex" {
			digest = strings.TrimPrefix(digest, "sha256:")
		}
		return digest
	})
}

// checkTags checks that no tag belongs to two versions at the start.
func (b *seedBuilder) checkTags(versions []SeedVersion) error {
	owner := map[string]string{}
	for _, v := range versions {
		for _, tag := range b.out.manifests[v.Label].tags {
			if other, used := owner[tag]; used {
				return fmt.Errorf("the versions %q and %q have the tag %q", other, v.Label, tag)
			}
			owner[tag] = v.Label
		}
	}
	return nil
}
