package pull

import (
	"bytes"
	"context"
	"errors"

	"github.com/google/go-containerregistry/pkg/name"
	v1 "github.com/google/go-containerregistry/pkg/v1"

	"github.com/ghcr-publish/ghcr-publish/internal/diag"
	"github.com/ghcr-publish/ghcr-publish/internal/image"
	"github.com/ghcr-publish/ghcr-publish/internal/registry"
	"github.com/ghcr-publish/ghcr-publish/internal/source"
)

// Query contains the reference and the platform of the image to pull.
type Query struct {
	Reference name.Reference
	// Platform selects one image of an index. If Platform is nil and Single
	// is false, the query selects the complete index.
	Platform *v1.Platform
	// If Single is true and Platform is nil, the query still selects one
	// image of an index. If the index has only one image, the query selects
	// this image. Otherwise the query selects the image for DefaultPlatform.
	Single          bool
	DefaultPlatform v1.Platform
}

// Found is an image in a registry, or an index and all its manifests.
type Found struct {
	Reference  name.Reference // the reference in the query
	Repository name.Repository
	// Root is the image or index to pull. If Chosen is false, the reference
	// points to Root.
	Root *image.Manifest
	// Chosen is true if the reference points to an index and Resolve chose an
	// image of the index as Root. If Chosen is true, Index is the digest of
	// the index.
	Chosen bool
	Index  v1.Hash
	// Client is the client that found the image. ByFirstClient is true if
	// Client is the first client in Puller.Clients.
	Client        *registry.Client
	ByFirstClient bool
}

// Resolve finds the image or index, and reads its manifests. Resolve resolves
// a tag only once, and reads all other manifests by digest. If no client
// finds the image, Resolve returns an error for which registry.IsAbsent
// returns true.
func (p *Puller) Resolve(ctx context.Context, q Query) (*Found, error) {
	var refused error
	for i, client := range p.Clients {
		desc, raw, err := client.Manifest(ctx, q.Reference)
		if registry.IsAbsent(err) {
			refused = err // Resolve returns the error of the last client, because the last client has the most permissions.
			continue
		}
		if err != nil {
			return nil, err
		}
		f := &Found{Reference: q.Reference, Repository: q.Reference.Context(), Client: client, ByFirstClient: i == 0}
		return f, f.read(ctx, q, desc, raw)
	}
	return nil, refused
}

// Digest returns the digest to which a reference points. Digest uses the
// first client that finds the reference. Digest does not fetch the manifest,
// so it cannot verify the digest.
func (p *Puller) Digest(ctx context.Context, ref name.Reference) (v1.Hash, error) {
	var refused error
	for _, client := range p.Clients {
		desc, err := client.Head(ctx, ref)
		if !registry.IsAbsent(err) {
			return desc.Digest, err
		}
		refused = err
	}
	return v1.Hash{}, refused
}

// read reads the manifests of the image or index. While read reads the
// manifests, the client opens the connections for the blobs.
func (f *Found) read(ctx context.Context, q Query, desc v1.Descriptor, raw []byte) error {
	f.Client.Preconnect(f.Repository, min(maxLarge, bytes.Count(raw, []byte(`"digest"`))))
	client := &cachingClient{Client: f.Client, desc: desc, raw: raw, remaining: maxCached}
	var platform *v1.Platform
	if desc.MediaType.IsIndex() && (q.Single || q.Platform != nil) {
		child, err := choose(desc, raw, q)
		if err != nil {
			return err
		}
		f.Chosen, f.Index = true, desc.Digest
		desc.Digest, platform = child.Digest, child.Platform
	}
	src, err := source.Open(ctx, "docker://"+f.Repository.Digest(desc.Digest.String()).Name(), source.Options{Remote: client, SkipPlatform: f.Chosen})
	client.treeRead = true
	if err != nil {
		return asRegistryError(err)
	}
	f.Root = src.Root
	if q.Single && len(f.Root.Blobs) > 0 {
		client.config = f.Root.Blobs[0].Descriptor.Digest
	}
	if f.Chosen {
		f.Root.Platform, f.Root.Descriptor.Platform = platform, platform
	}
	if is := f.Root.Platform; is != nil && q.Platform != nil && !matches(*q.Platform, *is) {
		return platformMissing(q.Reference.Name(), *q.Platform, []string{image.PlatformString(is)})
	}
	return nil
}

// asRegistryError changes the field Side of an error about an invalid
// manifest to diag.Registry, because the invalid manifest is in the registry.
func asRegistryError(err error) error {
	var e *diag.Error
	if !errors.As(err, &e) || e.Side != diag.Source {
		return err
	}
	changed := *e
	changed.Side, changed.Hint = diag.Registry, hintRepublish
	return &changed
}
