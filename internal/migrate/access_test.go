package migrate

import (
	"context"
	"errors"
	"strings"
	"testing"

	"github.com/ghcr-publish/ghcr-publish/internal/migrate/flow"
)

type fakePackages map[string]Package

var errOffline = errors.New("offline")

func (f fakePackages) Package(_ context.Context, owner, name string) (Package, error) {
	if name == "broken" {
		return Package{}, errOffline
	}
	return f[owner+"/"+name], nil
}

func TestAccess(t *testing.T) {
	t.Parallel()
	lookup := fakePackages{
		"acme/linked":  {Exists: true, Repository: "Acme/Web", Visibility: "private", Organization: true},
		"acme/orphan":  {Exists: true, Visibility: "private", Organization: true},
		"acme/other":   {Exists: true, Repository: "acme/api", Visibility: "public"},
		"acme/web/sub": {Exists: true, Visibility: "private"},
	}
	cases := []struct {
		name  string
		image Image
		text  string
		steps int
		url   string
	}{
		{"linked", Image{Owner: "acme", Name: "linked", Push: true}, "is linked to acme/web", 0, "https://github.com/orgs/acme/packages/container/linked/settings"},
		{"no repository", Image{Owner: "acme", Name: "orphan", Push: true}, "linked to no repository", 4, "https://github.com/orgs/acme/packages/container/orphan/settings"},
		{"other repository", Image{Owner: "acme", Name: "other", Push: true}, "linked to acme/api", 4, "https://github.com/users/acme/packages/container/other/settings"},
		{"public pull", Image{Owner: "acme", Name: "other"}, "is public, so a pull needs no grant", 0, "https://github.com/users/acme/packages/container/other/settings"},
		{"new", Image{Owner: "acme", Name: "new", Push: true}, "the first push creates the package", 0, ""},
		{"absent pull", Image{Owner: "acme", Name: "new"}, "does not exist", 4, "https://github.com/users/acme/packages/container/new/settings"},
		{"placeholders and a slash", Image{Owner: flow.UnknownOwner, Name: flow.UnknownName + "/sub", Push: true}, "acme/web/sub", 4, "https://github.com/users/acme/packages/container/web%2Fsub/settings"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			r := &Report{Images: []Image{c.image}}
			advice, err := r.Access(t.Context(), "acme/web", lookup)
			if err != nil || len(advice) != 1 {
				t.Fatalf("got %+v, %v", advice, err)
			}
			if a := advice[0]; !strings.Contains(a.Text, c.text) || len(a.Steps) != c.steps || a.Settings != c.url {
				t.Errorf("got %+v", a)
			}
		})
	}
}

func TestAccessWithoutLookupAndWithFailedLookup(t *testing.T) {
	t.Parallel()
	r := &Report{Images: []Image{{Owner: "acme", Name: "broken", Push: true}, {Owner: "acme", Name: "web", Push: true}}}
	advice, err := r.Access(t.Context(), "acme/web", nil)
	if err != nil || len(advice) != 2 || len(advice[0].Steps) != 4 {
		t.Errorf("got %+v, %v", advice, err)
	}
	advice, err = r.Access(t.Context(), "acme/web", fakePackages{})
	if !errors.Is(err, errOffline) || len(advice) != 1 {
		t.Errorf("got %+v, %v; want the error, and the advice for the other image", advice, err)
	}
}

func TestCheckWorkflowIsAWorkflow(t *testing.T) {
	t.Parallel()
	doc, err := flow.Parse([]byte(CheckWorkflow("ghcr-publish/ghcr-publish@v1", []Image{{Owner: "acme", Name: "web"}})))
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
