package main

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/types"
)

// pushed contains the result of the push question in the fresh package.
type pushed struct {
	config, manifest string // digests
	configSize       int64  // configSize is the size of the config, in bytes.
	at               time.Time
}

var pushQuestions = []question{
	{"push", "Which Location, minimum chunk size and digests do the responses to a first push contain?", askPush},
	{"mount", "Does the registry mount a blob from another package of the same owner, and from the package itself?", askMount},
	{"single-post", "Does POST ?digest= accept a whole blob?", askSinglePost},
	{"chunk-limit", "Does the registry refuse a PATCH over 4 MiB with Content-Range, and without Content-Range?", askChunkLimit},
	{"upload-cancel", "What is the response to DELETE of an upload session?", askCancel},
}

// askPush creates the fresh package with an image that has a config and no layers.
func askPush(ctx context.Context, v *survey) error {
	auth, err := v.bearer(ctx, v.Fresh+":pull,push")
	if err != nil {
		return err
	}
	config := []byte(`{"architecture":"amd64","os":"linux","config":{},"rootfs":{"type":"layers","diff_ids":[]}}`)
	put, err := v.upload(ctx, auth, config)
	if err != nil {
		return err
	}
	v.note("PUT blob", put.summary())
	v.note("digest on PUT blob", put.presence("Docker-Content-Digest"))

	manifest, err := json.Marshal(v1.Manifest{
		SchemaVersion: 2, MediaType: types.OCIManifestSchema1, Layers: []v1.Descriptor{},
		Config: v1.Descriptor{MediaType: types.OCIConfigJSON, Size: int64(len(config)), Digest: hash(config)},
	})
	if err != nil {
		return fmt.Errorf("encoding a manifest: %w", err)
	}
	a, err := v.call(ctx, request{
		method: http.MethodPut, url: v.v2(v.Fresh, "manifests/live"), auth: auth, body: manifest,
		header: map[string]string{"Content-Type": string(types.OCIManifestSchema1)},
	})
	v.note("PUT manifest", a.summary())
	v.note("digest in the response to PUT manifest", a.presence("Docker-Content-Digest"))
	if err == nil && a.status == http.StatusCreated {
		v.pushed = pushed{config: hash(config).String(), manifest: hash(manifest).String(), configSize: int64(len(config)), at: time.Now()}
	}
	return err
}

// upload sends a blob to the fresh package with POST and PUT.
func (v *survey) upload(ctx context.Context, auth string, blob []byte) (answer, error) {
	opened, err := v.openUpload(ctx, auth, v.Fresh, "")
	if err != nil {
		return opened, err
	}
	v.note("POST", opened.summary())
	v.note("Location is absolute", yesNo(strings.Contains(opened.header.Get("Location"), "://")))
	v.note("OCI-Chunk-Min-Length", opened.header.Get("Oci-Chunk-Min-Length"))
	if opened.status != http.StatusAccepted {
		return opened, fmt.Errorf("the registry refuses the push: %s", v.excerpt(opened.body))
	}
	next, err := v.location(opened, url.Values{"digest": {hash(blob).String()}})
	if err != nil {
		return opened, err
	}
	return v.call(ctx, request{method: http.MethodPut, url: next, auth: auth, body: blob, header: octets})
}

var octets = map[string]string{"Content-Type": "application/octet-stream"}

func askMount(ctx context.Context, v *survey) error {
	auth, err := v.bearer(ctx, v.Fresh+":pull,push", v.Existing+":pull")
	if err != nil {
		return err
	}
	config, err := v.existingConfig(ctx, auth)
	if err != nil {
		return err
	}
	for _, m := range []struct{ name, digest, from string }{
		{"from another package", config, v.Existing},
		{"from itself", v.pushed.config, v.Fresh},
		{"of a missing blob", "sha256:" + strings.Repeat("0", 64), v.Existing},
	} {
		a, err := v.openUpload(ctx, auth, v.Fresh, "?"+url.Values{"mount": {m.digest}, "from": {m.from}}.Encode())
		if err != nil {
			return err
		}
		v.note(m.name, a.summary())
	}
	return nil
}

// existingConfig returns the digest of a blob that the existing package has. The blob
// is the config of the package's image, or the config of the first image in the
// package's index.
func (v *survey) existingConfig(ctx context.Context, auth string) (string, error) {
	accept := strings.Join([]string{
		string(types.OCIImageIndex), string(types.OCIManifestSchema1),
		string(types.DockerManifestList), string(types.DockerManifestSchema2),
	}, ", ")
	reference := v.Tag
	for range 2 {
		a, err := v.call(ctx, request{
			method: http.MethodGet, url: v.v2(v.Existing, "manifests/"+reference), auth: auth,
			header: map[string]string{"Accept": accept},
		})
		if err != nil {
			return "", err
		}
		var manifest struct {
			Config    v1.Descriptor
			Manifests []v1.Descriptor
		}
		if err := json.Unmarshal(a.body, &manifest); err != nil {
			return "", fmt.Errorf("decoding %s:%s (%s): %w", v.Existing, reference, a.summary(), err)
		}
		if manifest.Config.Digest.Hex != "" {
			return manifest.Config.Digest.String(), nil
		}
		if len(manifest.Manifests) == 0 {
			return "", fmt.Errorf("%s:%s contains no image: %s", v.Existing, reference, a.summary())
		}
		reference = manifest.Manifests[0].Digest.String()
	}
	return "", fmt.Errorf("%s:%s is an index of indexes", v.Existing, v.Tag)
}

func askSinglePost(ctx context.Context, v *survey) error {
	auth, err := v.bearer(ctx, v.Fresh+":pull,push")
	if err != nil {
		return err
	}
	blob := []byte("a blob sent in one request at " + time.Now().String())
	a, err := v.call(ctx, request{
		method: http.MethodPost, url: v.v2(v.Fresh, "blobs/uploads/?digest="+hash(blob).String()),
		auth: auth, body: blob, header: octets,
	})
	v.note("answer", a.summary())
	return err
}

func askChunkLimit(ctx context.Context, v *survey) error {
	auth, err := v.bearer(ctx, v.Fresh+":pull,push")
	if err != nil {
		return err
	}
	chunk := bytes.Repeat([]byte{0}, 4<<20+1)
	for name, header := range map[string]map[string]string{
		"with Content-Range":    {"Content-Type": octets["Content-Type"], "Content-Range": fmt.Sprintf("0-%d", len(chunk)-1)},
		"without Content-Range": octets,
	} {
		opened, err := v.openUpload(ctx, auth, v.Fresh, "")
		if err != nil {
			return err
		}
		next, err := v.location(opened, nil)
		if err != nil {
			return err
		}
		a, err := v.call(ctx, request{method: http.MethodPatch, url: next, auth: auth, body: chunk, header: header})
		if err != nil {
			return err
		}
		v.note(name, a.summary())
	}
	return nil
}

func askCancel(ctx context.Context, v *survey) error {
	auth, err := v.bearer(ctx, v.Fresh+":pull,push")
	if err != nil {
		return err
	}
	opened, err := v.openUpload(ctx, auth, v.Fresh, "")
	if err != nil {
		return err
	}
	next, err := v.location(opened, nil)
	if err != nil {
		return err
	}
	a, err := v.call(ctx, request{method: http.MethodDelete, url: next, auth: auth})
	v.note("answer", a.summary())
	return err
}

func hash(b []byte) v1.Hash {
	sum := sha256.Sum256(b)
	return v1.Hash{Algorithm: "sha256", Hex: hex.EncodeToString(sum[:])}
}
