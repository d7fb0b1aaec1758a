package resolve_test

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/google/go-containerregistry/pkg/name"

	"github.com/ghcr-publish/ghcr-publish/internal/diag"
	"github.com/ghcr-publish/ghcr-publish/internal/github"
	"github.com/ghcr-publish/ghcr-publish/internal/input"
	"github.com/ghcr-publish/ghcr-publish/internal/publish/resolve"
)

// absent returns the error of package github for a response with status 404.
func absent(t *testing.T) error {
	t.Helper()
	s := httptest.NewServer(http.NotFoundHandler())
	defer s.Close()
	c, err := github.New(http.DefaultClient, s.URL, "https://github.com", "test")
	if err != nil {
		t.Fatal(err)
	}
	_, err = c.Get(context.Background(), github.Owner{Login: "acme", Kind: "User"}, "web")
	return err
}

func TestCheckVisibilityRefusesAnExposure(t *testing.T) {
	t.Parallel()
	broken := errors.New("503")
	pkg := func(visibility string) github.Package { return github.Package{Name: "web", Visibility: visibility} }
	cases := []struct {
		name   string
		want   input.Visibility
		fail   bool
		target resolve.Target
		code   string
	}{
		{"visibility: keep accepts a public package", input.Keep, true, resolve.Target{Home: true, Public: true}, ""},
		{"visibility: public and a public package", input.Public, true, resolve.Target{Home: true, Package: pkg("public")}, ""},
		{"visibility: private and a private package", input.Private, true, resolve.Target{Home: true, Package: pkg("private")}, ""},
		{"visibility: private and an internal package", input.Private, true, resolve.Target{Home: true, Package: pkg("internal")}, ""},
		{"visibility: private and a public package", input.Private, false, resolve.Target{Home: true, Package: pkg("public")}, "visibility-exposed"},
		{"visibility: internal and a public package", input.Internal, false, resolve.Target{Home: true, Package: pkg("public")}, "visibility-exposed"},
		{"an anonymous client may pull", input.Private, false, resolve.Target{Home: true, PackageErr: broken, Public: true}, "visibility-exposed"},
		{"an anonymous client may pull, although the API reports a private package", input.Private, false, resolve.Target{Home: true, Package: pkg("private"), Public: true}, "visibility-exposed"},
		{"the push would create a public package", input.Private, false, resolve.Target{Home: true, PackageErr: absent(t), Inherits: "public"}, "visibility-exposed"},
		{"the push could create a public package", input.Private, false, resolve.Target{Home: true, PackageErr: broken, Inherits: "public"}, "visibility-exposed"},
		{"the push creates a private package", input.Private, true, resolve.Target{Home: true, PackageErr: absent(t), Inherits: "private"}, ""},
		{"an unknown visibility with on-visibility-mismatch: fail", input.Private, true, resolve.Target{Home: true, PackageErr: broken}, "visibility-unknown"},
		{"an unknown visibility with on-visibility-mismatch: warn", input.Private, false, resolve.Target{Home: true, PackageErr: broken}, ""},
		{"another registry has no packages", input.Private, true, resolve.Target{}, ""},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			err := resolve.CheckVisibility(c.want, c.fail, &c.target)
			if (err == nil) != (c.code == "") || err != nil && !diag.Is(err, c.code) {
				t.Errorf("got %v, want %q", err, c.code)
			}
		})
	}
}

func TestOwner(t *testing.T) {
	t.Parallel()
	repo, err := name.NewRepository("ghcr.io/acme/team/app")
	if err != nil {
		t.Fatal(err)
	}
	event := &input.EventRepo{}
	event.Owner.Login, event.Owner.Type = "Acme", "Organization"
	for kind, gh := range map[string]input.GitHub{
		"Organization": {Event: input.Event{Repository: event}},
		"":             {},
	} {
		owner, pkg := resolve.Owner(gh, repo)
		if owner.Login != "acme" || owner.Kind != kind || pkg != "team/app" {
			t.Errorf("got %+v, %q; want kind %q", owner, pkg, kind)
		}
	}
}
