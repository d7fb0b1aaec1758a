package input_test

import (
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-containerregistry/pkg/name"

	"github.com/ghcr-publish/ghcr-publish/internal/input"
)

// path and tag are the grammar of the distribution specification, "Pulling manifests".
var (
	path = regexp.MustCompile(`^[a-z0-9]+((\.|_|__|-+)[a-z0-9]+)*(\/[a-z0-9]+((\.|_|__|-+)[a-z0-9]+)*)*$`)
	tag  = regexp.MustCompile(`^[a-zA-Z0-9_][a-zA-Z0-9._-]{0,127}$`)
)

// FuzzNames checks that every accepted name has the form of the distribution
// specification, and that each error has a cure.
func FuzzNames(f *testing.F) {
	for _, text := range []string{
		"ghcr.io/acme/web:1.2", "acme/web", "alpine", "localhost:5000/web", "[::1]:5000/web:1", "ghcr.io/Acme/Web", // accepted
		"octocat/.github", "octocat/_private", "octocat/a..b", "octocat/web--", "owner-/web", "ghcr.io//web", "ghcr.io/acme/web/", "/octocat/web", // H4
		"ghcr.io", "quay.io", "localhost:5000", "web:", "web:-1", "a b", "a..b/web", "ghcr.io:acme/web", "https://ghcr.io/acme/web", "web@sha256:00", "${NAME}", "-", "", ":", "@", "é/ü",
	} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		c := &input.Common{Home: "ghcr.io", Registry: "ghcr.io"}
		if fault := c.CheckName(text); fault != nil && (fault.Is == "" || fault.Cure == "") {
			t.Errorf("the fault of %q is %+v", text, fault)
		}
		fault := input.CheckLocalName(text)
		if fault != nil {
			if fault.Is == "" || fault.Cure == "" {
				t.Errorf("the fault of %q is %+v", text, fault)
			}
			return
		}
		ref, err := name.NewTag(text)
		if err != nil || !path.MatchString(ref.RepositoryStr()) || !tag.MatchString(ref.TagStr()) || text != strings.TrimSpace(text) {
			t.Errorf("accepted %q: %v", text, err)
		}
	})
}
