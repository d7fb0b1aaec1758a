package stored

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"time"

	"github.com/google/go-containerregistry/pkg/name"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/types"
	"golang.org/x/sync/errgroup"

	"github.com/ghcr-publish/ghcr-publish/internal/attest"
	"github.com/ghcr-publish/ghcr-publish/internal/diag"
	"github.com/ghcr-publish/ghcr-publish/internal/image"
	"github.com/ghcr-publish/ghcr-publish/internal/image/document"
	"github.com/ghcr-publish/ghcr-publish/internal/registry"
	"github.com/ghcr-publish/ghcr-publish/internal/registry/referrers"
	"github.com/ghcr-publish/ghcr-publish/internal/registry/retry"
)

// CodeNotReadBack means that the registry does not return the bundle that the run stored.
const CodeNotReadBack = "attestation-not-stored"

// emptyType is the media type of a config without content (OCI image-spec, "Guidance for an
// Empty Descriptor").
const emptyType = "application/vnd.oci.empty.v1+json"

// Writer stores bundles as referrers of an image.
type Writer struct {
	Registry   *registry.Client
	Repository name.Repository
	Subject    v1.Descriptor
	Sleep      retry.Sleeper // nil: the real clock

	hasConfig bool // the repository has the empty config
}

// emptyConfig returns the config of each manifest of a bundle.
func emptyConfig() *image.Blob { return blob(emptyType, []byte("{}")) }

// Prepare does the work that does not depend on the bundles: it opens an upload session for
// each bundle, and finds out whether the repository has the empty config. The caller calls
// Prepare while it signs. Without Prepare, Write needs more round trips.
func (w *Writer) Prepare(ctx context.Context, bundles int) (err error) {
	w.Registry.OpenUploads(ctx, w.Repository, bundles+1)
	w.hasConfig, err = w.Registry.HasBlob(ctx, w.Repository, emptyConfig().Descriptor.Digest)
	return err
}

// Write stores bundles and reads them back. The blobs come first, then the manifests, and
// then one write of the list of referrers, because a list with a missing manifest makes
// other programs fail for the whole image. Write returns the digest of each manifest.
func (w *Writer) Write(ctx context.Context, bundles []*attest.Bundle) ([]v1.Hash, error) {
	manifests := make([]*image.Manifest, len(bundles))
	entries := make([]v1.Descriptor, len(bundles))
	digests := make([]v1.Hash, len(bundles))
	for i, b := range bundles {
		var err error
		if manifests[i], entries[i], err = w.manifest(b); err != nil {
			return nil, err
		}
		digests[i] = entries[i].Digest
	}
	blobs := []*image.Blob{}
	for _, b := range bundles {
		blobs = append(blobs, blob(attest.MediaType, b.Raw))
	}
	if !w.hasConfig {
		blobs = append(blobs, emptyConfig())
	}
	if err := each(ctx, blobs, w.upload); err != nil {
		return nil, fmt.Errorf("storing the attestation: %w", err)
	}
	list, err := w.put(ctx, manifests)
	if err != nil {
		return nil, fmt.Errorf("storing the attestation: %w", err)
	}
	group, gctx := errgroup.WithContext(ctx)
	group.Go(func() error { return list.Add(gctx, entries) })
	for _, m := range manifests {
		group.Go(func() error { return w.readBack(gctx, m) })
	}
	for _, b := range bundles {
		group.Go(func() error { return w.readBlobBack(gctx, b.Raw) })
	}
	return digests, group.Wait()
}

// each calls a function for each blob concurrently.
func each(ctx context.Context, blobs []*image.Blob, step func(context.Context, *image.Blob) error) error {
	group, ctx := errgroup.WithContext(ctx)
	for _, b := range blobs {
		group.Go(func() error { return step(ctx, b) })
	}
	return group.Wait()
}

// put writes the manifests, and reads the list of referrers at the same time. The read is
// shortly before the write of the list, because another program can write the list too.
func (w *Writer) put(ctx context.Context, manifests []*image.Manifest) (*referrers.Listing, error) {
	var list *referrers.Listing
	group, ctx := errgroup.WithContext(ctx)
	for _, m := range manifests {
		group.Go(func() error {
			return w.Registry.PutManifest(ctx, w.Repository.Digest(m.Descriptor.Digest.String()), m)
		})
	}
	group.Go(func() (err error) {
		writer := &referrers.Writer{Registry: w.Registry, Waits: referrers.Rereads, Sleep: w.Sleep}
		list, err = writer.Open(ctx, w.Repository, w.Subject.Digest)
		return err
	})
	return list, group.Wait()
}

// readBack reads a manifest of a bundle. The client compares the bytes with the digest.
func (w *Writer) readBack(ctx context.Context, m *image.Manifest) error {
	_, _, err := w.Registry.Manifest(ctx, w.Repository.Digest(m.Descriptor.Digest.String()))
	return notReadBack(err)
}

// readBlobBack reads a bundle. The client compares the bytes with the digest.
func (w *Writer) readBlobBack(ctx context.Context, want []byte) error {
	in, err := w.Registry.Blob(ctx, w.Repository, blob(attest.MediaType, want).Descriptor)
	if err != nil {
		return notReadBack(err)
	}
	defer in.Close()
	_, err = io.Copy(io.Discard, in)
	return notReadBack(err)
}

// notReadBack explains the error of a read of an attestation that the registry accepted.
func notReadBack(err error) error {
	if err == nil {
		return nil
	}
	return &diag.Error{
		Code: CodeNotReadBack, Side: diag.Registry, Err: err,
		Title: "The registry accepted the attestation, but does not return it",
		Hint:  "Run the step again.",
	}
}

// upload uploads a blob to a session that Prepare opened.
func (w *Writer) upload(ctx context.Context, b *image.Blob) error {
	_, _, err := w.Registry.UploadTo(ctx, w.Registry.Reserve(w.Repository), w.Repository, b, nil)
	return err
}

// blob returns a blob with the given content.
func blob(mediaType types.MediaType, content []byte) *image.Blob {
	digest, size, _ := v1.SHA256(bytes.NewReader(content)) // A read from memory cannot fail.
	return &image.Blob{
		Descriptor: v1.Descriptor{MediaType: mediaType, Digest: digest, Size: size}, Content: content,
		Open: func(context.Context) (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(content)), nil },
	}
}

// manifest returns the manifest of a bundle and its entry in the list of referrers. The entry
// needs the artifact type, because other programs find bundles by this type.
func (w *Writer) manifest(b *attest.Bundle) (*image.Manifest, v1.Descriptor, error) {
	annotations := map[string]string{
		"org.opencontainers.image.created":  time.Now().UTC().Format(time.RFC3339),
		"dev.sigstore.bundle.content":       "dsse-envelope",
		"dev.sigstore.bundle.predicateType": b.Statement.PredicateType,
	}
	raw, err := json.Marshal(document.Manifest{
		SchemaVersion: 2, MediaType: types.OCIManifestSchema1, ArtifactType: attest.MediaType,
		Config: emptyConfig().Descriptor, Layers: []v1.Descriptor{blob(attest.MediaType, b.Raw).Descriptor},
		Subject:     &v1.Descriptor{MediaType: w.Subject.MediaType, Digest: w.Subject.Digest, Size: w.Subject.Size},
		Annotations: annotations,
	})
	if err != nil {
		return nil, v1.Descriptor{}, fmt.Errorf("writing the manifest of the attestation: %w", err)
	}
	entry := blob(types.OCIManifestSchema1, raw).Descriptor
	m := &image.Manifest{Descriptor: entry, Raw: raw}
	entry.ArtifactType, entry.Annotations = attest.MediaType, annotations
	return m, entry, nil
}
