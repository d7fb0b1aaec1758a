package registry

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"strconv"
	"strings"

	"github.com/google/go-containerregistry/pkg/name"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/types"

	"github.com/ghcr-publish/ghcr-publish/internal/image"
)

// Head returns the descriptor of a reference. If IsAbsent(err) is true, the
// reference does not exist or is hidden from the token. Head does not verify the
// descriptor. To get a verified descriptor, use Manifest.
func (c *Client) Head(ctx context.Context, ref name.Reference) (v1.Descriptor, error) {
	resp, err := c.do(ctx, c.manifestCall(http.MethodHead, ref, discardBody))
	if err != nil {
		return v1.Descriptor{}, err
	}
	digest, err := v1.NewHash(resp.Header.Get("Docker-Content-Digest"))
	if err != nil {
		return c.headByGet(ctx, ref)
	}
	size, _ := strconv.ParseInt(resp.Header.Get("Content-Length"), 10, 64) // The size of the descriptor is 0 if the header Content-Length is absent.
	return v1.Descriptor{MediaType: mediaType(resp), Digest: digest, Size: size}, nil
}

// headByGet sends a GET request for registries whose response to HEAD does not
// contain the digest.
func (c *Client) headByGet(ctx context.Context, ref name.Reference) (v1.Descriptor, error) {
	desc, _, err := c.Manifest(ctx, ref)
	return desc, err
}

// Manifest reads a manifest and computes its digest. Manifest returns an error
// if the manifest is larger than image.MaxManifestSize. Manifest also returns an
// error if the digest differs from the digest in the reference or in the header
// of the response.
func (c *Client) Manifest(ctx context.Context, ref name.Reference) (v1.Descriptor, []byte, error) {
	var raw []byte
	var digest v1.Hash
	resp, err := c.do(ctx, c.manifestCall(http.MethodGet, ref, func(resp *http.Response) (err error) {
		raw, digest, err = readManifest(resp, ref)
		return err
	}))
	if err != nil {
		return v1.Descriptor{}, nil, err
	}
	return v1.Descriptor{MediaType: mediaType(resp), Digest: digest, Size: int64(len(raw))}, raw, nil
}

// TagState reads the manifest of a tag, and returns the header ETag, which names the state of
// the tag. The state is "" if the registry does not send the header, or sends a weak
// validator, which no condition can name (RFC 9110, section 13.1.1).
func (c *Client) TagState(ctx context.Context, tag name.Tag) (raw []byte, state string, err error) {
	resp, err := c.do(ctx, c.manifestCall(http.MethodGet, tag, func(resp *http.Response) (err error) {
		raw, _, err = readManifest(resp, tag)
		return err
	}))
	if err != nil {
		return nil, "", err
	}
	if state = resp.Header.Get("ETag"); strings.HasPrefix(state, "W/") {
		state = ""
	}
	return raw, state, nil
}

// readManifest reads the body of a response and hashes it. If the digest is unknown
// before the read, only the JSON of the manifest shows whether the body is complete. An
// invalid manifest with the expected digest is not an error here, because another read
// would return the same bytes.
func readManifest(resp *http.Response, ref name.Reference) ([]byte, v1.Hash, error) {
	raw, err := io.ReadAll(io.LimitReader(resp.Body, image.MaxManifestSize+1))
	if err != nil {
		return nil, v1.Hash{}, err
	}
	wrong := &ResponseError{Host: resp.Request.URL.Host, Operation: fmt.Sprintf("reading manifest %q", ref)}
	if len(raw) > image.MaxManifestSize {
		wrong.Problem = fmt.Sprintf("the manifest is larger than %d bytes", image.MaxManifestSize)
		return nil, v1.Hash{}, wrong
	}
	digest, _, err := v1.SHA256(bytes.NewReader(raw))
	expected := 0
	for _, want := range []string{digestOf(ref), resp.Header.Get("Docker-Content-Digest")} {
		if want == "" {
			continue
		}
		if expected++; want != digest.String() {
			wrong.Problem = fmt.Sprintf("the received bytes have the digest %s, but the expected digest is %s", digest, sanitize(want))
			return nil, v1.Hash{}, wrong
		}
	}
	if expected == 0 && !json.Valid(raw) {
		wrong.Problem = fmt.Sprintf("the %d received bytes are not complete JSON", len(raw))
		return nil, v1.Hash{}, wrong
	}
	return raw, digest, err
}

// PutManifest pushes a manifest by tag or by digest. PutManifest returns an
// error if the response of the registry contains another digest than the digest
// of the manifest.
func (c *Client) PutManifest(ctx context.Context, ref name.Reference, m *image.Manifest) error {
	return c.putManifest(ctx, ref, m, nil)
}

// ReplaceTag pushes a manifest by tag, as PutManifest does. The state is a result of
// TagState. If the state is not "", the registry writes the tag only if the tag is still in
// this state. Otherwise, IsChanged(err) is true.
func (c *Client) ReplaceTag(ctx context.Context, tag name.Tag, m *image.Manifest, state string) error {
	if state == "" {
		return c.putManifest(ctx, tag, m, nil)
	}
	return c.putManifest(ctx, tag, m, http.Header{"If-Match": {state}})
}

func (c *Client) putManifest(ctx context.Context, ref name.Reference, m *image.Manifest, condition http.Header) error {
	k := c.manifestCall(http.MethodPut, ref, discardBody)
	k.access = Push
	k.header = http.Header{"Content-Type": {string(m.Descriptor.MediaType)}}
	maps.Copy(k.header, condition)
	k.size = int64(len(m.Raw))
	k.body = func(context.Context) (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(m.Raw)), nil }
	k.statuses = []int{http.StatusCreated, http.StatusOK, http.StatusAccepted}
	resp, err := c.do(ctx, k)
	if err != nil {
		var refused *Error
		if errors.As(err, &refused) && refused.Operation == k.operation { // If the run was cancelled, the error can come from another request.
			refused.Attestation = m.IsArtifactAttestation()
		}
		return err
	}
	if got := resp.Header.Get("Docker-Content-Digest"); got != "" && got != m.Descriptor.Digest.String() {
		return &ResponseError{
			Host: resp.Request.URL.Host, Operation: k.operation,
			Problem: fmt.Sprintf("the registry stored a manifest with the digest %s, but the pushed manifest has the digest %s", sanitize(got), m.Descriptor.Digest),
		}
	}
	return nil
}

// Lacks reports whether the registry responded with 404 to a read of the manifest to
// which a reference points. The result is false for a part of the image, such as a blob.
func (e *Error) Lacks(ref name.Reference) bool {
	read := e.Operation == manifestOperation(http.MethodGet, ref) || e.Operation == manifestOperation(http.MethodHead, ref)
	return read && e.Status == http.StatusNotFound && e.From == "" && e.Repository == ref.Context().RepositoryStr()
}

func manifestOperation(method string, ref name.Reference) string {
	return fmt.Sprintf("%s manifest %q", method, ref.Identifier())
}

func (c *Client) manifestCall(method string, ref name.Reference, read func(*http.Response) error) call {
	return call{
		operation:   manifestOperation(method, ref),
		method:      method,
		repo:        ref.Context(),
		access:      Pull,
		path:        "manifests/" + ref.Identifier(),
		header:      http.Header{"Accept": {c.accepted.header()}},
		statuses:    []int{http.StatusOK},
		readContent: read,
	}
}

func mediaType(resp *http.Response) types.MediaType {
	mt, _, _ := strings.Cut(resp.Header.Get("Content-Type"), ";")
	return types.MediaType(strings.TrimSpace(mt))
}

// digestOf returns the digest in a reference, or "" if the reference has a tag.
func digestOf(ref name.Reference) string {
	if d, ok := ref.(name.Digest); ok {
		return d.DigestStr()
	}
	return ""
}
