package cmd_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/ghcr-publish/ghcr-publish/internal/ghcrtest"
)

func TestCheckReportsTheErrorsOfPublish(t *testing.T) {
	t.Parallel()
	mine := []ghcrtest.Package{{Name: "acme/web", Repository: "acme/web", Visibility: ghcrtest.Public}}
	cases := []struct {
		name    string
		server  func(*ghcrtest.Config)
		stage   func(*stage)
		code    string // of the error, or "" for success
		outcome string
		outputs []string
		words   []string // in the table
	}{
		{
			name: "a new package", outcome: "ready", outputs: []string{"linked", "no", "anonymous-pull", "refused"},
			words: []string{"push", "sent no content", "The first push creates the package with the visibility public", "links the package to acme/web", "installation token from the input token", "Ready to publish "},
		},
		{
			name:    "a package that is linked to the repository",
			server:  func(c *ghcrtest.Config) { c.Packages = mine },
			outcome: "ready", outputs: []string{"visibility", "public", "linked", "yes", "anonymous-pull", "allowed"},
			words: []string{"package     yes: ", "link        acme/web. The package inherits"},
		},
		{
			name:   "no permission",
			server: func(c *ghcrtest.Config) { c.Packages, c.Credentials[0].Packages = mine, ghcrtest.Read },
			code:   "write-denied", outcome: "failed", outputs: []string{"visibility", "public"},
			words: []string{"problem", "packages: write", "/acme/web would fail"},
		},
		{
			name:   "a package that is not linked",
			server: func(c *ghcrtest.Config) { c.Packages = []ghcrtest.Package{{Name: "acme/web"}} },
			code:   "write-package", outcome: "failed", words: []string{"Manage Actions access"},
		},
		{
			name: "linked to another repository",
			server: func(c *ghcrtest.Config) {
				c.Packages = []ghcrtest.Package{{Name: "acme/web", Repository: "acme/hidden", Grants: map[string]ghcrtest.Role{"acme/web": ghcrtest.Write}}}
			},
			outcome: "ready", outputs: []string{"linked", "yes", "visibility", "private"}, words: []string{"acme/hidden, not acme/web"},
		},
		{
			name:   "a pull request from a fork, which publish skips",
			server: func(c *ghcrtest.Config) { c.Credentials[0].Packages = ghcrtest.Read },
			stage:  func(s *stage) { s.fork() }, outcome: "skipped", words: []string{"publish would skip", "would be skipped", "fork somebody/web"},
		},
		{
			name: "a pull request of the same repository, with an invalid token", stage: func(s *stage) {
				s.with("token", "ghs_wrong")
				s.env["GITHUB_EVENT_NAME"], s.env["GITHUB_REF"] = "pull_request", "refs/pull/7/merge"
			},
			code: "denied", outcome: "failed", words: []string{"problem"},
		},
		{
			name:   "the package is private instead of public, with a warning",
			server: func(c *ghcrtest.Config) { c.Packages = []ghcrtest.Package{{Name: "acme/web", Repository: "acme/web"}} },
			stage:  func(s *stage) { s.with("visibility", "public") }, outcome: "ready",
			words: []string{"warning", "private, but the wanted visibility is public", "Change visibility"},
		},
		{
			name:   "the package is private instead of public, with a failure",
			server: func(c *ghcrtest.Config) { c.Packages = []ghcrtest.Package{{Name: "acme/web", Repository: "acme/web"}} },
			stage:  func(s *stage) { s.with("visibility", "public", "on-visibility-mismatch", "fail") },
			code:   "visibility-needs-owner", outcome: "failed", words: []string{"problem", "private, but the wanted visibility is public"},
		},
		{
			name:  "the package would be public instead of private",
			stage: func(s *stage) { s.with("visibility", "private") },
			code:  "visibility-exposed", outcome: "failed", words: []string{"would create it as a public package"},
		},
		{
			name:  "an invalid token",
			stage: func(s *stage) { s.with("token", "ghs_wrong") },
			code:  "denied", outcome: "failed", words: []string{"GitHub's API refuses it"},
		},
		{
			name: "the API does not answer",
			stage: func(s *stage) {
				s.server.Inject(ghcrtest.Fault{Path: "/api/v3", Times: ghcrtest.Always, Effect: ghcrtest.Answer{Status: 403, Message: "no"}})
			},
			outcome: "ready", words: []string{"did not answer"},
		},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			config := acme()
			if c.server != nil {
				c.server(&config)
			}
			s := newStage(t, config).with("command", "check")
			if c.stage != nil {
				c.stage(s)
			}
			r := s.run().wroteNothing()
			if c.code != "" {
				r.failsWith(c.code)
			} else {
				r.succeeds()
			}
			r.hasOutputs(append([]string{"outcome", c.outcome}, c.outputs...)...)
			for _, want := range c.words {
				if !strings.Contains(r.stdout, want) {
					r.fatal("the table does not contain %q", want)
				}
			}
			if !strings.Contains(r.summary, "acme/web") {
				t.Errorf("the summary is %q", r.summary)
			}
		})
	}
}

func TestCheckWarnsAboutAWrongClock(t *testing.T) {
	t.Parallel()
	s := newStage(t, acme()).with("command", "check")
	s.server.Inject(ghcrtest.Fault{Path: "/rate_limit", Times: ghcrtest.Always, Effect: ghcrtest.Answer{
		Status: 200, Header: http.Header{"Date": {time.Now().Add(-10 * time.Minute).UTC().Format(http.TimeFormat)}},
	}})
	if r := s.run().succeeds(); !strings.Contains(r.stdout, "differs from GitHub's") {
		t.Errorf("the log does not contain the finding:\n%s", r.stdout)
	}
}

func TestCheckOfSeveralImagesReportsEachProblem(t *testing.T) {
	t.Parallel()
	s := newStage(t, acme()).atTerminal()
	s.env["GITHUB_TOKEN"] = canary
	r := s.run("check", s.image("acme/web"), s.image("other/web"))
	r.failsWith("create-package", "other/web")
	if !strings.Contains(r.stdout, s.image("acme/web")+"\n") || !strings.Contains(r.stdout, "yes: the registry opened an upload") {
		r.fatal("the first image is not reported")
	}
}

func TestCheckAtATerminalExplainsTheLink(t *testing.T) {
	t.Parallel()
	c := acme()
	c.Owners[0].Members = []string{"octocat"}
	c.Credentials[0] = ghcrtest.Credential{Secret: pat, Kind: ghcrtest.ClassicPAT, Actor: "octocat", Scopes: []string{"write:packages"}}
	s := newStage(t, c).atTerminal()
	s.env["GITHUB_TOKEN"] = pat
	r := s.run("check", s.image("acme/web")).succeeds()
	if !strings.Contains(r.stdout, "org.opencontainers.image.source=") {
		t.Errorf("the log does not name the label:\n%s", r.stdout)
	}
}

func TestCheckOfAnotherRegistrySkipsTheGitHubFindings(t *testing.T) {
	t.Parallel()
	const secret = "ghs_LoginOfTheOtherRegistry0123456789"
	config := acme()
	config.Credentials[0].Secret = secret
	other := ghcrtest.Start(t, config)
	s := newStage(t, acme()).with("command", "check", "image", other.Host()+"/acme/web", "credentials", other.Host()+" me "+secret)
	r := s.run().succeeds().hasOutputs("outcome", "ready", "linked", "")
	if !strings.Contains(r.stdout, "has no GitHub packages, so the command does not check a link and a visibility") {
		t.Errorf("the log does not contain the finding:\n%s", r.stdout)
	}
}
