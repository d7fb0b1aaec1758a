package resolve

import (
	"context"
	"fmt"
	"strings"

	"github.com/google/go-containerregistry/pkg/name"

	"github.com/ghcr-publish/ghcr-publish/internal/diag"
	"github.com/ghcr-publish/ghcr-publish/internal/github"
	"github.com/ghcr-publish/ghcr-publish/internal/input"
	"github.com/ghcr-publish/ghcr-publish/internal/registry"
	"github.com/ghcr-publish/ghcr-publish/internal/secret"
)

// Owner is the owner of a repository on ghcr.io, with its kind where the
// event tells it, and the package's name below it.
func Owner(gh input.GitHub, repo name.Repository) (github.Owner, string) {
	login, pkg, _ := strings.Cut(repo.RepositoryStr(), "/")
	owner := github.Owner{Login: login}
	if r := gh.Event.Repository; r != nil && strings.EqualFold(r.Owner.Login, login) {
		owner.Kind = r.Owner.Type
	}
	return owner, pkg
}

// pkg reads GitHub's record. What cannot be read is kept as the reason: the
// API is not needed for publishing.
func (r *Resolver) pkg(ctx context.Context, t *Target) {
	owner, pkg := Owner(r.Config.GitHub, t.Repo)
	t.Package, t.PackageErr = r.Packages.Get(ctx, owner, pkg)
	if t.PackageErr != nil {
		t.Inherits = r.inherits(ctx, owner)
	}
}

// inherits foretells the visibility of a package that this run creates, "" if
// nobody can: the workflow's repository hands its own down to what GITHUB_TOKEN
// creates, and what people's tokens create is private (docs/ghcr.md, Visibility
// of a new package). A job's token says so itself where the runner's variables
// are missing, as in a container that it was handed to.
func (r *Resolver) inherits(ctx context.Context, owner github.Owner) string {
	gh, kind := r.Config.GitHub, r.Config.Token.Kind()
	ours := strings.EqualFold(owner.Login, gh.Owner)
	switch {
	case kind == secret.Installation && !ours:
		return "" // a job's elsewhere, or another App's
	case kind != secret.Installation && (!gh.Active || kind == secret.ClassicPAT || !ours):
		return string(input.Private)
	}
	if repo := gh.Event.Repository; repo != nil && repo.Visibility != "" {
		return repo.Visibility
	}
	repo, err := r.Packages.Repository(ctx, gh.Repository)
	if err != nil {
		return "" // not known; the report says so
	}
	return repo.Visibility
}

// stranger looks whether anybody may pull, where that decides something: a
// package that must not be public, and that REST may hide from this token.
func (r *Resolver) stranger(ctx context.Context, t *Target) error {
	if r.Config.Visibility != input.Private && r.Config.Visibility != input.Internal {
		return nil
	}
	_, err := r.Registry.Anonymous().Tags(ctx, t.Repo)
	t.Public = err == nil
	return registry.IgnoreAbsent(err)
}

// Exists reports whether the package is known to be there.
func (t *Target) Exists() bool { return t.Package.Name != "" || t.Public || len(t.Now) > 0 }

// Guard refuses what could show a private image to the world: it fails before
// the first upload where private or internal is wanted and the package is
// public, or would be created public. Where nobody can tell what it would be
// created as, it fails if a mismatch is to fail.
func Guard(c *input.Config, t *Target) error {
	if !t.Home || (c.Visibility != input.Private && c.Visibility != input.Internal) {
		return nil
	}
	switch {
	case t.Public || (t.PackageErr == nil && t.Package.Visibility == string(input.Public)):
		return exposed(t, "is public", "A public package cannot be made private again (GitHub's rule). Publish under another name, or have an owner delete the package first.")
	case t.Exists() || (t.Inherits != string(input.Public) && t.Inherits != ""):
		return nil
	case t.Inherits == "" && c.FailOnMismatch:
		return untold(t)
	case t.Inherits == "":
		return nil
	}
	what := "does not exist yet, and would be created public like the repository"
	if !github.IsAbsent(t.PackageErr) {
		what = "may not exist yet (GitHub's API did not say), and would be created public like the repository"
	}
	return exposed(t, what, "Publish from a private repository, or under a package that an owner created as private before.")
}

// untold is for a package of which neither API nor event say what it is, or
// would become.
func untold(t *Target) error {
	return &diag.Error{
		Code: "visibility-unknown", Side: diag.API, Input: "visibility", Err: t.PackageErr,
		Title: fmt.Sprintf("Nothing was pushed: whether package %s is public, or would be, could not be read", t.Repo),
		Hint:  "Run it again when GitHub's API answers. With on-visibility-mismatch: warn it is published all the same.",
	}
}

func exposed(t *Target, what, hint string) error {
	return &diag.Error{
		Code: "visibility-exposed", Side: diag.Registry, Input: "visibility", Hint: hint,
		Title: fmt.Sprintf("Nothing was pushed: package %s %s, and it must not be", t.Repo, what),
	}
}
