package migrate

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/ghcr-publish/ghcr-publish/internal/migrate/flow"
)

// Package contains the facts that GitHub's packages API reports about a
// package.
type Package struct {
	// Read is false if the API was not called, for example because no token
	// exists. The fields Exists, Repository and Visibility are empty if Read is
	// false.
	Read bool
	// Exists is false if the package does not exist, or if the token is not allowed to
	// see it.
	Exists bool
	// Repository is the linked repository as OWNER/NAME, or "" if no repository
	// is linked.
	Repository string
	// Visibility is public, private or internal.
	Visibility string
	// Settings is the address of the settings page of the package.
	Settings string
	// OwnerKnown is true if the API reported whether the owner is a user or an
	// organization. If OwnerKnown is false, Settings is the address for an organization,
	// which can be wrong.
	OwnerKnown bool
}

// Packages looks up packages in GitHub's API. If the package does not exist,
// the method Package returns no error, and the field Exists is false. If the
// method returns an error, the fields Settings and OwnerKnown are still valid.
type Packages interface {
	Package(ctx context.Context, owner, name string) (Package, error)
}

// Advice describes the access to a package that GITHUB_TOKEN needs. No API
// shows whether the token already has this access (docs/ghcr.md, Package
// operations). Only the command "check" can verify the access, and only in a
// workflow of the repository.
type Advice struct {
	Image   Image
	Package Package
	// Repository is the repository that needs the access, as OWNER/NAME. If the
	// name is unknown, Repository is "this repository".
	Repository string
	// Role is the role that the repository needs: Read, Write or Admin.
	Role string
	// Text describes the current access in full sentences.
	Text string
	// Grant is true if a person probably must grant the access.
	Grant bool
}

// Access looks up the package of each image in the report, and sets the field Advice. The
// argument "repository" is OWNER/NAME. Access uses this repository for each checkout that
// has no usable Git remote. If a lookup fails, Access writes advice that does not depend
// on the package. Access joins the errors of all lookups, stores the joined error in the
// field Unread, and returns it.
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

// coveredBy reports whether the field Advice already contains an entry for the package of
// the image. If the image needs a higher role than the role in this entry, coveredBy
// writes the higher role into the entry.
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

// fill replaces the placeholders in the name of an image with the owner and the
// name of the repository. If the repository is unknown, the method "fill" writes the
// words OWNER and REPOSITORY, so that the user can replace these words.
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
		a.Text = "If a personal access token pushed the package first, GITHUB_TOKEN does not have access to the package yet."
	case !pkg.Exists && image.Push:
		a.Text = fmt.Sprintf("The package does not exist, or the token cannot see it. A new package needs no grant, because the first push creates the package and links it to %s.", a.Repository)
	case !pkg.Exists:
		a.Text = "The package does not exist, or the token cannot see it."
	case strings.EqualFold(pkg.Repository, image.Repository) && !image.Delete:
		a.Grant = false
		a.Text = fmt.Sprintf("The package (%s) is linked to %s. If a person created this link in the settings, the repository can still lack access. The command \"check\" verifies the access.", pkg.Visibility, a.Repository)
	case pkg.Visibility == "public" && a.Role == "Read":
		a.Grant = false
		a.Text = "The package is public, so a pull needs no grant."
	default:
		a.Text = fmt.Sprintf("The package (%s) is linked to %s, so %s probably does not have the role %s.", pkg.Visibility, orNothing(pkg.Repository), a.Repository, a.Role)
	}
	return a
}

func orNothing(repository string) string {
	if repository == "" {
		return "no repository"
	}
	return repository
}

// role returns the role that the repository needs for the package of the image.
func (i Image) role() string {
	switch {
	case i.Delete:
		return "Admin"
	case i.Push:
		return "Write"
	}
	return "Read"
}

// CheckWorkflow returns the text of a workflow that verifies the access with the command
// "check". The argument "uses" is the reference of this action. The user adds the file to
// .github/workflows, starts the workflow once by hand, and deletes the file after the
// workflow succeeds.
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
