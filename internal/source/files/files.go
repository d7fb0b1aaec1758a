// Package files makes an image of plain files, without any builder: one
// layer over a base image, or over nothing, for one platform or for each that
// the files are there for (image-spec, "Image Layer Filesystem Changeset").
//
// The same files give the same bytes on every machine: entries are sorted,
// owners and times are fixed, modes follow from the content, and what the
// machine's file system adds (umask, hard links, extended attributes) is not
// looked at. It is no builder: nothing is run, nothing in the base is read but
// its manifest and config.
package files

import (
	"context"
	"time"

	v1 "github.com/google/go-containerregistry/pkg/v1"

	"github.com/ghcr-publish/ghcr-publish/internal/diag"
	"github.com/ghcr-publish/ghcr-publish/internal/image"
	"github.com/ghcr-publish/ghcr-publish/internal/image/compress"
	"github.com/ghcr-publish/ghcr-publish/internal/input"
	"github.com/ghcr-publish/ghcr-publish/internal/source"
)

// Kind is what the source of such an image is called.
const Kind source.Kind = "files"

// Options are what an image is made of.
type Options struct {
	// Name is what the user calls it.
	Name  string
	Files *input.Files
	// Remote reads the base; it may be nil without one.
	Remote source.Remote
	// Epoch is the time of every file, and of the image: SOURCE_DATE_EPOCH.
	// Zero is the beginning of 1970.
	Epoch time.Time
	// Compression is for the layer of files; the zero method is the usual one.
	Compression compress.Method
}

// maker makes one image.
type maker struct {
	Options
	layers  *layers
	notices []diag.Notice
}

// Open reads the files once, for their digests, and makes the tree of
// manifests. Blobs are read again when they are sent; files that changed in
// between are found then. Nothing is left open.
//
// Errors are *diag.Error with the codes of this package, and those of reading
// a base from a registry.
func Open(ctx context.Context, o Options) (*source.Source, error) {
	if o.Epoch.IsZero() {
		o.Epoch = time.Unix(0, 0)
	}
	o.Epoch = o.Epoch.UTC()
	if !o.Compression.Chosen() {
		o.Compression = compress.Usual
	}
	m := &maker{Options: o}
	m.layers = &layers{maker: m, room: maxKept}
	root, err := m.root(ctx)
	if err != nil {
		return nil, err
	}
	return &source.Source{Name: o.Name, Kind: Kind, Root: root, Notices: m.notices}, nil
}

// root makes the image, or the index of several.
func (m *maker) root(ctx context.Context) (*image.Manifest, error) {
	variants, err := m.variants()
	if err != nil {
		return nil, err
	}
	under, err := m.bases(ctx, variants)
	if err != nil {
		return nil, err
	}
	var images []*image.Manifest
	for _, b := range under {
		layer, err := m.layers.of(ctx, variantFor(variants, b.platform))
		if err != nil {
			return nil, err
		}
		m.foreignPrograms(layer, b.platform)
		one, err := m.image(b, layer)
		if err != nil {
			return nil, err
		}
		images = append(images, one)
	}
	if len(images) == 1 {
		return images[0], nil
	}
	return index(images)
}

// variant is the files for one platform. Without one they are for all.
type variant struct {
	platform *v1.Platform
	content  []input.Content
}
