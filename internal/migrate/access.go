package migrate

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"strings"

	"github.com/ghcr-publish/ghcr-publish/internal/migrate/flow"
)

// Package is what the packages API says of an image.
type Package struct {
	// Exists is false for a package that is absent or hidden from the token.
	Exists bool
	// Repository is the linked OWNER/NAME, "" for none.
	Repository string
	// Visibility is public, private or internal.
	Visibility string
	// Organization tells an organization's package from a user's.
	Organization bool
}

// Packages looks packages up. The caller brings it; package packages has one.
type Packages interface {
	Package(ctx context.Context, owner, name string) (Package, error)
}

// Advice says what is likely missing before GITHUB_TOKEN can use an image. No
// API shows the grant itself (docs/ghcr.md, Package operations): only the
// command check, run in the repository's own workflow, proves it.
type Advice struct {
	Image Image
	// Text says how things stand; Clicks are the steps to take in the browser,
	// none where nothing is missing. Settings is the page they start from.
	Text     string
	Clicks   []string
	Settings string
}

// Access looks up the package of each image in the report. With a nil lookup it
// gives the advice that holds without one. repository is OWNER/NAME of the
// workflows. Failed lookups come back joined, beside the advice for the others.
func (r *Report) Access(ctx context.Context, repository string, lookup Packages) ([]Advice, error) {
	var out []Advice
	var errs []error
	for _, image := range r.Images {
		if image.Owner == flow.UnknownOwner || strings.ContainsAny(image.Owner+image.Name, "{}") {
			image = image.in(repository)
		}
		if lookup == nil {
			out = append(out, blind(image, repository))
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

// in fills the stand-ins of an image's name.
func (i Image) in(repository string) Image {
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
		a.Text = fmt.Sprintf("%s does not exist, or the token may not see it. If it is new, the first push makes it and links it to %s.", full, repository)
	case !pkg.Exists:
		a.Text = fmt.Sprintf("%s does not exist, or the token may not see it.", full)
		a.Clicks = clicks(repository, image)
	case strings.EqualFold(pkg.Repository, repository):
		a.Text = fmt.Sprintf("%s (%s) is linked to %s. If it was linked by hand, the access may still be missing; check proves it.", full, pkg.Visibility, repository)
	case pkg.Visibility == "public" && !image.Push:
		a.Text = fmt.Sprintf("%s is public: pulling needs no grant.", full)
	default:
		a.Text = fmt.Sprintf("%s (%s) is linked to %s, so %s likely has no access to it.", full, pkg.Visibility, orNothing(pkg.Repository), repository)
		a.Clicks = clicks(repository, image)
	}
	return a
}

func blind(image Image, repository string) Advice {
	return Advice{
		Image:  image,
		Text:   fmt.Sprintf("%s/%s: if it was first pushed with a personal access token, %s has no access to it yet.", image.Owner, image.Name, repository),
		Clicks: clicks(repository, image),
	}
}

func orNothing(repository string) string {
	if repository == "" {
		return "no repository"
	}
	return repository
}

// clicks are GitHub's own steps (docs/ghcr.md, Moving from a personal access token).
func clicks(repository string, image Image) []string {
	role := "Read"
	if image.Push {
		role = "Write"
	}
	return []string{
		"Open the package's page and choose “Package settings”.",
		"Under “Manage Actions access”, click “Add repository”.",
		fmt.Sprintf("Pick %s and click “Add repositories”.", repository),
		fmt.Sprintf("In the “Role” menu beside it, choose %s.", role),
	}
}

func settingsURL(image Image, organization bool) string {
	kind := "users"
	if organization {
		kind = "orgs"
	}
	return fmt.Sprintf("https://github.com/%s/%s/packages/container/%s/settings", kind, url.PathEscape(image.Owner), url.PathEscape(image.Name))
}

// CheckWorkflow is a workflow, for one run by hand, that proves the access with
// the command check of the action uses. It is for .github/workflows; the file
// can go once it was green.
func CheckWorkflow(uses string, images []Image) string {
	var b strings.Builder
	b.WriteString("# Run once by hand after the clicks in the package settings, then delete.\n" +
		"name: Check package access\non: workflow_dispatch\njobs:\n  check:\n    runs-on: ubuntu-latest\n" +
		"    permissions:\n      packages: write\n    steps:\n")
	for _, image := range images {
		fmt.Fprintf(&b, "      - uses: %s\n        with:\n          command: check\n          image: ghcr.io/%s/%s\n", uses, image.Owner, image.Name)
	}
	return b.String()
}
