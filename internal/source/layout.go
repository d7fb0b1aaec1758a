package source

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"strings"

	v1 "github.com/google/go-containerregistry/pkg/v1"

	"github.com/ghcr-publish/ghcr-publish/internal/diag"
	"github.com/ghcr-publish/ghcr-publish/internal/image"
	"github.com/ghcr-publish/ghcr-publish/internal/source/archive"
)

// layout reads the manifests and blobs of an OCI layout by digest.
type layout struct {
	fileSet
	// If the field "sparse" is true, the layout can lack blobs, because the caller looks
	// for these blobs in a registry.
	sparse bool
}

// checkVersion returns an error if the file oci-layout is missing or does not
// contain a version that starts with "1." (image-spec, "oci-layout file").
func (l layout) checkVersion(ctx context.Context) error {
	raw, err := l.document(ctx, "oci-layout", image.MaxManifestSize)
	if errors.Is(err, fs.ErrNotExist) {
		if saved, err := l.has(ctx, "manifest.json"); err == nil && saved {
			return diag.New(CodeNotLayout, diag.Source, fmt.Sprintf("For an archive of docker save, write %q.", "docker-archive:"+l.path), nil,
				"%q is not an OCI layout, because the file oci-layout is missing", l.path)
		}
		return diag.New(CodeNotLayout, diag.Source, "A layout contains the files oci-layout and index.json and the directory blobs. "+hintRebuild, nil,
			"%q is not an OCI layout, because the file oci-layout is missing", l.path)
	}
	if err != nil {
		return err
	}
	var version struct {
		ImageLayoutVersion string `json:"imageLayoutVersion"`
	}
	if err := json.Unmarshal(raw, &version); err != nil {
		return diag.New(CodeNotLayout, diag.Source, hintRebuild, err, "the file oci-layout in %q is not valid", l.path)
	}
	if !strings.HasPrefix(version.ImageLayoutVersion, "1.") {
		return diag.New(CodeNotSupported, diag.Source, "Write the layout with version 1.0.0.", nil,
			"%q is an OCI layout of version %q", l.path, version.ImageLayoutVersion)
	}
	return nil
}

func blobName(h v1.Hash) string { return "blobs/" + h.Algorithm + "/" + h.Hex }

// manifest reads a manifest and verifies its size and digest.
func (l layout) manifest(ctx context.Context, desc v1.Descriptor) ([]byte, error) {
	raw, err := l.document(ctx, blobName(desc.Digest), image.MaxManifestSize)
	switch {
	case errors.Is(err, fs.ErrNotExist) && len(desc.Data) > 0:
		raw = desc.Data
	case errors.Is(err, fs.ErrNotExist):
		return nil, l.missing("manifest", desc, errMissing)
	case err != nil:
		return nil, err
	}
	return raw, verify(l.path, desc, raw)
}

// truncated reports whether the layout is in a tar that has no end mark.
func (l layout) truncated() bool {
	a, ok := l.files.(*archive.Archive)
	return ok && !a.Complete()
}

// missing returns the error for a manifest or blob that the layout does not
// contain.
func (l layout) missing(what string, desc v1.Descriptor, err error) error {
	hint := hintRebuild
	if l.truncated() {
		return archive.Truncated(l.path, fmt.Sprintf("it has no end mark, and the %s %.19s is missing", what, desc.Digest))
	}
	if what == "manifest" {
		hint = "If the machine does not have all platforms of the image, export only the platforms that it has (docker save --platform). " + hint
	}
	return diag.New(CodeBlobMissing, diag.Source, hint, err, "a manifest of %[3]q lists the %[1]s %[2]s, which the source does not contain", what, desc.Digest, l.path)
}

// blob returns a blob of the layout and verifies the size of the blob. If the layout does
// not contain the blob, blob uses the bytes in the field "data" of the descriptor
// (image-spec, "Embedded Content"). The layout can lack a foreign layer, because
// registries do not have to store foreign layers. A sparse layout can lack every blob.
func (l layout) blob(ctx context.Context, desc v1.Descriptor) (*image.Blob, error) {
	b := &image.Blob{Descriptor: desc}
	file := blobName(desc.Digest)
	size, err := l.Stat(ctx, file)
	switch {
	case errors.Is(err, fs.ErrNotExist) && len(desc.Data) > 0:
		b.Open = func(context.Context) (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(desc.Data)), nil }
		return b, verify(l.path, desc, desc.Data)
	case errors.Is(err, fs.ErrNotExist) && foreign(desc):
		b.Foreign, b.Open = true, openForeign(desc)
		return b, nil
	case errors.Is(err, fs.ErrNotExist):
		b.Absent = true
		err := l.missing("blob", desc, nil)
		b.Open = func(context.Context) (io.ReadCloser, error) { return nil, err }
		if !l.sparse || l.truncated() {
			return nil, err
		}
		return b, nil
	case err != nil:
		return nil, err
	case size != desc.Size:
		return nil, diag.New(CodeBlobMismatch, diag.Source, hintRebuild, nil,
			"the blob %s in %q has %d bytes, but its manifest states %d", desc.Digest, l.path, size, desc.Size)
	}
	b.Open = func(ctx context.Context) (io.ReadCloser, error) { return l.Open(ctx, file) }
	return b, nil
}

// foreign reports whether clients download the layer from a URL in its
// descriptor (image-spec, "Non-Distributable Layers"). Docker calls such a
// layer a foreign layer, and the base images of Windows have foreign layers.
func foreign(desc v1.Descriptor) bool {
	t := string(desc.MediaType)
	return len(desc.URLs) > 0 || strings.Contains(t, "nondistributable") || strings.Contains(t, ".foreign.")
}

func openForeign(desc v1.Descriptor) func(context.Context) (io.ReadCloser, error) {
	return func(context.Context) (io.ReadCloser, error) {
		return nil, diag.New(CodeBlobMissing, diag.Source, "Set foreign-layers: keep. With this setting, the published manifest contains the URL of the layer, and the run does not need the content of the layer.", nil,
			"the foreign layer %s is not in the source", desc.Digest)
	}
}

// config reads the config of an image.
func (l layout) config(ctx context.Context, config v1.Descriptor) ([]byte, error) {
	if config.Size > image.MaxConfig {
		return nil, nil
	}
	raw, err := l.document(ctx, blobName(config.Digest), image.MaxConfig)
	switch {
	case errors.Is(err, fs.ErrNotExist) && len(config.Data) > 0:
		raw = config.Data
	case errors.Is(err, fs.ErrNotExist) && l.sparse:
		return nil, nil
	case err != nil:
		return nil, unreadable(err, "the config %s in %q cannot be read", config.Digest, l.path)
	}
	return raw, verify(l.path, config, raw)
}

// platformOf returns the platform in a config (image-spec, "Image Configuration"). If the
// config lacks the field "os" or the field "architecture", platformOf returns nil. A
// missing platform is not an error, because registries accept a config without a
// platform.
func platformOf(config []byte) *v1.Platform {
	var p v1.Platform
	if err := json.Unmarshal(config, &p); err != nil || p.OS == "" || p.Architecture == "" {
		return nil
	}
	return &v1.Platform{OS: p.OS, Architecture: p.Architecture, Variant: p.Variant, OSVersion: p.OSVersion, OSFeatures: p.OSFeatures}
}

// openLayout reads the chosen image of an OCI layout.
func (s *Source) openLayout(ctx context.Context, w fileSet, pick string) error {
	l := layout{fileSet: w}
	if err := l.checkVersion(ctx); err != nil {
		return err
	}
	raw, doc, err := l.index(ctx)
	if err != nil {
		return err
	}
	entries := entriesOf(doc)
	s.Names = names(entries)
	if pick == "" && isImageIndex(entries) {
		l.sparse = s.sparse
		s.Root, err = l.openIndexJSON(ctx, raw, doc)
		return err
	}
	chosen, err := l.choose(ctx, s, entries, pick)
	if err != nil {
		return err
	}
	l.sparse = s.sparse
	s.Root, err = newTree(l, l.path).read(ctx, rootDescriptor(chosen.desc))
	return err
}

// rootDescriptor returns a descriptor with only the media type, size, digest
// and data of d. The platform and the annotations of d describe an entry of
// index.json and not the root.
func rootDescriptor(d v1.Descriptor) v1.Descriptor {
	return v1.Descriptor{MediaType: d.MediaType, Size: d.Size, Digest: d.Digest, Data: d.Data}
}

// isImageIndex reports whether index.json itself is the index of one
// multi-platform image. isImageIndex returns true if index.json has several
// entries, every entry has a platform, and no entry has a name. The commands
// ko and crane push --index use index.json in the same way.
func isImageIndex(entries []entry) bool {
	for _, e := range entries {
		if e.desc.Platform == nil || len(e.names) > 0 {
			return false
		}
	}
	return len(entries) > 1
}
