package ghcrtest_test

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"

	"github.com/ghcr-publish/ghcr-publish/internal/ghcrtest"
)

func TestRepositoryRecordHasGitHubsFields(t *testing.T) {
	t.Parallel()
	s := start(t, acme())
	got := as(t, s, job).api(http.MethodGet, "/repos/acme/WEB", "")
	for _, want := range []string{
		`"full_name":"Acme/web"`, `"private":false`, `"visibility":"public"`, `"default_branch":"main"`,
		`"description":"A shop"`, `"spdx_id":"MIT"`, `"html_url":"` + s.URL() + `/Acme/web"`, `"type":"Organization"`,
	} {
		got.has(t, 200, want)
	}
	as(t, s, job).api(http.MethodGet, "/repos/acme/other", "").has(t, 200, `"license":null`)
}

func TestPrivateRepositoryIsHidden(t *testing.T) {
	t.Parallel()
	s := start(t, acme())
	for secret, want := range map[string]int{secretJob: 200, pat: 200, job: 404, bobPAT: 404, readPAT: 404, anonymous: 404} {
		if got := as(t, s, secret).api(http.MethodGet, "/repos/acme/secret", ""); got.status != want {
			t.Errorf("%q: got %d, want %d", secret, got.status, want)
		}
	}
}

// history starts a server. Its repository has three commits and a branch at the
// first commit.
func history(t *testing.T) *client {
	t.Helper()
	config := acme()
	config.Repositories[0].Commits = []string{strings.Repeat("a", 40), strings.Repeat("b", 40), strings.Repeat("c", 40)}
	config.Repositories[0].Refs = map[string]string{"fix/old": strings.Repeat("a", 40)}
	return as(t, start(t, config), job)
}

func TestCommitIsFoundByReference(t *testing.T) {
	t.Parallel()
	c := history(t)
	for ref, want := range map[string]string{
		"main": "c", "HEAD": "c", "fix/old": "a", "bbbbbbb": "b", strings.Repeat("b", 40): "b",
	} {
		c.api(http.MethodGet, "/repos/acme/web/commits/"+ref, "").has(t, 200, `"sha":"`+strings.Repeat(want, 40)+`"`)
	}
	c.api(http.MethodGet, "/repos/acme/web/commits/0123abcd", "").has(t, 422, "No commit found for SHA: 0123abcd")
}

func TestCompareCountsCommits(t *testing.T) {
	t.Parallel()
	c := history(t)
	cases := []struct {
		refs, status  string
		ahead, behind int
	}{
		{"fix/old...main", "ahead", 2, 0},
		{"main...fix/old", "behind", 0, 2},
		{"main...HEAD", "identical", 0, 0},
	}
	for _, tc := range cases {
		got := c.api(http.MethodGet, "/repos/acme/web/compare/"+tc.refs, "")
		var body struct {
			Status   string
			AheadBy  int `json:"ahead_by"`
			BehindBy int `json:"behind_by"`
			Commits  []struct{ SHA string }
		}
		if err := json.Unmarshal([]byte(got.body), &body); err != nil || body.Status != tc.status ||
			body.AheadBy != tc.ahead || body.BehindBy != tc.behind || len(body.Commits) != tc.ahead {
			t.Errorf("%s: got %d %s", tc.refs, got.status, got.body)
		}
	}
	c.api(http.MethodGet, "/repos/acme/web/compare/main...missing", "").has(t, 404, "Not Found")
}

func TestAccountsDependOnTheCredential(t *testing.T) {
	t.Parallel()
	s := start(t, acme())
	c := as(t, s, job)
	c.api(http.MethodGet, "/users/acme", "").has(t, 200, `"type":"Organization"`)
	c.api(http.MethodGet, "/users/alice", "").has(t, 200, `"type":"User"`)
	c.api(http.MethodGet, "/users/missing", "").has(t, 404, "Not Found")
	c.api(http.MethodGet, "/orgs/alice", "").has(t, 404, "Not Found")
	c.api(http.MethodGet, "/user", "").has(t, 403, "Resource not accessible by integration")
	as(t, s, app).api(http.MethodGet, "/user", "").has(t, 403, "Resource not accessible by integration")
	as(t, s, pat).api(http.MethodGet, "/user", "").has(t, 200, `"login":"alice"`)
}

func TestOnlyClassicTokensGetTheScopesHeader(t *testing.T) {
	t.Parallel()
	s := start(t, acme())
	s.AddCredential(ghcrtest.Credential{Secret: "ghp_bare", Kind: ghcrtest.ClassicPAT, Actor: "alice"})
	cases := []struct {
		name, secret string
		want         []string
	}{
		{"classic", readPAT, []string{"read:packages"}},
		{"classic without scopes", "ghp_bare", []string{""}},
		{"Actions", job, nil},
		{"fine-grained", finePAT, nil},
	}
	for _, tc := range cases {
		got := as(t, s, tc.secret).api(http.MethodGet, "/rate_limit", "")
		got.has(t, 200, `"core"`)
		if values := got.header.Values("X-OAuth-Scopes"); strings.Join(values, "|") != strings.Join(tc.want, "|") || len(values) != len(tc.want) {
			t.Errorf("%s: got %q, want %q", tc.name, values, tc.want)
		}
	}
}

func TestJobHasALowerRateLimit(t *testing.T) {
	t.Parallel()
	s := start(t, acme())
	for secret, want := range map[string]string{job: "1000", pat: "5000", anonymous: "60"} {
		if got := as(t, s, secret).api(http.MethodGet, "/rate_limit", "").header.Get("X-RateLimit-Limit"); got != want {
			t.Errorf("%q: got %s, want %s", secret, got, want)
		}
	}
}
