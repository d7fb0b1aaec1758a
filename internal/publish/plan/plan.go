// Package plan decides, and does nothing: from what is wanted and what was
// found it makes a flat list of steps, each needed or already true. The list
// is what a dry run prints and what package publish carries out.
package plan

import (
	"slices"

	"github.com/google/go-containerregistry/pkg/name"
	v1 "github.com/google/go-containerregistry/pkg/v1"

	"github.com/ghcr-publish/ghcr-publish/internal/image"
)

// Target is one repository to publish to, with what was found there.
type Target struct {
	Repo name.Repository
	Tags []string
	// Now is what each tag points at. A tag that is not in it is absent; nil
	// means that nobody asked.
	Now map[string]v1.Hash
	// HasRoot says that the root, and so all below it, is in the repository.
	HasRoot bool
	// Held are tags that must stay where they are, and why.
	Held map[string]string
	// HasBlobs are the blobs known to be there.
	HasBlobs map[v1.Hash]bool
}

// Kind is what a step does.
type Kind string

// The kinds, in the order in which they are carried out.
const (
	PushBlob     Kind = "blob"
	PushManifest Kind = "manifest"
	PointTag     Kind = "tag"
)

// How a needed step gets its content there.
const (
	Upload   = "upload"
	Mount    = "mount"
	Compress = "compress and upload"
)

// Step is one thing that must be true in the end.
type Step struct {
	Kind   Kind
	Target int // index into Plan.Targets
	Needed bool
	How    string // for blobs

	Blob     *image.Blob
	Manifest *image.Manifest
	Tag      string
	// From is what the tag points at before, if anything is known.
	From *v1.Hash
	// Held is why a tag stays where it is; "" for one that need not.
	Held string
}

// Plan is the whole list, for one root.
type Plan struct {
	Root    *image.Manifest
	Targets []Target
	Steps   []Step
}

// New makes the plan. A root that a repository has already needs no blob and
// no manifest there; with a single tag in a single repository the root is
// written under that tag and nowhere else, for one request less.
func New(root *image.Manifest, targets []Target) *Plan {
	p := &Plan{Root: root, Targets: targets}
	blobs, manifests := image.Blobs(root), image.Manifests(root)
	for i, t := range targets {
		for _, b := range blobs {
			p.Steps = append(p.Steps, blobStep(i, t, b))
		}
	}
	onlyTag := len(targets) == 1 && len(targets[0].Tags) == 1 && len(targets[0].Held) == 0
	for i, t := range targets {
		for _, m := range manifests {
			if m == root && onlyTag {
				continue
			}
			p.Steps = append(p.Steps, Step{Kind: PushManifest, Target: i, Manifest: m, Needed: !t.HasRoot && !m.In(t.Repo)})
		}
	}
	for i, t := range targets {
		for _, tag := range t.Tags {
			p.Steps = append(p.Steps, tagStep(i, t, tag, root))
		}
	}
	return p
}

func blobStep(i int, t Target, b *image.Blob) Step {
	s := Step{Kind: PushBlob, Target: i, Blob: b, How: Upload}
	s.Needed = (!t.HasRoot || b.Loose) && (b.Pending() || !t.HasBlobs[b.Descriptor.Digest])
	if b.Pending() {
		s.How = Compress
	} else if _, ok := b.MountSource(t.Repo); ok {
		s.How = Mount
	}
	return s
}

func tagStep(i int, t Target, tag string, root *image.Manifest) Step {
	s := Step{Kind: PointTag, Target: i, Manifest: root, Tag: tag, Needed: true}
	if now, ok := t.Now[tag]; ok {
		s.From = &now
		s.Needed = root.Pending() || now != root.Descriptor.Digest
	}
	if s.Held = t.Held[tag]; s.Held != "" {
		s.Needed = false
	}
	return s
}

// Of lists the steps of one kind.
func (p *Plan) Of(k Kind) []Step {
	return slices.Collect(func(yield func(Step) bool) {
		for _, s := range p.Steps {
			if s.Kind == k && !yield(s) {
				return
			}
		}
	})
}

// Writes reports whether anything would be written.
func (p *Plan) Writes() bool {
	return slices.ContainsFunc(p.Steps, func(s Step) bool { return s.Needed })
}
