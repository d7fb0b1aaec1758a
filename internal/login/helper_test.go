package login_test

import (
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"

	"github.com/docker/docker-credential-helpers/credentials"

	"github.com/ghcr-publish/ghcr-publish/internal/diag"
	"github.com/ghcr-publish/ghcr-publish/internal/login"
)

// TestMain also implements the credential helpers. It runs a credential helper
// instead of the tests if the test program has the name of this helper.
func TestMain(m *testing.M) {
	if name, ok := strings.CutPrefix(strings.TrimSuffix(filepath.Base(os.Args[0]), ".exe"), "docker-credential-"); ok {
		serve(name)
		return
	}
	os.Exit(m.Run())
}

// fileHelper is a credential helper that keeps its logins in a file.
type fileHelper struct{ path string }

func (v fileHelper) load() map[string][2]string {
	all := map[string][2]string{}
	if text, err := os.ReadFile(v.path); err == nil {
		_ = json.Unmarshal(text, &all)
	}
	return all
}

func (v fileHelper) save(all map[string][2]string) error {
	text, err := json.Marshal(all)
	if err != nil {
		return err
	}
	return os.WriteFile(v.path, text, 0o600)
}

func (v fileHelper) Add(c *credentials.Credentials) error {
	all := v.load()
	all[c.ServerURL] = [2]string{c.Username, c.Secret}
	return v.save(all)
}

func (v fileHelper) Delete(key string) error {
	all := v.load()
	delete(all, key)
	return v.save(all)
}

func (v fileHelper) Get(key string) (user, secret string, err error) {
	got, ok := v.load()[key]
	if !ok {
		return "", "", credentials.NewErrCredentialsNotFound()
	}
	return got[0], got[1], nil
}

func (v fileHelper) List() (map[string]string, error) { return nil, nil }

// readOnly is a credential helper that creates logins but stores no logins. The
// helpers of cloud registries work in this way.
type readOnly struct{ fileHelper }

func (readOnly) Add(*credentials.Credentials) error { return fmt.Errorf("not implemented") }

func serve(name string) {
	var helper credentials.Helper = fileHelper{os.Getenv("TEST_VAULT")}
	if name == "readonly" {
		helper = readOnly{}
	}
	if err := credentials.HandleCommand(helper, os.Args[1], os.Stdin, os.Stdout); err != nil {
		_, _ = fmt.Fprint(os.Stdout, err)
		os.Exit(1)
	}
}

// helpers adds the credential helpers to PATH. Tests that call helpers cannot
// run in parallel.
func helpers(t *testing.T) fileHelper {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	suffix := ""
	if runtime.GOOS == "windows" {
		suffix = ".exe"
	}
	for _, name := range []string{"vault", "readonly"} {
		install(t, self, filepath.Join(dir, "docker-credential-"+name+suffix))
	}
	v := fileHelper{filepath.Join(dir, "vault.json")}
	t.Setenv("PATH", dir+string(os.PathListSeparator)+os.Getenv("PATH"))
	t.Setenv("TEST_VAULT", v.path)
	t.Setenv("GORACE", "atexit_sleep_ms=0") // with the race detector, a helper would otherwise sleep for a second at its exit
	return v
}

func install(t *testing.T, from, to string) {
	t.Helper()
	if os.Symlink(from, to) == nil {
		return
	}
	in, err := os.Open(from)
	if err != nil {
		t.Fatal(err)
	}
	defer in.Close()
	out, err := os.OpenFile(to, os.O_CREATE|os.O_WRONLY, 0o755)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := io.Copy(out, in); err != nil {
		t.Fatal(err)
	}
	if err := out.Close(); err != nil {
		t.Fatal(err)
	}
}

func TestHelpersStoreTheSecret(t *testing.T) {
	v := helpers(t)
	for _, file := range []string{`{"credsStore":"vault"}`, `{"credHelpers":{"ghcr.io":"vault"},"auths":{}}`} {
		d := newFakeRunner(t)
		d.put(file)
		d.check(v.save(map[string][2]string{"quay.io": {"a", "b"}}))
		s := d.login(d.session(), to("ghcr.io", "octocat", "ghs_1"))
		if got := d.reads("ghcr.io"); got != "octocat:ghs_1" {
			t.Errorf("%s: Docker reads %q", file, got)
		}
		if got := d.text(); got != file {
			t.Errorf("%s was changed to %s", file, got)
		}
		d.logout(s)
		if got := fmt.Sprint(v.load()); got != "map[quay.io:[a b]]" {
			t.Errorf("%s: after the logout, the helper has %s", file, got)
		}
		d.checkNoOtherFiles()
	}
}

func TestLogoutRestoresTheLoginOfAHelper(t *testing.T) {
	v := helpers(t)
	for _, order := range [][]int{{0, 1, 2}, {2, 1, 0}, {1, 0, 2}, {1, 2, 0}} {
		d := newFakeRunner(t)
		d.put(`{"credsStore":"vault"}`)
		d.check(v.save(map[string][2]string{"ghcr.io": {"old", "secret"}}))
		var sessions []*login.Session
		for i := range order {
			sessions = append(sessions, d.login(d.session(), to("ghcr.io", "octocat", fmt.Sprintf("ghs_%d", i))))
		}
		state := d.logoutState()
		if strings.Contains(state, "secret") || strings.Contains(state, "ghs_") {
			t.Errorf("the logout state has a secret of the helper: %s", state)
		}
		for _, i := range order {
			d.logout(sessions[i])
		}
		if got := fmt.Sprint(v.load()); got != "map[ghcr.io:[old secret]]" {
			t.Errorf("logged out in the order %v: the helper has %s", order, got)
		}
		d.checkNoOtherFiles()
	}
}

// logoutState returns the logout state of all login files.
func (d *fakeRunner) logoutState() string {
	d.t.Helper()
	files, err := filepath.Glob(filepath.Join(d.temp, "ghcr-publish-login", "*.json"))
	d.check(err)
	var all string
	for _, f := range files {
		text, err := os.ReadFile(f)
		d.check(err)
		all += string(text)
	}
	return all
}

func TestAHelperThatFailsIsNamed(t *testing.T) {
	v := helpers(t)
	for _, name := range []string{"readonly", "is-not-installed"} {
		d := newFakeRunner(t)
		file := "{\n  \"credHelpers\": {\n    \"docker.io\": \"vault\",\n    \"ghcr.io\": \"" + name + "\"\n  }\n}\n"
		d.put(file)
		d.check(v.save(map[string][2]string{}))
		err := d.session().Login(t.Context(), []login.Login{to("quay.io", "a", "b"), to("ghcr.io", "octocat", "ghs_1")})
		if !diag.Is(err, login.CodeHelperFailed) || !strings.Contains(err.Error(), "docker-credential-"+name) || !strings.Contains(err.Error(), "isolated: true") {
			t.Errorf("%s: %v", name, err)
		}
		if !strings.Contains(err.Error(), "Line 4 of ") || !strings.Contains(err.Error(), "config.json") {
			t.Errorf("%s: the error does not name the line of the helper: %v", name, err)
		}
		if got := d.text(); got != file {
			t.Errorf("%s: the file was changed to %s", name, got)
		}
		if keys := slices.Collect(maps.Keys(v.load())); len(keys) != 0 {
			t.Errorf("%s: the helper has %q", name, keys)
		}
		d.checkNoOtherFiles()
	}
}
