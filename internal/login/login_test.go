package login_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/ghcr-publish/ghcr-publish/internal/ci/needs"
	"github.com/ghcr-publish/ghcr-publish/internal/diag"
	"github.com/ghcr-publish/ghcr-publish/internal/login"
)

// before holds typical login files.
var before = []struct{ name, text string }{
	{"no file", "absent"},
	{"an empty file", ""},
	{"blanks", " \n"},
	{"an empty object", "{}"},
	{"an empty object and a newline", "{ }\n"},
	{"no logins", "{\n\t\"auths\": {}\n}"},
	{"null as the value of auths", `{"auths": null, "psFormat": "table"}`},
	{"a login for another registry", "{\n\t\"auths\": {\n\t\t\"quay.io\": {\n\t\t\t\"auth\": \"YTpi\"\n\t\t}\n\t}\n}"},
	{"a login for the same host", `{"auths":{"ghcr.io":{"auth":"b2xkOm9sZA=="},"quay.io":{"auth":"YTpi"}}}`},
	{"written by hand, with keys that Docker does not define", "{\r\n  \"podman\": {\"x\": [1, 2]},\r\n  \"auths\" : { \"quay.io\" : {\"auth\":\"YTpi\"}, \"r.example\":{\"auth\":\"YTpi\"} },\r\n  \"credHelpers\": {\"eu.gcr.io\": \"gcloud\"}\r\n}\r\n"},
}

func TestLogoutRestoresTheFileByteForByte(t *testing.T) {
	t.Parallel()
	for _, c := range before {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			d := newFakeRunner(t)
			if c.text != "absent" {
				d.put(c.text)
			}
			s := d.login(d.session(), to("ghcr.io", "octocat", "ghs_1"), to("docker.io", "me", "p:w"))
			for host, want := range map[string]string{"ghcr.io": "octocat:ghs_1", "docker.io": "me:p:w"} {
				if got := d.reads(host); got != want {
					t.Errorf("Docker reads %q for %s, want %q, in\n%s", got, host, want, d.text())
				}
			}
			if strings.Contains(c.text, "quay.io") && d.reads("quay.io") != "a:b" {
				t.Errorf("the other login is missing:\n%s", d.text())
			}
			d.logout(s)
			if got := d.text(); got != c.text {
				t.Errorf("after the logout the file is\n%q\nbefore the login it was\n%q", got, c.text)
			}
			d.checkNoOtherFiles()
			if _, err := os.Stat(filepath.Dir(d.file)); c.text == "absent" && !os.IsNotExist(err) {
				t.Error("the folder that the login created still exists")
			}
		})
	}
}

func TestLogoutKeepsTheLoginsOfOtherPrograms(t *testing.T) {
	t.Parallel()
	cases := []struct {
		name, before string
		change       func(text string) string
		want         string
	}{
		{
			"another program adds a login", `{"auths":{}}`,
			func(s string) string {
				return strings.Replace(s, `"auths":{`, `"auths":{"quay.io":{"auth":"YTpi"},`, 1)
			},
			`{"auths":{"quay.io":{"auth":"YTpi"}}}`,
		},
		{
			"another program replaces the login", `{"auths":{}}`,
			func(string) string { return `{"auths":{"ghcr.io":{"auth":"YTpi"}}}` },
			`{"auths":{"ghcr.io":{"auth":"YTpi"}}}`,
		},
		{
			"another program removes the login", `{"auths":{}}`,
			func(string) string { return `{"auths":{ }}` },
			`{"auths":{ }}`,
		},
		{
			"another program adds a setting to a file with an earlier login", `{"auths":{"ghcr.io":{"auth":"b2xkOm9sZA=="}}}`,
			func(s string) string { return strings.Replace(s, "{", `{"psFormat":"x",`, 1) },
			`{"psFormat":"x","auths":{"ghcr.io":{"auth":"b2xkOm9sZA=="}}}`,
		},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			d := newFakeRunner(t)
			d.put(c.before)
			s := d.login(d.session(), to("ghcr.io", "octocat", "ghs_1"))
			d.put(c.change(d.text()))
			d.logout(s)
			var got, want any
			d.check(json.Unmarshal([]byte(d.text()), &got))
			d.check(json.Unmarshal([]byte(c.want), &want))
			if g, w := marshal(t, got), marshal(t, want); g != w {
				t.Errorf("got  %s\nwant %s", g, w)
			}
			d.checkNoOtherFiles()
		})
	}
}

func marshal(t *testing.T, v any) string {
	t.Helper()
	text, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// Sessions can log out in any order. No logout restores a login that another
// session has removed.
func TestSessionsCanLogOutInAnyOrder(t *testing.T) {
	t.Parallel()
	orders := [][]int{{0, 1, 2}, {0, 2, 1}, {1, 0, 2}, {1, 2, 0}, {2, 0, 1}, {2, 1, 0}}
	logins := [][]string{{"ghs_1", "ghs_2", "ghs_3"}, {"ghs_1", "ghs_1", "ghs_2"}, {"ghs_1", "ghs_1", "ghs_1"}}
	for _, b := range []struct{ name, text string }{before[0], before[3], before[8]} {
		for _, tokens := range logins {
			for _, order := range orders {
				d := newFakeRunner(t)
				if b.text != "absent" {
					d.put(b.text)
				}
				var sessions []*login.Session
				for _, token := range tokens {
					sessions = append(sessions, d.login(d.session(), to("ghcr.io", "octocat", token)))
				}
				for _, i := range order {
					d.logout(sessions[i])
				}
				if got := d.text(); got != b.text {
					t.Errorf("%s, %q, logged out in the order %v: the file is %q, before it was %q", b.name, tokens, order, got, b.text)
				}
				d.checkNoOtherFiles()
			}
		}
	}
}

func TestTheLatestLoginIsUsedUntilItsLogout(t *testing.T) {
	t.Parallel()
	d := newFakeRunner(t)
	one := d.login(d.session(), to("ghcr.io", "octocat", "ghs_1"))
	two := d.login(d.session(), to("ghcr.io", "octocat", "ghs_2"))
	if got := d.reads("ghcr.io"); got != "octocat:ghs_2" {
		t.Errorf("with both logins, Docker reads %q", got)
	}
	d.logout(one)
	if got := d.reads("ghcr.io"); got != "octocat:ghs_2" {
		t.Errorf("with the second login only, Docker reads %q", got)
	}
	d.logout(two)
	d.logout(two) // a post step can run twice
	if got := d.text(); got != "absent" {
		t.Errorf("the file is %q", got)
	}
}

func TestFileIsPrivateUntilTheLogout(t *testing.T) {
	t.Parallel()
	needs.Modes(t)
	mode := func(d *fakeRunner) os.FileMode {
		info, err := os.Stat(d.file)
		d.check(err)
		return info.Mode().Perm()
	}
	d := newFakeRunner(t)
	d.put("{}")
	d.check(os.Chmod(d.file, 0o644))
	s := d.login(d.session(), to("ghcr.io", "octocat", "ghs_1"))
	if got := mode(d); got != 0o600 {
		t.Errorf("with a login, the mode is %o", got)
	}
	d.logout(s)
	if got := mode(d); got != 0o644 {
		t.Errorf("after the logout, the mode is %o, want 644", got)
	}
}

func TestStateHasNoSecret(t *testing.T) {
	t.Parallel()
	d := newFakeRunner(t)
	s := d.login(d.session(), to("ghcr.io", "octocat", "ghs_1"))
	if text := s.String(); strings.Contains(text, "ghs_1") || strings.Contains(text, "b2N0b2NhdDpnaHNfMQ") {
		t.Errorf("the state is %s", text)
	}
}

func TestSymbolicLinksAreKept(t *testing.T) {
	t.Parallel()
	for _, exists := range []bool{true, false} {
		d := newFakeRunner(t)
		real := filepath.Join(d.temp, "real.json")
		if exists {
			d.check(os.WriteFile(real, []byte("{}"), 0o600))
		}
		d.check(os.MkdirAll(filepath.Dir(d.file), 0o755))
		needs.Link(t, real, d.file)
		s := d.login(d.session(), to("ghcr.io", "octocat", "ghs_1"))
		if info, err := os.Lstat(d.file); err != nil || info.Mode()&os.ModeSymlink == 0 {
			t.Errorf("the link was replaced: %v, %v", info, err)
		}
		if got := d.reads("ghcr.io"); got != "octocat:ghs_1" {
			t.Errorf("Docker reads %q", got)
		}
		d.logout(s)
		if _, err := os.Stat(real); os.IsNotExist(err) == exists {
			t.Errorf("existed before: %t, after the logout: %v", exists, err)
		}
	}
}

func TestInvalidFilesAreNotChanged(t *testing.T) {
	t.Parallel()
	for _, text := range []string{`{"auths":`, `[]`, `{"auths":[]}`, `{"auths":{"a":{"auth":"%"}}}`, `null x`, `"x"`, `{"auths":{},"Auths":{"ghcr.io":{"auth":"YTpi"}}}`} {
		d := newFakeRunner(t)
		d.put(text)
		s := d.session()
		if err := s.Login(t.Context(), []login.Login{to("ghcr.io", "octocat", "ghs_1")}); !diag.Is(err, login.CodeFileInvalid) {
			t.Errorf("%s: %v", text, err)
		}
		if got := d.text(); got != text {
			t.Errorf("%s was changed to %s", text, got)
		}
		d.checkNoOtherFiles()
	}
}

func TestLoginsOutsideAWorkflowStay(t *testing.T) {
	t.Parallel()
	d := newFakeRunner(t)
	delete(d.env, "GITHUB_ACTIONS")
	s := d.login(d.session(), to("ghcr.io", "octocat", "ghs_1"))
	d.logout(s)
	if got := d.reads("ghcr.io"); got != "octocat:ghs_1" {
		t.Errorf("Docker reads %q", got)
	}
	d.checkNoOtherFiles()
}
