package merge

import (
	"context"
	"encoding/json"
	"fmt"
	"io"

	"github.com/google/go-containerregistry/pkg/name"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"golang.org/x/sync/errgroup"

	"github.com/ghcr-publish/ghcr-publish/internal/diag"
	"github.com/ghcr-publish/ghcr-publish/internal/image"
	"github.com/ghcr-publish/ghcr-publish/internal/registry"
	"github.com/ghcr-publish/ghcr-publish/internal/source"
)

// CodeImageMissing means that the repository does not contain a platform image.
const CodeImageMissing = "platform-image-missing"

// maxConcurrentReads is the maximum number of platform images that Read reads
// concurrently.
const maxConcurrentReads = 16

// maxConfig is the maximum size of a config, in bytes. The program does not
// read the platform from a larger config.
const maxConfig = 8 << 20

// ReadImage is a platform image whose manifests the program has read.
type ReadImage struct {
	PlatformImage
	Root *image.Manifest
}

// Read reads the manifests of every platform image from its registry. If the
// field Repo of an image is nil, Read uses the argument "repo". The function
// "absent" reports whether an error means that the image does not exist. For
// such an error, Read returns an error with the code CodeImageMissing. Each
// error of Read contains the name of the image.
func Read(ctx context.Context, remote source.Remote, repo name.Repository, images []PlatformImage, absent func(error) bool) ([]ReadImage, error) {
	out := make([]ReadImage, len(images))
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(maxConcurrentReads)
	for i, img := range images {
		group.Go(func() (err error) {
			out[i], err = read(ctx, remote, repo, img)
			if absent(err) {
				err = imageMissing(img, repo, err)
			}
			return err
		})
	}
	return out, group.Wait()
}

func read(ctx context.Context, remote source.Remote, repo name.Repository, img PlatformImage) (ReadImage, error) {
	if img.Repo != nil {
		repo = *img.Repo
	}
	src, err := source.Open(ctx, "docker://"+repo.Digest(img.Digest.String()).String(), source.Options{Remote: remote})
	if err != nil {
		return ReadImage{}, fmt.Errorf("reading the image of %s: %w", place(img.Name), err)
	}
	for _, m := range image.Manifests(src.Root) {
		m.Repositories = append(m.Repositories, repo)
		if err := describe(ctx, m); err != nil {
			return ReadImage{}, fmt.Errorf("reading the image of %s: %w", place(img.Name), err)
		}
	}
	return ReadImage{PlatformImage: img, Root: src.Root}, nil
}

// describe completes the platform of an image with fields from its config,
// because the platform in an index can omit some fields.
func describe(ctx context.Context, m *image.Manifest) error {
	isImage := !m.Index() && len(m.Blobs) > 0 && m.Blobs[0].Descriptor.MediaType.IsConfig()
	if !isImage || complete(m.Platform) || (m.Platform != nil && !isRunnable(m.Platform)) || m.Blobs[0].Descriptor.Size > maxConfig {
		return nil
	}
	in, err := m.Blobs[0].Open(ctx)
	if err != nil {
		return err
	}
	defer in.Close()
	raw, err := io.ReadAll(io.LimitReader(in, maxConfig))
	if err != nil {
		return fmt.Errorf("reading config %s: %w", m.Blobs[0].Descriptor.Digest, err)
	}
	if int64(len(raw)) == m.Blobs[0].Descriptor.Size {
		m.Blobs[0].Content = raw
	}
	var p v1.Platform
	if json.Unmarshal(raw, &p) != nil || p.OS == "" || p.Architecture == "" {
		return nil // A config without a platform is not an error, because registries accept this config.
	}
	m.Platform = &v1.Platform{OS: p.OS, Architecture: p.Architecture, Variant: p.Variant, OSVersion: p.OSVersion, OSFeatures: p.OSFeatures}
	return nil
}

func imageMissing(img PlatformImage, repo name.Repository, err error) error {
	hint := "In the step that has push-by-digest: true, set the input image to the same value as in this step."
	if img.Repo != nil {
		repo, hint = *img.Repo, "Check the repository and the digest."
	}
	return &diag.Error{
		Code: CodeImageMissing, Side: diag.Registry, Input: "digests", Err: registry.Answer(err),
		Title: fmt.Sprintf("The image %s of %s is not in %s", short(img.Digest), place(img.Name), repo),
		Hint:  hint + " If another program deleted the image after its push, run the job that pushes the image again.",
	}
}
