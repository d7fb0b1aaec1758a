package ghcrtest_test

import (
	"net/http"
	"testing"

	"github.com/ghcr-publish/ghcr-publish/internal/ghcrtest"
)

// createPackage pushes the first image of a package and returns the record of the package.
func createPackage(t *testing.T, s *ghcrtest.Server, secret, name string, labels map[string]string) ghcrtest.Package {
	t.Helper()
	c := as(t, s, secret).on(name)
	c.pushManifest(name, "1", imageType, c.image(name, "a", labels))
	p, ok := s.Package(name)
	if !ok {
		t.Fatalf("the package %s does not exist", name)
	}
	return p
}

func source(repository string) map[string]string {
	return map[string]string{"org.opencontainers.image.source": "https://github.com/" + repository}
}

func TestActionsTokenCreatesPackagesWithTheVisibilityOfItsRepository(t *testing.T) {
	t.Parallel()
	cases := []struct {
		name, secret, at, repository string
		visibility                   ghcrtest.Visibility
	}{
		{"public", job, "acme/web", "Acme/web", ghcrtest.Public},
		{"public, other name", job, "acme/tools/lint", "Acme/web", ghcrtest.Public},
		{"private", secretJob, "acme/secret", "Acme/secret", ghcrtest.Private},
	}
	s := start(t, acme())
	for _, tc := range cases {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			p := createPackage(t, s, tc.secret, tc.at, source("Acme/other"))
			if p.Visibility != tc.visibility || p.Repository != tc.repository || p.Grants[tc.repository] != ghcrtest.Admin {
				t.Errorf("got %+v, want %s, linked to %s, which is Admin", p, tc.visibility, tc.repository)
			}
		})
	}
}

func TestClassicTokenCreatesPrivateUnlinkedPackages(t *testing.T) {
	t.Parallel()
	s := start(t, acme())
	if p := createPackage(t, s, pat, "acme/web", nil); p.Visibility != ghcrtest.Private || p.Repository != "" {
		t.Errorf("got %+v, want a private package without a link", p)
	}
	as(t, s, job).on("acme/web").do(http.MethodPost, "/v2/acme/web/blobs/uploads/", "").
		refused(t, 403, "DENIED", noRole)
}

func TestSourceLabelLinksAtCreation(t *testing.T) {
	t.Parallel()
	s := start(t, acme())
	if p := createPackage(t, s, pat, "acme/web", source("acme/web")); p.Repository != "Acme/web" || p.Visibility != ghcrtest.Private {
		t.Errorf("got %+v, want a private package linked to Acme/web", p)
	}
	as(t, s, job).on("acme/web").openUpload("acme/web")
}

func TestSourceLabelOfAnotherOwnerDoesNotLink(t *testing.T) {
	t.Parallel()
	s := start(t, acme())
	for name, repository := range map[string]string{"acme/a": "acme/unknown", "acme/b": "alice/tool", "acme/c": "acme"} {
		if p := createPackage(t, s, pat, name, source(repository)); p.Repository != "" {
			t.Errorf("a label naming %s linked %s to %s", repository, name, p.Repository)
		}
	}
}

func TestSourceLabelAfterTheFirstTagDoesNotLink(t *testing.T) {
	t.Parallel()
	s := start(t, acme())
	createPackage(t, s, pat, "acme/web", nil)
	if p := createPackage(t, s, pat, "acme/web", source("acme/web")); p.Repository != "" {
		t.Errorf("got a link to %s by a second push", p.Repository)
	}
}

func TestIndexAnnotationLinks(t *testing.T) {
	t.Parallel()
	s := start(t, acme())
	c := as(t, s, pat).on("acme/web")
	child := c.image("acme/web", "a", nil)
	c.pushManifest("acme/web", digestOf(child), imageType, child)
	c.pushManifest("acme/web", "1", indexType, indexOf(source("acme/web"), digestOf(child)))
	if p, _ := s.Package("acme/web"); p.Repository != "Acme/web" {
		t.Errorf("got %+v, want a link to Acme/web", p)
	}
}

func TestForbiddenVisibilityIsRefusedOrPrivate(t *testing.T) {
	t.Parallel()
	config := acme()
	config.Owners[0].Forbidden = []ghcrtest.Visibility{ghcrtest.Public}
	as(t, start(t, config), job).on("acme/web").do(http.MethodPost, "/v2/acme/web/blobs/uploads/", "").
		refused(t, 403, "DENIED", mayNotCreate)

	config.Answers.Forbidden = ghcrtest.ForbiddenPrivate
	if p := createPackage(t, start(t, config), job, "acme/web", nil); p.Visibility != ghcrtest.Private {
		t.Errorf("got %s, want private", p.Visibility)
	}
}

func TestNoInheritLinksWithoutAccess(t *testing.T) {
	t.Parallel()
	config := acme()
	config.Owners[0].NoInherit = true
	s := start(t, config)
	createPackage(t, s, pat, "acme/web", source("acme/web"))
	as(t, s, job).on("acme/web").do(http.MethodPost, "/v2/acme/web/blobs/uploads/", "").
		refused(t, 403, "DENIED", noRole)
}

func TestOpenServerCreatesOwnersAndRepositories(t *testing.T) {
	t.Parallel()
	s := start(t, ghcrtest.Config{Open: &ghcrtest.Open{Visibility: ghcrtest.Private}})
	p := createPackage(t, s, s.Token(), "new/thing/part", nil)
	if p.Visibility != ghcrtest.Private || p.Repository != "new/thing" {
		t.Errorf("got %+v, want a private package of new/thing", p)
	}
	as(t, s, s.Token()).api(http.MethodGet, "/repos/new/other", "").has(t, 200, `"full_name":"new/other"`)
}

func TestOpenServerCanBelongToOneRepository(t *testing.T) {
	t.Parallel()
	s := start(t, ghcrtest.Config{Open: &ghcrtest.Open{Repository: "acme/web", Token: "ghs_mine"}})
	if p := createPackage(t, s, "ghs_mine", "acme/tool", nil); p.Repository != "acme/web" || p.Visibility != ghcrtest.Public {
		t.Errorf("got %+v, want a public package of acme/web", p)
	}
	as(t, s, "ghs_mine").on("other/web").do(http.MethodPost, "/v2/other/web/blobs/uploads/", "").
		refused(t, 403, "DENIED", mayNotCreate)
}
