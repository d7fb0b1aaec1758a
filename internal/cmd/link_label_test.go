package cmd_test

import (
	"encoding/json"
	"testing"
)

// GitHub does not link the first push with the token of a user. The label links it, and
// the program adds the label only with link: label.
func TestLinkByLabel(t *testing.T) {
	t.Parallel()
	for _, link := range []string{"auto", "label"} {
		t.Run(link, func(t *testing.T) {
			t.Parallel()
			s := withClassicToken(t, nil, "write:packages")
			r := s.with("link", link).run().succeeds()
			want := map[string]string{"auto": "no", "label": "yes"}[link]
			r.hasOutputs("linked", want)
			source, changed := s.server.URL()+"/acme/web", link == "label"
			root, _ := s.server.Manifest("acme/web", "main")
			var index struct{ Annotations map[string]string }
			s.check(json.Unmarshal(root.Raw, &index))
			if got := index.Annotations["org.opencontainers.image.source"]; (got == source) != changed {
				t.Errorf("the index names %q", got)
			}
			again := s.run().succeeds()
			again.hasOutputs("digest", r.outputs["digest"], "outcome", "unchanged")
		})
	}
}

func TestLinkByLabelNeedsARepository(t *testing.T) {
	t.Parallel()
	s := newStage(t, acme()).atTerminal()
	s.env["GITHUB_TOKEN"] = canary
	source, _ := layout(t)
	args := []string{"publish", source, "--image", s.image("acme/web"), "--tags", "1", "--link", "label"}
	s.run(args...).failsWith("link-repository-missing", "GITHUB_REPOSITORY")
	s.env["GITHUB_REPOSITORY"] = "acme/web"
	s.run(args...).succeeds()
}
