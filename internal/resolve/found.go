package resolve

import (
	"github.com/ghcr-publish/ghcr-publish/internal/image"
	"github.com/ghcr-publish/ghcr-publish/internal/packages"
	"github.com/ghcr-publish/ghcr-publish/internal/plan"
	"github.com/ghcr-publish/ghcr-publish/internal/source"
)

// Found is the world as it was before the run wrote anything.
type Found struct {
	Source  *source.Source
	Root    *image.Manifest
	Targets []Target
}

// Target is one destination with what both sides of GitHub say of it.
type Target struct {
	plan.Target
	// Home says that it is on the registry that belongs to this GitHub, where
	// packages, visibility and link exist.
	Home bool
	// PushRefusal is why the token may not push; nil if it may, or if nobody
	// asked.
	PushRefusal error
	// Package is GitHub's record, and PackageErr why there is none.
	Package    packages.Package
	PackageErr error
	// Token is what the API says of the token; nil if nobody asked, or it did
	// not say. SSO is the page where an organization wants it authorised; ""
	// if none does.
	Token *packages.Standing
	SSO   string
	// Public says that a stranger was let in.
	Public bool
	// Pulled is what a stranger's pull of the root met while everything else
	// was asked; nil if none was tried. Where the root was there already it is
	// the proof that is asked for after publishing.
	Pulled *error
	// Inherits is the visibility a package that this run creates will have;
	// "" where that cannot be known.
	Inherits string

	answers []tagged // by tag; nil if nobody asked
}

// Token is what the API says of the token; nil if it did not.
func (f *Found) Token() *packages.Standing {
	for i := range f.Targets {
		if t := f.Targets[i].Token; t != nil {
			return t
		}
	}
	return nil
}

// Plan gives package plan its part of what was found.
func (f *Found) Plan() []plan.Target {
	out := make([]plan.Target, len(f.Targets))
	for i, t := range f.Targets {
		out[i] = t.Target
	}
	return out
}
