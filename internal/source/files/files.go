// Package files builds an image from files, without a builder. Package files adds one
// layer to a base image, or builds an image with a single layer. If the input "content"
// has files for several platforms, package files builds an index with one image for each
// platform. The format of a layer is described in image-spec, "Image Layer Filesystem
// Changeset".
//
// For the same files, package files builds the same bytes on every machine. Package files
// sorts the entries of a layer, sets fixed owners and times, and computes the mode of a
// file from its content. Package files ignores the umask, hard links and extended
// attributes. Package files runs no other programs. Package files reads only the manifest
// and the config of a base image.
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

// Kind is the kind of each source that this package returns.
const Kind source.Kind = "files"

// Options configures Open.
type Options struct {
	// Name is the name of the image in messages.
	Name  string
	Files *input.Files
	// Remote reads the base image from the registry. Remote can be nil if the input
	// "base" is not set.
	Remote source.Remote
	// Epoch is the time of every file and of the image. The value of Epoch comes from
	// SOURCE_DATE_EPOCH. If Epoch is zero, Open uses the start of the year 1970.
	Epoch time.Time
	// Compression is the compression of the layer. If Compression is zero,
	// Open uses compress.Default.
	Compression compress.Method
}

// builder builds one image or one index.
type builder struct {
	Options
	layers  *layers
	notices []diag.Notice
}

// Open reads the files once to compute their digests, and builds the
// manifests. The push reads the files a second time, and returns an error if
// a file has changed since the first read. Open closes each file after the
// first read.
//
// Open returns a *diag.Error with a code of this package, or an error of the
// registry that has the base image.
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

// root builds the image. For several platforms, root builds an index.
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

// variant contains the files for one platform. If the field "platform" is nil, the files
// are for every platform.
type variant struct {
	platform *v1.Platform
	content  []input.Content
}
