package inspect

import (
	"context"
	"encoding/json"
	"fmt"
	"io"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"golang.org/x/sync/errgroup"

	"github.com/ghcr-publish/ghcr-publish/internal/image"
	"github.com/ghcr-publish/ghcr-publish/internal/image/compare"
)

const (
	// maxSBOM is the maximum size of one SBOM that the package reads, in bytes. maxSBOMs
	// is the maximum total size of all SBOMs of one image, in bytes.
	maxSBOM  = 16 << 20
	maxSBOMs = 64 << 20
)

// statement is one document of an attestation, before the package reads it.
type statement struct {
	kind string // the predicate type, or the artifact type of the manifest
	desc v1.Descriptor
	open func(context.Context) (io.ReadCloser, error)
}

// documentsOf returns the documents of an attestation or an artifact. A manifest whose
// layers state no type has one document with the artifact type of the manifest.
func documentsOf(m *image.Manifest) []statement {
	var doc struct {
		ArtifactType string          `json:"artifactType"`
		Layers       []v1.Descriptor `json:"layers"`
	}
	_ = json.Unmarshal(m.Raw, &doc) // A pending manifest has no bytes, but its blobs are known.
	var out []statement
	for i, b := range m.Blobs[min(1, len(m.Blobs)):] {
		layer := b.Descriptor
		if i < len(doc.Layers) {
			layer = doc.Layers[i] // Several manifests can share the blob with different annotations.
		}
		kind := layer.Annotations[predicateType]
		if kind == "" && compare.IsSBOM(string(layer.MediaType)) {
			kind = string(layer.MediaType)
		}
		if kind != "" {
			out = append(out, statement{kind: kind, desc: b.Descriptor, open: b.Open})
		}
	}
	if len(out) == 0 {
		out = append(out, statement{kind: doc.ArtifactType})
	}
	return out
}

// HasSBOM reports whether an attestation of the image contains an SBOM.
func (c *Content) HasSBOM() bool {
	for _, m := range c.images {
		for _, d := range c.documents[m] {
			if compare.IsSBOM(d.kind) {
				return true
			}
		}
	}
	return false
}

// ReadSBOMs reads the SBOMs in the attestations of the image, except the attestations
// whose digests are in the set. ReadSBOMs skips an SBOM that is too large or that has
// another format than SPDX and CycloneDX.
func (c *Content) ReadSBOMs(ctx context.Context, except map[string]bool) error {
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(maxConcurrentReads)
	type result struct {
		of   *image.Manifest
		list []compare.Package
	}
	var results []*result
	remaining := int64(maxSBOMs)
	for i, m := range c.images {
		if except[c.view.Images[i].Digest] {
			continue
		}
		for _, d := range c.documents[m] {
			if d.open == nil || !compare.IsSBOM(d.kind) || d.desc.Size > min(maxSBOM, remaining) {
				continue
			}
			remaining -= d.desc.Size
			r := &result{of: m}
			results = append(results, r)
			group.Go(func() (err error) {
				r.list, err = d.packages(ctx)
				return err
			})
		}
	}
	err := group.Wait()
	for _, r := range results {
		if r.list != nil {
			c.packages[r.of] = append(c.packages[r.of], r.list...)
		}
	}
	return err
}

// packages reads the packages of an SBOM. If the format of the SBOM is not supported,
// packages returns nil.
func (d statement) packages(ctx context.Context) ([]compare.Package, error) {
	raw, err := readBlob(ctx, d.desc, d.open)
	if err != nil {
		return nil, fmt.Errorf("reading the SBOM %s: %w", d.desc.Digest, err)
	}
	list, err := compare.ParseSBOM(raw)
	if err != nil {
		return nil, nil //nolint:nilerr // The comparison then contains no packages.
	}
	return append([]compare.Package{}, list...), nil
}

// predicateKey is the annotation in which a Sigstore bundle states the type of its
// predicate (sigstore/cosign, "specs/BUNDLE_SPEC.md").
const predicateKey = "dev.sigstore.bundle.predicateType"

// kind returns the type of the document that the referrer contains.
func (r Referrer) kind() string {
	for _, kind := range []string{r.Annotations[predicateKey], r.Annotations[predicateType], r.ArtifactType} {
		if kind != "" {
			return kind
		}
	}
	return r.MediaType
}
