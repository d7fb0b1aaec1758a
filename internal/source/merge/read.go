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
	"github.com/ghcr-publish/ghcr-publish/internal/source"
)

// maxConcurrentReads is the number of platform images that are read
// concurrently.
const maxConcurrentReads = 16

// maxConfig limits the size of a config that is read for its platform, in
// bytes.
const maxConfig = 8 << 20

// Image is a platform image with its manifests.
type Image struct {
	Leg
	Root *image.Manifest
}

// Read reads every platform image from its own repository, or from repo if it
// names none. If absent returns true for an error, Read returns an error with
// the code leg-missing and the name of the image. It adds the name of the image
// to other errors.
func Read(ctx context.Context, remote source.Remote, repo name.Repository, legs []Leg, absent func(error) bool) ([]Image, error) {
	images := make([]Image, len(legs))
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(maxConcurrentReads)
	for i, leg := range legs {
		group.Go(func() (err error) {
			images[i], err = read(ctx, remote, repo, leg)
			if absent(err) {
				err = missing(leg, repo, err)
			}
			return err
		})
	}
	return images, group.Wait()
}

func read(ctx context.Context, remote source.Remote, repo name.Repository, leg Leg) (Image, error) {
	if leg.Repo != nil {
		repo = *leg.Repo
	}
	src, err := source.Open(ctx, "docker://"+repo.Digest(leg.Digest.String()).String(), source.Options{Remote: remote})
	if err != nil {
		return Image{}, fmt.Errorf("reading leg %q: %w", leg.Name, err)
	}
	for _, m := range image.Manifests(src.Root) {
		m.HeldBy = append(m.HeldBy, repo)
		if err := describe(ctx, m); err != nil {
			return Image{}, fmt.Errorf("reading leg %q: %w", leg.Name, err)
		}
	}
	return Image{Leg: leg, Root: src.Root}, nil
}

// describe completes the platform of an image from its config. The entry of an
// index may omit fields that the config has.
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
	var p v1.Platform
	if json.Unmarshal(raw, &p) != nil || p.OS == "" || p.Architecture == "" {
		return nil // registries accept configs without a platform
	}
	m.Platform = &v1.Platform{OS: p.OS, Architecture: p.Architecture, Variant: p.Variant, OSVersion: p.OSVersion, OSFeatures: p.OSFeatures}
	return nil
}

func missing(leg Leg, repo name.Repository, err error) error {
	if leg.Repo != nil {
		repo = *leg.Repo
	}
	return &diag.Error{
		Code: "leg-missing", Side: diag.Registry, Input: "digests", Err: err,
		Title: fmt.Sprintf("Leg %s is not in %s", leg.Name, repo),
		Hint:  "Push it with push-by-digest: true and the same image as here. If the package may have been cleaned up since, run its job again.",
	}
}
