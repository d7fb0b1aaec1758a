package mutate_test

import (
	"context"
	"encoding/json"
	"io"
	"strings"
	"testing"

	v1 "github.com/google/go-containerregistry/pkg/v1"

	"github.com/ghcr-publish/ghcr-publish/internal/diag"
	"github.com/ghcr-publish/ghcr-publish/internal/image"
	"github.com/ghcr-publish/ghcr-publish/internal/image/mutate"
	"github.com/ghcr-publish/ghcr-publish/internal/source"
	"github.com/ghcr-publish/ghcr-publish/internal/source/sourcetest"
)

var amd64 = &v1.Platform{OS: "linux", Architecture: "amd64"}

// open returns the tree of an image in a layout.
func open(t *testing.T, make func(*sourcetest.Layout) v1.Descriptor) *image.Manifest {
	t.Helper()
	l := sourcetest.NewLayout(t)
	l.Add(make(l))
	return openPath(t, sourcetest.Dir(t, l.Files()))
}

func openPath(t *testing.T, path string) *image.Manifest {
	t.Helper()
	src, err := source.Open(t.Context(), path, source.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { src.Close() })
	return src.Root
}

func config(t *testing.T, m *image.Manifest) map[string]any {
	t.Helper()
	r, err := m.Blobs[0].Open(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	raw, err := io.ReadAll(r)
	if err != nil {
		t.Fatal(err)
	}
	if digest, _, _ := v1.SHA256(strings.NewReader(string(raw))); digest != m.Blobs[0].Descriptor.Digest {
		t.Errorf("the descriptor of the config has %s, but the digest of its bytes is %s", m.Blobs[0].Descriptor.Digest, digest)
	}
	var out map[string]any
	if err := json.Unmarshal(raw, &out); err != nil {
		t.Fatal(err)
	}
	return out
}

// exact checks that the descriptor of a manifest matches its bytes, and that the
// bytes name the current config and children.
func exact(t *testing.T, m *image.Manifest) {
	t.Helper()
	digest, size, _ := v1.SHA256(strings.NewReader(string(m.Raw)))
	if digest != m.Descriptor.Digest || size != m.Descriptor.Size {
		t.Errorf("the descriptor has %s (%d bytes), but the bytes have %s (%d bytes)", m.Descriptor.Digest, m.Descriptor.Size, digest, size)
	}
	var doc struct {
		Config    *v1.Descriptor
		Manifests []v1.Descriptor
	}
	if err := json.Unmarshal(m.Raw, &doc); err != nil {
		t.Fatal(err)
	}
	if doc.Config != nil && doc.Config.Digest != m.Blobs[0].Descriptor.Digest {
		t.Errorf("the manifest names the config %s, want %s", doc.Config.Digest, m.Blobs[0].Descriptor.Digest)
	}
	for i, child := range m.Children {
		if doc.Manifests[i].Digest != child.Descriptor.Digest || doc.Manifests[i].Size != child.Descriptor.Size {
			t.Errorf("the index names the child %s, want %s", doc.Manifests[i].Digest, child.Descriptor.Digest)
		}
		exact(t, child)
	}
}

// codes returns the codes of notices.
func codes(notices []diag.Notice) []string {
	var out []string
	for _, n := range notices {
		out = append(out, n.Code)
	}
	return out
}

func TestLabelsChangeOnlyTheConfig(t *testing.T) {
	t.Parallel()
	root := open(t, func(l *sourcetest.Layout) v1.Descriptor { return l.Image(amd64, "a") })
	before, layers := root.Descriptor.Digest, root.Blobs[1:]
	notices, err := mutate.Changes{Labels: map[string]string{"k": "a<b>&c"}}.Apply(t.Context(), root)
	if err != nil {
		t.Fatal(err)
	}
	exact(t, root)
	c := config(t, root)
	if got := c["config"].(map[string]any)["Labels"].(map[string]any)["k"]; got != "a<b>&c" {
		t.Errorf("the label is %q", got)
	}
	if c["architecture"] != "amd64" || c["rootfs"] == nil {
		t.Errorf("fields of the config are missing: %v", c)
	}
	if root.Descriptor.Digest == before || len(notices) != 1 || !strings.Contains(notices[0].Text, before.String()) {
		t.Errorf("notices are %v", notices)
	}
	for i, l := range layers {
		if root.Blobs[i+1] != l {
			t.Error("a layer changed")
		}
	}
}

func TestLabelsOfAnIndexAreInItsConfigsAndItsAnnotations(t *testing.T) {
	t.Parallel()
	root := open(t, func(l *sourcetest.Layout) v1.Descriptor { return l.MultiPlatform() })
	notices, err := mutate.Changes{Labels: map[string]string{"k": "v"}, Annotations: map[string]string{"n": "w"}}.Apply(t.Context(), root)
	if err != nil {
		t.Fatal(err)
	}
	exact(t, root)
	var doc struct{ Annotations map[string]string }
	if err := json.Unmarshal(root.Raw, &doc); err != nil || doc.Annotations["k"] != "v" || doc.Annotations["n"] != "w" {
		t.Errorf("the index has annotations %v (%v)", doc.Annotations, err)
	}
	for _, m := range image.Images(root) {
		if config(t, m)["config"].(map[string]any)["Labels"].(map[string]any)["k"] != "v" {
			t.Errorf("%s has no label", m.Platform)
		}
	}
	if hasAttestation(root) && notices[len(notices)-1].Code != mutate.CodeAttestationsOutdated {
		t.Errorf("no notice about the digests in attestations: %v", notices)
	}
}

// hasAttestation reports whether an entry of the index is an attestation.
func hasAttestation(root *image.Manifest) bool {
	return strings.Contains(string(root.Raw), "vnd.docker.reference.digest")
}

func TestAttestationsNameTheLabelledImage(t *testing.T) {
	t.Parallel()
	root := open(t, func(l *sourcetest.Layout) v1.Descriptor {
		img := l.Image(amd64, "a")
		return l.Index(sourcetest.On(img, amd64), l.Attestation(img))
	})
	if _, err := (mutate.Changes{Labels: map[string]string{"k": "v"}}).Apply(t.Context(), root); err != nil {
		t.Fatal(err)
	}
	exact(t, root)
	var doc struct{ Manifests []v1.Descriptor }
	if err := json.Unmarshal(root.Raw, &doc); err != nil {
		t.Fatal(err)
	}
	if got, want := doc.Manifests[1].Annotations["vnd.docker.reference.digest"], root.Children[0].Descriptor.Digest.String(); got != want {
		t.Errorf("the attestation names %s, want %s", got, want)
	}
}

func TestDockerManifestsGetLabelsButNoAnnotations(t *testing.T) {
	t.Parallel()
	root := openPath(t, sourcetest.Tar(t, sourcetest.DockerSave(t, sourcetest.NewSaved(t, "web:1", "a", "b"))))
	notices, err := mutate.Changes{Labels: map[string]string{"k": "v"}, Annotations: map[string]string{"n": "w"}}.Apply(t.Context(), root)
	if err != nil {
		t.Fatal(err)
	}
	if len(notices) != 1 || notices[0].Code != mutate.CodeAnnotationsNeedOCI {
		t.Errorf("notices are %v", notices)
	}
	if config(t, root)["config"].(map[string]any)["Labels"].(map[string]any)["k"] != "v" || !root.Pending() {
		t.Error("the config has no label, or the manifest is not pending")
	}
}

func TestEqualLabelsGiveEqualDigests(t *testing.T) {
	t.Parallel()
	labelled := func() v1.Hash {
		root := open(t, func(l *sourcetest.Layout) v1.Descriptor { return l.MultiPlatform() })
		if _, err := (mutate.Changes{Labels: map[string]string{"b": "2", "a": "1"}}).Apply(t.Context(), root); err != nil {
			t.Fatal(err)
		}
		return root.Descriptor.Digest
	}
	if one, two := labelled(), labelled(); one != two {
		t.Errorf("digests are %s and %s", one, two)
	}
}

func TestAConfigWithAnotherDigestIsRefused(t *testing.T) {
	t.Parallel()
	root := open(t, func(l *sourcetest.Layout) v1.Descriptor { return l.Image(amd64, "a") })
	root.Blobs[0].Open = func(context.Context) (io.ReadCloser, error) {
		return io.NopCloser(strings.NewReader(`{"config":{}}`)), nil
	}
	if _, err := (mutate.Changes{Labels: map[string]string{"k": "v"}}).Apply(t.Context(), root); err == nil {
		t.Error("a config with another digest got labels")
	}
}

func TestAnnotationsOverTheManifestLimitAreRefused(t *testing.T) {
	t.Parallel()
	root := open(t, func(l *sourcetest.Layout) v1.Descriptor { return l.Image(amd64, "a") })
	_, err := mutate.Changes{Annotations: map[string]string{"k": strings.Repeat("x", image.MaxManifestSize)}}.Apply(t.Context(), root)
	if !diag.Is(err, mutate.CodeManifestTooLarge) {
		t.Errorf("got %v", err)
	}
}
