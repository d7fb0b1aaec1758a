package ghcrtest_test

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"

	"github.com/ghcr-publish/ghcr-publish/internal/ghcrtest"
)

func TestManifestKeepsItsMediaType(t *testing.T) {
	t.Parallel()
	_, c := pusher(t, ghcrtest.Answers{})
	cases := []struct{ name, mediaType string }{
		{"oci-image", imageType},
		{"oci-index", indexType},
		{"docker-image", "application/vnd.docker.distribution.manifest.v2+json"},
		{"docker-index", "application/vnd.docker.distribution.manifest.list.v2+json"},
		{"artifact", "application/vnd.example.thing.v1+json"},
		{"with-parameter", "application/vnd.example.thing.v1+json;Version=2"},
	}
	for _, tc := range cases {
		raw := `{"schemaVersion":2,"name":"` + tc.name + `"}`
		digest := c.pushManifest("acme/web", tc.name, tc.mediaType, raw)
		for _, method := range []string{http.MethodGet, http.MethodHead} {
			got := c.do(method, "/v2/acme/web/manifests/"+tc.name, "", "Accept", tc.mediaType)
			if got.status != 200 || got.header.Get("Content-Type") != tc.mediaType || got.header.Get("Docker-Content-Digest") != digest {
				t.Errorf("%s %s: got %d %v", method, tc.name, got.status, got.header)
			}
		}
	}
}

func TestAcceptSelectsTheMediaType(t *testing.T) {
	t.Parallel()
	_, c := pusher(t, ghcrtest.Answers{})
	c.pushImage("acme/web", "1", "a")
	for accept, want := range map[string]int{
		imageType: 200, "*/*": 200, "text/html, application/*;q=0.1": 200,
		indexType + ", " + imageType: 200, indexType: 404,
	} {
		if got := c.do(http.MethodGet, "/v2/acme/web/manifests/1", "", "Accept", accept); got.status != want {
			t.Errorf("Accept %s: got %d, want %d", accept, got.status, want)
		}
	}
}

func TestManifestRefusalHasOneErrorForEachMissingPart(t *testing.T) {
	t.Parallel() // docs/ghcr.md, Refused: blob of a manifest
	_, c := pusher(t, ghcrtest.Answers{})
	here := c.pushBlob("acme/web", "here")
	cases := []struct{ name, mediaType, raw string }{
		{"blobs", imageType, imageOf(digestOf("x"), here, digestOf("y"))},
		{"children", indexType, indexOf(nil, digestOf("x"), digestOf("y"))},
	}
	for _, tc := range cases {
		got := c.do(http.MethodPut, "/v2/acme/web/manifests/1", tc.raw, "Content-Type", tc.mediaType)
		got.refused(t, 400, "MANIFEST_BLOB_UNKNOWN", "blob unknown to registry")
		var body struct {
			Errors []struct{ Detail struct{ Digest string } }
		}
		if err := json.Unmarshal([]byte(got.body), &body); err != nil || len(body.Errors) != 2 ||
			body.Errors[0].Detail.Digest != digestOf("x") || body.Errors[1].Detail.Digest != digestOf("y") {
			t.Errorf("%s: got %s, want an error for each of two digests", tc.name, got.body)
		}
	}
}

func TestForeignLayersMayBeMissing(t *testing.T) {
	t.Parallel()
	_, c := pusher(t, ghcrtest.Answers{})
	raw := strings.Replace(imageOf(c.pushBlob("acme/web", "{}"), digestOf("foreign")),
		"vnd.oci.image.layer.v1.tar", "vnd.docker.image.rootfs.foreign.diff.tar.gzip", 1)
	c.pushManifest("acme/web", "1", imageType, raw)
}

func TestBlobOfAnotherRepositoryIsMissing(t *testing.T) {
	t.Parallel()
	_, c := pusher(t, ghcrtest.Answers{})
	raw := c.on("acme/web", "acme/api").image("acme/web", "a", nil)
	c.do(http.MethodPut, "/v2/acme/api/manifests/1", raw, "Content-Type", imageType).has(t, 400, "MANIFEST_BLOB_UNKNOWN")
}

func TestInvalidManifestsAreRefused(t *testing.T) {
	t.Parallel()
	_, c := pusher(t, ghcrtest.Answers{})
	largest := `{"a":"` + strings.Repeat("x", 4<<20-len(`{"a":""}`)) + `"}`
	cases := []struct {
		name, reference, mediaType, raw string
		status                          int
		code                            string
	}{
		{"too large", "1", imageType, largest + " ", 413, "MANIFEST_INVALID"},
		{"not JSON", "1", imageType, "{", 400, "MANIFEST_INVALID"},
		{"no media type", "1", "", "{}", 400, "MANIFEST_INVALID"},
		{"another media type in the manifest", "1", indexType, imageOf("", ""), 400, "MANIFEST_INVALID"},
		{"wrong digest", digestOf("other"), imageType, "{}", 400, "DIGEST_INVALID"},
		{"largest", "1", imageType, largest, 201, ""},
	}
	for _, tc := range cases {
		c.do(http.MethodPut, "/v2/acme/web/manifests/"+tc.reference, tc.raw, "Content-Type", tc.mediaType).
			has(t, tc.status, tc.code)
	}
}

func TestPutOfAManifestReturnsTheDigest(t *testing.T) {
	t.Parallel()
	for _, omitted := range []bool{false, true} {
		_, c := pusher(t, ghcrtest.Answers{NoDigestOnPut: omitted})
		got := c.do(http.MethodPut, "/v2/acme/web/manifests/1", "{}", "Content-Type", imageType)
		want := digestOf("{}")
		if omitted {
			want = ""
		}
		if digest := got.header.Get("Docker-Content-Digest"); got.status != 201 || digest != want {
			t.Errorf("got %d %q, want 201 %q", got.status, digest, want)
		}
	}
}

func TestTagsCanMove(t *testing.T) {
	t.Parallel()
	s, c := pusher(t, ghcrtest.Answers{})
	c.pushImage("acme/web", "latest", "a")
	second := digestOf(c.pushImage("acme/web", "latest", "b"))
	if got := s.Tag("acme/web", "latest"); got != second {
		t.Errorf("got %s, want %s", got, second)
	}
}

func TestRegistryDoesNotSupportDeletion(t *testing.T) {
	t.Parallel() // docs/ghcr.md, Refused: unsupported
	_, c := pusher(t, ghcrtest.Answers{})
	digest := digestOf(c.pushImage("acme/web", "1", "a"))
	for _, path := range []string{"manifests/1", "manifests/" + digest, "blobs/" + digest} {
		c.do(http.MethodDelete, "/v2/acme/web/"+path, "").refused(t, 405, "UNSUPPORTED", "The operation is unsupported.")
	}
}

func TestReferrersAPIDoesNotExist(t *testing.T) {
	t.Parallel() // docs/ghcr.md, Refused: manifest unknown
	_, c := pusher(t, ghcrtest.Answers{})
	digest := digestOf(c.pushImage("acme/web", "1", "a"))
	got := c.do(http.MethodGet, "/v2/acme/web/referrers/"+digest, "")
	got.refused(t, 404, "MANIFEST_UNKNOWN", "manifest unknown")
	subject := `{"schemaVersion":2,"subject":{"digest":"` + digest + `"}}`
	put := c.do(http.MethodPut, "/v2/acme/web/manifests/"+digestOf(subject), subject, "Content-Type", imageType)
	if _, found := put.header["Oci-Subject"]; put.status != 201 || found {
		t.Errorf("got %d %v, want 201 without OCI-Subject", put.status, put.header)
	}
}
