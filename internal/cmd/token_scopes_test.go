package cmd_test

import (
	"strings"
	"testing"

	"github.com/ghcr-publish/ghcr-publish/internal/ghcrtest"
)

// pat is the canary in the form of a classic token.
const pat = "ghp_" + "Canary7tYq0ZsWvRkLm3PbNc9XhJd2FgUe5A"

// withClassicToken returns a stage with the classic token of a member of acme.
func withClassicToken(t *testing.T, change func(*ghcrtest.Credential), scopes ...string) *stage {
	t.Helper()
	c := acme()
	c.Owners[0].Members = []string{"octocat"}
	c.Credentials[0] = ghcrtest.Credential{Secret: pat, Kind: ghcrtest.ClassicPAT, Actor: "octocat", Scopes: scopes}
	if change != nil {
		change(&c.Credentials[0])
	}
	source, _ := layout(t)
	return newStage(t, c).with("token", pat, "source", source)
}

func TestClassicTokenWithoutTheScopeIsRefused(t *testing.T) {
	t.Parallel()
	link := "/settings/tokens/new?scopes=write:packages"
	cases := []struct {
		name   string
		change func(*ghcrtest.Credential)
		scopes []string
		code   string
		words  []string
	}{
		{"too narrow", nil, []string{"read:packages", "gist"}, "token-scopes", []string{"read:packages, gist", "Use the job's GITHUB_TOKEN", link}},
		{"no scopes", nil, nil, "token-scopes", []string{"no scopes", link}},
		{
			"not authorised for the organization", func(c *ghcrtest.Credential) { c.NoSSO = []string{"acme"} }, []string{"write:packages"},
			"denied", []string{"single sign-on", "/orgs/acme/sso?authorization_request="},
		},
		{
			"expired", func(c *ghcrtest.Credential) { c.Expired = true }, []string{"write:packages"},
			"denied", []string{"GitHub's API", "input token"},
		},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			r := withClassicToken(t, c.change, c.scopes...).run().wroteNothing().failsWith(c.code, c.words...)
			if n := r.count("GET", "/rate_limit"); n != 1 {
				t.Errorf("the API received %d requests about the token", n)
			}
		})
	}
}

func TestClassicTokenWithMoreScopesGivesANotice(t *testing.T) {
	t.Parallel()
	for _, wide := range []bool{true, false} {
		scopes := []string{"write:packages", "delete:packages"}
		if wide {
			scopes = append(scopes, "repo", "workflow")
		}
		r := withClassicToken(t, nil, scopes...).run().succeeds()
		noticed := r.notices() == "token-wide" && strings.Contains(r.stdout, "repo, workflow,")
		if noticed != wide {
			t.Errorf("scopes %q: notice: %t\n%s", scopes, noticed, r.stdout)
		}
		if n := r.count("GET", "/rate_limit"); n != 1 {
			t.Errorf("the API received %d requests about the token", n)
		}
	}
}

// The token of a job has no scopes, so publishing sends no request for them.
func TestScopesOfAJobTokenAreNotRead(t *testing.T) {
	t.Parallel()
	s := newStage(t, acme())
	source, _ := layout(t)
	if r := s.with("source", source).run().succeeds(); r.count("", "/rate_limit") != 0 {
		t.Error("the API received a request about the token")
	}
}

// The registry decides about a push, and not the response of the API.
func TestUnavailableAPIDoesNotPreventPublishing(t *testing.T) {
	t.Parallel()
	s := withClassicToken(t, nil, "write:packages")
	s.server.Inject(ghcrtest.Fault{Path: "/rate_limit", Times: ghcrtest.Always, Effect: ghcrtest.Answer{Status: 403, Message: "no"}})
	s.run().succeeds()
}
