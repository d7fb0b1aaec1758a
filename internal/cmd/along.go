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

// accessory is what goes along with an image, before the image has a tag: a
// signature, an attestation, an SBOM.
type accessory struct {
	repo name.Repository // where it goes
	root *image.Manifest
	tag  string // under which it is found; "" where it is listed as a referrer

	subject v1.Hash
	entry   v1.Descriptor // in the list of what refers to the subject
}

func (a accessory) String() string {
	if a.tag != "" {
		return a.repo.Tag(a.tag).String()
	}
	return a.repo.Digest(a.root.Descriptor.Digest.String()).String()
}

// suffixes are those by which cosign ties things to an image: tags of the form
// sha256-….sig.
var suffixes = []string{".sig", ".att", ".sbom"}

// asking is how many manifests are asked about side by side.
const asking = 16

// carry brings everything that goes along.
func (r *publishing) carry(ctx context.Context, all []accessory) error {
	bySubject := map[v1.Hash][]accessory{}
	var subjects []v1.Hash
	for _, a := range all {
		if err := r.bring(ctx, a); err != nil {
			return fmt.Errorf("bringing %s along: %w", a, err)
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
	group.SetLimit(asking)
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

// bring pushes one accessory, unless it is there. What is there under the same
// tag and differs stays: it may hold signatures that ours lacks.
func (r *publishing) bring(ctx context.Context, a accessory) error {
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
	case !isAbsent(err):
		return err
	}
	for _, b := range image.Blobs(a.root) {
		if slices.Contains(b.MountFrom, a.repo) {
			target.HasBlobs[b.Descriptor.Digest] = true
		}
	}
	publisher := &push.Publisher{Registry: r.registry, Progress: quiet{}, Grace: grace}
	_, err = publisher.Run(ctx, plan.New(a.root, []plan.Target{target}))
	if err == nil {
		r.report.Along = append(r.report.Along, a.String())
	}
	return err
}

// quiet shows no progress: accessories are small.
type quiet struct{}

// Begin implements publish.Progress.
func (quiet) Begin(name.Repository, *image.Blob) (func(int64), func(registry.Way, error)) {
	return func(int64) {}, func(registry.Way, error) {}
}

// referring finds everything in one repository that refers to an image or any
// part of it, to be brought into another.
func (r *publishing) referring(ctx context.Context, from, to name.Repository, root *image.Manifest) ([]accessory, error) {
	var mu sync.Mutex
	var out []accessory
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(asking)
	for _, m := range subjectsOf(root) {
		subject := m.Descriptor.Digest
		for _, suffix := range suffixes {
			group.Go(func() error {
				tag := referrers.Tag(subject) + suffix
				found, err := r.part(ctx, from.Tag(tag))
				if found == nil {
					return err
				}
				mu.Lock()
				defer mu.Unlock()
				out = append(out, accessory{repo: to, root: found, tag: tag})
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
	slices.SortFunc(out, func(a, b accessory) int { return cmp.Compare(a.String(), b.String()) })
	return out, err
}

// subjectsOf are the manifests that people sign; BuildKit's attestations,
// which are in the index itself, are none.
func subjectsOf(root *image.Manifest) []*image.Manifest {
	return slices.DeleteFunc(image.Manifests(root), func(m *image.Manifest) bool {
		return m.Platform != nil && m.Platform.OS == "unknown"
	})
}

// listed reads what is listed as a referrer.
func (r *publishing) listed(ctx context.Context, from, to name.Repository, subject v1.Hash) ([]accessory, error) {
	list, err := referrers.List(ctx, r.registry, from, subject)
	if err != nil {
		return nil, err
	}
	var out []accessory
	for _, entry := range list {
		root, err := r.part(ctx, from.Digest(entry.Digest.String()))
		if err != nil {
			return nil, err
		}
		if root != nil { // listed, and cleaned up since
			out = append(out, accessory{repo: to, root: root, subject: subject, entry: entry})
		}
	}
	return out, nil
}

// part reads a manifest with all below it; nil if it is not there.
func (r *publishing) part(ctx context.Context, ref name.Reference) (*image.Manifest, error) {
	src, err := source.Open(ctx, "docker://"+ref.Name(), source.Options{Remote: r.registry, NoPlatform: true})
	if isAbsent(err) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	return src.Root, nil
}
