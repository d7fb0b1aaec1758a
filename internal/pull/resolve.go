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

// Want is what is asked for.
type Want struct {
	Reference name.Reference
	// Platform chooses an image of an index; nil takes the whole index.
	Platform *v1.Platform
	// Single takes one image in any case: where there are several and none
	// is chosen, that for Here.
	Single bool
	Here   v1.Platform
}

// Found is an image in a registry with its whole tree of manifests.
type Found struct {
	// Reference is what was asked for, Repository where it is.
	Reference  name.Reference
	Repository name.Repository
	// Root is the image or index to pull: what the reference points at, or
	// the image of it that was chosen.
	Root *image.Manifest
	// Chosen says that Root is an image of an index, whose digest is Index.
	Chosen bool
	Index  v1.Hash
	// Client is the one that was let in; First says that it was the first.
	Client *registry.Client
	First  bool
}

// Resolve finds the image. A tag is asked for once: everything after that is
// read by digest. An error for which registry.IsAbsent holds means that no
// client found it.
func (p *Puller) Resolve(ctx context.Context, w Want) (*Found, error) {
	var refused error
	for i, client := range p.Clients {
		desc, raw, err := client.Manifest(ctx, w.Reference)
		if registry.IsAbsent(err) {
			refused = err // the last client is the one with most rights
			continue
		}
		if err != nil {
			return nil, err
		}
		f := &Found{Reference: w.Reference, Repository: w.Reference.Context(), Client: client, First: i == 0}
		return f, f.read(ctx, w, desc, raw)
	}
	return nil, refused
}

// Digest asks what a reference points at: by the first client that sees it.
// The digest is the registry's word; nothing is fetched.
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

// read walks the tree below the root. Connections for the blobs are opened
// meanwhile.
func (f *Found) read(ctx context.Context, w Want, desc v1.Descriptor, raw []byte) error {
	f.Client.Preconnect(f.Repository, min(largeAtOnce, bytes.Count(raw, []byte(`"digest"`))))
	m := &memory{Client: f.Client, desc: desc, raw: raw, room: maxRemembered}
	var platform *v1.Platform
	if desc.MediaType.IsIndex() && (w.Single || w.Platform != nil) {
		child, err := choose(raw, w)
		if err != nil {
			return err
		}
		f.Chosen, f.Index = true, desc.Digest
		desc.Digest, platform = child.Digest, child.Platform
	}
	src, err := source.Open(ctx, "docker://"+f.Repository.Digest(desc.Digest.String()).Name(), source.Options{Remote: m, NoPlatform: f.Chosen})
	m.opened = true
	if err != nil {
		return inRegistry(err)
	}
	f.Root = src.Root
	if w.Single && len(f.Root.Blobs) > 0 {
		m.only = f.Root.Blobs[0].Descriptor.Digest
	}
	if f.Chosen {
		f.Root.Platform, f.Root.Descriptor.Platform = platform, platform
	}
	if is := f.Root.Platform; is != nil && w.Platform != nil && !matches(*w.Platform, *is) {
		return missing(w.Reference.Name(), *w.Platform, []string{Name(is)})
	}
	return nil
}

// inRegistry puts a broken manifest on the side it is on: not a source of
// ours, but what someone has published.
func inRegistry(err error) error {
	var e *diag.Error
	if !errors.As(err, &e) || e.Side != diag.Source {
		return err
	}
	told := *e
	told.Side, told.Hint = diag.Registry, "Ask whoever published it: as it is, no tool can pull it whole."
	return &told
}
