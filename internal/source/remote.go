package source

import (
	"context"
	"fmt"
	"io"

	"github.com/google/go-containerregistry/pkg/name"
	v1 "github.com/google/go-containerregistry/pkg/v1"

	"github.com/ghcr-publish/ghcr-publish/internal/diag"
	"github.com/ghcr-publish/ghcr-publish/internal/image"
)

// repository reads the manifests and blobs of one repository.
type repository struct {
	name.Repository
	remote       Remote
	skipPlatform bool
}

// openRegistry reads the tree of a reference. openRegistry resolves a tag
// once and reads all other manifests by digest. openRegistry does not check
// that blobs exist, because a registry accepts a manifest only if all its
// blobs exist.
func (s *Source) openRegistry(ctx context.Context, text string, opts Options) error {
	ref, err := name.ParseReference(text)
	if err != nil {
		return diag.New(CodeNotFound, diag.Source, "Write docker://HOST/REPOSITORY:TAG or docker://HOST/REPOSITORY@sha256:…", err,
			"the source %q is not an image reference", s.Name)
	}
	if opts.Remote == nil {
		return diag.New(CodeNotSupported, diag.Source, "Copy the image to an OCI layout or a tar, for example with skopeo copy, and use the copy as the source.", nil, "the source %q is in a registry, and this command does not read registries", s.Name)
	}
	r := repository{Repository: ref.Context(), remote: opts.Remote, skipPlatform: opts.SkipPlatform}
	desc, raw, err := opts.Remote.Manifest(ctx, ref)
	if err != nil {
		return fmt.Errorf("resolving %q: %w", ref, err)
	}
	if pinned, ok := ref.(name.Digest); ok && pinned.DigestStr() != desc.Digest.String() {
		return diag.New(CodeBlobMismatch, diag.Source, "Run the step again. If the error persists, check the proxies between the runner and the registry.", nil,
			"the registry answered the request for %q with a manifest that has another digest, %s", ref, desc.Digest)
	}
	if err := r.check(desc, raw); err != nil {
		return err
	}
	if _, ok := ref.(name.Tag); ok {
		s.Names = []string{ref.Name()}
	}
	first := resolved{content: r, root: desc.Digest, raw: raw}
	tree := newTree(first, ref.Name())
	if opts.RootOnly && desc.MediaType.IsIndex() {
		s.Root, err = tree.node(ctx, rootDescriptor(desc), raw)
		return err
	}
	s.Root, err = tree.read(ctx, rootDescriptor(desc))
	return err
}

func (r repository) check(desc v1.Descriptor, raw []byte) error {
	if len(raw) > image.MaxManifestSize {
		return tooLarge(r.Name(), desc.Digest.String(), int64(len(raw)), image.MaxManifestSize)
	}
	return verify(r.Name(), desc, raw)
}

func (r repository) manifest(ctx context.Context, desc v1.Descriptor) ([]byte, error) {
	ref := r.Digest(desc.Digest.String())
	_, raw, err := r.remote.Manifest(ctx, ref)
	if err != nil {
		return nil, fmt.Errorf("reading %q: %w", ref, err)
	}
	return raw, r.check(desc, raw)
}

// blob returns a blob of the repository. If the destination is in the same
// registry, the registry can mount the blob. Otherwise the program reads the
// blob from the repository.
func (r repository) blob(_ context.Context, desc v1.Descriptor) (*image.Blob, error) {
	if foreign(desc) {
		return &image.Blob{Descriptor: desc, Foreign: true, Open: openForeign(desc)}, nil
	}
	return &image.Blob{
		Descriptor: desc,
		MountFrom:  []name.Repository{r.Repository},
		Open: func(ctx context.Context) (io.ReadCloser, error) {
			return r.remote.Blob(ctx, r.Repository, desc)
		},
	}, nil
}

// config reads the config of an image.
func (r repository) config(ctx context.Context, config v1.Descriptor) ([]byte, error) {
	if r.skipPlatform || config.Size > image.MaxConfig {
		return nil, nil
	}
	in, err := r.remote.Blob(ctx, r.Repository, config)
	if err != nil {
		return nil, fmt.Errorf("reading the config %s: %w", config.Digest, err)
	}
	defer in.Close()
	raw, err := io.ReadAll(io.LimitReader(in, config.Size+1))
	if err != nil {
		return nil, fmt.Errorf("reading the config %s: %w", config.Digest, err)
	}
	return raw, verify(r.Name(), config, raw)
}
