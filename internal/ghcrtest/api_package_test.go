package ghcrtest_test

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"

	"github.com/ghcr-publish/ghcr-publish/internal/ghcrtest"
)

func TestPackageRecordHasGitHubsFields(t *testing.T) {
	t.Parallel()
	s := start(t, acme())
	c := as(t, s, job).on("acme/tools/lint")
	c.pushImage("acme/tools/lint", "1", "a")
	got := c.api(http.MethodGet, "/orgs/acme/packages/container/tools%2Flint", "")
	got.has(t, 200, "")
	var p struct {
		ID           int64
		Name         string
		PackageType  string `json:"package_type"`
		Visibility   string
		VersionCount int    `json:"version_count"`
		HTMLURL      string `json:"html_url"`
		URL          string
		Owner        struct{ Login, Type string }
		Repository   *struct {
			FullName string `json:"full_name"`
		}
	}
	if err := json.Unmarshal([]byte(got.body), &p); err != nil {
		t.Fatal(err)
	}
	if p.ID == 0 || p.Name != "tools/lint" || p.PackageType != "container" || p.Visibility != "public" || p.VersionCount != 1 ||
		p.Owner.Login != "Acme" || p.Owner.Type != "Organization" || p.Repository == nil || p.Repository.FullName != "Acme/web" ||
		p.HTMLURL != s.URL()+"/orgs/Acme/packages/container/package/tools%2Flint" ||
		p.URL != s.URL()+"/api/v3/orgs/Acme/packages/container/tools%2Flint" {
		t.Errorf("got %s", got.body)
	}
}

func TestUnlinkedPackageHasNoRepository(t *testing.T) {
	t.Parallel()
	got := as(t, start(t, packages(acme())), job).api(http.MethodGet, "/orgs/acme/packages/container/readable", "")
	got.has(t, 200, `"visibility":"private"`)
	if strings.Contains(got.body, "repository") {
		t.Errorf("got %s, want no repository", got.body)
	}
}

func TestPackageEndpointsRefuseWithGitHubsMessages(t *testing.T) {
	t.Parallel()
	cases := []struct {
		name, secret, path string
		status             int
		want               string
	}{
		{"absent", job, "/orgs/acme/packages/container/absent", 404, "Package not found."},
		{"no role", job, "/orgs/acme/packages/container/foreign", 404, "Package not found."},
		{"owner in the name", job, "/orgs/acme/packages/container/acme%2Fpublic", 404, "Package not found."},
		{"organization as user", job, "/users/acme/packages/container/public", 404, "Package not found."},
		{"user as organization", pat, "/orgs/alice/packages/container/public", 404, "Package not found."},
		{"App token", app, "/orgs/acme/packages/container/linked", 404, "Package not found."},
		{"packages: none", noneJob, "/orgs/acme/packages/container/linked", 403, "Resource not accessible by integration"},
		{"no scope", "ghp_bare", "/orgs/acme/packages/container/public", 403, "You need at least read:packages scope to get a package."},
		{"no scope, versions", "ghp_bare", "/orgs/acme/packages/container/public/versions", 403, "You need at least read:packages scope to get a package's versions."},
		{"no scope, list", "ghp_bare", "/orgs/acme/packages?package_type=container", 403, "You need at least read:packages scope to list packages."},
		{"fine-grained", finePAT, "/orgs/acme/packages/container/public", 403, "Resource not accessible by personal access token"},
		{"bad credentials", wrong, "/orgs/acme/packages/container/public", 401, "Bad credentials"},
		{"expired", expired, "/orgs/acme/packages/container/public", 401, "Bad credentials"},
		{"anonymous", anonymous, "/orgs/acme/packages/container/public", 401, "Requires authentication"},
		{"list by a job", job, "/orgs/acme/packages?package_type=container", 400, "Invalid argument."},
		{"list of a user by a job", job, "/user/packages?package_type=container", 400, "Invalid argument."},
		{"list without a type", pat, "/orgs/acme/packages", 400, "Invalid argument."},
		{"another type", job, "/orgs/acme/packages/npm/public", 404, "Package not found."},
		{"unknown endpoint", job, "/repos/acme/web/packages", 404, "Not Found"},
	}
	s := start(t, packages(acme()))
	s.AddCredential(ghcrtest.Credential{Secret: "ghp_bare", Kind: ghcrtest.ClassicPAT, Actor: "alice"})
	for _, tc := range cases {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			got := as(t, s, tc.secret).api(http.MethodGet, tc.path, "")
			var body struct{ Message string }
			if err := json.Unmarshal([]byte(got.body), &body); err != nil || got.status != tc.status || body.Message != tc.want {
				t.Errorf("got %d %s, want %d %q", got.status, got.body, tc.status, tc.want)
			}
		})
	}
}

func TestWriteScopeIncludesReading(t *testing.T) {
	t.Parallel()
	s := start(t, packages(acme()))
	s.AddCredential(ghcrtest.Credential{
		Secret: "ghp_write", Kind: ghcrtest.ClassicPAT, Actor: "alice", Scopes: []string{"write:packages"},
	})
	as(t, s, "ghp_write").api(http.MethodGet, "/orgs/acme/packages/container/internal", "").has(t, 200, "internal")
}

func TestSAMLRefusalNamesTheSSOURL(t *testing.T) {
	t.Parallel()
	c := as(t, start(t, packages(acme())), ssoPAT)
	for _, path := range []string{"/orgs/Acme", "/orgs/Acme/packages/container/public", "/repos/Acme/web"} {
		got := c.api(http.MethodGet, path, "")
		got.has(t, 403, "Resource protected by organization SAML enforcement.")
		if header := got.header.Get("X-GitHub-SSO"); !strings.HasPrefix(header, "required; url="+c.server.URL()+"/orgs/Acme/sso?authorization_request=") {
			t.Errorf("%s: got X-GitHub-SSO %q", path, header)
		}
	}
}

func TestUserListsVisiblePackages(t *testing.T) {
	t.Parallel()
	config := packages(acme())
	config.Packages = append(config.Packages, ghcrtest.Package{Name: "alice/tool"})
	c := as(t, start(t, config), pat)
	got := c.api(http.MethodGet, "/orgs/acme/packages?package_type=container&visibility=public", "")
	got.has(t, 200, `"name":"public"`)
	if strings.Contains(got.body, "internal") || strings.Contains(got.body, "foreign") {
		t.Errorf("got %s, want only the public package", got.body)
	}
	c.api(http.MethodGet, "/orgs/acme/packages?package_type=container", "").has(t, 200, `"name":"internal"`)
	c.api(http.MethodGet, "/user/packages?package_type=container", "").has(t, 200, `"name":"tool"`)
	c.api(http.MethodGet, "/users/alice/packages?package_type=container", "").has(t, 200, `"name":"tool"`)
}

func TestDeletedPackageCanBeRestored(t *testing.T) {
	t.Parallel()
	s := start(t, acme())
	c := as(t, s, job).on("acme/web")
	raw := c.pushImage("acme/web", "1", "a")
	const path = "/orgs/acme/packages/container/web"
	c.api(http.MethodDelete, path, "").has(t, 204, "")
	c.api(http.MethodGet, path, "").has(t, 404, "Package not found.")
	c.do(http.MethodGet, "/v2/acme/web/manifests/1", "").has(t, 404, "MANIFEST_UNKNOWN")
	c.api(http.MethodPost, path+"/restore", "").has(t, 204, "")
	c.do(http.MethodGet, "/v2/acme/web/manifests/1", "").has(t, 200, raw)
}

func TestPackageWithAReusedNameCannotBeRestored(t *testing.T) {
	t.Parallel()
	s := start(t, acme())
	c := as(t, s, job).on("acme/web")
	c.pushImage("acme/web", "1", "a")
	c.api(http.MethodDelete, "/orgs/acme/packages/container/web", "").has(t, 204, "")
	c.pushImage("acme/web", "1", "b")
	c.api(http.MethodPost, "/orgs/acme/packages/container/web/restore", "").has(t, 404, "Package not found.")
}

func TestDeletionNeedsAdmin(t *testing.T) {
	t.Parallel()
	cases := []struct {
		name, secret, at string
		status           int
		want             string
	}{
		{"job with Write", job, "writable", 404, "Package not found."},
		{"job with packages: read", readJob, "linked", 403, "Resource not accessible by integration"},
		{"job without a role", job, "foreign", 404, "Package not found."},
		{"user without a role", pat, "public", 404, "Package not found."},
		{"missing scope", readPAT, "public", 403, "You need at least delete:packages scope to delete a package."},
		{"job with Admin", job, "linked", 204, ""},
	}
	s := start(t, packages(acme()))
	for _, tc := range cases {
		as(t, s, tc.secret).api(http.MethodDelete, "/orgs/acme/packages/container/"+tc.at, "").has(t, tc.status, tc.want)
	}
}

func TestVisibilityCannotBeSet(t *testing.T) {
	t.Parallel()
	s := start(t, packages(acme()))
	as(t, s, job).api(http.MethodPatch, "/orgs/acme/packages/container/linked", `{"visibility":"public"}`).has(t, 404, "Not Found")
	if p, _ := s.Package("acme/linked"); p.Visibility != ghcrtest.Private {
		t.Errorf("got %s, want private", p.Visibility)
	}
}

func TestVisibilityCanBeSetWithPatchHonoured(t *testing.T) {
	t.Parallel()
	config := packages(acme())
	config.Answers.Visibility = ghcrtest.PatchHonoured
	s := start(t, config)
	const path = "/orgs/acme/packages/container/linked"
	c := as(t, s, job)
	c.api(http.MethodPatch, path, `{"visibility":"everyone"}`).has(t, 422, "Validation Failed")
	c.api(http.MethodPatch, path, `{"visibility":"public"}`).has(t, 200, `"visibility":"public"`)
	c.api(http.MethodPatch, path, `{"visibility":"private"}`).has(t, 422, "Validation Failed") // a public package stays public
	c.api(http.MethodPatch, "/orgs/acme/packages/container/writable", `{"visibility":"public"}`).has(t, 403, "Resource not accessible")
}
