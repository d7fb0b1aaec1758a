package login_test

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/docker/cli/cli/config"
	"github.com/docker/cli/cli/config/types"

	"github.com/ghcr-publish/ghcr-publish/internal/login"
	"github.com/ghcr-publish/ghcr-publish/internal/secret"
)

// fakeRunner has a login file, a temporary folder and the environment of a
// runner.
type fakeRunner struct {
	t    *testing.T
	file string
	temp string
	env  map[string]string
}

func newFakeRunner(t *testing.T) *fakeRunner {
	t.Helper()
	dir := t.TempDir()
	d := &fakeRunner{t: t, temp: filepath.Join(dir, "temp"), file: filepath.Join(dir, "docker", "config.json")}
	d.env = map[string]string{
		"DOCKER_CONFIG": filepath.Join(dir, "docker"), "RUNNER_TEMP": d.temp, "GITHUB_ACTIONS": "true",
	}
	d.check(os.MkdirAll(d.temp, 0o755))
	return d
}

func (d *fakeRunner) check(err error) {
	d.t.Helper()
	if err != nil {
		d.t.Fatal(err)
	}
}

func (d *fakeRunner) getenv(name string) string { return d.env[name] }

// put writes the login file.
func (d *fakeRunner) put(text string) {
	d.t.Helper()
	d.check(os.MkdirAll(filepath.Dir(d.file), 0o755))
	d.check(os.WriteFile(d.file, []byte(text), 0o600))
}

// text returns the content of the login file, or "absent".
func (d *fakeRunner) text() string {
	d.t.Helper()
	text, err := os.ReadFile(d.file)
	if os.IsNotExist(err) {
		return "absent"
	}
	d.check(err)
	return string(text)
}

// session returns a session as a later step restores it from its state.
func (d *fakeRunner) session() *login.Session {
	d.t.Helper()
	files, err := login.Find(d.getenv)
	d.check(err)
	s, err := login.Parse(login.New(files).String())
	d.check(err)
	return s
}

func (d *fakeRunner) login(s *login.Session, logins ...login.Login) *login.Session {
	d.t.Helper()
	d.check(s.Login(d.t.Context(), logins))
	return s
}

func (d *fakeRunner) logout(s *login.Session) {
	d.t.Helper()
	d.check(s.Logout(d.t.Context()))
}

// reads returns the login that Docker's own library finds for a host, in the
// form user:secret.
func (d *fakeRunner) reads(host string) string {
	d.t.Helper()
	c, err := config.Load(filepath.Dir(d.file))
	d.check(err)
	got, err := c.GetAuthConfig(host)
	d.check(err)
	got.ServerAddress = ""
	if got == (types.AuthConfig{}) {
		return ""
	}
	return got.Username + ":" + got.Password
}

// checkNoOtherFiles fails the test if the folders contain a file other than the
// login file.
func (d *fakeRunner) checkNoOtherFiles() {
	d.t.Helper()
	for _, dir := range []string{filepath.Dir(d.file), filepath.Join(d.temp, "ghcr-publish-login")} {
		entries, err := os.ReadDir(dir)
		if err != nil && !os.IsNotExist(err) {
			d.t.Fatal(err)
		}
		for _, e := range entries {
			if e.Name() != "config.json" {
				d.t.Errorf("%s still exists in %s", e.Name(), dir)
			}
		}
	}
}

func to(host, user, password string) login.Login {
	return login.Login{Host: host, Username: user, Secret: secret.New(password)}
}
