package ghcrtest_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"testing"

	"github.com/ghcr-publish/ghcr-publish/internal/ghcrtest"
)

// packageVersion contains the fields of a version that the tests read.
type packageVersion struct {
	ID       int64
	Name     string
	Metadata struct{ Container struct{ Tags []string } }
}

const versionsPath = "/orgs/acme/packages/container/web/versions"

// versions returns the versions on one page.
func versions(t *testing.T, c *client, query string) []packageVersion {
	t.Helper()
	got := c.api(http.MethodGet, versionsPath+query, "")
	got.has(t, 200, "")
	var out []packageVersion
	if err := json.Unmarshal([]byte(got.body), &out); err != nil {
		t.Fatal(err)
	}
	return out
}

func TestVersionsAreManifestsInReverseOrder(t *testing.T) {
	t.Parallel()
	_, c := pusher(t, ghcrtest.Answers{})
	child := c.image("acme/web", "a", nil)
	c.pushManifest("acme/web", digestOf(child), imageType, child)
	root := c.pushManifest("acme/web", "1", indexType, indexOf(nil, digestOf(child)))
	c.pushManifest("acme/web", "2", indexType, indexOf(nil, digestOf(child)))
	got := versions(t, c, "")
	if len(got) != 2 || got[0].Name != root || fmt.Sprint(got[0].Metadata.Container.Tags) != "[1 2]" ||
		got[1].Name != digestOf(child) || got[1].Metadata.Container.Tags == nil || len(got[1].Metadata.Container.Tags) != 0 {
		t.Errorf("got %+v, want the index with two tags, then its child with an empty list", got)
	}
	one := fmt.Sprintf("%s/%d", versionsPath, got[1].ID)
	c.api(http.MethodGet, one, "").has(t, 200, digestOf(child))
	c.api(http.MethodGet, versionsPath+"/1", "").has(t, 404, "Package not found.")
}

func TestVersionsHavePages(t *testing.T) {
	t.Parallel()
	s, c := pusher(t, ghcrtest.Answers{})
	for i := range 5 {
		c.pushManifest("acme/web", strconv.Itoa(i), imageType, fmt.Sprintf(`{"n":%d}`, i))
	}
	last := versions(t, c, "?per_page=2&page=3")
	if len(last) != 1 || last[0].Name != digestOf(`{"n":0}`) {
		t.Errorf("got %+v, want the version that was pushed first", last)
	}
	link := c.api(http.MethodGet, versionsPath+"?per_page=2&page=2", "").header.Get("Link")
	for _, want := range []string{
		"<" + s.URL() + "/api/v3" + versionsPath + `?page=3&per_page=2>; rel="next"`, `page=1&per_page=2>; rel="prev"`, `rel="last"`, `rel="first"`,
	} {
		if !strings.Contains(link, want) {
			t.Errorf("got Link %s, want it to contain %s", link, want)
		}
	}
	if past := versions(t, c, "?page=9"); len(past) != 0 {
		t.Errorf("got %+v after the last page", past)
	}
}

func TestLastTaggedVersionCannotBeDeleted(t *testing.T) {
	t.Parallel()
	_, c := pusher(t, ghcrtest.Answers{})
	c.pushManifest("acme/web", "1", imageType, `{"n":1}`)
	c.pushManifest("acme/web", digestOf(`{"n":2}`), imageType, `{"n":2}`)
	got := versions(t, c, "")
	c.api(http.MethodDelete, fmt.Sprintf("%s/%d", versionsPath, got[1].ID), "").
		has(t, 400, "You cannot delete the last tagged version of a package. You must delete the package instead.")
	c.api(http.MethodDelete, fmt.Sprintf("%s/%d", versionsPath, got[0].ID), "").has(t, 204, "")
}

func TestDeletedVersionCanBeRestoredWithoutItsTag(t *testing.T) {
	t.Parallel()
	s, c := pusher(t, ghcrtest.Answers{})
	c.pushManifest("acme/web", "1", imageType, `{"n":1}`)
	c.pushManifest("acme/web", "2", imageType, `{"n":2}`)
	one := fmt.Sprintf("%s/%d", versionsPath, versions(t, c, "")[0].ID)
	c.api(http.MethodDelete, one, "").has(t, 204, "")
	c.api(http.MethodDelete, one, "").has(t, 404, "Package not found.")
	c.do(http.MethodGet, "/v2/acme/web/manifests/"+digestOf(`{"n":2}`), "").has(t, 404, "MANIFEST_UNKNOWN")
	if s.Tag("acme/web", "2") != "" || len(versions(t, c, "")) != 1 || len(versions(t, c, "?state=deleted")) != 1 {
		t.Error("the version or its tag still exists")
	}
	c.api(http.MethodPost, one+"/restore", "").has(t, 204, "")
	c.do(http.MethodGet, "/v2/acme/web/manifests/"+digestOf(`{"n":2}`), "").has(t, 200, "")
	if s.Tag("acme/web", "2") != "" {
		t.Error("the tag was restored with the version")
	}
}

func TestDeletionWithoutAdminIsForbiddenWithNoAdminForbidden(t *testing.T) {
	t.Parallel()
	s, c := pusher(t, ghcrtest.Answers{NoAdmin: ghcrtest.NoAdminForbidden})
	c.pushManifest("acme/web", "1", imageType, `{"n":1}`)
	one := fmt.Sprintf("%s/%d", versionsPath, versions(t, c, "")[0].ID)
	as(t, s, otherJob).api(http.MethodDelete, one, "").has(t, 403, "Resource not accessible by integration")
	as(t, s, otherJob).api(http.MethodPost, one+"/restore", "").has(t, 403, "Resource not accessible by integration")
}

func TestDeletionOfAVersionNeedsAdmin(t *testing.T) {
	t.Parallel()
	s, c := pusher(t, ghcrtest.Answers{})
	c.pushManifest("acme/web", "1", imageType, `{"n":1}`)
	one := fmt.Sprintf("%s/%d", versionsPath, versions(t, c, "")[0].ID)
	as(t, s, readJob).api(http.MethodDelete, one, "").has(t, 403, "Resource not accessible by integration")
	as(t, s, otherJob).api(http.MethodDelete, one, "").has(t, 404, "Package not found.")
	as(t, s, bobPAT).api(http.MethodDelete, one, "").has(t, 404, "Package not found.")
}
