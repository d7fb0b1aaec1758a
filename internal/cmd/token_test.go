package cmd_test

import (
	"encoding/base64"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"

	"github.com/ghcr-publish/ghcr-publish/internal/cmd"
	"github.com/ghcr-publish/ghcr-publish/internal/ghcrtest"
)

// atTerminal removes the environment of the runner.
func (s *stage) atTerminal() *stage {
	for name := range s.env {
		if strings.HasPrefix(name, "INPUT_") || strings.HasPrefix(name, "GITHUB_") && name != "GITHUB_SERVER_URL" && name != "GITHUB_API_URL" {
			delete(s.env, name)
		}
	}
	return s
}

func TestTokenVariablesAreReadInOrder(t *testing.T) {
	t.Parallel()
	cases := []struct {
		name string
		env  map[string]string
		code int
	}{
		{"GITHUB_TOKEN", map[string]string{"GITHUB_TOKEN": canary}, cmd.OK},
		{"GH_TOKEN", map[string]string{"GH_TOKEN": canary}, cmd.OK},
		{"CR_PAT", map[string]string{"CR_PAT": canary}, cmd.OK},
		{"GITHUB_TOKEN before GH_TOKEN", map[string]string{"GITHUB_TOKEN": canary, "GH_TOKEN": "ghs_wrong"}, cmd.OK},
		{"GH_TOKEN before CR_PAT", map[string]string{"GH_TOKEN": canary, "CR_PAT": "ghs_wrong"}, cmd.OK},
		{"the first variable is used, even if it is invalid", map[string]string{"GITHUB_TOKEN": "ghs_wrong", "GH_TOKEN": canary}, cmd.Failure},
		{"a line break at the end", map[string]string{"GITHUB_TOKEN": canary + "\n"}, cmd.OK},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			s := newStage(t, acme()).atTerminal()
			for name, value := range c.env {
				s.env[name] = value
			}
			source, digest := layout(t)
			r := s.run("publish", source, "--image", s.image("acme/web"), "--tags", "1")
			if r.code != c.code {
				r.fatal("exit %d, want %d", r.code, c.code)
			}
			if got := s.server.Tag("acme/web", "1"); (got == digest) != (c.code == cmd.OK) {
				t.Errorf("the tag points at %q", got)
			}
			if strings.Contains(r.stdout, "::") {
				t.Errorf("the terminal shows runner commands:\n%s", r.stdout)
			}
		})
	}
}

func TestTokenIsReadFromStandardInput(t *testing.T) {
	t.Parallel()
	s := newStage(t, acme()).atTerminal()
	s.env["GITHUB_TOKEN"], s.stdin = "ghs_wrong", canary+"\n"
	source, digest := layout(t)
	s.run("publish", source, "--image", s.image("acme/web"), "--tags", "1", "--token-stdin").succeeds()
	if got := s.server.Tag("acme/web", "1"); got != digest {
		t.Errorf("the tag points at %q, want %q", got, digest)
	}
	s.stdin = ""
	delete(s.env, "GITHUB_TOKEN")
	s.run("publish", source, "--image", s.image("acme/web"), "--tags", "1", "--token-stdin").failsWith("token-empty", "--token-stdin")
}

// The secrets are also masked if an input is invalid.
func TestSecretsAreMaskedBeforeAnyOtherOutput(t *testing.T) {
	t.Parallel()
	for _, visibility := range []string{"keep", "wrong"} {
		s := newStage(t, acme())
		source, _ := layout(t)
		r := s.with("source", source, "credentials", "quay.io me hunter2", "visibility", visibility).run()
		masked := map[string]bool{}
		for line := range strings.Lines(r.stdout) {
			value, ok := strings.CutPrefix(strings.TrimSuffix(line, "\n"), "::add-mask::")
			if !ok {
				break
			}
			masked[value] = true
		}
		encode := base64.StdEncoding.EncodeToString
		for _, want := range []string{canary, encode([]byte(canary)), encode([]byte("octocat:" + canary)), "hunter2", encode([]byte("me:hunter2"))} {
			if !masked[want] {
				t.Errorf("visibility %s: %q is not masked at the start", visibility, want)
			}
		}
	}
}

func TestSecretsHaveNoFlag(t *testing.T) {
	t.Parallel()
	for _, flag := range []string{"--token", "--credentials"} {
		s := newStage(t, acme()).atTerminal()
		r := s.run("publish", "x", flag, "docker.io me hunter2")
		r.failsWith("usage", flag)
		if strings.Contains(r.stderr, "hunter2") {
			t.Errorf("the output contains the value: %s", r.stderr)
		}
	}
}

// recordingRegistry is a registry that records the credentials it receives.
type recordingRegistry struct {
	mu       sync.Mutex
	received []string
}

func (e *recordingRegistry) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	e.mu.Lock()
	e.received = append(e.received, r.Header.Get("Authorization"), r.URL.RawQuery)
	e.mu.Unlock()
	w.Header().Set("WWW-Authenticate", `Bearer realm="http://`+r.Host+`/token",service="x"`)
	w.WriteHeader(http.StatusUnauthorized)
}

// receivedToken reports whether the registry received the canary in any form.
func (e *recordingRegistry) receivedToken() bool {
	e.mu.Lock()
	defer e.mu.Unlock()
	for _, text := range e.received {
		if plain, err := base64.StdEncoding.DecodeString(strings.TrimPrefix(text, "Basic ")); err == nil {
			text += string(plain)
		}
		for _, form := range secretForms() {
			if strings.Contains(text, form) {
				return true
			}
		}
	}
	return false
}

func TestTokenIsSentToNoOtherHost(t *testing.T) {
	t.Parallel()
	cases := []struct {
		name   string
		inputs func(s *stage, host string)
	}{
		{"a source on the host", func(s *stage, host string) { s.with("source", "docker://"+host+"/some/base:1") }},
		{"a destination on the host", func(s *stage, host string) { s.with("image", host+"/some/app", "tags", "1") }},
		{"the input registry names the host", func(s *stage, host string) { s.with("image", "some/app", "registry", host, "tags", "1") }},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			other := &recordingRegistry{}
			foreign := httptest.NewServer(other)
			t.Cleanup(foreign.Close)
			s := newStage(t, acme())
			source, _ := layout(t)
			s.with("source", source)
			host := strings.TrimPrefix(foreign.URL, "http://")
			c.inputs(s, host)
			r := s.run()
			if len(other.received) == 0 {
				r.fatal("the other registry received no request")
			}
			if other.receivedToken() {
				t.Errorf("another host received the token: %q", other.received)
			}
			r.failsWith("other-registry-denied", host, "credentials")
		})
	}
}

func TestChallengeCannotRedirectTheToken(t *testing.T) {
	t.Parallel()
	other := &recordingRegistry{}
	foreign := httptest.NewServer(other)
	t.Cleanup(foreign.Close)
	s := newStage(t, acme())
	s.server.Inject(ghcrtest.Fault{Path: "/v2/", Times: ghcrtest.Always, Effect: ghcrtest.Answer{
		Status: 401, Code: "UNAUTHORIZED", Message: "authentication required",
		Header: http.Header{"Www-Authenticate": {`Bearer realm="` + foreign.URL + `/token",service="ghcr.io"`}},
	}})
	source, _ := layout(t)
	s.with("source", source).run().wroteNothing().failsWith("location-unusable", "not safe")
	if other.receivedToken() {
		t.Errorf("another host received the token: %q", other.received)
	}
}

func TestCopyFromAnotherRegistryUsesItsCredentials(t *testing.T) {
	t.Parallel()
	const login = "ghs_LoginOfTheOtherRegistry0123456789"
	c := acme()
	c.Credentials[0].Secret = login
	c.Repositories[0].Visibility = ghcrtest.Private
	origin := newStage(t, c)
	source, digest := layout(t)
	origin.with("token", login, "source", source, "tags", "1").run().succeeds()
	origin.server.Reset()

	s := newStage(t, acme())
	s.with("source", "docker://"+origin.image("acme/web:1"), "credentials", origin.server.Host()+" octocat "+login)
	r := s.run().succeeds().hasOutputs("digest", digest)
	if strings.Contains(r.stderr+r.summary+strings.ReplaceAll(r.stdout, "::add-mask::"+login, ""), login) {
		t.Error("the output contains the secret of the other registry")
	}
	s.with("credentials", "", "tags", "2")
	s.run().failsWith("other-registry-denied", origin.server.Host())
}

func TestDebugLinesContainNoSecrets(t *testing.T) {
	t.Parallel()
	cases := []struct {
		name string
		set  func(*stage)
	}{
		{"the input", func(s *stage) { s.with("debug", "true") }},
		{"the runner's debug logging", func(s *stage) { s.env["RUNNER_DEBUG"] = "1" }},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			s := newStage(t, acme())
			c.set(s)
			source, _ := layout(t)
			r := s.with("source", source).run().succeeds() // run also calls noSecrets
			for _, want := range []string{"PUT " + s.server.Host() + "/v2/acme/web/manifests/main 201", "/token 200", "request id"} {
				if !strings.Contains(r.stderr, want) {
					t.Errorf("no line contains %q:\n%s", want, r.stderr)
				}
			}
			if strings.Contains(r.stderr, "sig=") {
				t.Errorf("the output contains a signed URL:\n%s", r.stderr)
			}
		})
	}
	t.Run("off", func(t *testing.T) {
		t.Parallel()
		s := newStage(t, acme())
		source, _ := layout(t)
		if r := s.with("source", source).run().succeeds(); r.stderr != "" {
			t.Errorf("stderr is not empty:\n%s", r.stderr)
		}
	})
}

func TestTerminalNeedsNoRunnerFiles(t *testing.T) {
	t.Parallel()
	s := newStage(t, acme()).atTerminal()
	s.env["GITHUB_TOKEN"] = canary
	source, digest := layout(t)
	r := s.run("publish", source, "--image", s.image("acme/web"), "--tags", "1").succeeds()
	if !strings.Contains(r.stdout, "docker pull "+s.image("acme/web")+":1\n") {
		t.Errorf("the log does not contain the pull command of %s:\n%s", digest, r.stdout)
	}
	s.run("publish", source, "--image", s.image("acme/web")).failsWith("no-tags", "--tags 1.2.3")
}
