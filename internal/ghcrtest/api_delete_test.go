package ghcrtest_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/ghcr-publish/ghcr-publish/internal/ghcrtest"
)

const (
	popularVersion = "Publicly visible package versions with more than 5000 downloads cannot be deleted. Contact GitHub support for further assistance."
	popularPackage = "Publicly visible packages with more than 5000 downloads cannot be deleted. Contact GitHub support for further assistance."
)

// versionPath returns the path of the version with a digest.
func versionPath(t *testing.T, c *client, digest string) string {
	t.Helper()
	for _, v := range append(versions(t, c, "?per_page=100"), versions(t, c, "?per_page=100&state=deleted")...) {
		if v.Name == digest {
			return fmt.Sprintf("%s/%d", versionsPath, v.ID)
		}
	}
	t.Fatalf("no version has the digest %s", digest)
	return ""
}

// deleteVersion deletes the version with a digest.
func deleteVersion(t *testing.T, c *client, digest string) {
	t.Helper()
	c.api(http.MethodDelete, versionPath(t, c, digest), "").has(t, 204, "")
}

// exists reports whether the registry has a manifest.
func exists(c *client, reference string) bool {
	return c.do(http.MethodHead, "/v2/acme/web/manifests/"+reference, "").status == http.StatusOK
}

func TestPublicVersionWithManyDownloadsCannotBeDeleted(t *testing.T) {
	t.Parallel()
	cases := []struct {
		name       string
		visibility ghcrtest.Visibility
		downloads  int
		status     int
		want       string
	}{
		{"public, 5,001", ghcrtest.Public, 5001, 400, popularVersion},
		{"public, 5,000", ghcrtest.Public, 5000, 204, ""},
		{"private, 5,001", ghcrtest.Private, 5001, 204, ""},
	}
	for _, tc := range cases {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			s := start(t, acme())
			s.AddPackage(ghcrtest.Package{Name: "acme/web", Visibility: tc.visibility, Repository: "acme/web"})
			digest := s.AddManifest("acme/web", "", imageType, []byte(`{"n":1}`))
			s.AddManifest("acme/web", "1", imageType, []byte(`{"n":2}`))
			s.SetDownloads("acme/web", digest, tc.downloads)
			c := as(t, s, job)
			c.api(http.MethodDelete, versionPath(t, c, digest), "").has(t, tc.status, tc.want)
			if tc.status == 400 {
				c.api(http.MethodDelete, "/orgs/acme/packages/container/web", "").has(t, 400, popularPackage)
			}
		})
	}
}

func TestGetOfAManifestCountsAsADownload(t *testing.T) {
	t.Parallel()
	s, c := pusher(t, ghcrtest.Answers{})
	digest := c.pushManifest("acme/web", digestOf(`{"n":1}`), imageType, `{"n":1}`)
	s.SetDownloads("acme/web", digest, 5000)
	path := versionPath(t, c, digest)
	c.do(http.MethodHead, "/v2/acme/web/manifests/"+digest, "").has(t, 200, "")
	c.do(http.MethodGet, "/v2/acme/web/manifests/"+digest, "").has(t, 200, "")
	c.api(http.MethodDelete, path, "").has(t, 400, popularVersion)
}

func TestChildrenOfADeletedIndexFollowTheAnswer(t *testing.T) {
	t.Parallel()
	cases := []struct {
		name   string
		answer ghcrtest.DeletedIndex
		own    bool // the child that only the deleted index lists stays
		shared bool // the child that another index lists stays
	}{
		{"children stay", ghcrtest.ChildrenStay, true, true},
		{"unshared children are deleted", ghcrtest.UnsharedChildrenDelete, false, true},
		{"all children are deleted", ghcrtest.ChildrenDelete, false, false},
	}
	for _, tc := range cases {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			_, c := pusher(t, ghcrtest.Answers{DeletedIndex: tc.answer})
			own := c.pushManifest("acme/web", digestOf(`{"n":1}`), imageType, `{"n":1}`)
			shared := c.pushManifest("acme/web", digestOf(`{"n":2}`), imageType, `{"n":2}`)
			tagged := c.pushManifest("acme/web", "tagged", imageType, `{"n":3}`)
			c.pushManifest("acme/web", "other", indexType, indexOf(nil, shared))
			deleteVersion(t, c, c.pushManifest("acme/web", "1", indexType, indexOf(nil, own, shared, tagged)))
			if exists(c, "1") || !exists(c, "other") || !exists(c, "tagged") {
				t.Error("the wrong tag was deleted")
			}
			if exists(c, own) != tc.own || exists(c, shared) != tc.shared {
				t.Errorf("own child: %t, want %t; shared child: %t, want %t", exists(c, own), tc.own, exists(c, shared), tc.shared)
			}
		})
	}
}

func TestClassicTokenNeedsTheScopeOfTheRequest(t *testing.T) {
	t.Parallel()
	s, c := pusher(t, ghcrtest.Answers{})
	digest := c.pushManifest("acme/web", digestOf(`{"n":1}`), imageType, `{"n":1}`)
	s.AddPackage(ghcrtest.Package{Name: "acme/web", Repository: "acme/web", Users: map[string]ghcrtest.Role{"alice": ghcrtest.Admin}})
	for secret, scopes := range map[string][]string{
		"ghp_no_delete": {"read:packages", "write:packages"}, "ghp_no_write": {"read:packages", "delete:packages"},
	} {
		s.AddCredential(ghcrtest.Credential{Secret: secret, Kind: ghcrtest.ClassicPAT, Actor: "alice", Scopes: scopes})
	}
	path := versionPath(t, c, digest)
	refused := as(t, s, "ghp_no_delete").api(http.MethodDelete, path, "")
	refused.has(t, 403, "You need at least delete:packages scope to delete a package.")
	if got := refused.header.Get("X-Accepted-OAuth-Scopes"); got != "delete:packages" {
		t.Errorf("got X-Accepted-OAuth-Scopes %q", got)
	}
	as(t, s, "ghp_no_write").api(http.MethodDelete, path, "").has(t, 204, "")
	as(t, s, "ghp_no_write").api(http.MethodPost, path+"/restore", "").has(t, 403, "You need at least write:packages scope to restore a package.")
	as(t, s, "ghp_no_delete").api(http.MethodPost, path+"/restore", "").has(t, 204, "")
}

func TestUserDeletesOwnPackagesUnderBothPaths(t *testing.T) {
	t.Parallel()
	for _, base := range []string{"/user/packages/container/", "/users/alice/packages/container/"} {
		s := start(t, acme())
		s.AddPackage(ghcrtest.Package{Name: "alice/team/tool"})
		s.AddManifest("alice/team/tool", "1", imageType, []byte(`{"n":1}`))
		s.AddManifest("alice/team/tool", "2", imageType, []byte(`{"n":2}`))
		c := as(t, s, pat)
		c.api(http.MethodGet, base+"team/tool/versions", "").has(t, 404, "")
		c.api(http.MethodGet, base+"team%2Ftool/versions", "").has(t, 200, digestOf(`{"n":1}`))
		id := s.VersionID("alice/team/tool", digestOf(`{"n":1}`))
		one := fmt.Sprintf("%steam%%2Ftool/versions/%d", base, id)
		c.api(http.MethodGet, one, "").has(t, 200, digestOf(`{"n":1}`))
		c.api(http.MethodDelete, one, "").has(t, 204, "")
		c.api(http.MethodPost, one+"/restore", "").has(t, 204, "")
		as(t, s, bobPAT).api(http.MethodDelete, strings.Replace(one, "/user/", "/users/alice/", 1), "").has(t, 404, "Package not found.")
	}
}

func TestJobDeletesPackagesOfItsUser(t *testing.T) {
	t.Parallel()
	config := acme()
	config.Credentials = append(config.Credentials, ghcrtest.Credential{Secret: "ghs_tool", Actor: "alice", Repository: "alice/tool", Packages: ghcrtest.Write})
	s := start(t, config)
	s.AddPackage(ghcrtest.Package{Name: "alice/tool", Repository: "alice/tool"})
	s.AddManifest("alice/tool", "", imageType, []byte(`{"n":1}`))
	c := as(t, s, "ghs_tool")
	path := fmt.Sprintf("packages/container/tool/versions/%d", s.VersionID("alice/tool", digestOf(`{"n":1}`)))
	c.api(http.MethodDelete, "/user/"+path, "").has(t, 404, "Package not found.") // A job's token has no user.
	c.api(http.MethodDelete, "/users/alice/"+path, "").has(t, 204, "")
}

func TestTombstonesAreListedUnderOtherNames(t *testing.T) {
	t.Parallel()
	s, c := pusher(t, ghcrtest.Answers{Tombstones: true})
	c.pushManifest("acme/web", "1", imageType, `{"n":1}`)
	digest := c.pushManifest("acme/web", "2", imageType, `{"n":2}`)
	deleteVersion(t, c, digest)
	got := versions(t, c, "")
	if len(got) != 2 || got[0].Name != fmt.Sprintf("deleted_%d", got[0].ID) || len(got[0].Metadata.Container.Tags) != 0 {
		t.Fatalf("got %+v, want a tombstone first", got)
	}
	c.api(http.MethodGet, fmt.Sprintf("%s/%d", versionsPath, got[0].ID), "").has(t, 404, "Package not found.")
	if deleted := versions(t, c, "?state=deleted"); len(deleted) != 1 || deleted[0].Name != digest {
		t.Errorf("got %+v, want the deleted version under its digest", deleted)
	}
	s.AddPackage(ghcrtest.Package{Name: "acme/old", Visibility: ghcrtest.Public, Users: map[string]ghcrtest.Role{"alice": ghcrtest.Admin}})
	alice := as(t, s, pat)
	alice.api(http.MethodDelete, "/orgs/acme/packages/container/old", "").has(t, 204, "")
	alice.api(http.MethodGet, "/orgs/acme/packages?package_type=container", "").has(t, 200, `"name":"deleted_old"`)
}

func TestDeletedManifestIsGoneFromTheRegistryAndItsChildrenStay(t *testing.T) {
	t.Parallel()
	_, c := pusher(t, ghcrtest.Answers{})
	child := c.pushManifest("acme/web", digestOf(`{"n":1}`), imageType, `{"n":1}`)
	c.pushManifest("acme/web", "main", imageType, `{"n":2}`)
	index := c.pushManifest("acme/web", "1", indexType, indexOf(nil, child))
	c.pushManifest("acme/web", "2", indexType, indexOf(nil, child))
	deleteVersion(t, c, index)
	for _, reference := range []string{"1", "2", index} {
		c.do(http.MethodGet, "/v2/acme/web/manifests/"+reference, "").has(t, 404, "MANIFEST_UNKNOWN")
	}
	c.do(http.MethodGet, "/v2/acme/web/tags/list", "").has(t, 200, `"tags":["main"]`)
	c.do(http.MethodGet, "/v2/acme/web/manifests/"+child, "").has(t, 200, `{"n":1}`)
}

// clock is a clock that a test sets.
type clock struct{ at time.Time }

func (c *clock) now() time.Time { return c.at }

func TestRestorationIsPossibleFor30Days(t *testing.T) {
	t.Parallel()
	cases := []struct {
		name   string
		after  time.Duration
		status int
	}{
		{"29 days", 29 * 24 * time.Hour, 204},
		{"31 days", 31 * 24 * time.Hour, 404},
	}
	for _, tc := range cases {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			c := &clock{at: time.Now()}
			config := acme()
			config.Clock = c.now
			s := start(t, config)
			s.AddPackage(ghcrtest.Package{Name: "acme/web", Repository: "acme/web"})
			digest := s.AddManifest("acme/web", "", imageType, []byte(`{"n":1}`))
			alice := as(t, s, job)
			path := versionPath(t, alice, digest)
			alice.api(http.MethodDelete, path, "").has(t, 204, "")
			c.at = c.at.Add(tc.after)
			if got := len(versions(t, alice, "?state=deleted")); got == 1 != (tc.status == 204) {
				t.Errorf("%d deleted versions are listed", got)
			}
			alice.api(http.MethodPost, path+"/restore", "").has(t, tc.status, "")
			alice.api(http.MethodDelete, "/orgs/acme/packages/container/web", "").has(t, 204, "")
			c.at = c.at.Add(tc.after)
			alice.api(http.MethodPost, "/orgs/acme/packages/container/web/restore", "").has(t, tc.status, "")
		})
	}
}

func TestRestoredTagsComeBackUnlessTheyAreUsedAgain(t *testing.T) {
	t.Parallel()
	s, c := pusher(t, ghcrtest.Answers{RestoredTags: true})
	c.pushManifest("acme/web", "main", imageType, `{"n":1}`)
	digest := c.pushManifest("acme/web", "2", imageType, `{"n":2}`)
	c.pushManifest("acme/web", "latest", imageType, `{"n":2}`)
	deleteVersion(t, c, digest)
	c.pushManifest("acme/web", "latest", imageType, `{"n":3}`)
	c.api(http.MethodPost, versionPath(t, c, digest)+"/restore", "").has(t, 204, "")
	if s.Tag("acme/web", "2") != digest || s.Tag("acme/web", "latest") != digestOf(`{"n":3}`) {
		t.Errorf("got 2 at %s and latest at %s", s.Tag("acme/web", "2"), s.Tag("acme/web", "latest"))
	}
}

func TestManifestThatWasPushedAgainIsANewVersion(t *testing.T) {
	t.Parallel()
	_, c := pusher(t, ghcrtest.Answers{RestoredTags: true})
	c.pushManifest("acme/web", "main", imageType, `{"n":1}`)
	digest := c.pushManifest("acme/web", "2", imageType, `{"n":2}`)
	old := versionPath(t, c, digest)
	deleteVersion(t, c, digest)
	c.pushManifest("acme/web", "2", imageType, `{"n":2}`)
	if again := versionPath(t, c, digest); again == old {
		t.Error("the new version has the id of the deleted version")
	}
	c.api(http.MethodPost, old+"/restore", "").has(t, 404, "Package not found.")
}
