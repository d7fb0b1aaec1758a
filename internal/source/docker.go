package source

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/types"

	"github.com/ghcr-publish/ghcr-publish/internal/diag"
	"github.com/ghcr-publish/ghcr-publish/internal/image"
	"github.com/ghcr-publish/ghcr-publish/internal/source/archive"
)

// saved is one image in the manifest.json of docker save.
type saved struct {
	Config   string
	RepoTags []string
	Layers   []string
	// LayerSources maps the diff ID of a foreign layer to its descriptor.
	LayerSources map[v1.Hash]v1.Descriptor

	id v1.Hash // the digest of the config, which Docker calls the image ID
}

func (s saved) imageNames() []string { return s.RepoTags }
func (s saved) digests() []v1.Hash   { return []v1.Hash{s.id} }

// dockerTar is an archive that docker save wrote.
type dockerTar struct {
	fileSet
	tar *archive.Archive
}

// openDocker reads an image from a tar of docker save. If the tar contains an
// OCI layout that keeps the digest of the image, openDocker uses the OCI
// layout. Otherwise openDocker uses manifest.json.
func (s *Source) openDocker(ctx context.Context, w fileSet, pick string) error {
	tar, ok := w.files.(*archive.Archive)
	if !ok {
		return diag.New(CodeNotLayout, diag.Source, "Use the tar that docker save wrote, without unpacking it.", nil, "%q is not an archive", w.path)
	}
	d := dockerTar{fileSet: w, tar: tar}
	all, err := d.images(ctx)
	if err != nil {
		return err
	}
	s.Names = names(all)
	chosen, err := pickOne(d.path, all, pick)
	kept, failed := s.openEmbedded(ctx, d, chosen, pick)
	if kept || failed != nil {
		return failed
	}
	if err != nil {
		return err
	}
	s.Root, err = d.manifest(ctx, chosen)
	return err
}

// images reads manifest.json and computes the digest of each config.
func (d dockerTar) images(ctx context.Context) ([]saved, error) {
	raw, err := d.document(ctx, "manifest.json", image.MaxManifestSize)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, d.noManifest(ctx)
	}
	if err != nil {
		return nil, err
	}
	var all []saved
	if err := json.Unmarshal(raw, &all); err != nil {
		return nil, diag.New(CodeUnreadable, diag.Source, hintRebuild, err, "manifest.json in %q is not valid", d.path)
	}
	if len(all) > maxManifests {
		return nil, diag.New(CodeManifestLarge, diag.Source, "Save each image to its own archive.", nil, "%q contains more than %d images", d.path, maxManifests)
	}
	for i := range all {
		raw, err := d.config(ctx, all[i])
		if err != nil {
			return nil, err
		}
		if all[i].id, _, err = v1.SHA256(bytes.NewReader(raw)); err != nil {
			return nil, unreadable(err, "the config %q in %q cannot be read", all[i].Config, d.path)
		}
	}
	return all, nil
}

// noManifest returns the error for a tar without manifest.json. Docker
// versions before 1.10 wrote the file "repositories" instead of
// manifest.json.
func (d dockerTar) noManifest(ctx context.Context) error {
	old, err := d.has(ctx, "repositories")
	switch {
	case err != nil:
		return err
	case old:
		return diag.New(CodeNotSupported, diag.Source, "Load and save the image with a current Docker: docker load -i FILE, docker save -o FILE NAME.", nil,
			"a Docker version before 1.10 saved %q, because the archive has the file \"repositories\" but no manifest.json", d.path)
	}
	return diag.New(CodeNotLayout, diag.Source, fmt.Sprintf("For an OCI archive, write %q.", "oci-archive:"+d.path), nil,
		"%q is not an archive of docker save, because manifest.json is missing", d.path)
}

func (d dockerTar) config(ctx context.Context, s saved) ([]byte, error) {
	raw, err := d.document(ctx, s.Config, image.MaxConfig)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, d.absent("config", s.Config)
	}
	return raw, err
}

func (d dockerTar) absent(what, file string) error {
	if !d.tar.Complete() {
		return archive.Truncated(d.path, fmt.Sprintf("it has no end mark, and the %s %q is missing", what, file))
	}
	return diag.New(CodeBlobMissing, diag.Source, hintRebuild, nil, "manifest.json lists the %s %q, which %q does not contain", what, file, d.path)
}

// manifest builds a manifest of Docker's schema 2 for a saved image. The
// manifest has no digest until all layers have been read, because the digest
// of a compressed layer is known only after the compression.
func (d dockerTar) manifest(ctx context.Context, s saved) (*image.Manifest, error) {
	raw, err := d.config(ctx, s)
	if err != nil {
		return nil, err
	}
	if !json.Valid(raw) {
		return nil, diag.New(CodeUnreadable, diag.Source, hintRebuild, nil, "the config %q in %q is not valid JSON", s.Config, d.path)
	}
	diffIDs := image.DiffIDs(raw)
	if want, got := len(diffIDs), len(s.Layers); want != got {
		return nil, diag.New(CodeBlobMismatch, diag.Source, hintRebuild, nil,
			"manifest.json in %q lists %s, but the config %q lists %d", d.path, plural(got, "layer"), s.Config, want)
	}
	m := &image.Manifest{
		Descriptor:  v1.Descriptor{MediaType: types.DockerManifestSchema2},
		Platform:    platformOf(raw),
		Blobs:       []*image.Blob{d.configBlob(s, int64(len(raw)))},
		Assemble:    assemble,
		Replaceable: true,
	}
	layers, err := d.layers(ctx, s, diffIDs)
	if err != nil {
		return nil, err
	}
	m.Blobs = append(m.Blobs, layers...)
	if m.PartsKnown() {
		return m, m.Finish()
	}
	return m, nil
}

func (d dockerTar) configBlob(s saved, size int64) *image.Blob {
	return &image.Blob{
		Descriptor: v1.Descriptor{MediaType: types.DockerConfigJSON, Size: size, Digest: s.id},
		Open:       func(ctx context.Context) (io.ReadCloser, error) { return d.Open(ctx, s.Config) },
	}
}

// assemble encodes the manifest as JSON. For the same blobs, assemble always
// returns the same bytes. The first blob of the manifest must be the config.
func assemble(of *image.Manifest) ([]byte, error) {
	if len(of.Blobs) == 0 {
		return nil, errors.New("the image has no config")
	}
	m := v1.Manifest{
		SchemaVersion: 2,
		MediaType:     of.Descriptor.MediaType,
		Config:        of.Blobs[0].Descriptor,
		Layers:        []v1.Descriptor{},
		Annotations:   of.Annotations,
	}
	for _, b := range of.Blobs[1:] {
		m.Layers = append(m.Layers, b.Descriptor)
	}
	raw, err := json.Marshal(m)
	if err != nil {
		return nil, fmt.Errorf("encoding a manifest: %w", err)
	}
	return raw, nil
}
