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
	// limitTar bounds what an archive is laid out for, in bytes: manifests
	// may claim any size.
	limitTar = 1 << 50
)

// plan is where everything stands in a tar.
type plan struct {
	size   int64
	pieces []piece
	places map[v1.Hash]int64 // of the blobs' first bytes
}

// piece is a run of bytes that is known beforehand.
type piece struct {
	at    int64
	bytes []byte
}

// document is a small file of the archive.
type document struct {
	name string
	raw  []byte
}

// documents are the files before the blobs of the tree: what names the image
// first, for those who read the tar as it comes, then the manifests.
//
// A docker archive is an OCI layout with a manifest.json, as Docker 25 and
// later write it: engines of any age load it, and the digest survives where
// the layout is read.
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
	docs := []document{{markFile, []byte(mark)}, {indexFile, index}}
	if t.Kind == DockerArchive {
		raw, err := saved(img.Root, n)
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

// saved is the manifest.json of a docker archive: the config is the image, and
// layers are given compressed, which docker load takes.
func saved(root *image.Manifest, n names) ([]byte, error) {
	const hint = "Write it to an OCI layout or to oci-archive:FILE, which keep anything."
	switch {
	case root.Index():
		return nil, problem(CodeImage, "Give platform to choose one image of it. "+hint, nil, "%s is an index, and a Docker engine loads one image", root.Descriptor.Digest)
	case len(root.Blobs) == 0 || !root.Blobs[0].Descriptor.MediaType.IsConfig():
		return nil, problem(CodeImage, hint, nil, "%s is an artifact, and no image that a Docker engine loads", root.Descriptor.Digest)
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

// layOut gives every file its place.
func layOut(docs []document, blobs []*image.Blob) (*plan, error) {
	p := &plan{places: map[v1.Hash]int64{}}
	for _, d := range docs {
		if err := p.header(d.name, int64(len(d.raw))); err != nil {
			return nil, err
		}
		p.pieces = append(p.pieces, piece{p.size, d.raw})
		p.skip(int64(len(d.raw)))
	}
	for _, b := range blobs {
		if b.Descriptor.Size > limitTar || p.size > limitTar {
			return nil, problem(CodeImage, "Ask whoever published it: its manifest cannot be right.", nil, "the image says that it has %d bytes and more", max(p.size, b.Descriptor.Size))
		}
		if err := p.header(blobName(b.Descriptor.Digest), b.Descriptor.Size); err != nil {
			return nil, err
		}
		p.places[b.Descriptor.Digest] = p.size
		p.skip(b.Descriptor.Size)
	}
	p.size += 2 * tarBlock // the end mark
	return p, nil
}

func (p *plan) skip(n int64) { p.size += (n + tarBlock - 1) / tarBlock * tarBlock }

// header adds the header of a file or, by its slash, a directory. Owner and
// time are the same everywhere.
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
