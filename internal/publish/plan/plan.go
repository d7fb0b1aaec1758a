// Package plan turns the result of package resolve into a list of steps. A step is
// a blob, a manifest or a tag that a destination must have at the end of the run. If
// the destination already has this blob, manifest or tag, the step is in the list but
// is not needed. New is a pure function. A dry run prints the list, and package push
// executes the list.
package plan

import (
	"slices"

	"github.com/google/go-containerregistry/pkg/name"
	v1 "github.com/google/go-containerregistry/pkg/v1"

	"github.com/ghcr-publish/ghcr-publish/internal/image"
)

// Target is one destination with the content that package resolve found in it.
type Target struct {
	Repo name.Repository
	Tags []string
	// Now maps each tag to the digest that it points at. A tag without an entry is
	// absent. A nil map means that the run did not read the tags.
	Now map[string]v1.Hash
	// HasRoot is true if the repository has the root and therefore the complete
	// image.
	HasRoot bool
	// If RootFirst is true, the run writes the root by digest before it writes the tag. A
	// new package then exists before the tag.
	RootFirst bool
	// HasBlobs are the blobs that the repository is known to have.
	HasBlobs map[v1.Hash]bool
}

// Kept maps the full name of a tag to the reason why the tag must not move.
type Kept map[string]string

// Kind is the kind of a step.
type Kind string

// These are the kinds of steps in the order in which package push executes the steps.
const (
	PushBlob     Kind = "blob"
	PushManifest Kind = "manifest"
	RunGate      Kind = "gate"
	Attest       Kind = "attestation"
	PointTag     Kind = "tag"
)

// A step that transfers a blob uses one of these three ways.
const (
	Upload   = "upload"
	Mount    = "mount"
	Compress = "compress and upload"
)

// Step is one blob, manifest, gate, attestation or tag that a destination must have at the end of the
// run.
type Step struct {
	Kind   Kind
	Target int // index into Plan.Targets
	Needed bool
	How    string // The field "How" is Upload, Mount or Compress. The field "How" is set only for a blob.

	Blob     *image.Blob
	Manifest *image.Manifest
	Tag      string
	// From is the digest that the tag points at before the run. From is nil if the
	// tag does not exist, or if its digest is unknown.
	From *v1.Hash
	// New reports that the tag does not exist before the run.
	New bool
	// Kept is the reason why a tag does not move, or "".
	Kept string
}

// Plan is the list of steps for one root.
type Plan struct {
	Root    *image.Manifest
	Targets []Target
	Steps   []Step
}

// New returns the plan for a root. A destination that has the root needs no manifest.
// Such a destination also needs no blobs, except blobs that may be missing (see
// [image.Blob]). If there is only one destination with only one tag, the plan writes
// the root under this tag, but not by digest. A single write of the tag saves one
// request.
func New(root *image.Manifest, targets []Target, kept Kept) *Plan {
	p := &Plan{Root: root, Targets: targets}
	blobs, manifests := image.Blobs(root), image.Manifests(root)
	for i, t := range targets {
		for _, b := range blobs {
			p.Steps = append(p.Steps, blobStep(i, t, b))
		}
	}
	onlyTag := len(targets) == 1 && len(targets[0].Tags) == 1 && !targets[0].RootFirst && len(kept) == 0
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
			p.Steps = append(p.Steps, tagStep(i, t, tag, root, kept))
		}
	}
	return p
}

func blobStep(i int, t Target, b *image.Blob) Step {
	s := Step{Kind: PushBlob, Target: i, Blob: b, How: Upload}
	s.Needed = (!t.HasRoot || b.MayBeMissing) && (b.Pending() || !t.HasBlobs[b.Descriptor.Digest])
	if b.Pending() {
		s.How = Compress
	} else if _, ok := b.MountSource(t.Repo); ok {
		s.How = Mount
	}
	return s
}

func tagStep(i int, t Target, tag string, root *image.Manifest, kept Kept) Step {
	s := Step{Kind: PointTag, Target: i, Manifest: root, Tag: tag, Needed: true, New: t.Now != nil}
	if now, ok := t.Now[tag]; ok {
		s.New = false
		s.From = &now
		s.Needed = root.Pending() || now != root.Descriptor.Digest
	}
	if s.Kept = kept[t.Repo.Tag(tag).String()]; s.Kept != "" {
		s.Needed = false
	}
	return s
}

// Share marks the blobs that several images of one release have. The run uploads such a
// blob for the first image, and mounts it for the other images on the same registry.
func Share(plans []*Plan) {
	type key struct {
		registry string
		content  image.Identity
	}
	first := map[key]*Plan{}
	for _, p := range plans {
		for i := range p.Steps {
			s := &p.Steps[i]
			if s.Kind != PushBlob || !s.Blob.Identity().Known() {
				continue
			}
			k := key{p.Targets[s.Target].Repo.RegistryStr(), s.Blob.Identity()}
			switch {
			case first[k] == nil:
				first[k] = p
			case first[k] != p && s.How == Upload:
				s.How = Mount
			}
		}
	}
}

// Of returns the steps of one kind.
func (p *Plan) Of(k Kind) []Step {
	return slices.Collect(func(yield func(Step) bool) {
		for _, s := range p.Steps {
			if s.Kind == k && !yield(s) {
				return
			}
		}
	})
}

// AddGate adds the check of the image between the manifests and the tags.
func (p *Plan) AddGate() { p.beforeTags(RunGate) }

// AddAttestation adds the attestation of the image before the tags. The caller calls
// AddGate before AddAttestation.
func (p *Plan) AddAttestation() { p.beforeTags(Attest) }

// beforeTags adds a step before the first tag.
func (p *Plan) beforeTags(k Kind) {
	i := slices.IndexFunc(p.Steps, func(s Step) bool { return s.Kind == PointTag })
	if i < 0 {
		i = len(p.Steps)
	}
	p.Steps = slices.Insert(p.Steps, i, Step{Kind: k, Needed: true})
}

// Writes reports whether a step that writes to a destination is needed. An attestation does
// not count, because the run knows only later whether the image has it.
func (p *Plan) Writes() bool {
	return slices.ContainsFunc(p.Steps, func(s Step) bool { return s.Needed && s.Kind != RunGate && s.Kind != Attest })
}
