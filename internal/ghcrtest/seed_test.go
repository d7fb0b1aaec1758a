package ghcrtest_test

import (
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/ghcr-publish/ghcr-publish/internal/ghcrtest"
)

// parse parses a scenario with these versions and options, which are JSON.
func parse(t *testing.T, versions, options string) (*seededServer, error) {
	t.Helper()
	text := fmt.Sprintf(`{"id":"X","package":"ghcr.io/acme/app","visibility":"public","versions":[%s],"options":{%s}}`, versions, options)
	s, err := ghcrtest.ParseSeed(strings.NewReader(text), "")
	if err != nil {
		return nil, err
	}
	return seed(t, s), nil
}

// planted is parse for a valid scenario.
func planted(t *testing.T, versions, options string) *seededServer {
	t.Helper()
	s, err := parse(t, versions, options)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// list returns the labels and tags of the versions, the newest first.
func (s *seededServer) list(t *testing.T) string {
	t.Helper()
	names := map[string]string{}
	for label, digest := range s.labels {
		names[digest] = label
	}
	var out []string
	for _, v := range s.versions(t) {
		out = append(out, names[v.Name]+fmt.Sprint(v.Metadata.Container.Tags))
	}
	return strings.Join(out, " ")
}

// readManifest sends a GET of a manifest.
func (s *seededServer) readManifest(label string) {
	s.do(http.MethodGet, "/v2/"+s.name+"/manifests/"+s.labels[label], "")
}

// one returns the path of a version.
func (s *seededServer) one(label string) string {
	return fmt.Sprintf("%s/versions/%d", s.path(), s.server.VersionID(s.name, s.labels[label]))
}

const twoImages = `{"digest":"a","tags":["v1"],"age":5},{"digest":"b","tags":["pr-1"],"age":6}`

func TestChangesAfterTheListingAreAppliedOnce(t *testing.T) {
	t.Parallel()
	const changes = `"after-listing":[{"push":{"digest":"c","tags":["pr-1","{hex:a}"],"age":0}},{"move-tag":"v1","to":"b"}]`
	const before, after = "a[v1] b[pr-1]", "c[pr-1 %s] a[] b[v1]"
	cases := []struct {
		name  string
		begin func(*seededServer) // the request that begins the deletions
	}{
		{"DELETE", func(s *seededServer) { s.api(http.MethodDelete, s.path()+"/versions/1", "") }},
		{"GET of a version", func(s *seededServer) { s.api(http.MethodGet, s.one("a"), "") }},
		{"the list again", func(s *seededServer) {
			s.readManifest("a")
			s.api(http.MethodGet, s.path()+"/versions", "")
		}},
	}
	for _, tc := range cases {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			s := planted(t, twoImages, changes)
			s.api(http.MethodDelete, s.path()+"/versions/1", "") // no list was read yet
			s.readManifest("a")
			if got := s.list(t) + " " + s.list(t); got != before+" "+before {
				t.Errorf("got %s before the deletions", got)
			}
			tc.begin(s)
			want := fmt.Sprintf(after, s.expand("{hex:a}"))
			if got := s.list(t); got != want {
				t.Errorf("got %s, want %s", got, want)
			}
			s.server.AddManifest(s.name, "v1", imageType, []byte(`{"n":1}`))
			tc.begin(s)
			if got := s.server.Tag(s.name, "v1"); got != digestOf(`{"n":1}`) {
				t.Errorf("a second request moved the tag v1 again, to %s", got)
			}
		})
	}
}

func TestChangesWaitForTheLastPage(t *testing.T) {
	t.Parallel()
	s := planted(t, twoImages, `"after-listing":[{"delete":"b"}]`)
	page := func(n int) { s.api(http.MethodGet, fmt.Sprintf("%s/versions?per_page=1&page=%d", s.path(), n), "") }
	page(1)
	s.readManifest("a")
	s.api(http.MethodGet, s.one("a"), "")
	if s.server.Tag(s.name, "pr-1") == "" {
		t.Error("the change was applied before the last page was read")
	}
	page(2)
	s.api(http.MethodGet, s.one("a"), "")
	if s.server.Tag(s.name, "pr-1") != "" {
		t.Error("the change was not applied after the last page was read")
	}
	s.do(http.MethodGet, "/v2/"+s.name+"/manifests/pr-1", "").has(t, 404, "MANIFEST_UNKNOWN")
}

func TestSeedOfARestoredVersion(t *testing.T) {
	t.Parallel()
	s := planted(t, twoImages, "")
	path := s.one("b")
	s.api(http.MethodDelete, path, "").has(t, 204, "")
	s.api(http.MethodGet, s.path()+"/versions?state=deleted", "").has(t, 200, s.labels["b"])
	s.api(http.MethodPost, path+"/restore", "").has(t, 204, "")
	if got := s.list(t); got != "a[v1] b[]" {
		t.Errorf("got %s", got)
	}
}

func TestSeedGrantsTheRepositoryOfTheToken(t *testing.T) {
	t.Parallel()
	read, err := ghcrtest.ReadSeed(scenarios + "#C76") // permissions: write
	if err != nil {
		t.Fatal(err)
	}
	for repository, want := range map[string]int{"acme/other": 200, "": 200} {
		s := start(t, ghcrtest.Config{Open: &ghcrtest.Open{Repository: repository}, Seed: read})
		c := as(t, s, s.Token())
		c.api(http.MethodGet, "/orgs/acme/packages/container/app", "").has(t, want, "")
		c.api(http.MethodDelete, "/orgs/acme/packages/container/app", "").has(t, 404, "Package not found.")
	}
}

func TestInvalidSeedsAreRefused(t *testing.T) {
	t.Parallel()
	cases := []struct{ name, versions, options, want string }{
		{"a tag of the version itself", `{"digest":"a","tags":["sha256-{hex:a}.sig"]}`, "", "refers to itself through the tag"},
		{"a loop of subjects", `{"digest":"a","subject":"b"},{"digest":"b","subject":"a"}`, "", "refers to itself"},
		{"the same label twice", `{"digest":"a"},{"digest":"a"}`, "", `the label "a"`},
		{"the same tag twice", `{"digest":"a","tags":["x"]},{"digest":"b","tags":["x"]}`, "", `have the tag "x"`},
		{"an invalid tag", `{"digest":"a","tags":["x y"]}`, "", `invalid tag "x y"`},
		{"an unknown kind", `{"digest":"a","kind":"chart"}`, "", `kind "chart"`},
		{"children of an image", `{"digest":"a","children":["b"]}`, "", "has children"},
		{"layers of an index", `{"digest":"a","kind":"index","layers":{"x":1}}`, "", "an index has layers"},
		{"a layer with two sizes", `{"digest":"a","layers":{"x":1}},{"digest":"b","layers":{"x":2}}`, "", "two sizes"},
		{"an unknown role", `{"digest":"a"}`, `"permissions":"owner"`, `permission "owner"`},
		{"a change of an unknown label", `{"digest":"a"}`, `"after-listing":[{"delete":"b"}]`, "after-listing"},
	}
	for _, tc := range cases {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			if _, err := parse(t, tc.versions, tc.options); err == nil || !strings.Contains(err.Error(), tc.want) {
				t.Errorf("got %v, want %q", err, tc.want)
			}
		})
	}
}

func TestSeedIsSelectedByItsID(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	one := filepath.Join(folder, "one.json")
	if err := os.WriteFile(one, []byte(`{"id":"X","package":"ghcr.io/acme/app","versions":[]}`), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{one, one + "#X", scenarios + "#C01"} {
		if s, err := ghcrtest.ReadSeed(path); err != nil || s.Name() != "acme/app" || s.Repository() != "acme/app" {
			t.Errorf("%s: got %+v, %v", path, s, err)
		}
	}
	for path, want := range map[string]string{
		scenarios: "several scenarios", scenarios + "#C00": `no scenario with the id "C00"`, one + "#Y": `id "Y"`,
		filepath.Join(folder, "none.json") + "#X": "none.json",
	} {
		if _, err := ghcrtest.ReadSeed(path); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: got %v, want %q", path, err, want)
		}
	}
}

func TestServerWithoutASeedHasNoLabels(t *testing.T) {
	t.Parallel()
	as(t, start(t, acme()), job).do(http.MethodGet, "/_seed", "").has(t, 404, "")
}
