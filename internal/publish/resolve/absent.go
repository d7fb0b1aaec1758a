package resolve

import (
	"context"
	"errors"
	"io"
	"slices"
	"strings"

	"github.com/google/go-containerregistry/pkg/name"

	"github.com/ghcr-publish/ghcr-publish/internal/diag"
	"github.com/ghcr-publish/ghcr-publish/internal/image"
	"github.com/ghcr-publish/ghcr-publish/internal/image/rewrite"
	"github.com/ghcr-publish/ghcr-publish/internal/registry"
)

// baseName is the key of the annotation or the label with the reference of the base image
// (image-spec, "Pre-Defined Annotation Keys").
const baseName = "org.opencontainers.image.base.name"

// absent finds the blobs that the source lists but does not contain (a sparse
// layout). If a target does not have such a blob, the run mounts or reads the blob
// from another target, or from the repository of the base image. If no repository has
// the blob, absent returns the error of the source.
func (r *Resolver) absent(ctx context.Context, found *Found) error {
	for _, m := range image.Manifests(found.Root) {
		for _, b := range m.Blobs {
			if !b.Absent || b.Foreign || found.allHave(b) {
				continue
			}
			from, err := r.repositoryWith(ctx, found, m, b)
			if err != nil {
				return err
			}
			if from == nil {
				return found.notAnywhere(ctx, b)
			}
			r.readFrom(b, *from)
		}
	}
	return nil
}

// has reports whether the target is known to have the blob.
func (t *Target) has(b *image.Blob) bool { return t.HasRoot || t.HasBlobs[b.Descriptor.Digest] }

// allHave reports whether all targets are known to have the blob.
func (f *Found) allHave(b *image.Blob) bool {
	return !slices.ContainsFunc(f.Targets, func(t Target) bool { return !t.has(b) })
}

// baseRepositories returns the repositories of the base image that the annotation and the
// label name. Many builders write only the label. The label can also come from the base
// image itself, so the annotation is the first element.
func baseRepositories(ctx context.Context, m *image.Manifest) ([]name.Repository, error) {
	labels, err := labelsInSource(ctx, m)
	if err != nil {
		return nil, err
	}
	var repos []name.Repository
	for _, text := range []string{rewrite.Annotations(m.Raw)[baseName], labels[baseName]} {
		base, err := name.ParseReference(text)
		if err == nil && !slices.Contains(repos, base.Context()) {
			repos = append(repos, base.Context())
		}
	}
	return repos, nil
}

// labelsInSource returns the labels of an image. labelsInSource returns nil if the source
// does not contain the config, because a read from a registry would be another request.
func labelsInSource(ctx context.Context, m *image.Manifest) (map[string]string, error) {
	config := m.Blobs[0]
	if config.Absent || len(config.MountFrom) > 0 || !config.Descriptor.MediaType.IsConfig() || config.Descriptor.Size > image.MaxConfig {
		return nil, nil
	}
	raw, err := rewrite.ReadConfig(ctx, m)
	return image.Labels(raw), err
}

// repositoryWith returns a repository that has the blob, or nil.
func (r *Resolver) repositoryWith(ctx context.Context, found *Found, m *image.Manifest, b *image.Blob) (*name.Repository, error) {
	for i := range found.Targets {
		if found.Targets[i].has(b) {
			return &found.Targets[i].Repo, nil
		}
	}
	bases, err := baseRepositories(ctx, m)
	if err != nil {
		return nil, err
	}
	for _, repo := range bases {
		if !found.wanted(repo) {
			continue
		}
		r.registry().Expect(repo, registry.Pull)
		exists, err := r.registry().HasBlob(ctx, repo, b.Descriptor.Digest)
		if err = registry.IgnoreAbsent(err); err != nil {
			return nil, err
		}
		if exists {
			return &repo, nil
		}
	}
	return nil, nil
}

// readFrom sets the repository from which a blob is mounted or read.
func (r *Resolver) readFrom(b *image.Blob, repo name.Repository) {
	desc := b.Descriptor
	b.MountFrom = append(b.MountFrom, repo)
	b.Open = func(ctx context.Context) (io.ReadCloser, error) { return r.registry().Blob(ctx, repo, desc) }
}

// notAnywhere returns the error of the source for an absent blob, and adds the names
// of the repositories that do not have the blob.
func (f *Found) notAnywhere(ctx context.Context, b *image.Blob) error {
	_, err := b.Open(ctx)
	var diagErr *diag.Error
	if !errors.As(err, &diagErr) {
		return err
	}
	var repos []string
	for _, t := range f.Targets {
		repos = append(repos, t.Repo.Name())
	}
	out := *diagErr
	out.Title += ", and which " + strings.Join(repos, " and ") + " does not have either"
	return &out
}
