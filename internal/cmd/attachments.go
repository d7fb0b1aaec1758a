package cmd

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"sync"

	"github.com/google/go-containerregistry/pkg/name"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"golang.org/x/sync/errgroup"

	"github.com/ghcr-publish/ghcr-publish/internal/diag"
	"github.com/ghcr-publish/ghcr-publish/internal/image"
	"github.com/ghcr-publish/ghcr-publish/internal/publish/plan"
	"github.com/ghcr-publish/ghcr-publish/internal/publish/push"
	"github.com/ghcr-publish/ghcr-publish/internal/registry"
	"github.com/ghcr-publish/ghcr-publish/internal/registry/referrers"
	"github.com/ghcr-publish/ghcr-publish/internal/source"
)

// attachment is a manifest that is pushed with an image, before the image gets
// its tags: a signature, an attestation or an SBOM.
type attachment struct {
	repo name.Repository // destination
	root *image.Manifest
	tag  string // cosign's tag; empty for a referrer

	subject v1.Hash
	entry   v1.Descriptor // entry in the list of referrers of the subject
}

func (a attachment) String() string {
	if a.tag != "" {
		return a.repo.Tag(a.tag).String()
	}
	return a.repo.Digest(a.root.Descriptor.Digest.String()).String()
}

// suffixes are the suffixes of the tags that cosign gives to the signatures,
// attestations and SBOMs of an image: sha256-….sig.
var suffixes = []string{".sig", ".att", ".sbom"}

// maxConcurrentReads is the number of manifests that are read concurrently.
const maxConcurrentReads = 16

// pushAttachments pushes all attachments and adds them to the lists of referrers.
func (r *publishing) pushAttachments(ctx context.Context, all []attachment) error {
	bySubject := map[v1.Hash][]attachment{}
	var subjects []v1.Hash
	for _, a := range all {
		if err := r.pushAttachment(ctx, a); err != nil {
			return fmt.Errorf("pushing the attachment %s: %w", a, err)
		}
		if a.tag == "" {
			if bySubject[a.subject] == nil {
				subjects = append(subjects, a.subject)
			}
			bySubject[a.subject] = append(bySubject[a.subject], a)
		}
	}
	writer := &referrers.Writer{Registry: r.registry}
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(maxConcurrentReads)
	for _, subject := range subjects {
		byRepo := map[name.Repository][]v1.Descriptor{}
		for _, a := range bySubject[subject] {
			byRepo[a.repo] = append(byRepo[a.repo], a.entry)
		}
		for repo, entries := range byRepo {
			group.Go(func() error { return writer.Add(ctx, repo, subject, entries) })
		}
	}
	return group.Wait()
}

// pushAttachment pushes one attachment, unless the destination has it. A
// different manifest under the same tag stays, because it may hold signatures
// that the source lacks.
func (r *publishing) pushAttachment(ctx context.Context, a attachment) error {
	digest := a.root.Descriptor.Digest
	var ref name.Reference = a.repo.Digest(digest.String())
	target := plan.Target{Repo: a.repo, HasBlobs: map[v1.Hash]bool{}}
	if a.tag != "" {
		ref, target.Tags = a.repo.Tag(a.tag), []string{a.tag}
	}
	now, err := r.registry.Head(ctx, ref)
	switch {
	case err == nil && now.Digest != digest:
		r.report.Notice(diag.Notice{
			Code: "accessory-kept", Level: diag.Warning, Title: "A signature or attestation was not replaced",
			Text: fmt.Sprintf("%s is there already and differs from the source's, so it stays. Sign the promoted image again where both are needed.", ref),
		})
		return nil
	case err == nil:
		return nil
	case !registry.IsAbsent(err):
		return err
	}
	for _, b := range image.Blobs(a.root) {
		if slices.Contains(b.MountFrom, a.repo) {
			target.HasBlobs[b.Descriptor.Digest] = true
		}
	}
	publisher := &push.Publisher{Registry: r.registry, Progress: quiet{}, Grace: cancelGrace}
	_, err = publisher.Run(ctx, plan.New(a.root, []plan.Target{target}))
	if err == nil {
		r.report.Along = append(r.report.Along, a.String())
	}
	return err
}

// quiet shows no progress, because attachments are small.
type quiet struct{}

// Begin implements push.Progress.
func (quiet) Begin(name.Repository, *image.Blob) (func(int64), func(registry.BlobOutcome, error)) {
	return func(int64) {}, func(registry.BlobOutcome, error) {}
}

// referring finds the attachments of an image, and of the manifests in it, that
// one repository has, and prepares them for another repository.
func (r *publishing) referring(ctx context.Context, from, to name.Repository, root *image.Manifest) ([]attachment, error) {
	var mu sync.Mutex
	var out []attachment
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(maxConcurrentReads)
	for _, m := range subjectsOf(root) {
		subject := m.Descriptor.Digest
		for _, suffix := range suffixes {
			group.Go(func() error {
				tag := referrers.Tag(subject) + suffix
				found, err := r.readManifestTree(ctx, from.Tag(tag))
				if found == nil {
					return err
				}
				mu.Lock()
				defer mu.Unlock()
				out = append(out, attachment{repo: to, root: found, tag: tag})
				return nil
			})
		}
		group.Go(func() error {
			list, err := r.listed(ctx, from, to, subject)
			mu.Lock()
			defer mu.Unlock()
			out = append(out, list...)
			return err
		})
	}
	err := group.Wait()
	slices.SortFunc(out, func(a, b attachment) int { return cmp.Compare(a.String(), b.String()) })
	return out, err
}

// subjectsOf returns the manifests that people sign. An attestation of BuildKit,
// which is a manifest of the index, is not one of them.
func subjectsOf(root *image.Manifest) []*image.Manifest {
	return slices.DeleteFunc(image.Manifests(root), func(m *image.Manifest) bool {
		return m.Platform != nil && m.Platform.OS == "unknown"
	})
}

// listed reads the manifests in the list of referrers of a subject.
func (r *publishing) listed(ctx context.Context, from, to name.Repository, subject v1.Hash) ([]attachment, error) {
	list, err := referrers.List(ctx, r.registry, from, subject)
	if err != nil {
		return nil, err
	}
	var out []attachment
	for _, entry := range list {
		root, err := r.readManifestTree(ctx, from.Digest(entry.Digest.String()))
		if err != nil {
			return nil, err
		}
		if root != nil { // the list may name a manifest that was deleted
			out = append(out, attachment{repo: to, root: root, subject: subject, entry: entry})
		}
	}
	return out, nil
}

// readManifestTree reads a manifest and all manifests below it. It returns nil
// if the registry does not have the manifest.
func (r *publishing) readManifestTree(ctx context.Context, ref name.Reference) (*image.Manifest, error) {
	src, err := source.Open(ctx, "docker://"+ref.Name(), source.Options{Remote: r.registry, NoPlatform: true})
	if registry.IsAbsent(err) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	return src.Root, nil
}
