package resolve

import (
	v1 "github.com/google/go-containerregistry/pkg/v1"

	"github.com/ghcr-publish/ghcr-publish/internal/github"
	"github.com/ghcr-publish/ghcr-publish/internal/image"
	"github.com/ghcr-publish/ghcr-publish/internal/publish/plan"
	"github.com/ghcr-publish/ghcr-publish/internal/source"
)

// Found is the world as it was before the run wrote anything.
type Found struct {
	Source  *source.Source
	Root    *image.Manifest
	Targets []Target

	others map[v1.Hash]bool
}

// Differs reports a digest that a tag points at, and that the root cannot come
// to have, although its own is not known yet: configs stay as they are.
func (f *Found) Differs(digest v1.Hash) bool { return f.others[digest] }

// compare notes whether an image in a registry has all the configs of ours.
func (f *Found) compare(digest v1.Hash, images []formerImage) {
	has := map[v1.Hash]bool{}
	for _, old := range images {
		if old.desc.Digest == (v1.Hash{}) {
			return // it could not be read
		}
		has[old.Config.Digest] = true
	}
	for _, m := range image.Manifests(f.Root) {
		if m.Pending() && m.Runs() && !has[m.Blobs[0].Descriptor.Digest] {
			if f.others == nil {
				f.others = map[v1.Hash]bool{}
			}
			f.others[digest] = true
		}
	}
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
	Package    github.Package
	PackageErr error
	// Token is what the API says of the token; nil if nobody asked, or it did
	// not say. SSO is the page where an organization wants it authorised; ""
	// if none does.
	Token *github.TokenStatus
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
func (f *Found) Token() *github.TokenStatus {
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
