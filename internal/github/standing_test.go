package github_test

import (
	"slices"
	"testing"
	"time"

	"github.com/ghcr-publish/ghcr-publish/internal/ghcrtest"
)

func TestStandingOfATokenIsRead(t *testing.T) {
	t.Parallel()
	cases := []struct {
		name   string
		cred   ghcrtest.Credential
		scoped bool
		scopes []string
		writes bool
		beyond []string
		dead   bool
	}{
		{name: "a job's token has permissions", cred: ghcrtest.Credential{Kind: ghcrtest.ActionsToken}},
		{name: "fine-grained", cred: ghcrtest.Credential{Kind: ghcrtest.FineGrainedPAT}},
		{name: "no scopes", cred: ghcrtest.Credential{Kind: ghcrtest.ClassicPAT}, scoped: true},
		{
			name: "too narrow", cred: ghcrtest.Credential{Kind: ghcrtest.ClassicPAT, Scopes: []string{"read:packages"}},
			scoped: true, scopes: []string{"read:packages"},
		},
		{
			name: "just right", cred: ghcrtest.Credential{Kind: ghcrtest.ClassicPAT, Scopes: []string{"write:packages", "delete:packages"}},
			scoped: true, scopes: []string{"write:packages", "delete:packages"}, writes: true,
		},
		{
			name: "too wide", cred: ghcrtest.Credential{Kind: ghcrtest.ClassicPAT, Scopes: []string{"repo", "workflow", "write:packages"}},
			scoped: true, scopes: []string{"repo", "workflow", "write:packages"}, writes: true, beyond: []string{"repo", "workflow"},
		},
		{name: "expired", cred: ghcrtest.Credential{Kind: ghcrtest.ClassicPAT, Expired: true}, dead: true},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			w := world()
			c.cred.Secret, c.cred.Actor = token, "jo"
			w.Credentials = []ghcrtest.Credential{c.cred}
			p, _ := client(t, w)
			got, err := p.Token(t.Context())
			if err != nil || got.Scoped != c.scoped || !slices.Equal(got.Scopes, c.scopes) || got.Writes() != c.writes || !slices.Equal(got.Beyond(), c.beyond) || got.Dead != c.dead {
				t.Errorf("got %+v, %v", got, err)
			}
			if skew := time.Since(got.Date).Abs(); skew > time.Minute {
				t.Errorf("the server's clock is %v", got.Date)
			}
		})
	}
}

func TestExpiryIsReadInBothForms(t *testing.T) {
	t.Parallel()
	want := time.Date(2030, 1, 2, 3, 4, 5, 0, time.UTC)
	for _, text := range []string{"2030-01-02 03:04:05 UTC", "2030-01-02 05:04:05 +0200", "soon"} {
		c, _, _ := answers(t, status(200, "", "GitHub-Authentication-Token-Expiration", text))
		got, err := c.Token(t.Context())
		if err != nil || got.Expires.IsZero() != (text == "soon") || text != "soon" && !got.Expires.Equal(want) {
			t.Errorf("%q is %v, %v", text, got.Expires, err)
		}
	}
}

func TestSSOPageIsFound(t *testing.T) {
	t.Parallel()
	w := world()
	w.Credentials = []ghcrtest.Credential{{Secret: token, Kind: ghcrtest.ClassicPAT, Actor: "jo", Scopes: []string{"write:packages"}, NoSSO: []string{"acme"}}}
	s := ghcrtest.Start(t, w)
	p := newClient(t, s.URL()+"/api/v3", s.URL())
	if got, want := p.SSO(t.Context(), "acme"), s.URL()+"/orgs/acme/sso?authorization_request=A1B2C3"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	if got := p.SSO(t.Context(), "jo"); got != "" {
		t.Errorf("a user wants %q", got)
	}
	for _, header := range []string{"required; url=javascript:alert(1)", "required; url=http://elsewhere.example/sso", "partial-results; organizations=1", "required; url="} {
		c, _, _ := answers(t, status(403, "", "X-GitHub-SSO", header))
		if got := c.SSO(t.Context(), "acme"); got != "" {
			t.Errorf("%q leads to %q", header, got)
		}
	}
}

func TestStandingOfAnAPIThatFails(t *testing.T) {
	t.Parallel()
	c, _, _ := answers(t, status(500, ""))
	if got, err := c.Token(t.Context()); err == nil || got.Dead || got.Scoped {
		t.Errorf("got %+v, %v", got, err)
	}
}
