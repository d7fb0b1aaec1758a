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

// The test program is the credential helpers, too, when it is started by
// their names.
func TestMain(m *testing.M) {
	if name, ok := strings.CutPrefix(strings.TrimSuffix(filepath.Base(os.Args[0]), ".exe"), "docker-credential-"); ok {
		serve(name)
		return
	}
	os.Exit(m.Run())
}

// vault is a helper that keeps its logins in a file.
type vault struct{ path string }

func (v vault) load() map[string][2]string {
	all := map[string][2]string{}
	if text, err := os.ReadFile(v.path); err == nil {
		_ = json.Unmarshal(text, &all)
	}
	return all
}

func (v vault) save(all map[string][2]string) error {
	text, err := json.Marshal(all)
	if err != nil {
		return err
	}
	return os.WriteFile(v.path, text, 0o600)
}

func (v vault) Add(c *credentials.Credentials) error {
	all := v.load()
	all[c.ServerURL] = [2]string{c.Username, c.Secret}
	return v.save(all)
}

func (v vault) Delete(key string) error {
	all := v.load()
	delete(all, key)
	return v.save(all)
}

func (v vault) Get(key string) (user, secret string, err error) {
	got, ok := v.load()[key]
	if !ok {
		return "", "", credentials.NewErrCredentialsNotFound()
	}
	return got[0], got[1], nil
}

func (v vault) List() (map[string]string, error) { return nil, nil }

// readOnly is a helper as cloud registries have them: it makes logins and
// takes none.
type readOnly struct{ vault }

func (readOnly) Add(*credentials.Credentials) error { return fmt.Errorf("not implemented") }

func serve(name string) {
	var helper credentials.Helper = vault{os.Getenv("TEST_VAULT")}
	if name == "readonly" {
		helper = readOnly{}
	}
	if err := credentials.HandleCommand(helper, os.Args[1], os.Stdin, os.Stdout); err != nil {
		_, _ = fmt.Fprint(os.Stdout, err)
		os.Exit(1)
	}
}

// helpers puts the helpers into PATH. Tests that use it do not run at the
// same time as others.
func helpers(t *testing.T) vault {
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
	v := vault{filepath.Join(dir, "vault.json")}
	t.Setenv("PATH", dir+string(os.PathListSeparator)+os.Getenv("PATH"))
	t.Setenv("TEST_VAULT", v.path)
	t.Setenv("GORACE", "atexit_sleep_ms=0") // a helper built with the race detector sleeps a second otherwise
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

func TestHelpersKeepTheSecret(t *testing.T) {
	v := helpers(t)
	for _, file := range []string{`{"credsStore":"vault"}`, `{"credHelpers":{"ghcr.io":"vault"},"auths":{}}`} {
		d := newDesk(t)
		d.put(file)
		d.check(v.save(map[string][2]string{"quay.io": {"a", "b"}}))
		s := d.in(d.session(), to("ghcr.io", "octocat", "ghs_1"))
		if got := d.reads("ghcr.io"); got != "octocat:ghs_1" {
			t.Errorf("%s: Docker reads %q", file, got)
		}
		if got := d.text(); got != file {
			t.Errorf("%s became %s", file, got)
		}
		d.out(s)
		if got := fmt.Sprint(v.load()); got != "map[quay.io:[a b]]" {
			t.Errorf("%s: afterwards the helper has %s", file, got)
		}
		d.clean()
	}
}

func TestALoginThatAHelperHadComesBack(t *testing.T) {
	v := helpers(t)
	for _, order := range [][]int{{0, 1, 2}, {2, 1, 0}, {1, 0, 2}, {1, 2, 0}} {
		d := newDesk(t)
		d.put(`{"credsStore":"vault"}`)
		d.check(v.save(map[string][2]string{"ghcr.io": {"old", "secret"}}))
		var sessions []*login.Session
		for i := range order {
			sessions = append(sessions, d.in(d.session(), to("ghcr.io", "octocat", fmt.Sprintf("ghs_%d", i))))
		}
		notes := d.notes()
		if strings.Contains(notes, "secret") || strings.Contains(notes, "ghs_") {
			t.Errorf("the notes hold a secret of the helper: %s", notes)
		}
		for _, i := range order {
			d.out(sessions[i])
		}
		if got := fmt.Sprint(v.load()); got != "map[ghcr.io:[old secret]]" {
			t.Errorf("ended as %v: the helper has %s", order, got)
		}
		d.clean()
	}
}

func (d *desk) notes() string {
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

func TestAHelperThatTakesNoLogins(t *testing.T) {
	v := helpers(t)
	for _, name := range []string{"readonly", "is-not-installed"} {
		d := newDesk(t)
		file := `{"credHelpers":{"ghcr.io":"` + name + `","docker.io":"vault"}}`
		d.put(file)
		d.check(v.save(map[string][2]string{}))
		err := d.session().In(t.Context(), []login.Login{to("quay.io", "a", "b"), to("ghcr.io", "octocat", "ghs_1")})
		if !diag.Is(err, "credential-helper") || !strings.Contains(err.Error(), "docker-credential-"+name) || !strings.Contains(err.Error(), "isolated: true") {
			t.Errorf("%s: %v", name, err)
		}
		if got := d.text(); got != file {
			t.Errorf("%s: the file became %s", name, got)
		}
		if keys := slices.Collect(maps.Keys(v.load())); len(keys) != 0 {
			t.Errorf("%s: the helper has %q", name, keys)
		}
		d.clean()
	}
}
