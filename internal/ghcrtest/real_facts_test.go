//go:build integration

package ghcrtest_test

import (
	"path/filepath"
	"strings"
	"testing"

	"github.com/ghcr-publish/ghcr-publish/internal/ghcrtest"
)

// clients are the two programs with a common interface.
var clients = map[string]func(t *testing.T) verbs{
	"skopeo": func(t *testing.T) verbs { return skopeoVerbs(skopeo(t)) },
	"crane":  func(t *testing.T) verbs { return craneVerbs(crane(t)) },
}

// verbs are the arguments of a program for each operation.
type verbs struct {
	*tool
	push func(layout, reference string) []string
	pull func(reference, layout string) []string
	copy func(from, to string) []string
	tags func(repository string) []string
	// quotes is true if the program prints the response of /token. Skopeo prints
	// only the status.
	quotes bool
}

// deniedToken runs a command and expects that /token refuses the token with this
// text.
func (v verbs) deniedToken(words string, arguments ...string) {
	v.t.Helper()
	if !v.quotes {
		words = "403"
	}
	v.refused(words, arguments...)
}

func skopeoVerbs(c *tool) verbs {
	return verbs{
		tool: c,
		push: func(layout, at string) []string {
			return []string{"copy", "--all", "--dest-tls-verify=false", "oci:" + layout, "docker://" + at}
		},
		pull: func(at, layout string) []string {
			return []string{"copy", "--all", "--src-tls-verify=false", "docker://" + at, "oci:" + layout + ":x"}
		},
		copy: func(from, to string) []string {
			return []string{"copy", "--all", "--src-tls-verify=false", "--dest-tls-verify=false", "docker://" + from, "docker://" + to}
		},
		tags: func(repository string) []string {
			return []string{"list-tags", "--tls-verify=false", "docker://" + repository}
		},
	}
}

func craneVerbs(c *tool) verbs {
	return verbs{
		tool:   c,
		quotes: true,
		push:   func(layout, at string) []string { return []string{"push", "--index", layout, at} },
		pull:   func(at, layout string) []string { return []string{"pull", "--format=oci", at, layout} },
		copy:   func(from, to string) []string { return []string{"copy", from, to} },
		tags:   func(repository string) []string { return []string{"ls", repository} },
	}
}

// eachClient runs a test with both programs. Each program has its own server.
func eachClient(t *testing.T, c ghcrtest.Config, fact func(t *testing.T, s *ghcrtest.Server, with verbs)) {
	t.Helper()
	for name, client := range clients {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			config := c
			if c.Dir != "" {
				config.Dir = t.TempDir() // servers cannot share a directory
			}
			fact(t, start(t, config), client(t))
		})
	}
}

func TestRealPushAndPullOfAnIndex(t *testing.T) {
	t.Parallel()
	eachClient(t, acme(), func(t *testing.T, s *ghcrtest.Server, with verbs) {
		with.login(s, job)
		at := s.Host() + "/acme/web:1"
		with.run(with.push(index(t), at)...)
		with.run(with.pull(at, filepath.Join(t.TempDir(), "out"))...)
		if out := with.run(with.tags(s.Host() + "/acme/web")...); !strings.Contains(out, "1") {
			t.Errorf("got tags %s", out)
		}
		if p, _ := s.Package("acme/web"); p.Visibility != ghcrtest.Public || p.Repository != "Acme/web" {
			t.Errorf("got %+v, want a public package linked to Acme/web", p)
		}
	})
}

func TestRealAnonymousPullOfAPublicPackage(t *testing.T) {
	t.Parallel()
	eachClient(t, acme(), func(t *testing.T, s *ghcrtest.Server, with verbs) {
		at := s.Host() + "/acme/web:1"
		with.login(s, job).run(with.push(index(t), at)...)
		with.logout().run(with.pull(at, filepath.Join(t.TempDir(), "out"))...)
	})
}

func TestRealAnonymousPullOfAPrivatePackage(t *testing.T) {
	t.Parallel()
	eachClient(t, acme(), func(t *testing.T, s *ghcrtest.Server, with verbs) {
		at := s.Host() + "/acme/secret:1"
		with.login(s, secretJob).run(with.push(index(t), at)...)
		with.logout()
		with.deniedToken("requested access to the resource is denied", with.pull(at, filepath.Join(t.TempDir(), "out"))...)
	})
}

func TestRealCopyBetweenRepositories(t *testing.T) {
	t.Parallel()
	eachClient(t, acme(), func(t *testing.T, s *ghcrtest.Server, with verbs) {
		with.login(s, job)
		from, to := s.Host()+"/acme/web:1", s.Host()+"/acme/copy:2"
		with.run(with.push(index(t), from)...)
		with.run(with.copy(from, to)...)
		if got, want := s.Tag("acme/copy", "2"), s.Tag("acme/web", "1"); got != want || got == "" {
			t.Errorf("the copy is %q, want %q", got, want)
		}
	})
}

func TestRealPushToDiskWithAbsoluteLocations(t *testing.T) {
	t.Parallel()
	config := acme()
	config.Dir = t.TempDir()
	config.Answers.AbsoluteLocation = true
	eachClient(t, config, func(t *testing.T, s *ghcrtest.Server, with verbs) {
		with.login(s, job).run(with.push(index(t), s.Host()+"/acme/web:1")...)
	})
}

func TestRealRefusals(t *testing.T) {
	t.Parallel()
	cases := []struct{ name, secret, at, want string }{
		{"write_package", job, "acme/foreign", "permission_denied: write_package"},
		{"create package", readJob, "acme/new", "installation not allowed to Create organization package"},
		{"write package", readJob, "acme/linked", "installation not allowed to Write organization package"},
		{"token scopes", finePAT, "acme/new", "The token provided does not match expected scopes."},
		{"owner not found", job, "acne/new", "owner not found"},
	}
	for _, tc := range cases {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			eachClient(t, packages(acme()), func(t *testing.T, s *ghcrtest.Server, with verbs) {
				out, err := with.login(s, tc.secret).try(with.push(index(t), s.Host()+"/"+tc.at+":1")...)
				// A client that begins with the HEAD of a blob prints only the
				// status. A response to HEAD has no text (docs/ghcr.md, Refused:
				// HEAD).
				if err == nil || !strings.Contains(out, tc.want) && !strings.Contains(out, "403") {
					t.Errorf("got %v\n%s\nwant a failure with %q or only the status 403", err, out, tc.want)
				}
			})
		})
	}
}

func TestRealWrongPassword(t *testing.T) {
	t.Parallel() // docs/ghcr.md, Refused: denied
	eachClient(t, acme(), func(t *testing.T, s *ghcrtest.Server, with verbs) {
		with.login(s, wrong)
		with.deniedToken("denied", with.push(index(t), s.Host()+"/acme/web:1")...)
	})
}

func TestRealCraneMounts(t *testing.T) {
	t.Parallel()
	s := start(t, acme())
	with := craneVerbs(crane(t).login(s, job))
	from := s.Host() + "/acme/web:1"
	with.run(with.push(index(t), from)...)
	s.Reset()
	with.run(with.copy(from, s.Host()+"/acme/copy:1")...)
	if n := s.Counts()[ghcrtest.ClassPatchUpload]; n != 0 {
		t.Errorf("%d blobs were uploaded, want all of them mounted", n)
	}
}

func TestRealCraneRetriesAfterFaults(t *testing.T) {
	t.Parallel()
	effects := map[string]ghcrtest.Fault{
		"503 on PUT":         {Method: "PUT", Path: "/blobs/", Effect: ghcrtest.Answer{Status: 503, Code: ghcrtest.CodeUnavailable}},
		"reset in PATCH":     {Method: "PATCH", Effect: ghcrtest.Reset{RequestBytes: 1000}},
		"dropped connection": {Method: "PUT", Path: "/manifests/", Effect: ghcrtest.Reset{}},
		"closed connection":  {Times: ghcrtest.Always, Effect: ghcrtest.CloseConnection{}},
	}
	for name, fault := range effects {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			config := acme()
			config.Faults = []ghcrtest.Fault{fault}
			s := start(t, config)
			with := craneVerbs(crane(t).login(s, job))
			with.run(with.push(index(t), s.Host()+"/acme/web:1")...)
		})
	}
}
