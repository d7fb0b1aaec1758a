package ghcrtest_test

import (
	"net/http"
	"testing"

	"github.com/ghcr-publish/ghcr-publish/internal/ghcrtest"
)

// packages adds packages with different roles for Acme/web: none, public, Read, Write,
// linked, linked without access, and internal.
func packages(c ghcrtest.Config) ghcrtest.Config {
	c.Packages = []ghcrtest.Package{
		{Name: "acme/foreign"},
		{Name: "acme/public", Visibility: ghcrtest.Public},
		{Name: "acme/readable", Grants: map[string]ghcrtest.Role{"acme/web": ghcrtest.Read}},
		{Name: "acme/writable", Grants: map[string]ghcrtest.Role{"acme/web": ghcrtest.Write}},
		{Name: "acme/linked", Repository: "acme/web"},
		{Name: "acme/linked-only", Repository: "acme/web", NoInherit: true},
		{Name: "acme/internal", Visibility: ghcrtest.Internal},
	}
	return c
}

const (
	mayNotCreate = "permission_denied: installation not allowed to Create organization package"
	mayNotWrite  = "permission_denied: installation not allowed to Write organization package"
	mayNotRead   = "permission_denied: installation not allowed to Read organization package"
	wrongScopes  = "permission_denied: The token provided does not match expected scopes."
	noRole       = "permission_denied: write_package"
)

func TestPushRefusalsHaveTheTextsOfGitHub(t *testing.T) {
	t.Parallel()
	cases := []struct{ name, secret, at, want string }{
		{"write_package: no role", job, "acme/foreign", noRole},
		{"write_package: public is not writable", job, "acme/public", noRole},
		{"write_package: role Read", job, "acme/readable", noRole},
		{"write_package: link without access", job, "acme/linked-only", noRole},
		{"write_package: user without a role", pat, "acme/foreign", noRole},
		{"create package: packages: read", readJob, "acme/new", mayNotCreate},
		{"create package: packages: none", noneJob, "acme/new", mayNotCreate},
		{"create package: other owner", job, "alice/new", mayNotCreate},
		{"create package: App token", app, "acme/new", mayNotCreate},
		{"write package: packages: read", readJob, "acme/linked", mayNotWrite},
		{"write package: App token", app, "acme/linked", mayNotWrite},
		{"token scopes: read:packages", readPAT, "acme/new", wrongScopes},
		{"token scopes: fine-grained", finePAT, "alice/new", wrongScopes},
		{"owner not found: wrong owner", job, "acne/web", "not_found: owner not found"},
		{"not a member", bobPAT, "acme/new", "permission_denied: create_package"},
		{"SAML", ssoPAT, "acme/new", "denied"},
	}
	s := start(t, packages(acme()))
	for _, tc := range cases {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			as(t, s, tc.secret).on(tc.at).do(http.MethodPost, "/v2/"+tc.at+"/blobs/uploads/", "").
				refused(t, 403, "DENIED", tc.want)
		})
	}
}

func TestPushIsAllowedWithARole(t *testing.T) {
	t.Parallel()
	cases := []struct{ name, secret, at string }{
		{"first push of the owner's repository", job, "acme/new"},
		{"role Write", job, "acme/writable"},
		{"linked repository", job, "acme/linked"},
		{"member with a classic token", pat, "acme/new"},
		{"own namespace", pat, "alice/new"},
	}
	s := start(t, packages(acme()))
	for _, tc := range cases {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			as(t, s, tc.secret).on(tc.at).openUpload(tc.at)
		})
	}
}

func TestUploadSessionCreatesNoPackage(t *testing.T) {
	t.Parallel()
	s := start(t, acme())
	as(t, s, job).on("acme/web").openUpload("acme/web")
	if p, ok := s.Package("acme/web"); ok {
		t.Errorf("got %+v, want no package", p)
	}
}

func TestReadRefusalsHaveTheTextsOfGitHub(t *testing.T) {
	t.Parallel()
	cases := []struct{ name, secret, want string }{
		{"read package: App token", app, mayNotRead},
		{"read package: packages: none", noneJob, mayNotRead},
		{"token scopes: fine-grained", finePAT, wrongScopes},
		{"token scopes: no scope", "ghp_bare", wrongScopes},
		{"no role", job, "denied"},
		{"reading scope without a role", readPAT, "denied"},
		{"user without a role", pat, "denied"},
	}
	s := start(t, packages(acme()))
	s.AddCredential(ghcrtest.Credential{Secret: "ghp_bare", Kind: ghcrtest.ClassicPAT, Actor: "alice"})
	for _, tc := range cases {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			as(t, s, tc.secret).login("repository:acme/foreign:pull").
				do(http.MethodGet, "/v2/acme/foreign/manifests/1", "").refused(t, 403, "DENIED", tc.want)
		})
	}
}

func TestHeadHidesTheTextOfThePushRefusal(t *testing.T) {
	t.Parallel() // docs/ghcr.md, Refused: HEAD
	c := as(t, start(t, packages(acme())), job).on("acme/foreign")
	path := "/v2/acme/foreign/blobs/" + digestOf("x")
	if got := c.do(http.MethodHead, path, ""); got.status != 403 || got.body != "" {
		t.Errorf("HEAD got %d %q, want 403 without a body", got.status, got.body)
	}
	c.do(http.MethodGet, path, "").refused(t, 403, "DENIED", noRole)
}

func TestMembersReadInternalPackages(t *testing.T) {
	t.Parallel()
	s := start(t, packages(acme()))
	path := "/v2/acme/internal/tags/list"
	as(t, s, pat).login("repository:acme/internal:pull").do(http.MethodGet, path, "").has(t, 200, "acme/internal")
	as(t, s, bobPAT).login("repository:acme/internal:pull").do(http.MethodGet, path, "").has(t, 403, "DENIED")
}

func TestReadOfAMissingPackageDependsOnTheAnswers(t *testing.T) {
	t.Parallel()
	hidden := acme()
	hidden.Answers.AbsentRead = ghcrtest.AbsentDenied
	cases := []struct {
		name    string
		config  ghcrtest.Config
		path    string
		status  int
		code    string
		message string
	}{
		{"manifest", acme(), "manifests/1", 404, "MANIFEST_UNKNOWN", "manifest unknown"},
		{"blob", acme(), "blobs/" + digestOf("x"), 404, "BLOB_UNKNOWN", "blob unknown to registry"},
		{"tags", acme(), "tags/list", 404, "NAME_UNKNOWN", "repository name not known to registry"},
		{"denied", hidden, "manifests/1", 403, "DENIED", "denied"},
	}
	for _, tc := range cases {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			as(t, start(t, tc.config), job).on("acme/web").do(http.MethodGet, "/v2/acme/web/"+tc.path, "").
				refused(t, tc.status, tc.code, tc.message)
		})
	}
}

func TestOldTextsHaveNoPrefix(t *testing.T) {
	t.Parallel()
	config := acme()
	config.Answers.OldTexts = true
	as(t, start(t, config), readJob).on("acme/web").do(http.MethodPost, "/v2/acme/web/blobs/uploads/", "").
		refused(t, 403, "DENIED", "installation not allowed to Create organization package")
}

func TestInvalidNamesAreRefused(t *testing.T) {
	t.Parallel()
	cases := []struct{ name, path, code, message string }{
		{"no owner", "/v2/web/manifests/1", "NAME_INVALID", "name invalid"},
		{"upper case", "/v2/Acme/web/manifests/1", "NAME_INVALID", "name invalid"},
		{"bad tag", "/v2/acme/web/manifests/-x", "TAG_INVALID", "tag invalid"},
		{"bad digest", "/v2/acme/web/manifests/sha256:12", "DIGEST_INVALID", "digest invalid"},
		{"bad blob", "/v2/acme/web/blobs/latest", "DIGEST_INVALID", "digest invalid"},
	}
	c := as(t, start(t, acme()), job).on("acme/web")
	for _, tc := range cases {
		c.do(http.MethodGet, tc.path, "").refused(t, 400, tc.code, tc.message)
	}
}
