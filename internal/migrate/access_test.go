package migrate

import (
	"context"
	"errors"
	"net/url"
	"strings"
	"testing"

	"github.com/ghcr-publish/ghcr-publish/internal/migrate/flow"
)

type fakePackages map[string]Package

var errOffline = errors.New("offline")

func (f fakePackages) Package(_ context.Context, owner, name string) (Package, error) {
	if name == "broken" {
		return Package{Settings: "https://example.com/broken"}, errOffline
	}
	pkg := f[owner+"/"+name]
	pkg.Read = f != nil
	pkg.Settings = "https://example.com/" + owner + "/" + url.PathEscape(name)
	return pkg, nil
}

func TestAccess(t *testing.T) {
	t.Parallel()
	lookup := fakePackages{
		"acme/linked":  {Exists: true, Repository: "Acme/Web", Visibility: "private"},
		"acme/orphan":  {Exists: true, Visibility: "private"},
		"acme/other":   {Exists: true, Repository: "acme/api", Visibility: "public"},
		"acme/web/sub": {Exists: true, Visibility: "private"},
	}
	cases := []struct {
		name  string
		image Image
		text  string
		role  string
		grant bool
		url   string
	}{
		{"linked", Image{Owner: "acme", Name: "linked", Push: true}, "is linked to acme/web", "Write", false, "https://example.com/acme/linked"},
		{"linked, but Admin is necessary", Image{Owner: "acme", Name: "linked", Delete: true}, "does not have the role Admin", "Admin", true, "https://example.com/acme/linked"},
		{"no repository", Image{Owner: "acme", Name: "orphan", Push: true}, "linked to no repository", "Write", true, "https://example.com/acme/orphan"},
		{"other repository", Image{Owner: "acme", Name: "other", Push: true}, "linked to acme/api", "Write", true, "https://example.com/acme/other"},
		{"public pull", Image{Owner: "acme", Name: "other"}, "is public, so a pull needs no grant", "Read", false, "https://example.com/acme/other"},
		{"new", Image{Owner: "acme", Name: "new", Push: true}, "the first push creates the package", "Write", true, "https://example.com/acme/new"},
		{"absent pull", Image{Owner: "acme", Name: "new"}, "does not exist", "Read", true, "https://example.com/acme/new"},
		{"placeholders and a slash", Image{Owner: flow.UnknownOwner, Name: flow.UnknownName + "/sub", Push: true}, "does not have the role Write", "Write", true, "https://example.com/acme/web%2Fsub"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			r := &Report{Images: []Image{c.image}}
			if err := r.Access(t.Context(), "acme/web", lookup); err != nil || len(r.Advice) != 1 {
				t.Fatalf("got %+v, %v", r.Advice, err)
			}
			if a := r.Advice[0]; !strings.Contains(a.Text, c.text) || a.Role != c.role || a.Grant != c.grant || a.Package.Settings != c.url || a.Repository != "acme/web" {
				t.Errorf("got %+v", a)
			}
		})
	}
}

func TestAccessWithoutLookupAndWithFailedLookup(t *testing.T) {
	t.Parallel()
	r := &Report{Images: []Image{{Owner: "acme", Name: "broken", Push: true}, {Owner: "acme", Name: "web", Push: true}}}
	if err := r.Access(t.Context(), "acme/web", fakePackages(nil)); !errors.Is(err, errOffline) || len(r.Advice) != 2 || !r.Advice[1].Grant {
		t.Errorf("got %+v, %v", r.Advice, err)
	}
	err := r.Access(t.Context(), "acme/web", fakePackages{})
	if !errors.Is(err, errOffline) || len(r.Advice) != 2 {
		t.Fatalf("got %+v, %v; want the error, and the advice for both images", r.Advice, err)
	}
	if broken := r.Advice[0]; !broken.Grant || broken.Package.Settings != "https://example.com/broken" {
		t.Errorf("the advice after a failed lookup is %+v", broken)
	}
}

func TestAccessOfOnePackageNeedsTheHighestRole(t *testing.T) {
	t.Parallel()
	r := &Report{Images: []Image{{Owner: "acme", Name: "web"}, {Owner: "acme", Name: "web", Push: true}, {Owner: "acme", Name: "web", Delete: true}}}
	if err := r.Access(t.Context(), "acme/web", fakePackages(nil)); err != nil || len(r.Advice) != 1 || r.Advice[0].Role != "Admin" {
		t.Errorf("got %+v, %v", r.Advice, err)
	}
}

func TestAccessUsesTheRepositoryOfEachCheckout(t *testing.T) {
	t.Parallel()
	r := &Report{Images: []Image{{Owner: "acme", Name: "web", Repository: "acme/one", Push: true}, {Owner: "acme", Name: "web", Push: true}}}
	if err := r.Access(t.Context(), "", fakePackages(nil)); err != nil || len(r.Advice) != 2 {
		t.Fatalf("got %+v, %v", r.Advice, err)
	}
	if one, two := r.Advice[0].Repository, r.Advice[1].Repository; one != "acme/one" || two != "this repository" {
		t.Errorf("got %q and %q", one, two)
	}
}

func TestCheckWorkflowIsAWorkflow(t *testing.T) {
	t.Parallel()
	doc, err := flow.Parse([]byte(CheckWorkflow("ghcr-publish/ghcr-publish@v1", []Image{{Registry: "ghcr.io", Owner: "acme", Name: "web"}})))
	if err != nil {
		t.Fatal(err)
	}
	if step := doc.Jobs[0].Steps[0]; step.Input("command") != "check" || step.Input("image") != "ghcr.io/acme/web" {
		t.Errorf("got %+v", step)
	}
}

func TestImagesOfAReport(t *testing.T) {
	t.Parallel()
	dir := checkoutWith(t, map[string]string{".github/workflows/ci.yml": patLogin})
	images := scan(t, Options{}, Root{Dir: dir, Repository: "acme/web"}).Images
	if len(images) != 1 || images[0].Owner != "acme" || images[0].Name != "web" || !images[0].Push || images[0].Line != 7 {
		t.Errorf("got %+v", images)
	}
}
