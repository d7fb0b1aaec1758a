package migrate

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"strings"

	"github.com/ghcr-publish/ghcr-publish/internal/migrate/flow"
)

// Package is the packages API's record of an image.
type Package struct {
	// Exists is false if the package does not exist, or if the token may not
	// see it.
	Exists bool
	// Repository is the linked repository as OWNER/NAME, or "" if no repository
	// is linked.
	Repository string
	// Visibility is public, private or internal.
	Visibility string
	// Organization is true if an organization owns the package, and false if a
	// user owns it.
	Organization bool
}

// Packages looks up packages. The caller supplies an implementation, for
// example from package github. For an unknown package, Package returns a record
// with Exists false and a nil error.
type Packages interface {
	Package(ctx context.Context, owner, name string) (Package, error)
}

// Advice describes the access to an image that GITHUB_TOKEN needs and likely
// does not have. No API shows the grant itself (docs/ghcr.md, Package
// operations). Only the command "check" proves the access. It must run in a
// workflow of the repository.
type Advice struct {
	Image Image
	// Text describes the present access. Steps are the steps to take in the
	// browser. Steps is empty if no access is missing. Settings is the address
	// of the package's settings page. The steps start on this page.
	Text     string
	Steps    []string
	Settings string
}

// Access looks up the package of each image in the report, and returns one
// Advice per image. If lookup is nil, Access returns the advice that is valid
// without a lookup. repository is the OWNER/NAME of the repository that holds
// the workflows. If a lookup fails, Access continues with the other images and
// returns their advice together with the joined errors.
func (r *Report) Access(ctx context.Context, repository string, lookup Packages) ([]Advice, error) {
	var out []Advice
	var errs []error
	for _, image := range r.Images {
		if image.Owner == flow.UnknownOwner || strings.ContainsAny(image.Owner+image.Name, "{}") {
			image = image.fill(repository)
		}
		if lookup == nil {
			out = append(out, adviceWithoutLookup(image, repository))
			continue
		}
		pkg, err := lookup.Package(ctx, image.Owner, image.Name)
		if err != nil {
			errs = append(errs, fmt.Errorf("looking up the package %q: %w", image.Owner+"/"+image.Name, err))
			continue
		}
		out = append(out, advise(image, repository, pkg))
	}
	return out, errors.Join(errs...)
}

// fill replaces the placeholders in an image's name with the owner and the name
// of the repository.
func (i Image) fill(repository string) Image {
	owner, name, _ := strings.Cut(strings.ToLower(repository), "/")
	fill := strings.NewReplacer(flow.UnknownOwner, owner, flow.UnknownName, name)
	i.Owner, i.Name = fill.Replace(i.Owner), fill.Replace(i.Name)
	return i
}

func advise(image Image, repository string, pkg Package) Advice {
	a := Advice{Image: image, Settings: settingsURL(image, pkg.Organization)}
	full := image.Owner + "/" + image.Name
	switch {
	case !pkg.Exists && image.Push:
		a.Settings = ""
		a.Text = fmt.Sprintf("%s does not exist, or the token may not see it. If the package is new, the first push creates the package and links it to %s.", full, repository)
	case !pkg.Exists:
		a.Text = fmt.Sprintf("%s does not exist, or the token may not see it.", full)
		a.Steps = steps(repository, image)
	case strings.EqualFold(pkg.Repository, repository):
		a.Text = fmt.Sprintf("%s (%s) is linked to %s. If a person linked the package in the settings, the repository may still have no access. The command \"check\" proves the access.", full, pkg.Visibility, repository)
	case pkg.Visibility == "public" && !image.Push:
		a.Text = fmt.Sprintf("%s is public, so a pull needs no grant.", full)
	default:
		a.Text = fmt.Sprintf("%s (%s) is linked to %s, so %s likely has no access to the package.", full, pkg.Visibility, orNothing(pkg.Repository), repository)
		a.Steps = steps(repository, image)
	}
	return a
}

func adviceWithoutLookup(image Image, repository string) Advice {
	return Advice{
		Image: image,
		Text:  fmt.Sprintf("If the first push of %s/%s used a personal access token, GITHUB_TOKEN has no access to the package yet.", image.Owner, image.Name),
		Steps: steps(repository, image),
	}
}

func orNothing(repository string) string {
	if repository == "" {
		return "no repository"
	}
	return repository
}

// steps returns GitHub's own steps to grant access (docs/ghcr.md, Moving from
// a personal access token).
func steps(repository string, image Image) []string {
	role := "Read"
	if image.Push {
		role = "Write"
	}
	if repository == "" {
		repository = "this repository"
	}
	return []string{
		"Open the package's page and choose “Package settings”.",
		"Under “Manage Actions access”, click “Add repository”.",
		fmt.Sprintf("Select %s and click “Add repositories”.", repository),
		fmt.Sprintf("In the “Role” menu of the repository, choose %s.", role),
	}
}

func settingsURL(image Image, organization bool) string {
	kind := "users"
	if organization {
		kind = "orgs"
	}
	return fmt.Sprintf("https://github.com/%s/%s/packages/container/%s/settings", kind, url.PathEscape(image.Owner), url.PathEscape(image.Name))
}

// CheckWorkflow returns the text of a workflow that proves the access with the
// command "check". uses is the action reference to run. The user adds the file
// to .github/workflows, starts the workflow once by hand, and deletes the file
// after it succeeds.
func CheckWorkflow(uses string, images []Image) string {
	var b strings.Builder
	b.WriteString("# Run this workflow once by hand after you change the package settings. Then delete this file.\n" +
		"name: Check package access\non: workflow_dispatch\njobs:\n  check:\n    runs-on: ubuntu-latest\n" +
		"    permissions:\n      packages: write\n    steps:\n")
	for _, image := range images {
		fmt.Fprintf(&b, "      - uses: %s\n        with:\n          command: check\n          image: ghcr.io/%s/%s\n", uses, image.Owner, image.Name)
	}
	return b.String()
}
