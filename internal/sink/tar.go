package sink

import (
	"archive/tar"
	"bytes"
	"encoding/json"
	"fmt"
	"time"

	v1 "github.com/google/go-containerregistry/pkg/v1"

	"github.com/ghcr-publish/ghcr-publish/internal/image"
)

const (
	tarBlock = 512
	// maxTarSize is the maximum size of an archive in bytes. The limit exists
	// because a manifest can declare blobs of any size.
	maxTarSize = 1 << 50
)

// plan contains the offsets of all parts of a tar archive.
type plan struct {
	size    int64
	pieces  []piece
	offsets map[v1.Hash]int64 // offsets contains the offset of the first byte of each blob.
}

// piece is a part of the archive whose bytes are known before the first blob is
// written.
type piece struct {
	at    int64
	bytes []byte
}

// document is a small file of the archive.
type document struct {
	name string
	raw  []byte
}

// documents returns the files that precede the blobs in the archive. The files
// with the name of the image come first, because some programs read the archive
// as a stream. The manifests follow.
//
// A Docker archive is an OCI layout with an additional file manifest.json. Docker 25 and
// later versions write this format. Docker engines of any version can load a Docker
// archive. A program that reads the archive as an OCI layout gets an image with the same
// digest.
func documents(t Target, img Image) ([]document, error) {
	n := namesOf(t, img.Reference)
	x := newIndex()
	desc := img.Root.Descriptor
	if err := x.add(v1.Descriptor{MediaType: desc.MediaType, Size: desc.Size, Digest: desc.Digest, Platform: desc.Platform}, n); err != nil {
		return nil, err
	}
	index, err := x.bytes()
	if err != nil {
		return nil, err
	}
	docs := []document{{layoutFile, []byte(layoutContent)}, {indexFile, index}}
	if t.Kind == DockerArchive {
		raw, err := dockerManifest(img.Root, n)
		if err != nil {
			return nil, err
		}
		docs = append(docs, document{"manifest.json", raw})
	}
	docs = append(docs, document{name: "blobs/"}, document{name: blobsDir + "/"})
	for _, m := range image.Manifests(img.Root) {
		docs = append(docs, document{blobName(m.Descriptor.Digest), m.Raw})
	}
	return docs, nil
}

// dockerManifest returns the file manifest.json of a Docker archive. The file
// lists the config, the tags and the layers of the image. The layers can stay
// compressed, because docker load accepts compressed layers.
func dockerManifest(root *image.Manifest, n names) ([]byte, error) {
	const hint = "Write the image to an OCI layout or to oci-archive:FILE, which support all kinds of images."
	switch {
	case root.Index():
		return nil, newError(CodeNotSupported, "Set the input platform to choose one image of the index, or keep the whole index in another destination. "+hint, nil, "%s is an index, but a Docker engine loads a single image", root.Descriptor.Digest)
	case len(root.Blobs) == 0 || !root.Blobs[0].Descriptor.MediaType.IsConfig():
		return nil, newError(CodeNotSupported, hint, nil, "%s is an artifact, which a Docker engine cannot load", root.Descriptor.Digest)
	}
	one := struct {
		Config   string
		RepoTags []string
		Layers   []string
	}{Config: blobName(root.Blobs[0].Descriptor.Digest), RepoTags: n.repoTags(), Layers: []string{}}
	for _, layer := range root.Blobs[1:] {
		one.Layers = append(one.Layers, blobName(layer.Descriptor.Digest))
	}
	return json.Marshal([]any{one})
}

// newPlan computes the offset of every file in the archive.
func newPlan(docs []document, blobs []*image.Blob) (*plan, error) {
	p := &plan{offsets: map[v1.Hash]int64{}}
	for _, d := range docs {
		if err := p.header(d.name, int64(len(d.raw))); err != nil {
			return nil, err
		}
		p.pieces = append(p.pieces, piece{p.size, d.raw})
		p.skip(int64(len(d.raw)))
	}
	for _, b := range blobs {
		if b.Descriptor.Size > maxTarSize || p.size > maxTarSize {
			return nil, newError(CodeNotSupported, "Ask the publisher of the image to correct the manifest.", nil, "the image declares a size of at least %d bytes, which is too large for an archive", max(p.size, b.Descriptor.Size))
		}
		if err := p.header(blobName(b.Descriptor.Digest), b.Descriptor.Size); err != nil {
			return nil, err
		}
		p.offsets[b.Descriptor.Digest] = p.size
		p.skip(b.Descriptor.Size)
	}
	p.size += 2 * tarBlock // A tar archive ends with two empty blocks.
	return p, nil
}

func (p *plan) skip(n int64) { p.size += (n + tarBlock - 1) / tarBlock * tarBlock }

// header adds the header of a file, or of a directory if the name ends with a
// slash. All headers have the same owner and time, so that the same image gives
// the same bytes.
func (p *plan) header(name string, size int64) error {
	h := &tar.Header{Name: name, Size: size, Mode: 0o644, ModTime: time.Unix(0, 0), Typeflag: tar.TypeReg}
	if name[len(name)-1] == '/' {
		h.Mode, h.Typeflag = 0o755, tar.TypeDir
	}
	var b bytes.Buffer
	if err := tar.NewWriter(&b).WriteHeader(h); err != nil {
		return fmt.Errorf("writing the header of %q: %w", name, err)
	}
	p.pieces = append(p.pieces, piece{p.size, b.Bytes()})
	p.size += int64(b.Len())
	return nil
}
