package ci

import (
	"slices"
	"strings"
	"testing"
)

// The project attests its programs and its image only with its own action, so that each
// release also tests the action.
func TestOnlyTheActionItselfAttests(t *testing.T) {
	t.Parallel()
	for name, f := range workflows(t) {
		for _, j := range f.Jobs {
			for _, s := range j.Steps {
				if other, _, _ := strings.Cut(s.Uses, "@"); strings.HasPrefix(other, "actions/attest") || strings.HasPrefix(other, "sigstore/") || strings.Contains(s.Run, "cosign sign") || strings.Contains(s.Run, "cosign attest") {
					t.Errorf("%s:%d: another program than the action attests", name, s.line)
				}
			}
		}
	}
}

// A release without an attestation of its programs or of its image must fail. The programs
// and their attestation must exist before the release, because nothing can add files to a
// published release.
func TestEachReleaseIsAttested(t *testing.T) {
	t.Parallel()
	var order []string
	for _, s := range workflows(t)["release.yml"].Jobs["publish"].Steps {
		switch {
		case s.Uses == "./dist/tree" && s.With["command"] == "":
			order = append(order, "publish "+s.With["image"])
			if s.With["attest"] != "true" {
				t.Errorf("line %d: the step does not fail without an attestation; set attest: true", s.line)
			}
		case s.With["command"] == "pull":
			order = append(order, "pull")
			for _, want := range []string{"repo=${{ github.repository }}\n", "signer-workflow=${{ github.repository }}/.github/workflows/release.yml\n", "source-digest=${{ github.sha }}\n"} {
				if !strings.Contains(s.With["require"], want) {
					t.Errorf("line %d: the step does not require %q", s.line, want)
				}
			}
		case strings.Contains(s.Run, "gh release create"):
			order = append(order, "release")
		}
	}
	if want := []string{"publish ${{ github.repository }}/programs", "pull", "release", "publish "}; !slices.Equal(order, want) {
		t.Errorf("the steps are %q, want %q", order, want)
	}
}
