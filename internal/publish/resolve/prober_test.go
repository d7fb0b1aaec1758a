package resolve

import (
	"testing"

	"github.com/ghcr-publish/ghcr-publish/internal/github"
	"github.com/ghcr-publish/ghcr-publish/internal/input"
	"github.com/ghcr-publish/ghcr-publish/internal/secret"
)

func TestVisibilityOfANewPackage(t *testing.T) {
	t.Parallel()
	const job, classic = "ghs_x", "ghp_x"
	cases := []struct {
		name   string
		active bool
		token  string
		owner  string
		want   string
	}{
		{"a job's token", true, job, "acme", "public"},
		{"a job's token without the variables of the runner", false, job, "acme", "public"},
		{"a job's token for another owner", true, job, "other", ""},
		{"an App's token at a terminal", false, job, "other", ""},
		{"a classic token in a workflow", true, classic, "acme", "private"},
		{"a classic token at a terminal", false, classic, "acme", "private"},
		{"a token of unknown kind in a workflow", true, "x", "acme", "public"},
		{"a token of unknown kind for another owner", true, "x", "other", "private"},
		{"a token of unknown kind at a terminal", false, "x", "acme", "private"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			config := &input.Common{Token: secret.New(c.token), GitHub: input.GitHub{
				Active: c.active, Owner: "acme", Repository: "acme/web",
				Event: input.Event{Repository: &input.EventRepo{Visibility: "public"}},
			}}
			p := &Prober{Config: config}
			if got := p.inherits(t.Context(), github.Owner{Login: c.owner}); got != c.want {
				t.Errorf("got %q, want %q", got, c.want)
			}
		})
	}
}
