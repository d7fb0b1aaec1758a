package cleanup_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"testing"

	v1 "github.com/google/go-containerregistry/pkg/v1"

	"github.com/ghcr-publish/ghcr-publish/internal/ghcrtest"
	"github.com/ghcr-publish/ghcr-publish/internal/image"
)

// content is the content of a package: the labels of its versions, and the label or digest
// of each tag.
type content struct {
	versions map[string]bool
	tags     map[string]string
}

// content reads the package from the server without a request.
func (w *world) content() content {
	out := content{map[string]bool{}, map[string]string{}}
	labels := map[string]string{}
	for label, digest := range w.digests {
		labels[digest] = label
	}
	name := func(digest string) string {
		if label, ok := labels[digest]; ok {
			return label
		}
		return digest
	}
	for _, digest := range w.server.Versions(w.seed.Name()) {
		out.versions[name(digest)] = true
	}
	for _, tag := range w.server.Tags(w.seed.Name()) {
		out.tags[tag] = name(w.server.Tag(w.seed.Name(), tag))
	}
	return out
}

// equal returns an error that names the first difference between two contents.
func (c content) equal(want content) error {
	if !maps.Equal(c.versions, want.versions) {
		return fmt.Errorf("got the versions %q, want %q", slices.Sorted(maps.Keys(c.versions)), slices.Sorted(maps.Keys(want.versions)))
	}
	if !maps.Equal(c.tags, want.tags) {
		return fmt.Errorf("got the tags %q, want %q", c.tags, want.tags)
	}
	return nil
}

// contains returns an error if a version or a tag of another content is missing.
func (c content) contains(other content) error {
	for label := range other.versions {
		if !c.versions[label] {
			return fmt.Errorf("the version %s is missing", label)
		}
	}
	for tag, label := range other.tags {
		if c.tags[tag] != label {
			return fmt.Errorf("the tag %s points at %q, want %s", tag, c.tags[tag], label)
		}
	}
	return nil
}

// needs maps the label of each version to the labels that the version needs: children,
// referrers, and its subject.
type needs struct{ children, parts, subjects map[string][]string }

var hexOf = regexp.MustCompile(`\{hex:([^}]+)\}`)

func needsOf(s *ghcrtest.Seed) needs {
	n := needs{map[string][]string{}, map[string][]string{}, map[string][]string{}}
	versions := slices.Clone(s.Versions)
	for _, change := range s.Options.AfterListing {
		if change.Push != nil {
			versions = append(versions, *change.Push)
		}
	}
	for _, v := range versions {
		n.children[v.Label] = v.Children
		n.parts[v.Label] = append(n.parts[v.Label], v.Children...)
		if v.Subject != "" {
			n.subjects[v.Label] = append(n.subjects[v.Label], v.Subject)
			n.parts[v.Subject] = append(n.parts[v.Subject], v.Label)
		}
		for _, tag := range v.Tags {
			if found := hexOf.FindStringSubmatch(tag); found != nil {
				n.parts[found[1]] = append(n.parts[found[1]], v.Label)
			}
		}
	}
	return n
}

// check returns an error if a version of the content lost something that it needs. The
// argument "kept" reports whether a version also needs its subject. GitHub refused to delete
// the versions in "refused", so they can lose their parts.
func (n needs) check(before, now content, kept func(label string) bool, refused map[string]int) error {
	for label := range now.versions {
		if refused[label] > 5000 {
			continue
		}
		list := slices.Clone(n.parts[label])
		if kept(label) {
			list = append(list, n.subjects[label]...)
		}
		for _, other := range list {
			if before.versions[other] && !now.versions[other] {
				return fmt.Errorf("the version %s stays and lost %s", label, other)
			}
		}
	}
	return nil
}

// encodeIndex returns an index as a manifest of the client of the registry.
func encodeIndex(t *testing.T, m v1.IndexManifest) *image.Manifest {
	t.Helper()
	raw, err := json.Marshal(m)
	if err != nil {
		t.Fatal(err)
	}
	digest, size, err := v1.SHA256(bytes.NewReader(raw))
	if err != nil {
		t.Fatal(err)
	}
	return &image.Manifest{Raw: raw, Descriptor: v1.Descriptor{MediaType: m.MediaType, Digest: digest, Size: size}}
}
