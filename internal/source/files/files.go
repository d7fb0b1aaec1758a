// Package files builds an image from files, without a builder. It adds one
// layer to a base image, or makes an image with a single layer. It builds for
// one platform, or for each platform that the input content has files for
// (image-spec, "Image Layer Filesystem Changeset").
//
// The same files give the same bytes on every machine. Entries are sorted,
// owners and times are fixed, and modes depend only on the content. Package
// files ignores the umask, hard links and extended attributes. It runs no
// program, and reads only the manifest and the config of the base.
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

// Kind is the kind of a source that this package makes.
const Kind source.Kind = "files"

// Options configures Open.
type Options struct {
	// Name is the name of the image in messages.
	Name  string
	Files *input.Files
	// Remote reads the base image. It may be nil without a base image.
	Remote source.Remote
	// Epoch is the time of every file and of the image, from SOURCE_DATE_EPOCH.
	// The zero value means the start of 1970.
	Epoch time.Time
	// Compression is the compression of the layer. The zero value means
	// compress.Default.
	Compression compress.Method
}

// builder builds one image.
type builder struct {
	Options
	layers  *layers
	notices []diag.Notice
}

// Open reads the files once to compute their digests and builds the manifests.
// The push reads the files again. It returns an error if a file has changed
// since the first read. Open leaves no file open.
//
// Errors are *diag.Error with a code of this package, or errors of reading the
// base from a registry.
func Open(ctx context.Context, o Options) (*source.Source, error) {
	if o.Epoch.IsZero() {
		o.Epoch = time.Unix(0, 0)
	}
	o.Epoch = o.Epoch.UTC()
	if !o.Compression.Chosen() {
		o.Compression = compress.Default
	}
	m := &builder{Options: o}
	m.layers = &layers{builder: m, remaining: maxKept}
	root, err := m.root(ctx)
	if err != nil {
		return nil, err
	}
	return &source.Source{Name: o.Name, Kind: Kind, Root: root, Notices: m.notices}, nil
}

// root builds the image, or the index of several images.
func (m *builder) root(ctx context.Context) (*image.Manifest, error) {
	variants, err := m.variants()
	if err != nil {
		return nil, err
	}
	baseImages, err := m.bases(ctx, variants)
	if err != nil {
		return nil, err
	}
	var images []*image.Manifest
	for _, b := range baseImages {
		layer, err := m.layers.layerFor(ctx, variantFor(variants, b.platform))
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

// variant contains the files for one platform. If platform is nil, the files
// are for every platform.
type variant struct {
	platform *v1.Platform
	content  []input.Content
}
