package attest

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	v1 "github.com/google/go-containerregistry/pkg/v1"

	"github.com/ghcr-publish/ghcr-publish/internal/ghcrtest"
	"github.com/ghcr-publish/ghcr-publish/internal/ghcrtest/sigstore"
)

const imageName = "ghcr.io/acme/web"

// digestOf returns the digest of a text.
func digestOf(text string) v1.Hash {
	hash := sha256.Sum256([]byte(text))
	return v1.Hash{Algorithm: "sha256", Hex: hex.EncodeToString(hash[:])}
}

// rig is an embedded Sigstore with a job.
type rig struct {
	t        *testing.T
	server   *ghcrtest.Server
	services *sigstore.Sigstore
	folder   string
	offset   atomic.Int64 // of the clock of the services
}

func newRig(t *testing.T, form sigstore.Form) *rig {
	t.Helper()
	r := &rig{t: t, folder: t.TempDir()}
	r.server = ghcrtest.Start(t, ghcrtest.Config{
		Open: &ghcrtest.Open{}, Sigstore: form,
		Clock: func() time.Time { return time.Now().Add(time.Duration(r.offset.Load())) },
	})
	var err error
	if r.services, err = r.server.Sigstore(); err != nil {
		t.Fatal(err)
	}
	if err := r.services.WriteFiles(r.folder, r.server.URL()); err != nil {
		t.Fatal(err)
	}
	return r
}

// signer returns the signer of a job with the given claims. The signer does not wait.
func (r *rig) signer(claims sigstore.Claims) *Signer {
	env := map[string]string{"GITHUB_SERVER_URL": "https://github.com"}
	for _, pair := range r.services.Env(r.server.URL(), claims) {
		name, value, _ := strings.Cut(pair, "=")
		env[name] = value
	}
	return &Signer{
		Job: JobOf(func(name string) string { return env[name] }), Sigstore: r.folder, UserAgent: "test",
		Sleep: func(context.Context, time.Duration) error { return nil },
	}
}

func (r *rig) open(claims sigstore.Claims) *Session {
	r.t.Helper()
	session, err := r.signer(claims).Open(r.t.Context())
	if err != nil {
		r.t.Fatal(err)
	}
	return session
}

// job returns the claims of a job of acme/web.
func job() sigstore.Claims { return sigstore.JobClaims("acme/web", "public") }

// provenance returns the provenance of images with the given contents.
func provenanceOf(t *testing.T, s *Session, contents ...string) Statement {
	t.Helper()
	var digests []v1.Hash
	for _, content := range contents {
		digests = append(digests, digestOf(content))
	}
	out, err := s.Claims.Provenance(imageName, digests)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// seal returns a bundle that the session did not verify.
func (r *rig) seal(s *Session, statement Statement) *bundleJSON {
	r.t.Helper()
	out, err := s.seal(r.t.Context(), statement)
	if err != nil {
		r.t.Fatal(err)
	}
	return out
}

func (r *rig) verifier() *Verifier {
	r.t.Helper()
	raw, err := os.ReadFile(filepath.Join(r.folder, rootFile))
	if err != nil {
		r.t.Fatal(err)
	}
	out, err := NewVerifier(raw)
	if err != nil {
		r.t.Fatal(err)
	}
	return out
}

func encode(t *testing.T, value any) []byte {
	t.Helper()
	raw, err := json.Marshal(value)
	if err != nil {
		t.Fatal(err)
	}
	return raw
}

// change returns a bundle with a changed copy of its JSON.
func change(t *testing.T, bundle *bundleJSON, edit func(map[string]any)) []byte {
	t.Helper()
	var value map[string]any
	if err := json.Unmarshal(encode(t, bundle), &value); err != nil {
		t.Fatal(err)
	}
	edit(value)
	return encode(t, value)
}

// object returns the object below the given keys.
func object(value map[string]any, keys ...string) map[string]any {
	for _, key := range keys {
		value, _ = value[key].(map[string]any)
	}
	return value
}
