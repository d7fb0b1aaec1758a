package resolve

import (
	v1 "github.com/google/go-containerregistry/pkg/v1"

	"github.com/ghcr-publish/ghcr-publish/internal/github"
	"github.com/ghcr-publish/ghcr-publish/internal/image"
	"github.com/ghcr-publish/ghcr-publish/internal/publish/plan"
	"github.com/ghcr-publish/ghcr-publish/internal/source"
)

// Found is everything that was read before the run writes anything.
type Found struct {
	Source  *source.Source
	Root    *image.Manifest
	Targets []Target

	others map[v1.Hash]bool
}

// Differs reports whether the image with the digest differs from the root, although
// the digest of the root is not known yet. The two images differ if the image in the
// registry does not contain each config of the root.
func (f *Found) Differs(digest v1.Hash) bool { return f.others[digest] }

// compare records whether an image in a registry has all configs of the root.
func (f *Found) compare(digest v1.Hash, images []previousImage) {
	has := map[v1.Hash]bool{}
	for _, old := range images {
		if old.desc.Digest == (v1.Hash{}) {
			return // it could not be read
		}
		has[old.Config.Digest] = true
	}
	for _, m := range image.Manifests(f.Root) {
		if m.Pending() && m.IsRunnable() && !has[m.Blobs[0].Descriptor.Digest] {
			if f.others == nil {
				f.others = map[v1.Hash]bool{}
			}
			f.others[digest] = true
		}
	}
}

// Target is one destination with the answers of the registry and of the API.
type Target struct {
	plan.Target
	// Home reports that the repository is on the registry of this GitHub server,
	// where packages, visibility and link exist.
	Home bool
	// MayPush reports that the registry accepted the start of a push. It is false
	// if the registry refused a push, and if the run did not ask.
	MayPush bool
	// PushRefusal is the answer of a registry that refuses a push. It is nil if
	// the token may push, or if the run did not ask.
	PushRefusal error
	// Package is GitHub's record; PackageErr is the reason why it is missing.
	Package    github.Package
	PackageErr error
	// Token is the answer of the API about the token, or nil without an answer.
	Token *github.TokenStatus
	// SSO is the page on which an organization wants the token authorized, or "".
	SSO string
	// Public reports that an anonymous client may pull.
	Public bool
	// Pulled is the result of an anonymous pull of the root before the run
	// writes; nil if the run did not try.
	Pulled *error
	// Inherits is the visibility that a new package will have, or "" if it is
	// unknown.
	Inherits string

	answers []tagged // by tag; nil if the run did not ask
}

// Token returns the answer of the API about the token, or nil without an answer.
func (f *Found) Token() *github.TokenStatus {
	for i := range f.Targets {
		if t := f.Targets[i].Token; t != nil {
			return t
		}
	}
	return nil
}

// Plan returns the part of the targets that the plan needs.
func (f *Found) Plan() []plan.Target {
	out := make([]plan.Target, len(f.Targets))
	for i, t := range f.Targets {
		out[i] = t.Target
	}
	return out
}
