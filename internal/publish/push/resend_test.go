package push_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/ghcr-publish/ghcr-publish/internal/ghcrtest"
	"github.com/ghcr-publish/ghcr-publish/internal/registry"
)

func TestMissingBlobIsPushedAgain(t *testing.T) {
	t.Parallel()
	cases := []struct {
		name, path string
		tags       []string
	}{
		{"the registry refuses the tag, which is the only write", "/manifests/1", []string{"1"}},
		{"the registry refuses the root", "/manifests/sha256", []string{"1", "2"}},
	}
	for _, tc := range cases {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			r := newRig(t, ghcrtest.Config{})
			r.ghcr.Inject(ghcrtest.Fault{Method: "PUT", Path: tc.path, Effect: ghcrtest.DropBlob{}})
			dir, root := single(t, "a", "b", "c")
			const n = 4
			r.publish(dir, tc.tags...).ok()
			r.points("acme/web", "1", root.Digest)
			got := r.ghcr.Counts()
			if got[ghcrtest.ClassPutUpload] != n+1 || got[ghcrtest.ClassHeadBlob] != n+1 || got[ghcrtest.ClassPutManifest] != len(tc.tags)*2 && len(tc.tags) == 1 {
				t.Errorf("got %v, want one blob that is checked and uploaded again", got)
			}
			if len(r.waits) != 1 {
				t.Errorf("waited %v, want one wait", r.waits)
			}
		})
	}
}

func TestMissingBlobIsPushedAgainFromAnUncompressedLayer(t *testing.T) {
	t.Parallel()
	r := newRig(t, ghcrtest.Config{})
	r.ghcr.Inject(ghcrtest.Fault{Method: "PUT", Path: "/manifests/", Effect: ghcrtest.DropBlob{}})
	out := r.publish(saved(t, "a", "b"), "1").ok()
	r.points("acme/web", "1", out.result.Root.Descriptor.Digest)
}

// The response does not contain the digest of the missing blob. The run therefore checks
// every blob, and uploads only the missing blobs.
func TestUnknownBlobWithoutADigestPushesOnlyMissingBlobs(t *testing.T) {
	t.Parallel()
	r := newRig(t, ghcrtest.Config{})
	unnamed := ghcrtest.Answer{Status: 404, Code: "BLOB_UNKNOWN", Message: "unknown blob"}
	r.ghcr.Inject(ghcrtest.Fault{Method: "PUT", Path: "/manifests/", Times: 2, Effect: unnamed})
	dir, root := single(t, "a", "b")
	r.publish(dir, "1").ok()
	r.points("acme/web", "1", root.Digest)
	if got := r.ghcr.Counts(); got[ghcrtest.ClassPutUpload] != 3 || got[ghcrtest.ClassPutManifest] != 3 {
		t.Errorf("got %v, want only the manifest to be sent again", got)
	}
}

// If a registry reports that a blob exists and then reports it as missing again, the blob
// is uploaded.
func TestBlobThatTheRegistryReportsAsMissingTwiceIsPushed(t *testing.T) {
	t.Parallel()
	r := newRig(t, ghcrtest.Config{})
	dir, root := single(t, "a")
	out := r.prepare(t.Context(), dir, []string{"acme/web"}, "1")
	layer := out.plan.Root.Blobs[1].Descriptor.Digest.String()
	missing := ghcrtest.Answer{Status: 400, Code: "MANIFEST_BLOB_UNKNOWN", Message: "blob unknown to registry " + layer}
	r.ghcr.Inject(ghcrtest.Fault{Method: "PUT", Path: "/manifests/", Times: 2, Effect: missing})
	if _, err := out.publisher().Run(t.Context(), out.plan); err != nil {
		t.Fatal(err)
	}
	r.points("acme/web", "1", root.Digest)
	if got := r.ghcr.Counts()[ghcrtest.ClassPutUpload]; got != 3 {
		t.Errorf("got %d uploads, want the config once and the layer twice", got)
	}
}

func TestBlobThatStaysUnknownIsAnError(t *testing.T) {
	t.Parallel()
	r := newRig(t, ghcrtest.Config{})
	unnamed := ghcrtest.Answer{Status: 404, Code: "BLOB_UNKNOWN", Message: "unknown blob"}
	r.ghcr.Inject(ghcrtest.Fault{Method: "PUT", Path: "/manifests/", Times: ghcrtest.Always, Effect: unnamed})
	dir, _ := single(t, "a")
	out := r.publish(dir, "1")
	var refusal *registry.Error
	if !errors.As(out.err, &refusal) || !strings.Contains(out.err.Error(), "unknown blob") {
		t.Fatalf("got %v", out.err)
	}
	if got := r.ghcr.Counts()[ghcrtest.ClassPutManifest]; got != 4 {
		t.Errorf("tried %d times, want 4", got)
	}
}

// A child manifest that the registry reports as missing is written again.
func TestMissingChildManifestIsPushedAgain(t *testing.T) {
	t.Parallel()
	r := newRig(t, ghcrtest.Config{})
	dir, root, _ := manyPlatforms(t)
	out := r.prepare(t.Context(), dir, []string{"acme/web"}, "1")
	child := out.plan.Root.Children[2].Descriptor.Digest.String()
	missing := ghcrtest.Answer{Status: 400, Code: "MANIFEST_BLOB_UNKNOWN", Message: "blob unknown to registry " + child}
	r.ghcr.Inject(ghcrtest.Fault{Method: "PUT", Path: "/manifests/1", Effect: missing})
	if _, err := out.publisher().Run(t.Context(), out.plan); err != nil {
		t.Fatal(err)
	}
	r.points("acme/web", "1", root.Digest)
	if got := r.ghcr.Counts()[ghcrtest.ClassPutManifest]; got != 9 {
		t.Errorf("wrote %d manifests, want all seven, and one child and the index again", got)
	}
}
