package migrate

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/ghcr-publish/ghcr-publish/internal/migrate/flow"
)

// Package is the packages API's record of an image.
type Package struct {
	// Read is false if the record was not requested, for example because no
	// token exists. The fields Exists, Repository and Visibility are then empty.
	Read bool
	// Exists is false if the package does not exist, or if the token may not
	// see it.
	Exists bool
	// Repository is the linked repository as OWNER/NAME, or "" if no repository
	// is linked.
	Repository string
	// Visibility is public, private or internal.
	Visibility string
	// Settings is the address of the package's settings page.
	Settings string
	// OwnerKnown reports that the kind of the owner is known, so that Settings
	// is certain. Otherwise Settings is the address for an organization.
	OwnerKnown bool
}

// Packages looks up packages. The caller supplies an implementation, for
// example from package github. For an unknown package, Package returns a record
// with Exists false and a nil error. After an error, the fields Settings and
// OwnerKnown are valid.
type Packages interface {
	Package(ctx context.Context, owner, name string) (Package, error)
}

// Advice describes which access to an image GITHUB_TOKEN needs. The token may not
// have this access yet. No API shows the grant itself (docs/ghcr.md, Package
// operations). Only the command "check" proves the access. It must run in a
// workflow of the repository.
type Advice struct {
	Image   Image
	Package Package
	// Repository is the repository that needs the access. It is OWNER/NAME, or
	// "this repository".
	Repository string
	// Role is the role that the repository needs: Read, Write or Admin.
	Role string
	// Text describes the present access in full sentences.
	Text string
	// Grant is true if a person likely has to grant the access.
	Grant bool
}

// Access looks up the package of each image in the report, and sets Advice.
// repository is the OWNER/NAME of a checkout whose Git remote does not give the
// repository. If a lookup fails, the advice for this image does not depend on
// the package. Access joins the errors of all lookups, sets Unread, and returns
// the joined error.
func (r *Report) Access(ctx context.Context, repository string, lookup Packages) error {
	r.Advice = nil
	var errs []error
	for _, image := range r.Images {
		if image.Repository != "" {
			image = image.fill(image.Repository)
		} else {
			image = image.fill(repository)
		}
		if r.coveredBy(image) {
			continue
		}
		pkg, err := lookup.Package(ctx, image.Owner, image.Name)
		if err != nil {
			errs = append(errs, fmt.Errorf("looking up the package %q: %w", image, err))
			pkg = Package{Settings: pkg.Settings, OwnerKnown: pkg.OwnerKnown}
		}
		r.Advice = append(r.Advice, advise(image, pkg))
	}
	r.Unread = errors.Join(errs...)
	return r.Unread
}

// coveredBy reports whether the advice already contains the package with a role
// that includes the access of the image. If it contains the package with a lower
// role, coveredBy raises this role.
func (r *Report) coveredBy(image Image) bool {
	i := slices.IndexFunc(r.Advice, func(a Advice) bool {
		return a.Image.Owner == image.Owner && a.Image.Name == image.Name && a.Image.Repository == image.Repository
	})
	if i < 0 {
		return false
	}
	known := r.Advice[i]
	known.Image.Push, known.Image.Delete = known.Image.Push || image.Push, known.Image.Delete || image.Delete
	r.Advice[i] = advise(known.Image, known.Package)
	return true
}

// fill replaces the placeholders in an image's name with the owner and the name
// of the repository. For an unknown repository, the words OWNER and REPOSITORY
// replace the placeholders, because a person can complete these words.
func (i Image) fill(repository string) Image {
	owner, name, ok := strings.Cut(strings.ToLower(repository), "/")
	if !ok {
		owner, name = "OWNER", "REPOSITORY"
	}
	i.Repository = repository
	fill := strings.NewReplacer(flow.UnknownOwner, owner, flow.UnknownName, name)
	i.Owner, i.Name = fill.Replace(i.Owner), fill.Replace(i.Name)
	return i
}

func advise(image Image, pkg Package) Advice {
	a := Advice{Image: image, Package: pkg, Repository: image.Repository, Role: image.role(), Grant: true}
	if a.Repository == "" {
		a.Repository = "this repository"
	}
	switch {
	case !pkg.Read:
		a.Text = "If the first push of the package used a personal access token, GITHUB_TOKEN has no access to the package yet."
	case !pkg.Exists && image.Push:
		a.Text = fmt.Sprintf("The package does not exist, or the token may not see it. A new package needs no grant, because the first push creates the package and links it to %s.", a.Repository)
	case !pkg.Exists:
		a.Text = "The package does not exist, or the token may not see it."
	case strings.EqualFold(pkg.Repository, image.Repository) && !image.Delete:
		a.Grant = false
		a.Text = fmt.Sprintf("The package (%s) is linked to %s. If a person linked the package in the settings, the repository may still have no access. The command \"check\" proves the access.", pkg.Visibility, a.Repository)
	case pkg.Visibility == "public" && a.Role == "Read":
		a.Grant = false
		a.Text = "The package is public, so a pull needs no grant."
	default:
		a.Text = fmt.Sprintf("The package (%s) is linked to %s, so %s likely does not have the role %s.", pkg.Visibility, orNothing(pkg.Repository), a.Repository, a.Role)
	}
	return a
}

func orNothing(repository string) string {
	if repository == "" {
		return "no repository"
	}
	return repository
}

// role returns the role that the repository needs on the image's package.
func (i Image) role() string {
	switch {
	case i.Delete:
		return "Admin"
	case i.Push:
		return "Write"
	}
	return "Read"
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
		fmt.Fprintf(&b, "      - uses: %s\n        with:\n          command: check\n          image: %s\n", uses, image)
	}
	return b.String()
}
