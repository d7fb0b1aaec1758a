package resolve

import (
	v1 "github.com/google/go-containerregistry/pkg/v1"

	"github.com/ghcr-publish/ghcr-publish/internal/github"
	"github.com/ghcr-publish/ghcr-publish/internal/image"
	"github.com/ghcr-publish/ghcr-publish/internal/publish/plan"
	"github.com/ghcr-publish/ghcr-publish/internal/publish/pushed"
	"github.com/ghcr-publish/ghcr-publish/internal/source"
)

// Found contains all facts that the run reads before it writes.
type Found struct {
	Source  *source.Source
	Root    *image.Manifest
	Targets []Target

	others map[v1.Hash]bool
	pushed []pushed.Entry // layers that earlier runs of the job pushed to other repositories
}

// Differs reports whether the image with the digest in the registry certainly differs
// from the root. Differs works even if the digest of the root is unknown. The two
// images differ if the image in the registry does not contain each config of the
// root.
func (f *Found) Differs(digest v1.Hash) bool { return f.others[digest] }

// compare records whether an image in a registry has all configs of the root.
func (f *Found) compare(digest v1.Hash, images []previousImage) {
	has := map[v1.Hash]bool{}
	for _, old := range images {
		if old.desc.Digest == (v1.Hash{}) {
			return // One image was not read, and the config of this image can be a config of the root.
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
	// Home is true if the repository is on the registry of this GitHub server. Only
	// packages on this registry have a visibility and a link to a Git repository.
	Home bool
	// MayPush is true if the registry accepted the start of a push. MayPush is false
	// if the registry refused a push, or if the run did not check the right to push.
	MayPush bool
	// PushRefusal is the error with which the registry refused a push. PushRefusal is
	// nil if the token may push, or if the run did not check the right to push.
	PushRefusal error
	// Package is GitHub's record of the package. PackageErr is the reason why the
	// record could not be read, or nil.
	Package    github.Package
	PackageErr error
	// Token is the answer of the API about the token, or nil if the API did not
	// answer.
	Token *github.TokenStatus
	// SSO is the URL of the page on which the user must authorize the token for the
	// organization. SSO is "" if the organization does not require an authorization.
	SSO string
	// Public is true if an anonymous client can pull the image.
	Public bool
	// Pulled is the result of an anonymous pull of the root before the run writes.
	// Pulled is nil if the run did not try this pull.
	Pulled *error
	// Inherits is the visibility that a new package will have, or "" if this
	// visibility is unknown.
	Inherits string

	// answers has one entry for each tag. answers is nil if the run did not read the
	// tags.
	answers []tagged
}

// Token returns the answer of the API about the token, or nil if the API did not
// answer.
func (f *Found) Token() *github.TokenStatus {
	for i := range f.Targets {
		if t := f.Targets[i].Token; t != nil {
			return t
		}
	}
	return nil
}

// Plan returns the targets without the fields that package plan does not need.
func (f *Found) Plan() []plan.Target {
	out := make([]plan.Target, len(f.Targets))
	for i, t := range f.Targets {
		out[i] = t.Target
	}
	return out
}
