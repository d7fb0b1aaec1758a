package inspect

import (
	"context"
	"fmt"

	"github.com/google/go-containerregistry/pkg/name"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"golang.org/x/sync/errgroup"

	"github.com/ghcr-publish/ghcr-publish/internal/image/compare"
	"github.com/ghcr-publish/ghcr-publish/internal/registry"
	"github.com/ghcr-publish/ghcr-publish/internal/source"
)

// Listed is an image in a registry with the manifests that refer to it. ReadListed sets the
// fields Referrers and Packages.
type Listed struct {
	Client     *registry.Client
	Repository name.Repository
	Digest     v1.Hash
	Referrers  []Referrer
	// Packages are the packages of the first referrer that is an SBOM. Packages is nil if no
	// other image of the comparison has such a referrer.
	Packages []compare.Package
}

// ReadListed reads the referrers of a new image and of old images concurrently. If the new
// image and an old image have an SBOM as a referrer, ReadListed also reads these SBOMs.
func ReadListed(ctx context.Context, now *Listed, old []*Listed) error {
	group, gctx := errgroup.WithContext(ctx)
	for _, l := range append([]*Listed{now}, old...) {
		group.Go(func() (err error) {
			l.Referrers, err = Referrers(gctx, l.Client, l.Repository, l.Digest)
			return err
		})
	}
	if err := group.Wait(); err != nil {
		return err
	}
	group, gctx = errgroup.WithContext(ctx)
	wanted := false
	for _, l := range old {
		if l.sbom() != nil && now.sbom() != nil {
			wanted = true
			group.Go(func() error { return l.readPackages(gctx) })
		}
	}
	if wanted {
		group.Go(func() error { return now.readPackages(gctx) })
	}
	return group.Wait()
}

// sbom returns the first referrer that is an SBOM, or nil.
func (l *Listed) sbom() *Referrer {
	for i := range l.Referrers {
		if compare.IsSBOM(l.Referrers[i].kind()) {
			return &l.Referrers[i]
		}
	}
	return nil
}

// readPackages reads the packages of the first referrer that is an SBOM.
func (l *Listed) readPackages(ctx context.Context) error {
	digest := l.sbom().Digest
	src, err := source.Open(ctx, "docker://"+l.Repository.Digest(digest).Name(), source.Options{Remote: l.Client, SkipPlatform: true})
	if err != nil {
		return fmt.Errorf("reading the SBOM %s: %w", digest, err)
	}
	defer src.Close() // The source is only read, so an error of Close loses no data.
	blobs := src.Root.Blobs
	if len(blobs) < 2 || blobs[1].Descriptor.Size > maxSBOM {
		return nil
	}
	l.Packages, err = statement{desc: blobs[1].Descriptor, open: blobs[1].Open}.packages(ctx)
	return err
}

// AddListed adds the referrers of the image, and the packages of their SBOM.
func (c *Content) AddListed(l *Listed) { c.referrers, c.listed = l.Referrers, l.Packages }
