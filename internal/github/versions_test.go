package github_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/ghcr-publish/ghcr-publish/internal/ghcrtest"
	"github.com/ghcr-publish/ghcr-publish/internal/github"
)

const imageType = "application/vnd.oci.image.manifest.v1+json"

// withVersions starts a server with the package acme/web, which has n versions. The newest
// version is the only tagged version.
func withVersions(t *testing.T, n int, change func(*ghcrtest.Config)) (*github.Versions, *ghcrtest.Server, []string) {
	t.Helper()
	config := world(ghcrtest.Package{Name: "acme/web", Visibility: ghcrtest.Public, Repository: "acme/web"})
	if change != nil {
		change(&config)
	}
	c, s := client(t, config)
	var digests []string
	for i := range n {
		tag := ""
		if i == n-1 {
			tag = "main"
		}
		digests = append(digests, s.AddManifest("acme/web", tag, imageType, fmt.Appendf(nil, `{"n":%d}`, i)))
	}
	slices.Reverse(digests)
	return open(t, c, "acme", "web"), s, digests
}

func open(t *testing.T, c *github.Client, owner, name string) *github.Versions {
	t.Helper()
	v, err := c.Versions(t.Context(), github.Owner{Login: owner}, name)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

// paths returns the paths of the requests for versions.
func paths(s *ghcrtest.Server) []string {
	var out []string
	for _, r := range s.Requests() {
		if strings.Contains(r.Path, "/packages/container/") {
			out = append(out, r.Method+" "+strings.TrimPrefix(r.Path, "/api/v3"))
		}
	}
	return out
}

func TestListReadsEveryPageOnce(t *testing.T) {
	t.Parallel()
	for n, pages := range map[int]int{1: 1, 100: 1, 101: 2, 450: 5} {
		v, s, want := withVersions(t, n, nil)
		got, err := v.List(t.Context())
		if err != nil || len(got) != n || len(paths(s)) != pages {
			t.Fatalf("%d versions: got %d with %d requests, %v; want %d requests", n, len(got), len(paths(s)), err, pages)
		}
		for i, one := range got {
			if one.Digest != want[i] || one.ID == 0 || one.Created.IsZero() || one.Updated.IsZero() {
				t.Fatalf("version %d is %+v, want %s", i, one, want[i])
			}
		}
		if !slices.Equal(got[0].Tags, []string{"main"}) {
			t.Errorf("the newest version has the tags %v", got[0].Tags)
		}
		newest, err := v.Newest(t.Context())
		if err != nil || len(newest) != min(n, 100) || newest[0].Digest != want[0] {
			t.Errorf("got %d newest versions, %v", len(newest), err)
		}
	}
}

func TestListOmitsTombstonesAndSecondCopies(t *testing.T) {
	t.Parallel()
	v, s, want := withVersions(t, 150, func(c *ghcrtest.Config) { c.Answers.Tombstones = true })
	all, err := v.List(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if err := v.Delete(t.Context(), all[3].ID); err != nil {
		t.Fatal(err)
	}
	// A version that is pushed after the first page moves a version to the second page.
	s.Inject(ghcrtest.Fault{Path: "&page=1", Effect: ghcrtest.BeforeAnswer{Do: func() {
		s.AddManifest("acme/web", "new", imageType, []byte(`{"new":1}`))
	}}})
	got, err := v.List(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	seen := map[string]bool{}
	for _, one := range got {
		if seen[one.Digest] || one.Digest == want[3] {
			t.Errorf("the list contains %s twice, or contains the deleted version", one.Digest)
		}
		seen[one.Digest] = true
	}
	for i, digest := range want {
		if !seen[digest] && i != 3 {
			t.Errorf("the list does not contain version %d", i)
		}
	}
}

func TestListThatBecomesLongerIsReadToItsEnd(t *testing.T) {
	t.Parallel()
	v, s, want := withVersions(t, 200, nil)
	s.Inject(ghcrtest.Fault{Path: "&page=1", Effect: ghcrtest.BeforeAnswer{Do: func() {
		s.AddManifest("acme/web", "new", imageType, []byte(`{"new":1}`))
	}}})
	got, err := v.List(t.Context())
	if err != nil || len(got) != 200 || got[199].Digest != want[199] {
		t.Errorf("got %d versions, %v; want 200 with the oldest version at the end", len(got), err)
	}
	if list := paths(s); len(list) != 3 {
		t.Errorf("got the requests %v, want 3 pages", list)
	}
}

func TestListOfAVersionWithoutADigestFails(t *testing.T) {
	t.Parallel()
	for _, body := range []string{
		`[{"id":1,"name":"1.0","metadata":{"container":{"tags":[]}}}]`,
		`[{"id":1,"name":"sha256:` + strings.Repeat("0", 64) + `","metadata":{}}]`,
		`[{"id":0,"name":"sha256:` + strings.Repeat("0", 64) + `","metadata":{"container":{"tags":[]}}}]`,
		`{"message":"x"}`,
	} {
		c, _, _ := sequence(t, func(w http.ResponseWriter) { _, _ = w.Write([]byte(body)) })
		v, err := c.Versions(t.Context(), github.Owner{Login: "acme", Kind: "Organization"}, "web")
		if err != nil {
			t.Fatal(err)
		}
		if got, err := v.List(t.Context()); github.ReasonOf(err) != github.Unexpected {
			t.Errorf("%s: got %v, %v", body, got, err)
		}
	}
}

// endlessPages starts an API whose lists have empty pages without an end. The results count
// all requests and the maximum number of concurrent requests.
func endlessPages(t *testing.T) (v *github.Versions, requests, most *atomic.Int64) {
	t.Helper()
	requests, most = new(atomic.Int64), new(atomic.Int64)
	var now atomic.Int64
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		requests.Add(1)
		for n := now.Add(1); ; {
			if old := most.Load(); n <= old || most.CompareAndSwap(old, n) {
				break
			}
		}
		defer now.Add(-1)
		time.Sleep(time.Millisecond) // so that the requests of the client overlap
		w.Header().Set("Link", `<http://x/?page=99999>; rel="next", <http://x/?page=99999>; rel="last"`)
		_, _ = w.Write([]byte(`[]`))
	}))
	t.Cleanup(server.Close)
	v, err := newClient(t, server.URL, "https://github.com").Versions(t.Context(), github.Owner{Login: "acme", Kind: "Organization"}, "web")
	if err != nil {
		t.Fatal(err)
	}
	return v, requests, most
}

func TestPagesAreLimited(t *testing.T) {
	t.Parallel()
	v, requests, most := endlessPages(t)
	if _, err := v.List(t.Context()); err == nil || requests.Load() > 2000 || most.Load() < 2 || most.Load() > 8 {
		t.Errorf("%d requests, up to %d of them concurrent, %v", requests.Load(), most.Load(), err)
	}
}

func TestVersionsHaveThePathOfTheOwner(t *testing.T) {
	t.Parallel()
	all := []string{"read:packages", "write:packages", "delete:packages"}
	cases := []struct {
		name  string
		cred  ghcrtest.Credential
		owner string
		path  string
		user  bool // the run reads the user of the token
	}{
		{"organization", ghcrtest.Credential{Kind: ghcrtest.ClassicPAT, Actor: "jo", Scopes: all}, "acme", "/orgs/acme/packages/container/team%2Fweb", false},
		{"own package", ghcrtest.Credential{Kind: ghcrtest.ClassicPAT, Actor: "jo", Scopes: all}, "jo", "/user/packages/container/team%2Fweb", true},
		{"package of another user", ghcrtest.Credential{Kind: ghcrtest.ClassicPAT, Actor: "kim", Scopes: all}, "jo", "/users/jo/packages/container/team%2Fweb", true},
		{"GITHUB_TOKEN", ghcrtest.Credential{Repository: "jo/web", Packages: ghcrtest.Write}, "jo", "/users/jo/packages/container/team%2Fweb", true},
	}
	for _, tc := range cases {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			config := world()
			tc.cred.Secret = token
			config.Credentials = []ghcrtest.Credential{tc.cred}
			c, s := client(t, config)
			s.AddPackage(ghcrtest.Package{
				Name: tc.owner + "/team/web", Grants: map[string]ghcrtest.Role{"jo/web": ghcrtest.Admin},
				Users: map[string]ghcrtest.Role{"jo": ghcrtest.Admin, "kim": ghcrtest.Admin},
			})
			s.AddManifest(tc.owner+"/team/web", "main", imageType, []byte(`{"n":1}`))
			digest := s.AddManifest(tc.owner+"/team/web", "", imageType, []byte(`{"n":2}`))
			for range 2 {
				v := open(t, c, tc.owner, "team/web")
				list, err := v.List(t.Context())
				if err != nil || len(list) != 2 || list[0].Digest != digest {
					t.Fatalf("got %+v, %v", list, err)
				}
				one, err := v.Get(t.Context(), list[0].ID)
				if err != nil || one.Digest != digest {
					t.Errorf("got %+v, %v", one, err)
				}
				if err := errors.Join(v.Delete(t.Context(), one.ID), v.Restore(t.Context(), one.ID)); err != nil {
					t.Error(err)
				}
			}
			users := 0
			for _, r := range s.Requests() {
				if r.Path == "/api/v3/user" {
					users++
				}
			}
			if users > 1 || (users == 1) != tc.user {
				t.Errorf("%d requests for the user of the token", users)
			}
			for _, path := range paths(s) {
				if _, rest, _ := strings.Cut(path, " "); !strings.HasPrefix(rest, tc.path+"/versions") {
					t.Errorf("got the request %s, want the path %s", path, tc.path)
				}
			}
		})
	}
}

func TestRateIsTheRateOfTheLastResponse(t *testing.T) {
	t.Parallel()
	v, _, _ := withVersions(t, 1, func(c *ghcrtest.Config) { c.Limits.Hourly = 10 })
	if _, known := v.Rate(); known {
		t.Error("the rate is known before the first request")
	}
	for _, want := range []int{8, 7} { // The first request reads the kind of the owner.
		if _, err := v.Newest(t.Context()); err != nil {
			t.Fatal(err)
		}
		rate, known := v.Rate()
		if !known || rate.Limit != 10 || rate.Remaining != want || time.Until(rate.Reset) > time.Hour || time.Until(rate.Reset) < 59*time.Minute {
			t.Errorf("got %+v, %t, want %d remaining requests", rate, known, want)
		}
	}
}

func TestTemporaryFailuresOfVersionsAreRepeated(t *testing.T) {
	t.Parallel()
	v, s, _ := withVersions(t, 2, nil)
	list, err := v.List(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	s.Inject(
		ghcrtest.Fault{Method: http.MethodDelete, Effect: ghcrtest.Answer{Status: 401, Message: "Bad credentials"}},
		ghcrtest.Fault{Method: http.MethodDelete, Effect: ghcrtest.Answer{Status: 502}},
		ghcrtest.Fault{Method: http.MethodGet, Effect: ghcrtest.Answer{Status: 503}},
	)
	if err := v.Delete(t.Context(), list[1].ID); err != nil {
		t.Error(err)
	}
	if _, err := v.List(t.Context()); err != nil {
		t.Error(err)
	}
}

func TestPackagesAreListedForPeople(t *testing.T) {
	t.Parallel()
	config := world(ghcrtest.Package{Name: "acme/web", Visibility: ghcrtest.Public}, ghcrtest.Package{Name: "acme/team/api", Visibility: ghcrtest.Public},
		ghcrtest.Package{Name: "acme/old", Visibility: ghcrtest.Public, Users: map[string]ghcrtest.Role{"jo": ghcrtest.Admin}})
	config.Answers.Tombstones = true
	config.Credentials = append(config.Credentials, ghcrtest.Credential{Secret: "ghs_job", Repository: "acme/web", Packages: ghcrtest.Write})
	config.Credentials[0] = ghcrtest.Credential{Secret: token, Kind: ghcrtest.ClassicPAT, Actor: "jo", Scopes: []string{"write:packages", "delete:packages"}}
	c, _ := client(t, config)
	if err := open(t, c, "acme", "old").DeletePackage(t.Context()); err != nil {
		t.Fatal(err)
	}
	got, err := c.Packages(t.Context(), github.Owner{Login: "acme"})
	slices.Sort(got)
	if err != nil || !slices.Equal(got, []string{"team/api", "web"}) {
		t.Errorf("got %v, %v", got, err)
	}
	job, _ := client(t, world())
	if _, err := job.Packages(context.Background(), github.Owner{Login: "acme"}); github.ReasonOf(err) != github.CannotList {
		t.Errorf("got %v for GITHUB_TOKEN", err)
	}
}
