package cmd_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/docker/cli/cli/config"

	"github.com/ghcr-publish/ghcr-publish/internal/ghcrtest"
)

// loginStage returns a stage for the command "login", on a host with a login file.
func loginStage(t *testing.T, c ghcrtest.Config) (s *stage, file string) {
	t.Helper()
	s = newStage(t, c).with("command", "login")
	s.env["DOCKER_CONFIG"] = filepath.Join(s.dir, "docker")
	file = filepath.Join(s.dir, "docker", "config.json")
	s.check(os.MkdirAll(filepath.Dir(file), 0o700))
	s.check(os.WriteFile(file, []byte(hostLogins), 0o600))
	return s, file
}

const hostLogins = `{"auths": {"quay.io": {"auth": "YTpi"}}, "psFormat": "table"}`

// post runs the post step with the state of the main step.
func (s *stage) post() result {
	s.t.Helper()
	state, err := parseFile(s.read("STATE"))
	s.check(err)
	s.env["GHCR_PUBLISH_STAGE"] = "post"
	for name, value := range state {
		s.env["STATE_"+name] = value
	}
	return s.run()
}

// storedLogin returns the login that the library of Docker finds, as user:secret.
func storedLogin(t *testing.T, dir, host string) string {
	t.Helper()
	c, err := config.Load(dir)
	if err != nil {
		t.Fatal(err)
	}
	got, err := c.GetAuthConfig(host)
	if err != nil {
		t.Fatal(err)
	}
	return got.Username + ":" + got.Password
}

func fileContent(t *testing.T, path string) string {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func TestLoginForLaterStepsAndLogoutAfterTheJob(t *testing.T) {
	t.Parallel()
	s, file := loginStage(t, acme())
	r := s.run().succeeds().wroteNothing()
	if got := storedLogin(t, filepath.Dir(file), s.server.Host()); got != "octocat:"+canary {
		t.Errorf("Docker reads %q", got)
	}
	if !strings.Contains(r.stdout, "Logged in to "+s.server.Host()+" as octocat.") {
		t.Errorf("the log does not report the login:\n%s", r.stdout)
	}
	if r := s.post().succeeds(); len(r.requests) != 0 {
		t.Errorf("the logout sent %d requests", len(r.requests))
	}
	if got := fileContent(t, file); got != hostLogins {
		t.Errorf("after the logout the file is %s", got)
	}
}

// A later step can delete all files in RUNNER_TEMP. The logout then removes the login,
// which it recognizes by its hash, and warns.
func TestLogoutAfterRunnerTempWasEmptied(t *testing.T) {
	t.Parallel()
	s, file := loginStage(t, acme())
	s.run().succeeds()
	s.check(os.RemoveAll(filepath.Join(s.dir, "ghcr-publish-login")))
	r := s.post().succeeds()
	if text := fileContent(t, file); strings.Contains(text, s.server.Host()) || !strings.Contains(text, `"auth": "YTpi"`) {
		t.Errorf("after the logout the file is %s", text)
	}
	if !strings.Contains(r.stdout, "::warning") || !strings.Contains(r.stdout, s.server.Host()) {
		t.Errorf("the post step gives no warning:\n%s", r.stdout)
	}
}

func TestLogoutAfterRunnerTempWasEmptiedKeepsTheLoginOfAnotherProgram(t *testing.T) {
	t.Parallel()
	s, file := loginStage(t, acme())
	s.run().succeeds()
	s.check(os.RemoveAll(filepath.Join(s.dir, "ghcr-publish-login")))
	other := `{"auths": {"` + s.server.Host() + `": {"auth": "YTpi"}}}`
	s.check(os.WriteFile(file, []byte(other), 0o600))
	r := s.post().succeeds()
	if text := fileContent(t, file); text != other || strings.Contains(r.stdout, "::warning") {
		t.Errorf("the file is %s, and the log is %s", text, r.stdout)
	}
}

func TestLogoutAfterAnotherProgramRewroteTheFile(t *testing.T) {
	t.Parallel()
	for _, copied := range []bool{false, true} {
		s, file := loginStage(t, acme())
		s.run().succeeds()
		var doc map[string]map[string]any
		s.check(json.Unmarshal([]byte(strings.Replace(fileContent(t, file), `"psFormat": "table"`, `"plugins": {}`, 1)), &doc))
		if copied {
			doc["auths"]["copy.example"] = doc["auths"][s.server.Host()]
		}
		text, err := json.MarshalIndent(doc, "", "  ")
		s.check(err)
		s.check(os.WriteFile(file, text, 0o600))
		r := s.post().succeeds()
		if got := fileContent(t, file); strings.Contains(got, s.server.Host()) || !strings.Contains(got, "YTpi") {
			t.Errorf("after the logout the file is %s", got)
		}
		if strings.Contains(r.stdout, "Logged out.") == copied || strings.Contains(r.stdout, "copy.example in ") != copied {
			t.Errorf("with a copy: %t, the post step prints %s", copied, r.stdout)
		}
	}
}

func TestRefusedLoginIsNotWritten(t *testing.T) {
	t.Parallel()
	cases := []struct {
		name   string
		server func(*ghcrtest.Config)
		stage  func(*stage)
		code   string
		words  []string
	}{
		{
			name: "an invalid token", stage: func(s *stage) { s.with("token", "ghs_wrong") },
			code: "denied", words: []string{"GitHub's API", "input token"},
		},
		{
			name:   "an expired token",
			server: func(c *ghcrtest.Config) { c.Credentials[0].Expired = true },
			code:   "denied",
		},
		{
			name:   "push: true with a token that may not push",
			server: func(c *ghcrtest.Config) { c.Credentials[0].Packages = ghcrtest.Read },
			stage:  func(s *stage) { s.with("push", "true") },
			code:   "create-package", words: []string{"packages: write"},
		},
		{
			name:   "push: true to another image",
			server: func(c *ghcrtest.Config) { c.Packages = []ghcrtest.Package{{Name: "acme/base"}} },
			stage:  func(s *stage) { s.with("push", "true", "image", s.image("acme/base")) },
			code:   "write-package", words: []string{"acme/base exists", "Manage Actions access"},
		},
		{
			name:   "push: true with a fine-grained token",
			server: func(c *ghcrtest.Config) { c.Credentials[0].Kind = ghcrtest.FineGrainedPAT },
			stage:  func(s *stage) { s.with("push", "true") },
			code:   "token-scopes", words: []string{"scopes"},
		},
		{
			name: "push: true with a classic token without the scope",
			server: func(c *ghcrtest.Config) {
				c.Credentials[0] = ghcrtest.Credential{Secret: pat, Kind: ghcrtest.ClassicPAT, Actor: "octocat", Scopes: []string{"read:packages"}}
			},
			stage: func(s *stage) { s.with("push", "true", "token", pat) },
			code:  "token-scopes", words: []string{"read:packages", "scopes=write:packages"},
		},
		{
			name: "an image without push: true", stage: func(s *stage) { s.with("image", "acme/web") },
			code: "image-without-push", words: []string{"push: true"},
		},
		{
			name: "a host without a login", stage: func(s *stage) { s.with("registry", "docker.io") },
			code: "login-missing", words: []string{"no login for the host docker.io in the input registry", "docker.io USER SECRET"},
		},
		{
			name: "an invalid host", stage: func(s *stage) { s.with("registry", "https://ghcr.io/acme") },
			code: "registry-invalid", words: []string{"https://ghcr.io/acme"},
		},
		{
			name: "no credentials", stage: func(s *stage) { s.with("token", "") },
			code: "token-empty", words: []string{"There is no token"},
		},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			config := acme()
			if c.server != nil {
				c.server(&config)
			}
			s, file := loginStage(t, config)
			if c.stage != nil {
				c.stage(s)
			}
			s.run().failsWith(c.code, c.words...).wroteNothing()
			if got := fileContent(t, file); got != hostLogins {
				t.Errorf("the file is %s", got)
			}
			s.post().succeeds()
		})
	}
}

func TestLoginChecksTheRightToPush(t *testing.T) {
	t.Parallel()
	s, _ := loginStage(t, acme())
	r := s.with("push", "true").run().succeeds().wroteNothing()
	if !strings.Contains(r.stdout, "The token may push to "+s.image("acme/web")) {
		t.Errorf("the log does not report the login:\n%s", r.stdout)
	}
}

func TestLoginToSeveralRegistries(t *testing.T) {
	t.Parallel()
	const secret = "ghs_LoginOfTheOtherRegistry0123456789"
	config := acme()
	config.Credentials[0].Secret = secret
	other := ghcrtest.Start(t, config)
	s, file := loginStage(t, acme())
	r := s.with("credentials", other.Host()+" me "+secret).run().succeeds()
	dir := filepath.Dir(file)
	for host, want := range map[string]string{s.server.Host(): "octocat:" + canary, other.Host(): "me:" + secret, "quay.io": "a:b"} {
		if got := storedLogin(t, dir, host); got != want {
			t.Errorf("Docker reads %q for %s, want %q", got, host, want)
		}
	}
	if strings.Contains(strings.ReplaceAll(r.stdout, "::add-mask::"+secret, "")+r.stderr+s.read("STATE"), secret) {
		t.Error("the output contains the secret of the other registry")
	}
	s.post().succeeds()
	if got := fileContent(t, file); got != hostLogins {
		t.Errorf("after the logout the file is %s", got)
	}
	delete(s.env, "GHCR_PUBLISH_STAGE")
	s.with("credentials", other.Host()+" me wrong").run().failsWith("login-refused", other.Host())
	if got := fileContent(t, file); got != hostLogins {
		t.Errorf("one of two logins was refused, but the file is %s", got)
	}
}

func TestIsolatedLogin(t *testing.T) {
	t.Parallel()
	s, file := loginStage(t, acme())
	s.with("isolated", "true").run().succeeds()
	env, err := parseFile(s.read("ENV"))
	s.check(err)
	dir := env["DOCKER_CONFIG"]
	if !strings.HasPrefix(dir, s.dir) || env["REGISTRY_AUTH_FILE"] != filepath.Join(dir, "config.json") {
		t.Fatalf("the environment for later steps is %v", env)
	}
	if got := storedLogin(t, dir, s.server.Host()); got != "octocat:"+canary {
		t.Errorf("with this environment Docker reads %q", got)
	}
	if got := fileContent(t, file); got != hostLogins {
		t.Errorf("the file of the host is %s", got)
	}
	s.post().succeeds()
	if _, err := os.Stat(dir); !os.IsNotExist(err) {
		t.Errorf("the private folder still exists: %v", err)
	}
}

func TestLoginAtATerminalStays(t *testing.T) {
	t.Parallel()
	s, file := loginStage(t, acme())
	docker := s.env["DOCKER_CONFIG"]
	s.atTerminal()
	s.env["DOCKER_CONFIG"], s.stdin = docker, canary+"\n"
	r := s.run("login", "--token-stdin", "--push", "--image", s.image("acme/web")).succeeds()
	if !strings.Contains(r.stdout, "may push to") {
		t.Errorf("the log does not report the check of --push:\n%s", r.stdout)
	}
	if got := storedLogin(t, filepath.Dir(file), s.server.Host()); got != "token:"+canary {
		t.Errorf("Docker reads %q", got)
	}
	s.run("login", "--isolated", "--token-stdin").failsWith("isolated-outside-workflow", "DOCKER_CONFIG")
	s.stdin = ""
	s.run("login", "docker.io", "ghcr.io").failsWith("login-missing", "docker.io")
}

func TestPostStepsOfOtherCommandsDoNothing(t *testing.T) {
	t.Parallel()
	s := newStage(t, acme())
	s.env["GHCR_PUBLISH_STAGE"] = "post"
	if r := s.run().succeeds(); len(r.requests) != 0 || r.stdout != "" {
		t.Errorf("the post step of publish printed %s", r.stdout)
	}
}
