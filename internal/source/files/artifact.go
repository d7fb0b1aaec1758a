package files

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/types"

	"github.com/ghcr-publish/ghcr-publish/internal/image"
	"github.com/ghcr-publish/ghcr-publish/internal/image/document"
	"github.com/ghcr-publish/ghcr-publish/internal/input"
	"github.com/ghcr-publish/ghcr-publish/internal/source"
)

// These constants are the media types and annotations of artifacts (image-spec,
// "Guidelines for Artifact Usage" and "Pre-Defined Annotation Keys").
const (
	emptyType   types.MediaType = "application/vnd.oci.empty.v1+json"
	unknownType types.MediaType = "application/octet-stream"
	title                       = "org.opencontainers.image.title"
)

// ArtifactOptions configures OpenArtifact.
type ArtifactOptions struct {
	// Name is the name of the artifact in messages.
	Name     string
	Artifact *input.Artifact
	// Remote reads the manifest of the subject from the registry. Remote may
	// be nil if the artifact has no subject.
	Remote source.Remote
}

// OpenArtifact reads the files once to compute their digests, and builds the
// manifest of an artifact. Each file is a layer, and the title annotation of
// the layer is the name of the file. The config is the empty JSON object. For
// a Helm chart, the config contains the metadata of the chart. An error about
// a file is a *diag.Error with a code of this package.
func OpenArtifact(ctx context.Context, o ArtifactOptions) (*source.Source, error) {
	doc := document.Manifest{SchemaVersion: 2, MediaType: types.OCIManifestSchema1, ArtifactType: o.Artifact.Type}
	var blobs []*image.Blob
	var err error
	if o.Artifact.Type == helmConfig {
		blobs, err = chart(ctx, o.Artifact.Files, &doc)
	} else {
		blobs, err = fileBlobs(ctx, o.Artifact.Files)
	}
	if err != nil {
		return nil, err
	}
	doc.Config = blobs[0].Descriptor
	for _, b := range blobs[1:] {
		doc.Layers = append(doc.Layers, b.Descriptor)
	}
	if ref := o.Artifact.Subject; ref != nil {
		desc, _, err := o.Remote.Manifest(ctx, ref)
		if err != nil {
			return nil, fmt.Errorf("reading the subject %q: %w", ref, err)
		}
		doc.Subject = &v1.Descriptor{MediaType: desc.MediaType, Digest: desc.Digest, Size: desc.Size}
	}
	root, err := manifest(types.OCIManifestSchema1, doc)
	if err != nil {
		return nil, err
	}
	root.Blobs = blobs
	return &source.Source{Name: o.Name, Kind: Kind, Root: root}, nil
}

// fileBlobs returns the empty config and a blob for each file.
func fileBlobs(ctx context.Context, files []input.ArtifactFile) ([]*image.Blob, error) {
	config, err := inMemory(emptyType, []byte("{}"))
	if err != nil {
		return nil, err
	}
	config.Descriptor.Data = []byte("{}")
	out := []*image.Blob{config}
	byName := map[string]string{}
	for _, f := range files {
		b, err := file(ctx, f.Path, types.MediaType(cmp.Or(f.MediaType, string(unknownType))))
		if err != nil {
			return nil, err
		}
		name := filepath.Base(f.Path)
		if old, twice := byName[name]; twice {
			return nil, contentError(CodeDuplicate, "Rename one of the files, because a pull writes each file under its name.", nil, "%q and %q have the same name", old, f.Path)
		}
		byName[name] = f.Path
		b.Descriptor.Annotations = map[string]string{title: name}
		out = append(out, b)
	}
	return out, nil
}

// file returns a blob with the content of a file. The caller that reads the
// blob must verify the digest.
func file(ctx context.Context, path string, t types.MediaType) (*image.Blob, error) {
	opened := func(context.Context) (io.ReadCloser, error) { return openPlain(path) }
	in, err := opened(ctx)
	if err != nil {
		return nil, err
	}
	defer in.Close()
	digest, size, err := v1.SHA256(in)
	if err != nil {
		return nil, readError(err, path)
	}
	return &image.Blob{Descriptor: v1.Descriptor{MediaType: t, Digest: digest, Size: size}, Open: opened}, nil
}

// openPlain opens a regular file. openPlain refuses a named pipe, because
// opening a named pipe would block.
func openPlain(path string) (*os.File, error) {
	info, err := os.Stat(path)
	switch {
	case err != nil:
		return nil, readError(err, path)
	case info.IsDir():
		return nil, contentError(CodeUnsafe, "Pack the folder into an archive with tar -czf NAME.tar.gz FOLDER, and set the input content to the archive.", nil, "%q is a folder, and an artifact contains only files", path)
	case !info.Mode().IsRegular():
		return nil, notPlain(path, info.Mode())
	}
	in, err := os.Open(path)
	if err != nil {
		return nil, readError(err, path)
	}
	return in, nil
}

// Describe returns the digest of the subject of the manifest m, and the entry
// of m in the list of referrers (distribution-spec, "Listing Referrers"). If
// m has no subject, the result "ok" is false.
func Describe(m *image.Manifest) (subject v1.Hash, entry v1.Descriptor, ok bool) {
	var doc document.Manifest
	if err := json.Unmarshal(m.Raw, &doc); err != nil || doc.Subject == nil {
		return v1.Hash{}, v1.Descriptor{}, false
	}
	entry = v1.Descriptor{MediaType: m.Descriptor.MediaType, Digest: m.Descriptor.Digest, Size: m.Descriptor.Size, Annotations: doc.Annotations}
	entry.ArtifactType = cmp.Or(doc.ArtifactType, string(doc.Config.MediaType))
	return doc.Subject.Digest, entry, true
}
