package ghcrtest_test

import (
	"net/http"
	"testing"

	"github.com/ghcr-publish/ghcr-publish/internal/ghcrtest"
)

func TestLagHidesADeletion(t *testing.T) {
	t.Parallel()
	s, c := pusher(t, ghcrtest.Answers{})
	c.pushManifest("acme/web", "main", imageType, `{"n":1}`)
	digest := c.pushManifest("acme/web", "2", imageType, `{"n":2}`)
	path := versionPath(t, c, digest)
	s.Inject(ghcrtest.Fault{Method: http.MethodDelete, Path: "/versions/", Effect: ghcrtest.Lag{Reads: 2}})
	c.api(http.MethodDelete, path, "").has(t, 204, "")
	c.api(http.MethodDelete, path, "").has(t, 404, "Package not found.")
	readers := map[string]func() int{
		"tag":    func() int { return c.do(http.MethodGet, "/v2/acme/web/manifests/2", "").status },
		"digest": func() int { return c.do(http.MethodHead, "/v2/acme/web/manifests/"+digest, "").status },
		"api":    func() int { return c.api(http.MethodGet, path, "").status },
	}
	for name, read := range readers {
		if got, want := [3]int{read(), read(), read()}, [3]int{200, 200, 404}; got != want {
			t.Errorf("%s: got %v, want %v", name, got, want)
		}
	}
}

func TestListsOfVersionsAndTagsCanDisagree(t *testing.T) {
	t.Parallel()
	cases := []struct {
		name             string
		lag              ghcrtest.Lag
		versions         [2]int
		firstTags, later string
	}{
		{"the list of versions is old", ghcrtest.Lag{Reads: 1}, [2]int{1, 2}, `["1","2"]`, `["1","2"]`},
		{"the list of tags is old", ghcrtest.Lag{TagReads: 1}, [2]int{2, 2}, `["1"]`, `["1","2"]`},
	}
	for _, tc := range cases {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			s, c := pusher(t, ghcrtest.Answers{})
			c.pushManifest("acme/web", "1", imageType, `{"n":1}`)
			s.Inject(ghcrtest.Fault{Method: http.MethodPut, Path: "/manifests/2", Effect: tc.lag})
			c.pushManifest("acme/web", "2", imageType, `{"n":2}`)
			if got := [2]int{len(versions(t, c, "")), len(versions(t, c, ""))}; got != tc.versions {
				t.Errorf("got %v versions, want %v", got, tc.versions)
			}
			c.do(http.MethodGet, "/v2/acme/web/tags/list", "").has(t, 200, `"tags":`+tc.firstTags)
			c.do(http.MethodGet, "/v2/acme/web/tags/list", "").has(t, 200, `"tags":`+tc.later)
		})
	}
}

func TestLagShowsThePreviousVersionOfAMovedTag(t *testing.T) {
	t.Parallel()
	s, c := pusher(t, ghcrtest.Answers{})
	old := c.pushManifest("acme/web", "1", imageType, `{"n":1}`)
	c.pushManifest("acme/web", digestOf(`{"n":2}`), imageType, `{"n":2}`)
	s.Inject(ghcrtest.Fault{Method: http.MethodPut, Path: "/manifests/1", Effect: ghcrtest.Lag{Reads: 1}})
	moved := c.pushManifest("acme/web", "1", imageType, `{"n":2}`)
	for _, want := range []string{old, moved} {
		for _, v := range versions(t, c, "") {
			if tagged := len(v.Metadata.Container.Tags) > 0; tagged != (v.Name == want) {
				t.Errorf("version %s has the tags %v, want the tag at %s", v.Name, v.Metadata.Container.Tags, want)
			}
		}
	}
}

func TestLagHidesARestoration(t *testing.T) {
	t.Parallel()
	s, c := pusher(t, ghcrtest.Answers{})
	c.pushManifest("acme/web", "main", imageType, `{"n":1}`)
	digest := c.pushManifest("acme/web", "2", imageType, `{"n":2}`)
	path := versionPath(t, c, digest)
	deleteVersion(t, c, digest)
	s.Inject(ghcrtest.Fault{Method: http.MethodPost, Path: "/restore", Effect: ghcrtest.Lag{Reads: 1}})
	c.api(http.MethodPost, path+"/restore", "").has(t, 204, "")
	for _, want := range []int{404, 200} {
		if got := c.api(http.MethodGet, path, "").status; got != want {
			t.Errorf("API: got %d, want %d", got, want)
		}
		if got := c.do(http.MethodGet, "/v2/acme/web/manifests/"+digest, "").status; got != want {
			t.Errorf("registry: got %d, want %d", got, want)
		}
	}
}

func TestLostAnswerFollowsACompleteDeletion(t *testing.T) {
	t.Parallel()
	s, c := pusher(t, ghcrtest.Answers{})
	digest := c.pushManifest("acme/web", digestOf(`{"n":1}`), imageType, `{"n":1}`)
	path := versionPath(t, c, digest)
	s.Inject(ghcrtest.Fault{Method: http.MethodDelete, Effect: ghcrtest.LostAnswer{}})
	c.api(http.MethodDelete, path, "").has(t, 502, "Bad Gateway")
	c.api(http.MethodDelete, path, "").has(t, 404, "Package not found.")
}
