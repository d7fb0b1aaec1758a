package mutate_test

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/types"

	"github.com/ghcr-publish/ghcr-publish/internal/image"
	"github.com/ghcr-publish/ghcr-publish/internal/image/compress"
	"github.com/ghcr-publish/ghcr-publish/internal/image/mutate"
	"github.com/ghcr-publish/ghcr-publish/internal/source/sourcetest"
)

// bothForms returns an index with an attestation in the newer and in the older form.
func bothForms(l *sourcetest.Layout) v1.Descriptor {
	amd, arm := sourcetest.On(l.Image(amd64, "a"), amd64), sourcetest.On(l.Image(arm64, "b"), arm64)
	return l.Index(amd, arm, l.BoundAttestation(amd), l.Attestation(arm))
}

func TestLegacyWritesTheBytesOfOlderBuildKits(t *testing.T) {
	t.Parallel()
	root := open(t, bothForms)
	img, older := root.Children[0].Descriptor.Digest, root.Children[3].Descriptor.Digest
	statement := root.Children[2].Blobs[1].Descriptor
	notices, err := mutate.Changes{LegacyAttestations: true}.Apply(t.Context(), root)
	if err != nil {
		t.Fatal(err)
	}
	m := root.Children[2]
	config := fmt.Sprintf(`{"architecture":"unknown","os":"unknown","config":{},"rootfs":{"type":"layers","diff_ids":[%q]}}`, statement.Digest)
	digest, size, _ := v1.SHA256(strings.NewReader(config))
	want := fmt.Sprintf(`{
  "schemaVersion": 2,
  "mediaType": "application/vnd.oci.image.manifest.v1+json",
  "config": {
    "mediaType": "application/vnd.oci.image.config.v1+json",
    "digest": %q,
    "size": %d
  },
  "layers": [
    {
      "mediaType": "application/vnd.in-toto+json",
      "size": %d,
      "digest": %q
    }
  ]
}`, digest, size, statement.Size, statement.Digest)
	if string(m.Raw) != want {
		t.Errorf("got  %s\nwant %s", m.Raw, want)
	}
	if root.Children[3].Descriptor.Digest != older || root.Children[0].Descriptor.Digest != img {
		t.Error("an image or an attestation in the older form changed")
	}
	if got := codes(notices); !slices.Equal(got, []string{"digest-changes"}) || !strings.Contains(notices[0].Text, "before 0.32 (1)") {
		t.Errorf("the notices are %v", notices)
	}
	exact(t, root)
	linked(t, root)

	first := root.Descriptor.Digest
	notices, err = mutate.Changes{LegacyAttestations: true}.Apply(t.Context(), root)
	if err != nil || root.Descriptor.Digest != first || len(notices) > 0 {
		t.Errorf("a second change gives %s with %v, %v", root.Descriptor.Digest, notices, err)
	}
}

// linked expects that each attestation of an index has the platform unknown/unknown, no
// subject, and the digest of an image of the index.
func linked(t *testing.T, root *image.Manifest) {
	t.Helper()
	var doc v1.IndexManifest
	if err := json.Unmarshal(root.Raw, &doc); err != nil {
		t.Fatal(err)
	}
	images := map[string]bool{}
	for i, d := range doc.Manifests {
		if root.Children[i].IsRunnable() {
			images[d.Digest.String()] = true
		}
	}
	for i, d := range doc.Manifests {
		if root.Children[i].IsRunnable() {
			continue
		}
		if !images[d.Annotations["vnd.docker.reference.digest"]] || d.Platform == nil || d.Platform.OS != "unknown" ||
			d.Platform.Architecture != "unknown" || d.ArtifactType != "" || root.Children[i].IsArtifactAttestation() {
			t.Errorf("entry %d is %+v: %s", i, d, root.Children[i].Raw)
		}
	}
}

// TestLegacyAttestationsStayWithAChangedImage also changes the images. An attestation in
// the older form has no subject, so it stays, and its entry has the new digest.
func TestLegacyAttestationsStayWithAChangedImage(t *testing.T) {
	t.Parallel()
	zstd, err := compress.New(compress.Zstd, 0)
	if err != nil {
		t.Fatal(err)
	}
	labels := map[string]string{"a": "b"}
	for name, changes := range map[string]mutate.Changes{
		"labels":      {Labels: labels},
		"compression": {Compression: zstd},
		"both":        {Labels: labels, Compression: zstd},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			root := open(t, bothForms)
			changes.LegacyAttestations = true
			notices, err := changes.Apply(t.Context(), root)
			if err != nil {
				t.Fatal(err)
			}
			if got := codes(notices); !slices.Equal(got, []string{"digest-changes", "attestations-outdated"}) {
				t.Errorf("the notices are %v", notices)
			}
			if got := shape(root); got != "(iiaa)" {
				t.Fatalf("the index has the shape %s", got)
			}
			finish(t, root)
			linked(t, root)
		})
	}
}

// finish compresses the pending layers of a tree.
func finish(t *testing.T, root *image.Manifest) {
	t.Helper()
	for _, b := range image.Blobs(root) {
		if b.Pending() {
			b.Descriptor.Digest, b.Descriptor.Size = v1.Hash{Algorithm: "sha256", Hex: strings.Repeat("a", 64)}, 1
		}
	}
	for _, m := range image.Manifests(root) {
		if err := m.Finish(); err != nil {
			t.Fatal(err)
		}
	}
}

func TestLegacyChangesOnlyTheIndexesAboveANewerAttestation(t *testing.T) {
	t.Parallel()
	root := open(t, func(l *sourcetest.Layout) v1.Descriptor {
		amd, arm := sourcetest.On(l.Image(amd64, "a"), amd64), sourcetest.On(l.Image(arm64, "b"), arm64)
		other := v1.Manifest{
			SchemaVersion: 2, MediaType: types.OCIManifestSchema1, ArtifactType: "application/vnd.acme.thing",
			Config: l.Blob("application/vnd.oci.empty.v1+json", []byte("{}")), Subject: &amd,
		}
		return l.Index(l.Index(arm, l.Attestation(arm)), l.Index(amd, l.BoundAttestation(amd)), sourcetest.On(l.JSON(types.OCIManifestSchema1, other), sourcetest.Unknown))
	})
	before := []v1.Hash{root.Children[0].Descriptor.Digest, root.Children[1].Descriptor.Digest, root.Children[2].Descriptor.Digest}
	converted, err := mutate.Legacy(root)
	if err != nil || len(converted) != 1 {
		t.Fatalf("%d attestations were converted: %v", len(converted), err)
	}
	for i, same := range []bool{true, false, true} {
		if (root.Children[i].Descriptor.Digest == before[i]) != same {
			t.Errorf("child %d: the digest stays the same is %v, want %v", i, !same, same)
		}
	}
	exact(t, root)
}
