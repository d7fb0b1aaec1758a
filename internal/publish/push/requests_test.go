package push_test

import (
	"bytes"
	"fmt"
	"slices"
	"strings"
	"testing"

	v1 "github.com/google/go-containerregistry/pkg/v1"

	"github.com/ghcr-publish/ghcr-publish/internal/ghcrtest"
	"github.com/ghcr-publish/ghcr-publish/internal/source/sourcetest"
)

// These tests limit the number of requests. Each operation sends exactly the stated number
// of requests. An additional request fails the test.

func TestColdPushOfOneTag(t *testing.T) {
	t.Parallel()
	r := newRig(t, ghcrtest.Config{})
	dir, root := single(t, "a", "b", "c", "d")
	const n = 5 // the config and four layers
	r.publish(dir, "1").ok()
	r.expect(map[ghcrtest.Class]int{
		ghcrtest.ClassToken:        1,
		ghcrtest.ClassHeadManifest: 1,
		ghcrtest.ClassHeadBlob:     n,
		ghcrtest.ClassPostUpload:   n,
		ghcrtest.ClassPutUpload:    n,
		ghcrtest.ClassPutManifest:  1,
	})
	// The POST requests are concurrent with the HEAD requests for blobs (internal/cmd,
	// TestRoundTripsOfAnImage).
	r.inOrder("token", "HEAD manifest 1", "HEAD blob", "PUT upload", "PUT manifest 1")
	r.points("acme/web", "1", root.Digest)
}

func TestPushOfAnExistingImage(t *testing.T) {
	t.Parallel()
	r := newRig(t, ghcrtest.Config{})
	dir, _ := single(t, "a", "b")
	r.publish(dir, "1").ok()
	r.ghcr.Reset()
	if again := r.publish(dir, "1").ok(); again.result.Changed() {
		t.Error("the second run reports a change")
	}
	r.expect(map[ghcrtest.Class]int{ghcrtest.ClassToken: 1, ghcrtest.ClassHeadManifest: 1})
	r.inOrder("token", "HEAD manifest 1")
}

func TestPushOfOneAdditionalLayer(t *testing.T) {
	t.Parallel()
	r := newRig(t, ghcrtest.Config{})
	first, _ := single(t, "a", "b")
	r.publish(first, "1").ok()
	r.ghcr.Reset()
	second, root := single(t, "a", "b", "c")
	r.publish(second, "1").ok()
	r.expect(map[ghcrtest.Class]int{
		ghcrtest.ClassToken:        1,
		ghcrtest.ClassHeadManifest: 1,
		ghcrtest.ClassHeadBlob:     4,
		ghcrtest.ClassPostUpload:   2, // the config and the new layer
		ghcrtest.ClassPutUpload:    2,
		ghcrtest.ClassPutManifest:  1,
	})
	r.points("acme/web", "1", root.Digest)
}

// With several tags, a run without verification does not read the tags. It therefore does
// not know that the package is new, and opens a session only for each missing blob.
func TestPushOfNewTagsOpensNoUnusedSession(t *testing.T) {
	t.Parallel()
	r := newRig(t, ghcrtest.Config{})
	first, _ := single(t, "a", "b")
	r.publish(first, "1").ok()
	r.ghcr.Reset()
	second, _ := single(t, "a", "b", "c")
	r.publish(second, "2", "3").ok()
	r.expect(map[ghcrtest.Class]int{
		ghcrtest.ClassToken:        1,
		ghcrtest.ClassHeadManifest: 1,
		ghcrtest.ClassHeadBlob:     4,
		ghcrtest.ClassPostUpload:   2, // the config and the new layer
		ghcrtest.ClassPutUpload:    2,
		ghcrtest.ClassPutManifest:  3,
	})
}

func TestPushOfFiveTags(t *testing.T) {
	t.Parallel()
	r := newRig(t, ghcrtest.Config{})
	dir, root := single(t, "a", "b", "c", "d")
	tags := []string{"1.2.3", "1.2", "1", "latest", "stable"}
	const n = 5
	r.publish(dir, tags...).ok()
	r.expect(map[ghcrtest.Class]int{
		ghcrtest.ClassToken:        1,
		ghcrtest.ClassHeadManifest: 1, // the root by its digest
		ghcrtest.ClassHeadBlob:     n,
		ghcrtest.ClassPostUpload:   n,
		ghcrtest.ClassPutUpload:    n,
		ghcrtest.ClassPutManifest:  1 + len(tags),
	})
	r.inOrder("token", "HEAD", "PUT upload", "PUT manifest sha256:", "PUT manifest 1.2.3")
	for _, tag := range tags {
		r.points("acme/web", tag, root.Digest)
	}
}

// manyPlatforms writes an OCI layout of an index with six images that share a layer. It
// also returns the number of different blobs.
func manyPlatforms(t *testing.T) (dir string, root v1.Descriptor, blobs int) {
	t.Helper()
	l := sourcetest.NewLayout(t)
	var children []v1.Descriptor
	for i := range 6 {
		p := &v1.Platform{OS: "linux", Architecture: fmt.Sprint("cpu", i)}
		children = append(children, sourcetest.On(l.Image(p, "shared", fmt.Sprint("own ", i)), p))
	}
	root = l.Index(children...)
	l.Add(root)
	return sourcetest.Dir(t, l.Files()), root, 1 + 6 + 6
}

func TestPushOfAnIndex(t *testing.T) {
	t.Parallel()
	r := newRig(t, ghcrtest.Config{})
	dir, root, n := manyPlatforms(t)
	r.publish(dir, "1").ok()
	r.expect(map[ghcrtest.Class]int{
		ghcrtest.ClassToken:        1,
		ghcrtest.ClassHeadManifest: 1,
		ghcrtest.ClassHeadBlob:     n,
		ghcrtest.ClassPostUpload:   n,
		ghcrtest.ClassPutUpload:    n,
		ghcrtest.ClassPutManifest:  7, // each child is written once and never read
	})
	r.inOrder("token", "HEAD", "PUT upload", "PUT manifest sha256:", "PUT manifest 1")
	r.points("acme/web", "1", root.Digest)
}

// An attestation of BuildKit has its image as its subject, and the index lists both.
func TestSubjectsAreWrittenBeforeTheirReferrers(t *testing.T) {
	t.Parallel()
	l := sourcetest.NewLayout(t)
	var images, attestations []v1.Descriptor
	for i := range 6 {
		p := &v1.Platform{OS: "linux", Architecture: fmt.Sprint("cpu", i)}
		images = append(images, sourcetest.On(l.Image(p, fmt.Sprint("own ", i)), p))
		attestations = append(attestations, l.BoundAttestation(images[i]))
	}
	root := l.Index(append(slices.Clone(attestations), images...)...)
	l.Add(root)
	dir := sourcetest.Dir(t, l.Files())
	for _, code := range []string{"", ghcrtest.CodeManifestUnknown, ghcrtest.CodeManifestInvalid, "SUBJECT_UNKNOWN"} {
		r := newRig(t, ghcrtest.Config{Answers: ghcrtest.Answers{UnknownSubject: code}})
		r.publish(dir, "1").ok()
		r.points("acme/web", "1", root.Digest)
		lines := r.asked()
		at := func(d v1.Descriptor) int { return slices.Index(lines, "PUT manifest "+d.Digest.String()) }
		for _, img := range images {
			for _, attestation := range attestations {
				if at(img) < 0 || at(attestation) < at(img) {
					t.Errorf("the attestation is request %d, and the image is request %d", at(attestation), at(img))
				}
			}
		}
	}
}

func TestAdditionalTagOfAnImage(t *testing.T) {
	t.Parallel()
	r := newRig(t, ghcrtest.Config{})
	dir, root := single(t, "a", "b", "c")
	r.publish(dir, "1").ok()
	r.ghcr.Reset()
	r.publish("docker://"+r.host+"/acme/web:1", "2").ok()
	r.expect(map[ghcrtest.Class]int{ghcrtest.ClassToken: 1, ghcrtest.ClassGetManifest: 1, ghcrtest.ClassPutManifest: 1})
	r.inOrder("token", "GET manifest 1", "PUT manifest 2")
	r.points("acme/web", "2", root.Digest)
}

func TestAdditionalTagOfAnIndex(t *testing.T) {
	t.Parallel()
	r := newRig(t, ghcrtest.Config{})
	dir, root, _ := manyPlatforms(t)
	r.publish(dir, "1").ok()
	r.ghcr.Reset()
	r.publish("docker://"+r.host+"/acme/web:1", "2").ok()
	counts := r.ghcr.Counts()
	if counts[ghcrtest.ClassPutManifest] != 1 || counts[ghcrtest.ClassPostUpload] != 0 || counts[ghcrtest.ClassHeadBlob] != 0 {
		t.Errorf("got %v, want one write", counts)
	}
	r.points("acme/web", "2", root.Digest)
}

func TestCopyInsideOneRegistryMounts(t *testing.T) {
	t.Parallel()
	r := newRig(t, ghcrtest.Config{})
	dir, root := single(t, "a", "b", "c")
	const n = 4
	r.publish(dir, "1").ok()
	r.ghcr.Reset()
	r.publishTo(t.Context(), "docker://"+r.host+"/acme/web:1", []string{"acme/copy"}, "1").ok()
	r.expect(map[ghcrtest.Class]int{
		ghcrtest.ClassToken:        1,
		ghcrtest.ClassGetManifest:  1,
		ghcrtest.ClassHeadManifest: 1,
		ghcrtest.ClassPostUpload:   n,
		ghcrtest.ClassPutManifest:  1,
	})
	r.sentNoBlob()
	r.inOrder("token", "GET manifest 1", "POST", "PUT manifest 1")
	r.points("acme/copy", "1", root.Digest)
}

// sentNoBlob fails the test if a request or a response contained a blob.
func (r *rig) sentNoBlob() {
	r.t.Helper()
	for _, each := range r.ghcr.Requests() {
		if strings.Contains(each.Path, "/blobs/") && each.Received+each.Sent > 0 {
			r.t.Errorf("%s %s transferred %d bytes", each.Method, each.Path, each.Received+each.Sent)
		}
	}
}

func TestCopyOfAnIndexInsideOneRegistry(t *testing.T) {
	t.Parallel()
	r := newRig(t, ghcrtest.Config{})
	dir, root, n := manyPlatforms(t)
	r.publish(dir, "1").ok()
	r.ghcr.Reset()
	r.publishTo(t.Context(), "docker://"+r.host+"/acme/web:1", []string{"acme/copy"}, "1").ok()
	r.expect(map[ghcrtest.Class]int{
		ghcrtest.ClassToken:        1,
		ghcrtest.ClassGetManifest:  7,
		ghcrtest.ClassHeadManifest: 1,
		ghcrtest.ClassPostUpload:   n,
		ghcrtest.ClassPutManifest:  7,
	})
	r.sentNoBlob()
	// The number of serial round trips depends only on the depth of the graph. The run reads
	// the index and then its children. It mounts the blobs. It writes the children and then
	// the index.
	r.inOrder("token", "GET manifest 1", "GET manifest sha256:", "POST", "PUT manifest sha256:", "PUT manifest 1")
	r.points("acme/copy", "1", root.Digest)
}

func TestCopyIfTheRegistryIgnoresMounts(t *testing.T) {
	t.Parallel()
	r := newRig(t, ghcrtest.Config{Answers: ghcrtest.Answers{NoMount: true}})
	dir, root := single(t, "a", "b")
	const n = 3
	r.publish(dir, "1").ok()
	r.ghcr.Reset()
	r.publishTo(t.Context(), "docker://"+r.host+"/acme/web:1", []string{"acme/copy"}, "1").ok()
	r.expect(map[ghcrtest.Class]int{
		ghcrtest.ClassToken:        1,
		ghcrtest.ClassGetManifest:  1,
		ghcrtest.ClassHeadManifest: 1,
		ghcrtest.ClassPostUpload:   n, // a refused mount opens an upload session, and the upload uses this session
		ghcrtest.ClassGetBlob:      n,
		ghcrtest.ClassDownload:     n,
		ghcrtest.ClassPutUpload:    n,
		ghcrtest.ClassPutManifest:  1,
	})
	r.points("acme/copy", "1", root.Digest)
}

func TestPushToTwoRepositoriesSendsEachBlobOnce(t *testing.T) {
	t.Parallel()
	r := newRig(t, ghcrtest.Config{})
	older, _ := single(t, "older")
	r.publish(older, "0").ok() // a run mounts blobs only if the package exists
	r.ghcr.Reset()
	dir, root := single(t, "a", "b", "c")
	const n = 4
	r.publishTo(t.Context(), dir, []string{"acme/web", "acme/mirror"}, "1").ok()
	r.expect(map[ghcrtest.Class]int{
		ghcrtest.ClassToken:        1,
		ghcrtest.ClassHeadManifest: 2,
		ghcrtest.ClassHeadBlob:     2 * n,
		ghcrtest.ClassPostUpload:   2 * n, // the second request for each blob is a mount
		ghcrtest.ClassPutUpload:    n,
		ghcrtest.ClassPutManifest:  4, // the root by digest in each repository, then the tags
	})
	r.points("acme/web", "1", root.Digest)
	r.points("acme/mirror", "1", root.Digest)
}

// saved writes a docker save tar with one uncompressed layer for each text.
func saved(t *testing.T, texts ...string) string {
	t.Helper()
	return sourcetest.Tar(t, sourcetest.DockerSave(t, sourcetest.NewSaved(t, "acme/web:1", texts...)))
}

func TestColdPushOfUncompressedLayers(t *testing.T) {
	t.Parallel()
	r := newRig(t, ghcrtest.Config{})
	const layers = 3
	out := r.publish(saved(t, "a", "b", "c"), "1").ok()
	r.expect(map[ghcrtest.Class]int{
		ghcrtest.ClassToken:       1,
		ghcrtest.ClassGetManifest: 1, // the run would compare an existing image with the source
		ghcrtest.ClassHeadBlob:    1, // the config; the digests of the layers are still unknown
		ghcrtest.ClassPostUpload:  layers + 1,
		ghcrtest.ClassPatchUpload: layers,
		ghcrtest.ClassPutUpload:   layers + 1,
		ghcrtest.ClassPutManifest: 1,
	})
	r.inOrder("token", "GET manifest 1", "PATCH", "PUT manifest 1")
	r.points("acme/web", "1", out.result.Root.Descriptor.Digest)
}

func TestPushOfExistingUncompressedLayers(t *testing.T) {
	t.Parallel()
	r := newRig(t, ghcrtest.Config{})
	src := saved(t, "a", "b", "c")
	first := r.publish(src, "1").ok()
	r.ghcr.Reset()
	again := r.publish(src, "1").ok()
	if again.result.Changed() || again.result.Root.Descriptor.Digest != first.result.Root.Descriptor.Digest {
		t.Errorf("got %v, changed %v", again.result.Root.Descriptor, again.result.Changed())
	}
	r.expect(map[ghcrtest.Class]int{ghcrtest.ClassToken: 1, ghcrtest.ClassGetManifest: 1})
}

func TestPushOfOneChangedUncompressedLayer(t *testing.T) {
	t.Parallel()
	r := newRig(t, ghcrtest.Config{})
	r.publish(saved(t, "a", "b", "c"), "1").ok()
	r.ghcr.Reset()
	out := r.publish(saved(t, "a", "b", "changed"), "1").ok()
	counts := r.ghcr.Counts()
	if counts[ghcrtest.ClassPatchUpload] != 1 || counts[ghcrtest.ClassPostUpload] != 2 {
		t.Errorf("got %v, want one layer and the config uploaded", counts)
	}
	r.expect(map[ghcrtest.Class]int{
		ghcrtest.ClassToken:       1,
		ghcrtest.ClassGetManifest: 1,
		ghcrtest.ClassGetBlob:     1, // the old config, which states the diff ids of the old layers
		ghcrtest.ClassDownload:    1,
		ghcrtest.ClassHeadBlob:    1, // the new config
		ghcrtest.ClassPostUpload:  2,
		ghcrtest.ClassPatchUpload: 1,
		ghcrtest.ClassPutUpload:   2,
		ghcrtest.ClassPutManifest: 1,
	})
	r.points("acme/web", "1", out.result.Root.Descriptor.Digest)
}

func TestPushOfGzippedLayersKeepsTheirBytes(t *testing.T) {
	t.Parallel()
	r := newRig(t, ghcrtest.Config{})
	src := sourcetest.Tar(t, sourcetest.DockerSave(t, sourcetest.NewSaved(t, "acme/web:1", "a", "b").Gzipped()))
	const layers = 2
	r.publish(src, "1").ok()
	r.expect(map[ghcrtest.Class]int{
		ghcrtest.ClassToken:       1,
		ghcrtest.ClassGetManifest: 1,
		ghcrtest.ClassHeadBlob:    1,
		ghcrtest.ClassPostUpload:  layers + 1,
		ghcrtest.ClassPatchUpload: layers, // the tar states the diff ids of the layers, but not their digests
		ghcrtest.ClassPutUpload:   layers + 1,
		ghcrtest.ClassPutManifest: 1,
	})
	for _, text := range []string{"a", "b"} {
		sent := sourcetest.Gzip(sourcetest.LayerTar(t, text))
		digest, _, err := v1.SHA256(bytes.NewReader(sent))
		if err != nil {
			t.Fatal(err)
		}
		if _, err := r.ghcr.Blob("acme/web", digest.String()); err != nil {
			t.Errorf("layer %s has other bytes in the registry: %v", text, err)
		}
	}
}

func TestResolveOfADigest(t *testing.T) {
	t.Parallel()
	r := newRig(t, ghcrtest.Config{})
	dir, root := single(t, "a")
	out := r.publish(dir, "1").ok()
	r.ghcr.Reset()
	out.client.Close()
	fresh := r.client()
	desc, err := fresh.Head(t.Context(), r.at("acme/web").Tag("1"))
	if err != nil || desc.Digest != root.Digest || desc.Size != root.Size {
		t.Errorf("got %v %v, want %v", desc, err, root)
	}
	r.expect(map[ghcrtest.Class]int{ghcrtest.ClassToken: 1, ghcrtest.ClassHeadManifest: 1})
}
