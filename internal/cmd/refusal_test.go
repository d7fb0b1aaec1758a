package cmd_test

import (
	"strings"
	"testing"

	"github.com/ghcr-publish/ghcr-publish/internal/ghcrtest"
)

// TestRefusalsNameTheCauseAndTheCure checks the rows of docs/ghcr.md, Refusals: the
// annotation names the cause and the cure, and nothing was written.
func TestRefusalsNameTheCauseAndTheCure(t *testing.T) {
	t.Parallel()
	existing := []ghcrtest.Package{{Name: "acme/web", Repository: "acme/web", Visibility: ghcrtest.Public}}
	answer := func(status int, message string) ghcrtest.Fault {
		return ghcrtest.Fault{Method: "POST", Times: ghcrtest.Always, Effect: ghcrtest.Answer{Status: status, Code: "DENIED", Message: message}}
	}
	cases := []struct {
		name   string
		server func(*ghcrtest.Config)
		stage  func(*stage)
		code   string
		words  []string // of the title and the hint
		not    string   // must not be in the log
	}{
		{
			name:   "write_package: the package exists, and this repository has no role",
			server: func(c *ghcrtest.Config) { c.Packages = []ghcrtest.Package{{Name: "acme/web"}} },
			code:   "write-package",
			words:  []string{"/orgs/acme/packages/container/web/settings", "Manage Actions access", "Add repository → acme/web", "role Write", "write_package"},
		},
		{
			name:   "create package: packages: write is missing, and the package is new",
			server: func(c *ghcrtest.Config) { c.Credentials[0].Packages = ghcrtest.Read },
			code:   "create-package", words: []string{"permissions:\n", "packages: write", "the job that calls the workflow", "Create organization package"},
		},
		{
			name: "create package with the older text of GitHub",
			server: func(c *ghcrtest.Config) {
				c.Credentials[0].Packages, c.Answers.OldTexts = ghcrtest.Read, true
			},
			code: "create-package", words: []string{"packages: write"},
		},
		{
			name:  "create package: the name of another owner",
			stage: func(s *stage) { s.with("image", s.image("other/web")) },
			code:  "create-package", words: []string{"and acme/web have different owners"}, not: "permissions:",
		},
		{
			name:   "create package: the organization forbids public packages",
			server: func(c *ghcrtest.Config) { c.Owners[0].Forbidden = []ghcrtest.Visibility{ghcrtest.Public} },
			code:   "create-package", words: []string{"packages: write", "Package creation", "/organizations/acme/settings/packages → Package creation → public"},
		},
		{
			name:   "create package: the token of another GitHub App",
			server: func(c *ghcrtest.Config) { c.Credentials[0].Kind = ghcrtest.AppToken },
			code:   "create-package", words: []string{"GitHub App"},
		},
		{
			name:   "create package: a pull request from a fork",
			server: func(c *ghcrtest.Config) { c.Credentials[0].Packages = ghcrtest.Read },
			stage:  func(s *stage) { s.fork().with("on-readonly", "fail") },
			code:   "create-package", words: []string{"comes from the fork somebody/web"},
		},
		{
			name:   "write package: packages: write is missing, and the package exists",
			server: func(c *ghcrtest.Config) { c.Credentials[0].Packages, c.Packages = ghcrtest.Read, existing },
			code:   "write-denied", words: []string{"packages: write", "Write organization package"},
		},
		{
			name:   "read package: a private source that this job may not read",
			server: func(c *ghcrtest.Config) { c.Packages = []ghcrtest.Package{{Name: "acme/base"}} },
			stage: func(s *stage) {
				s.server.Inject(ghcrtest.Fault{Path: "/v2/acme/base/manifests/", Times: ghcrtest.Always, Effect: ghcrtest.Answer{
					Status: 403, Code: "DENIED", Message: "installation not allowed to Read organization package",
				}})
				s.with("source", "docker://"+s.image("acme/base:1"))
			},
			code: "read-denied", words: []string{"acme/base", "role Read", "/container/base/settings"},
		},
		{
			name: "token scopes: a classic token without write:packages",
			server: func(c *ghcrtest.Config) {
				c.Credentials[0].Kind, c.Credentials[0].Scopes = ghcrtest.ClassicPAT, []string{"read:packages"}
			},
			code: "token-scopes", words: []string{"scopes", "write:packages"},
		},
		{
			name:   "token scopes: a fine-grained token",
			server: func(c *ghcrtest.Config) { c.Credentials[0].Kind = ghcrtest.FineGrainedPAT },
			code:   "token-scopes", words: []string{"GITHUB_TOKEN", "write:packages"},
		},
		{
			name: "no installation: the installation was removed",
			stage: func(s *stage) {
				s.server.Inject(answer(403, "permission_denied: The requested installation does not exist."))
			},
			code: "installation-gone", words: []string{"GITHUB_TOKEN"},
		},
		{
			name:   "denied: an unknown token",
			server: func(c *ghcrtest.Config) { c.Credentials[0].Secret = "ghs_other" },
			code:   "denied", words: []string{"input token"},
		},
		{
			name: "unknown token: an expired token",
			stage: func(s *stage) {
				s.server.Inject(answer(401, "unauthenticated: User cannot be authenticated with the token provided."))
			},
			code: "not-authenticated", words: []string{"input token"},
		},
		{
			name: "anonymous access: the registry ignores an unknown token",
			server: func(c *ghcrtest.Config) {
				c.Credentials[0].Secret, c.Answers.WrongSecretAsAnonymous = "ghs_other", true
			},
			code: "denied", words: []string{"input token"},
		},
		{
			name:  "owner not found: an owner that does not exist",
			stage: func(s *stage) { s.with("image", s.image("acmee/web")) },
			code:  "owner-not-found", words: []string{"acmee/web", "input image"},
		},
		{
			name:   "Dependabot: Dependabot",
			server: func(c *ghcrtest.Config) { c.Credentials[0].Packages = ghcrtest.Read },
			stage: func(s *stage) {
				s.env["GITHUB_ACTOR"], s.env["GITHUB_REF"] = "dependabot[bot]", "refs/heads/dependabot/go/x"
			},
			code: "create-package", words: []string{"triggered by Dependabot", "on-readonly: skip"},
		},
		{
			name:  "name: a name that the registry refuses",
			stage: func(s *stage) { s.server.Inject(answer(400, "name invalid")) },
			code:  "name-invalid", words: []string{"ghcr.io/OWNER/NAME"},
		},
		{
			name: "secondary rate limit: the secondary rate limit outlasts the timeout",
			stage: func(s *stage) {
				s.with("timeout", "20s").server.Inject(ghcrtest.Fault{Method: "POST", Times: ghcrtest.Always, Effect: ghcrtest.SecondaryRateLimit()})
			},
			code: "secondary-rate-limit", words: []string{"timeout"},
		},
		{
			name: "SSO: a classic token without authorization for the organization",
			server: func(c *ghcrtest.Config) {
				c.Credentials[0].Kind, c.Credentials[0].Scopes, c.Credentials[0].NoSSO = ghcrtest.ClassicPAT, []string{"write:packages"}, []string{"acme"}
				c.Credentials[0].Secret = "ghp_" + canary
			},
			stage: func(s *stage) { s.with("token", "ghp_"+canary) },
			code:  "denied", words: []string{"single sign-on", "/orgs/acme/sso?authorization_request="},
		},
		{
			name:  "unknown: a response that is not in the table",
			stage: func(s *stage) { s.server.Inject(answer(402, "billing: spending limit reached")) },
			code:  "registry-refused", words: []string{"402", "billing: spending limit reached", "request id"},
		},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			config := acme()
			if c.server != nil {
				c.server(&config)
			}
			s := newStage(t, config)
			source, _ := layout(t)
			s.with("source", source)
			if c.stage != nil {
				c.stage(s)
			}
			r := s.run().wroteNothing().failsWith(c.code, c.words...).hasOutputs("pushed", "false", "changed", "false", "digest", "")
			if c.not != "" && strings.Contains(r.stdout, c.not) {
				r.fatal("the log contains %q", c.not)
			}
		})
	}
}

// fork sets the event of a pull request from a fork.
func (s *stage) fork() *stage {
	s.env["GITHUB_EVENT_NAME"], s.env["GITHUB_REF"] = "pull_request", "refs/pull/7/merge"
	return s.event(map[string]any{
		"number": 7,
		"pull_request": map[string]any{
			"number": 7, "head": map[string]any{"sha": strings.Repeat("d", 40), "repo": map[string]any{"fork": true, "full_name": "somebody/web"}},
		},
		"repository": map[string]any{
			"full_name": "acme/web", "default_branch": "main", "visibility": "public",
			"owner": map[string]any{"login": "acme", "type": "Organization"},
		},
	})
}

func TestReadOnlyTokenSkipsPullRequests(t *testing.T) {
	t.Parallel()
	c := acme()
	c.Credentials[0].Packages = ghcrtest.Read
	s := newStage(t, c)
	source, _ := layout(t)
	r := s.fork().with("source", source).run().succeeds().wroteNothing()
	r.hasOutputs("outcome", "skipped", "pushed", "false", "changed", "false", "digest", "", "tags", "")
	if !strings.Contains(r.summary, "Not published") || !strings.Contains(r.stdout, "Not published: this pull request comes from the fork ") {
		r.fatal("the skip is not explained; summary:\n%s", r.summary)
	}
}

func TestExpiredTokenOnAPullRequestIsAnError(t *testing.T) {
	t.Parallel()
	path, _ := layout(t)
	config := acme()
	config.Credentials[0].Expired = true
	s := newStage(t, config).with("source", path)
	s.env["GITHUB_EVENT_NAME"], s.env["GITHUB_REF"] = "pull_request", "refs/pull/5/merge"
	s.run().failsWith("denied")
}

func TestErrorNamesTheHostThatDoesNotAnswer(t *testing.T) {
	t.Parallel()
	path, _ := layout(t)
	s := newStage(t, acme())
	const unreachable = "127.0.0.1:1"
	s.with("source", path, "image", s.image("acme/web")+"\n"+unreachable+"/acme/web", "timeout", "3s").run().failsWith("registry-unreachable", unreachable)
}

// Row 23 of docs/ghcr.md, Refusals.
func TestMissingSourceWritesNothing(t *testing.T) {
	t.Parallel()
	c := acme()
	c.Packages = []ghcrtest.Package{{Name: "acme/web", Repository: "acme/web", Visibility: ghcrtest.Public}}
	s := newStage(t, c)
	s.with("source", "docker://"+s.image("acme/web:none")).run().wroteNothing().failsWith("image-not-found", "acme/web:none")
}
