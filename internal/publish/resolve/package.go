package resolve

import (
	"context"
	"fmt"
	"strings"

	"github.com/google/go-containerregistry/pkg/name"

	"github.com/ghcr-publish/ghcr-publish/internal/diag"
	"github.com/ghcr-publish/ghcr-publish/internal/github"
	"github.com/ghcr-publish/ghcr-publish/internal/input"
	"github.com/ghcr-publish/ghcr-publish/internal/secret"
)

// Owner returns the owner of a repository on ghcr.io and the name of the package
// below the owner. The kind of the owner is set if the event contains it.
func Owner(gh input.GitHub, repo name.Repository) (github.Owner, string) {
	login, pkg, _ := strings.Cut(repo.RepositoryStr(), "/")
	owner := github.Owner{Login: login}
	if r := gh.Event.Repository; r != nil && strings.EqualFold(r.Owner.Login, login) {
		owner.Kind = r.Owner.Type
	}
	return owner, pkg
}

// Owner returns the owner of the package and the name of the package below the owner.
// It prefers the owner in GitHub's record, because the record states the kind of the
// owner.
func (t *Target) Owner(gh input.GitHub) (github.Owner, string) {
	owner, pkg := Owner(gh, t.Repo)
	if t.Package.Owner.Kind != "" {
		owner = t.Package.Owner
	}
	return owner, pkg
}

// pkg reads GitHub's record of the package. It stores an error in the target and does
// not return the error, because a run can publish without the API.
func (p *Prober) pkg(ctx context.Context, t *Target) {
	owner, pkg := Owner(p.Config.GitHub, t.Repo)
	t.Package, t.PackageErr = p.GitHub.Get(ctx, owner, pkg)
	if t.PackageErr != nil {
		t.Inherits = p.inherits(ctx, owner)
	}
}

// inherits returns the visibility of a package that this run creates, or "" if
// this visibility cannot be known. A package that GITHUB_TOKEN creates inherits the
// visibility of the workflow's repository. A package that a user's token creates is
// private (docs/ghcr.md, Visibility of a new package). The kind of the token decides.
// The variables of the runner do not decide, because a container may have only the
// token.
func (p *Prober) inherits(ctx context.Context, owner github.Owner) string {
	gh, kind := p.Config.GitHub, p.Config.Token.Kind()
	sameOwner := strings.EqualFold(owner.Login, gh.Owner)
	switch {
	case kind == secret.Installation && !sameOwner:
		return "" // the token belongs to a job of another repository, or to another App
	case kind != secret.Installation && (!gh.Active || kind == secret.ClassicPAT || !sameOwner):
		return string(input.Private)
	}
	if repo := gh.Event.Repository; repo != nil && repo.Visibility != "" {
		return repo.Visibility
	}
	repo, err := p.GitHub.Repository(ctx, gh.Repository)
	if err != nil {
		return "" // the report states that the visibility is unknown
	}
	return repo.Visibility
}

// CreatesPackage reports whether a push creates the package, as far as the token can
// see: GitHub's API returns no package with this name, and no tag was found.
func (t *Target) CreatesPackage() bool {
	return t.Home && !t.Exists() && github.IsAbsent(t.PackageErr)
}

// Exists reports whether the package is known to exist.
func (t *Target) Exists() bool { return t.Package.Name != "" || t.Public || len(t.Now) > 0 }

// CheckVisibility returns an error if a push could make an image public, although the
// user wants a private or internal package. A push makes the image public if the
// package is public, or if the push creates a public package. If the visibility of a
// new package cannot be known, CheckVisibility returns an error only if failOnMismatch
// is true.
func CheckVisibility(want input.Visibility, failOnMismatch bool, t *Target) error {
	if !t.Home || (want != input.Private && want != input.Internal) {
		return nil
	}
	switch {
	case t.Public || (t.PackageErr == nil && t.Package.Visibility == string(input.Public)):
		return exposed(t, "is public", "A public package cannot be made private again (GitHub's rule). Publish under another name, or have an owner delete the package first.")
	case t.Exists() || (t.Inherits != string(input.Public) && t.Inherits != ""):
		return nil
	case t.Inherits == "" && failOnMismatch:
		return visibilityUnknown(t)
	case t.Inherits == "":
		return nil
	}
	fact := "does not exist yet, and would be created public like the repository"
	if !github.IsAbsent(t.PackageErr) {
		fact = "may not exist yet (GitHub's API did not return the package), and would be created public like the repository"
	}
	return exposed(t, fact, "Publish from a private repository, or under the name of a package that an owner has created as private.")
}

// visibilityUnknown returns the error for a package whose visibility neither the
// API nor the event shows.
func visibilityUnknown(t *Target) error {
	return &diag.Error{
		Code: CodeVisibilityUnknown, Side: diag.API, Input: "visibility", Err: t.PackageErr,
		Title: fmt.Sprintf("GitHub's API did not return the visibility of package %s", t.Repo),
		Hint:  "Run the step again when GitHub's API answers. Set on-visibility-mismatch: warn to publish without this check.",
	}
}

func exposed(t *Target, fact, hint string) error {
	return &diag.Error{
		Code: CodeVisibilityExposed, Side: diag.Registry, Input: "visibility", Hint: hint,
		Title: fmt.Sprintf("Package %s %s, but the input visibility forbids a public package", t.Repo, fact),
	}
}
