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

// Owner returns the owner of a repository on ghcr.io and the name of the package below
// the owner. The result contains the kind of the owner only if the event contains the
// kind.
func Owner(gh input.GitHub, repo name.Repository) (github.Owner, string) {
	login, pkg, _ := strings.Cut(repo.RepositoryStr(), "/")
	owner := github.Owner{Login: login}
	if r := gh.Event.Repository; r != nil && strings.EqualFold(r.Owner.Login, login) {
		owner.Kind = r.Owner.Type
	}
	return owner, pkg
}

// Owner returns the owner of the package and the name of the package below the owner.
// Owner uses the owner in GitHub's record if possible, because the record states the
// kind of the owner.
func (t *Target) Owner(gh input.GitHub) (github.Owner, string) {
	owner, pkg := Owner(gh, t.Repo)
	if t.Package.Owner.Kind != "" {
		owner = t.Package.Owner
	}
	return owner, pkg
}

// pkg reads GitHub's record of the package. If the read fails, pkg stores the error
// in the target and continues, because a run can publish without the API.
func (p *Prober) pkg(ctx context.Context, t *Target) {
	owner, pkg := Owner(p.Config.GitHub, t.Repo)
	t.Package, t.PackageErr = p.GitHub.Get(ctx, owner, pkg)
	if t.PackageErr != nil {
		t.Inherits = p.inherits(ctx, owner)
	}
}

// inherits returns the visibility of a package that this run creates, or "" if this
// visibility cannot be known. A package that GITHUB_TOKEN creates inherits the
// visibility of the workflow's repository. A package that a user's token creates is
// private (docs/ghcr.md, Visibility of a new package). inherits uses the kind of the
// token and not the variables of the runner, because a container may have only the
// token.
func (p *Prober) inherits(ctx context.Context, owner github.Owner) string {
	gh, kind := p.Config.GitHub, p.Config.Token.Kind()
	sameOwner := strings.EqualFold(owner.Login, gh.Owner)
	switch {
	case kind == secret.Installation && !sameOwner:
		return "" // The token belongs to a job of another repository, or to another App.
	case kind != secret.Installation && (!gh.Active || kind == secret.ClassicPAT || !sameOwner):
		return string(input.Private)
	}
	if repo := gh.Event.Repository; repo != nil && repo.Visibility != "" {
		return repo.Visibility
	}
	repo, err := p.GitHub.Repository(ctx, gh.Repository)
	if err != nil {
		return "" // If the result is "", the report states that the visibility is unknown.
	}
	return repo.Visibility
}

// CreatesPackage reports whether a push probably creates the package. CreatesPackage
// returns true if GitHub's API returns no package with this name and the run found no
// tag.
func (t *Target) CreatesPackage() bool {
	return t.Home && !t.Exists() && github.IsAbsent(t.PackageErr)
}

// Exists reports whether the package is known to exist.
func (t *Target) Exists() bool { return t.Package.Name != "" || t.Public || len(t.Now) > 0 }

// CheckVisibility returns an error if a push could make an image public, but the user
// wants a private or internal package. A push makes the image public if the package is
// public, or if the push creates a public package. If the visibility of a new package
// cannot be known, CheckVisibility returns an error only if the argument "failOnMismatch"
// is true.
func CheckVisibility(want input.Visibility, failOnMismatch bool, t *Target) error {
	if !t.Home || (want != input.Private && want != input.Internal) {
		return nil
	}
	switch {
	case t.Public || (t.PackageErr == nil && t.Package.Visibility == string(input.Public)):
		return exposed(t, "Package %s is public, but the input visibility forbids a public package", "A public package cannot be made private again (GitHub's rule). Publish under another name, or have an owner delete the package first.")
	case t.Exists() || (t.Inherits != string(input.Public) && t.Inherits != ""):
		return nil
	case t.Inherits == "" && failOnMismatch:
		return visibilityUnknown(t)
	case t.Inherits == "":
		return nil
	}
	title := "Package %s does not exist, and the push would create it as a public package, but the input visibility forbids a public package"
	if !github.IsAbsent(t.PackageErr) {
		title = "GitHub's API did not return package %s, and the push could create it as a public package, but the input visibility forbids a public package"
	}
	return exposed(t, title, "A new package gets the visibility of the repository, which is public. Publish from a private repository, or under the name of a package that an owner created as a private package.")
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

// exposed returns the error for a package that is public or would become public. The
// title contains %s instead of the name of the package.
func exposed(t *Target, title, hint string) error {
	return &diag.Error{
		Code: CodeVisibilityExposed, Side: diag.Registry, Input: "visibility", Hint: hint,
		Title: fmt.Sprintf(title, t.Repo),
	}
}
