package login_test

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/ghcr-publish/ghcr-publish/internal/login"
)

// rewrites are programs that write the login file again, and keep the meaning of its
// logins.
var rewrites = []struct {
	name   string
	change func(t *testing.T, text string) string
}{
	{"no white space, as jq -c writes it", func(t *testing.T, text string) string {
		return marshal(t, parsed(t, text))
	}},
	{"other white space and a new key", func(t *testing.T, text string) string {
		doc := parsed(t, text)
		doc["experimental"] = "enabled"
		out, err := json.MarshalIndent(doc, "", "    ")
		if err != nil {
			t.Fatal(err)
		}
		return string(out) + "\r\n"
	}},
	{"an escaped letter", func(_ *testing.T, text string) string {
		return strings.Replace(text, `"auth": "b2N0`, `"auth": "\u00622N0`, 1)
	}},
	{"another field beside the login", func(_ *testing.T, text string) string {
		return strings.Replace(text, `"auth": "b2N0`, `"email": "a@b", "auth": "b2N0`, 1)
	}},
	{"the user name and the secret in fields of their own", func(t *testing.T, text string) string {
		doc := parsed(t, text)
		doc["auths"].(map[string]any)["ghcr.io"] = map[string]any{"username": "octocat", "password": "ghs_1"}
		return marshal(t, doc)
	}},
}

func parsed(t *testing.T, text string) map[string]any {
	t.Helper()
	var doc map[string]any
	if err := json.Unmarshal([]byte(text), &doc); err != nil {
		t.Fatal(err)
	}
	return doc
}

// written logs in as the main step does. If "notes" is false, another step then deletes
// the logout state.
func (d *fakeRunner) written(notes bool) *login.Session {
	d.t.Helper()
	l := to("ghcr.io", "octocat", "ghs_1")
	s := d.login(d.session(), l)
	s.Written([]login.Login{l})
	if !notes {
		d.check(os.RemoveAll(filepath.Join(d.temp, "ghcr-publish-login")))
	}
	return s
}

func TestLogoutRemovesTheLoginFromARewrittenFile(t *testing.T) {
	t.Parallel()
	for _, before := range []string{`{"auths":{}}`, `{"auths":{"ghcr.io":{"auth":"b2xkOm9sZA=="}}}`} {
		for _, c := range rewrites {
			for _, notes := range []bool{true, false} {
				t.Run(fmt.Sprintf("%s, notes %t, before %s", c.name, notes, before), func(t *testing.T) {
					t.Parallel()
					d := newFakeRunner(t)
					d.put(before)
					s := d.written(notes)
					d.put(c.change(t, d.text()))
					d.logout(s)
					want := ""
					if notes && strings.Contains(before, "ghcr.io") {
						want = "old:old"
					}
					if got := d.reads("ghcr.io"); got != want {
						t.Errorf("after the logout, Docker reads %q, want %q, in\n%s", got, want, d.text())
					}
				})
			}
		}
	}
}

// Another session replaces the login after the file was written again. Each logout must
// know the login of the other session.
func TestSessionsKnowTheirLoginsInARewrittenFile(t *testing.T) {
	t.Parallel()
	for _, order := range [][]int{{0, 1}, {1, 0}} {
		d := newFakeRunner(t)
		d.put(`{"auths":{}}`)
		one := d.login(d.session(), to("ghcr.io", "octocat", "ghs_1"))
		d.put(rewrites[0].change(t, d.text()))
		two := d.login(d.session(), to("ghcr.io", "octocat", "ghs_2"))
		for _, i := range order {
			d.logout([]*login.Session{one, two}[i])
		}
		if got := d.text(); strings.Contains(got, "b2N0") {
			t.Errorf("logged out in the order %v: the file is %s", order, got)
		}
	}
}

func TestLogoutFindsTheLoginAfterAHelperWasAdded(t *testing.T) {
	v := helpers(t)
	for _, helper := range []string{`"credsStore":"vault"`, `"credHelpers":{"ghcr.io":"vault"}`, `"credsStore":"is-not-installed"`} {
		for _, notes := range []bool{true, false} {
			for _, moved := range []bool{true, false} {
				if moved && strings.Contains(helper, "installed") {
					continue
				}
				d := newFakeRunner(t)
				d.put(`{"auths":{}}`)
				d.check(v.save(map[string][2]string{"quay.io": {"a", "b"}}))
				s := d.written(notes)
				d.put(strings.Replace(d.text(), "{", "{"+helper+",", 1))
				if moved { // docker login moves the login into the credential helper.
					d.put(`{` + helper + `,"auths":{"ghcr.io":{}}}`)
					d.check(v.save(map[string][2]string{"quay.io": {"a", "b"}, "ghcr.io": {"octocat", "ghs_1"}}))
				}
				d.logout(s)
				if text := d.text(); strings.Contains(text, "b2N0") || fmt.Sprint(v.load()) != "map[quay.io:[a b]]" {
					t.Errorf("%s, notes %t, moved %t: after the logout, the helper has %v, and the file is %s", helper, notes, moved, v.load(), text)
				}
			}
		}
	}
}

func TestLogoutRemovesTheLoginOfAHelperThatWasRemoved(t *testing.T) {
	v := helpers(t)
	d := newFakeRunner(t)
	d.put(`{"credsStore":"vault"}`)
	s := d.written(true)
	d.put(`{"auths":{"ghcr.io":{"auth":"b2N0b2NhdDpnaHNfMQ=="}}}`)
	d.logout(s)
	if text := d.text(); strings.Contains(text, "b2N0") || len(v.load()) > 0 {
		t.Errorf("the helper has %v, and the file is %s", v.load(), text)
	}
}

// A login that remains in the file is reported.
func TestLogoutReportsALoginThatRemains(t *testing.T) {
	t.Parallel()
	const auth = `{"auth":"b2N0b2NhdDpnaHNfMQ=="}`
	for _, notes := range []bool{true, false} {
		d := newFakeRunner(t)
		s := d.written(notes)
		d.put(`{"auths":{"ghcr.io":` + auth + `,"ghcr.io/acme":` + auth + `}}`)
		d.logout(s)
		if got := fmt.Sprint(s.Copies()); got != "[ghcr.io/acme in "+d.file+"]" {
			t.Errorf("notes %t: the copies are %s", notes, got)
		}
		d = newFakeRunner(t)
		s = d.written(notes)
		d.put(`{"auths":{"ghcr.io":` + auth + `,"ghcr.io":` + auth + `}}`)
		if err := s.Logout(t.Context()); err == nil || !strings.Contains(err.Error(), "still contains the login for ghcr.io") {
			t.Errorf("notes %t: with a key that occurs twice, the error is %v, and the file is %s", notes, err, d.text())
		}
	}
}
