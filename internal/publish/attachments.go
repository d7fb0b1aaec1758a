package publish

import (
	"context"
	"fmt"
	"slices"

	"github.com/google/go-containerregistry/pkg/name"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"golang.org/x/sync/errgroup"

	"github.com/ghcr-publish/ghcr-publish/internal/diag"
	"github.com/ghcr-publish/ghcr-publish/internal/image"
	"github.com/ghcr-publish/ghcr-publish/internal/publish/plan"
	"github.com/ghcr-publish/ghcr-publish/internal/publish/push"
	"github.com/ghcr-publish/ghcr-publish/internal/registry"
	"github.com/ghcr-publish/ghcr-publish/internal/registry/referrers"
)

// Attachments finds the manifests that are pushed with an image.
type Attachments interface {
	// Find returns the attachments for one destination. The returned list is sorted.
	Find(ctx context.Context, root *image.Manifest, to name.Repository) ([]Attachment, error)
}

// NoAttachments finds nothing.
type NoAttachments struct{}

// Find implements [Attachments].
func (NoAttachments) Find(context.Context, *image.Manifest, name.Repository) ([]Attachment, error) {
	return nil, nil
}

// Attachment is a manifest that is pushed with an image, before the tags of the image
// move. An attachment is a signature, an attestation or an SBOM.
type Attachment struct {
	Repository name.Repository // destination
	Root       *image.Manifest
	Tag        string // Tag is a tag of cosign, or "" for a referrer.

	Subject v1.Hash
	Entry   v1.Descriptor // Entry is the entry in the list of referrers of the subject.
}

// String returns the reference of the attachment at its destination.
func (a Attachment) String() string { return a.reference().String() }

func (a Attachment) reference() name.Reference {
	if a.Tag != "" {
		return a.Repository.Tag(a.Tag)
	}
	return a.Repository.Digest(a.Root.Descriptor.Digest.String())
}

// attachments returns all attachments of the image. The source opens some attachments
// together with the image. The method Attachments.Find of the request finds all other
// attachments.
func (r *run) attachments(ctx context.Context) ([]Attachment, error) {
	var out []Attachment
	for _, a := range r.outcome.Found.Source.Attached {
		for _, repo := range r.request.Destinations {
			out = append(out, Attachment{Repository: repo, Root: a.Root, Subject: a.Subject, Entry: a.Entry})
		}
	}
	for _, repo := range r.request.Destinations {
		found, err := r.request.Attachments.Find(ctx, r.outcome.Found.Root, repo)
		if err != nil {
			return nil, err
		}
		out = append(out, found...)
	}
	return out, nil
}

// attach pushes the attachments and adds each attachment to the list of referrers of
// its subject. attach returns the attachments that it pushed.
func (r *run) attach(ctx context.Context) ([]Attachment, error) {
	all, err := r.attachments(ctx)
	if err != nil {
		return nil, err
	}
	var pushed []Attachment
	for _, a := range all {
		ok, err := r.pushAttachment(ctx, a)
		if err != nil {
			return pushed, fmt.Errorf("pushing the attachment %s: %w", a, err)
		}
		if ok {
			pushed = append(pushed, a)
		}
	}
	return pushed, r.listAttachments(ctx, all)
}

// listAttachments adds each attachment with a subject to the list of referrers of the
// subject. listAttachments also adds an attachment that the destination already had,
// because an earlier run possibly ended before it wrote the list.
func (r *run) listAttachments(ctx context.Context, all []Attachment) error {
	type list struct {
		repo    name.Repository
		subject v1.Hash
	}
	entries := map[list][]v1.Descriptor{}
	for _, a := range all {
		if a.Tag == "" {
			key := list{a.Repository, a.Subject}
			entries[key] = append(entries[key], a.Entry)
		}
	}
	writer := &referrers.Writer{Registry: r.Registry}
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(maxConcurrentReads)
	for key, descriptors := range entries {
		group.Go(func() error { return writer.Add(ctx, key.repo, key.subject, descriptors) })
	}
	return group.Wait()
}

// pushAttachment pushes one attachment, unless the destination has the attachment. If the
// tag of the attachment points at a different manifest, the run keeps this manifest,
// because this manifest possibly contains signatures that the source does not have.
func (r *run) pushAttachment(ctx context.Context, a Attachment) (pushed bool, err error) {
	now, err := r.Registry.Head(ctx, a.reference())
	switch {
	case err == nil && now.Digest != a.Root.Descriptor.Digest:
		r.outcome.notice(diag.Notice{
			Code: CodeAttachmentKept, Level: diag.Warning, Title: "A signature or attestation was not replaced",
			Text: fmt.Sprintf("The run kept the existing manifest %s, which differs from the manifest of the source. If the image needs the signatures of both manifests, sign the promoted image again.", a),
		})
		return false, nil
	case err == nil:
		return false, nil
	case !registry.IsAbsent(err):
		return false, err
	}
	target := plan.Target{Repo: a.Repository, HasBlobs: map[v1.Hash]bool{}}
	if a.Tag != "" {
		target.Tags = []string{a.Tag}
	}
	for _, b := range image.Blobs(a.Root) {
		if slices.Contains(b.MountFrom, a.Repository) {
			target.HasBlobs[b.Descriptor.Digest] = true
		}
	}
	publisher := &push.Publisher{Registry: r.Registry, Progress: noProgress{}, Conflicts: push.NoConflicts{}, Grace: cancelGrace}
	_, err = publisher.Run(ctx, plan.New(a.Root, []plan.Target{target}, nil))
	return err == nil, err
}

// noProgress ignores the progress of attachments, because attachments are small.
type noProgress struct{}

// Begin implements [push.Progress].
func (noProgress) Begin(name.Repository, *image.Blob) (func(int64), func(registry.BlobOutcome, error)) {
	return func(int64) {}, func(registry.BlobOutcome, error) {}
}
