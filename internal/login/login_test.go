package login_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

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
	{"null for logins", `{"auths": null, "psFormat": "table"}`},
	{"another registry's", "{\n\t\"auths\": {\n\t\t\"quay.io\": {\n\t\t\t\"auth\": \"YTpi\"\n\t\t}\n\t}\n}"},
	{"the same host's", `{"auths":{"ghcr.io":{"auth":"b2xkOm9sZA=="},"quay.io":{"auth":"YTpi"}}}`},
	{"written by hand, with keys Docker does not know", "{\r\n  \"podman\": {\"x\": [1, 2]},\r\n  \"auths\" : { \"quay.io\" : {\"auth\":\"YTpi\"}, \"r.example\":{\"auth\":\"YTpi\"} },\r\n  \"credHelpers\": {\"eu.gcr.io\": \"gcloud\"}\r\n}\r\n"},
}

func TestLogoutLeavesTheFileByteForByte(t *testing.T) {
	t.Parallel()
	for _, c := range before {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			d := newFakeRunner(t)
			if c.text != "absent" {
				d.put(c.text)
			}
			s := d.in(d.session(), to("ghcr.io", "octocat", "ghs_1"), to("docker.io", "me", "p:w"))
			for host, want := range map[string]string{"ghcr.io": "octocat:ghs_1", "docker.io": "me:p:w"} {
				if got := d.reads(host); got != want {
					t.Errorf("Docker reads %q for %s, want %q, in\n%s", got, host, want, d.text())
				}
			}
			if strings.Contains(c.text, "quay.io") && d.reads("quay.io") != "a:b" {
				t.Errorf("the other login is gone:\n%s", d.text())
			}
			d.out(s)
			if got := d.text(); got != c.text {
				t.Errorf("after logging out the file is\n%q\nbefore it was\n%q", got, c.text)
			}
			d.clean()
			if _, err := os.Stat(filepath.Dir(d.file)); c.text == "absent" && !os.IsNotExist(err) {
				t.Error("the folder that was made for the login is left")
			}
		})
	}
}

func TestLogoutKeepsTheLoginsOfOtherPrograms(t *testing.T) {
	t.Parallel()
	cases := []struct {
		name, before string
		meanwhile    func(text string) string
		want         string
	}{
		{
			"another login beside ours", `{"auths":{}}`,
			func(s string) string {
				return strings.Replace(s, `"auths":{`, `"auths":{"quay.io":{"auth":"YTpi"},`, 1)
			},
			`{"auths":{"quay.io":{"auth":"YTpi"}}}`,
		},
		{
			"somebody else's login in place of ours", `{"auths":{}}`,
			func(string) string { return `{"auths":{"ghcr.io":{"auth":"YTpi"}}}` },
			`{"auths":{"ghcr.io":{"auth":"YTpi"}}}`,
		},
		{
			"ours taken out", `{"auths":{}}`,
			func(string) string { return `{"auths":{ }}` },
			`{"auths":{ }}`,
		},
		{
			"a setting, where a login was there before", `{"auths":{"ghcr.io":{"auth":"b2xkOm9sZA=="}}}`,
			func(s string) string { return strings.Replace(s, "{", `{"psFormat":"x",`, 1) },
			`{"psFormat":"x","auths":{"ghcr.io":{"auth":"b2xkOm9sZA=="}}}`,
		},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			d := newFakeRunner(t)
			d.put(c.before)
			s := d.in(d.session(), to("ghcr.io", "octocat", "ghs_1"))
			d.put(c.meanwhile(d.text()))
			d.out(s)
			var got, want any
			d.check(json.Unmarshal([]byte(d.text()), &got))
			d.check(json.Unmarshal([]byte(c.want), &want))
			if g, w := marshal(t, got), marshal(t, want); g != w {
				t.Errorf("got  %s\nwant %s", g, w)
			}
			d.clean()
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
					sessions = append(sessions, d.in(d.session(), to("ghcr.io", "octocat", token)))
				}
				for _, i := range order {
					d.out(sessions[i])
				}
				if got := d.text(); got != b.text {
					t.Errorf("%s, %q, ended as %v: the file is %q, before it was %q", b.name, tokens, order, got, b.text)
				}
				d.clean()
			}
		}
	}
}

func TestTheLatestLoginIsUsedUntilItsLogout(t *testing.T) {
	t.Parallel()
	d := newFakeRunner(t)
	one := d.in(d.session(), to("ghcr.io", "octocat", "ghs_1"))
	two := d.in(d.session(), to("ghcr.io", "octocat", "ghs_2"))
	if got := d.reads("ghcr.io"); got != "octocat:ghs_2" {
		t.Errorf("with both Docker reads %q", got)
	}
	d.out(one)
	if got := d.reads("ghcr.io"); got != "octocat:ghs_2" {
		t.Errorf("with the second alone Docker reads %q", got)
	}
	d.out(two)
	d.out(two) // a post step can run twice
	if got := d.text(); got != "absent" {
		t.Errorf("the file is %q", got)
	}
}

func TestFileIsPrivateAndGetsItsModeBack(t *testing.T) {
	t.Parallel()
	if runtime.GOOS == "windows" {
		t.Skip("modes are another thing there")
	}
	mode := func(d *fakeRunner) os.FileMode {
		info, err := os.Stat(d.file)
		d.check(err)
		return info.Mode().Perm()
	}
	d := newFakeRunner(t)
	d.put("{}")
	d.check(os.Chmod(d.file, 0o644))
	s := d.in(d.session(), to("ghcr.io", "octocat", "ghs_1"))
	if got := mode(d); got != 0o600 {
		t.Errorf("with a login the mode is %o", got)
	}
	d.out(s)
	if got := mode(d); got != 0o644 {
		t.Errorf("afterwards the mode is %o, before it was 644", got)
	}
}

func TestStateHoldsNoSecret(t *testing.T) {
	t.Parallel()
	d := newFakeRunner(t)
	s := d.in(d.session(), to("ghcr.io", "octocat", "ghs_1"))
	if text := s.String(); strings.Contains(text, "ghs_1") || strings.Contains(text, "b2N0b2NhdDpnaHNfMQ") {
		t.Errorf("the state is %s", text)
	}
}

func TestSymbolicLinksAreKept(t *testing.T) {
	t.Parallel()
	for _, there := range []bool{true, false} {
		d := newFakeRunner(t)
		real := filepath.Join(d.temp, "real.json")
		if there {
			d.check(os.WriteFile(real, []byte("{}"), 0o600))
		}
		d.check(os.MkdirAll(filepath.Dir(d.file), 0o755))
		if err := os.Symlink(real, d.file); err != nil {
			t.Skip(err)
		}
		s := d.in(d.session(), to("ghcr.io", "octocat", "ghs_1"))
		if info, err := os.Lstat(d.file); err != nil || info.Mode()&os.ModeSymlink == 0 {
			t.Errorf("the link was replaced: %v, %v", info, err)
		}
		if got := d.reads("ghcr.io"); got != "octocat:ghs_1" {
			t.Errorf("Docker reads %q", got)
		}
		d.out(s)
		if _, err := os.Stat(real); os.IsNotExist(err) == there {
			t.Errorf("there before: %t, afterwards: %v", there, err)
		}
	}
}

func TestInvalidFilesAreNotChanged(t *testing.T) {
	t.Parallel()
	for _, text := range []string{`{"auths":`, `[]`, `{"auths":[]}`, `{"auths":{"a":{"auth":"%"}}}`, `null x`, `"x"`, `{"auths":{},"Auths":{"ghcr.io":{"auth":"YTpi"}}}`} {
		d := newFakeRunner(t)
		d.put(text)
		s := d.session()
		if err := s.In(t.Context(), []login.Login{to("ghcr.io", "octocat", "ghs_1")}); !diag.Is(err, "login-file-invalid") {
			t.Errorf("%s: %v", text, err)
		}
		if got := d.text(); got != text {
			t.Errorf("%s became %s", text, got)
		}
		d.clean()
	}
}

func TestLoginsOutsideAWorkflowStay(t *testing.T) {
	t.Parallel()
	d := newFakeRunner(t)
	delete(d.env, "GITHUB_ACTIONS")
	s := d.in(d.session(), to("ghcr.io", "octocat", "ghs_1"))
	d.out(s)
	if got := d.reads("ghcr.io"); got != "octocat:ghs_1" {
		t.Errorf("Docker reads %q", got)
	}
	d.clean()
}
