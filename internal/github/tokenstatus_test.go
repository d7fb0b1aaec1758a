package github_test

import (
	"slices"
	"testing"
	"time"

	"github.com/ghcr-publish/ghcr-publish/internal/ghcrtest"
)

func TestTokenStatusContainsScopesAndValidity(t *testing.T) {
	t.Parallel()
	cases := []struct {
		name     string
		cred     ghcrtest.Credential
		scoped   bool
		scopes   []string
		unneeded []string
		invalid  bool
	}{
		{name: "GITHUB_TOKEN", cred: ghcrtest.Credential{Kind: ghcrtest.ActionsToken}},
		{name: "fine-grained token", cred: ghcrtest.Credential{Kind: ghcrtest.FineGrainedPAT}},
		{name: "no scopes", cred: ghcrtest.Credential{Kind: ghcrtest.ClassicPAT}, scoped: true},
		{
			name: "scope that allows no push", cred: ghcrtest.Credential{Kind: ghcrtest.ClassicPAT, Scopes: []string{"read:packages"}},
			scoped: true, scopes: []string{"read:packages"},
		},
		{
			name: "scopes that publishing needs", cred: ghcrtest.Credential{Kind: ghcrtest.ClassicPAT, Scopes: []string{"write:packages", "delete:packages"}},
			scoped: true, scopes: []string{"write:packages", "delete:packages"},
		},
		{
			name: "unneeded scopes", cred: ghcrtest.Credential{Kind: ghcrtest.ClassicPAT, Scopes: []string{"repo", "workflow", "write:packages"}},
			scoped: true, scopes: []string{"repo", "workflow", "write:packages"}, unneeded: []string{"repo", "workflow"},
		},
		{name: "expired token", cred: ghcrtest.Credential{Kind: ghcrtest.ClassicPAT, Expired: true}, invalid: true},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			w := world()
			c.cred.Secret, c.cred.Actor = token, "jo"
			w.Credentials = []ghcrtest.Credential{c.cred}
			p, _ := client(t, w)
			got, err := p.TokenStatus(t.Context())
			if err != nil || got.Scoped != c.scoped || !slices.Equal(got.Scopes, c.scopes) || !slices.Equal(got.UnneededScopes(), c.unneeded) || got.Invalid != c.invalid {
				t.Errorf("got %+v, %v", got, err)
			}
			if skew := time.Since(got.ServerTime).Abs(); skew > time.Minute {
				t.Errorf("server time %v", got.ServerTime)
			}
		})
	}
}

func TestTokenExpiryIsReadInBothFormats(t *testing.T) {
	t.Parallel()
	want := time.Date(2030, 1, 2, 3, 4, 5, 0, time.UTC)
	for _, text := range []string{"2030-01-02 03:04:05 UTC", "2030-01-02 05:04:05 +0200", "unknown format"} {
		c, _, _ := sequence(t, status(200, "", "GitHub-Authentication-Token-Expiration", text))
		got, err := c.TokenStatus(t.Context())
		if err != nil || got.Expires.IsZero() != (text == "unknown format") || text != "unknown format" && !got.Expires.Equal(want) {
			t.Errorf("expiry %q: got %v, %v", text, got.Expires, err)
		}
	}
}

func TestSSOURLIsReadFromTheHeader(t *testing.T) {
	t.Parallel()
	w := world()
	w.Credentials = []ghcrtest.Credential{{Secret: token, Kind: ghcrtest.ClassicPAT, Actor: "jo", Scopes: []string{"write:packages"}, NoSSO: []string{"acme"}}}
	s := ghcrtest.Start(t, w)
	p := newClient(t, s.URL()+"/api/v3", s.URL())
	if got, want := p.SSOURL(t.Context(), "acme"), s.URL()+"/orgs/acme/sso?authorization_request=A1B2C3"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	if got := p.SSOURL(t.Context(), "jo"); got != "" {
		t.Errorf("URL %q for a user", got)
	}
	for _, header := range []string{"required; url=javascript:alert(1)", "required; url=http://elsewhere.example/sso", "partial-results; organizations=1", "required; url="} {
		c, _, _ := sequence(t, status(403, "", "X-GitHub-SSO", header))
		if got := c.SSOURL(t.Context(), "acme"); got != "" {
			t.Errorf("header %q: got %q", header, got)
		}
	}
}

func TestTokenStatusFailsIfTheAPIFails(t *testing.T) {
	t.Parallel()
	c, _, _ := sequence(t, status(500, ""))
	if got, err := c.TokenStatus(t.Context()); err == nil || got.Invalid || got.Scoped {
		t.Errorf("got %+v, %v", got, err)
	}
}
