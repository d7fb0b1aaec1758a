package registry_test

import (
	"bytes"
	"context"
	"crypto/x509"
	"encoding/base64"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-containerregistry/pkg/authn"
	"github.com/google/go-containerregistry/pkg/name"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/types"

	"github.com/ghcr-publish/ghcr-publish/internal/ghcrtest"
	"github.com/ghcr-publish/ghcr-publish/internal/image"
	"github.com/ghcr-publish/ghcr-publish/internal/registry"
)

// canary is the secret of every test: it must not turn up anywhere.
const canary = "ghs_canary8VJ2kqTz5sXw"

// logins is a keychain: passwords by host, all of one user.
type logins map[string]string

func (l logins) Resolve(r authn.Resource) (authn.Authenticator, error) {
	if secret := l[r.RegistryStr()]; secret != "" {
		return authn.FromConfig(authn.AuthConfig{Username: "octocat", Password: secret}), nil
	}
	return authn.Anonymous, nil
}

// watch records what a client waits for and does, and lets no wait last.
type watch struct {
	mu    sync.Mutex
	waits []time.Duration
	trace []registry.Exchange
}

func (w *watch) sleep(ctx context.Context, d time.Duration) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.waits = append(w.waits, d)
	return ctx.Err()
}

func (w *watch) hear(x registry.Exchange) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.trace = append(w.trace, x)
}

func (w *watch) waited() []time.Duration {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.waits
}

// quiet fails the test if the secret is in a text or was traced.
func (w *watch) quiet(t *testing.T, texts ...string) {
	t.Helper()
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, x := range w.trace {
		texts = append(texts, x.Host, x.Path, x.Error, x.RequestID)
	}
	for _, text := range texts {
		for _, secret := range []string{canary, base64Of(canary), base64Of("octocat:" + canary)} {
			if strings.Contains(text, secret) {
				t.Errorf("the secret is in %q", text)
			}
		}
	}
}

// against makes a client for a server, plain or with a certificate.
func against(t *testing.T, at string, pool *x509.CertPool, change ...func(*registry.Options)) (*registry.Client, *watch) {
	t.Helper()
	w := &watch{}
	base := http.DefaultTransport.(*http.Transport).Clone()
	if pool != nil {
		base.TLSClientConfig.RootCAs = pool
	}
	host := at[strings.Index(at, "//")+2:]
	opts := registry.Options{Keychain: logins{host: canary}, Base: base, Trace: w.hear, Sleep: w.sleep}
	for _, each := range change {
		each(&opts)
	}
	c := registry.New(opts)
	t.Cleanup(c.Close)
	t.Cleanup(func() { w.quiet(t) })
	return c, w
}

func base64Of(text string) string { return base64.StdEncoding.EncodeToString([]byte(text)) }

// rig is a client, an embedded ghcr.io, and what a test puts between.
type rig struct {
	*watch
	t      *testing.T
	ghcr   *ghcrtest.Server
	host   string
	client *registry.Client
	repo   name.Repository

	// before, if set, sees each request first and may answer it.
	before func(http.ResponseWriter, *http.Request) (done bool)
}

// open is a world that knows everybody, and the test's secret.
func open() ghcrtest.Config { return ghcrtest.Config{Open: &ghcrtest.Open{Token: canary}} }

func newRig(t *testing.T, config ghcrtest.Config, change ...func(*registry.Options)) *rig {
	t.Helper()
	r := &rig{t: t, ghcr: ghcrtest.New(config)}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		if r.before == nil || !r.before(w, req) {
			r.ghcr.ServeHTTP(w, req)
		}
	}))
	t.Cleanup(func() {
		_ = r.ghcr.Close()
		server.CloseClientConnections()
		server.Close()
	})
	r.client, r.watch = against(t, server.URL, nil, change...)
	r.host = server.Listener.Addr().String()
	r.repo = r.at("acme/web")
	return r
}

// at is a repository of the rig's registry.
func (r *rig) at(path string) name.Repository { return repository(r.t, r.host+"/"+path) }

func repository(t *testing.T, text string) name.Repository {
	t.Helper()
	repo, err := name.NewRepository(text)
	if err != nil {
		t.Fatal(err)
	}
	return repo
}

// requests are the embedded registry's, as method and class.
func (r *rig) counts() map[ghcrtest.Class]int { return r.ghcr.Counts() }

func (r *rig) total() int { return len(r.ghcr.Requests()) }

// received is how many bytes of bodies arrived.
func (r *rig) received() (n int64) {
	for _, each := range r.ghcr.Requests() {
		n += each.Received
	}
	return n
}

// holds fails the test unless the registry has exactly these bytes.
func (r *rig) holds(content []byte) {
	r.t.Helper()
	got, err := r.ghcr.Blob("acme/web", hashOf(content).String())
	if err != nil || !bytes.Equal(got, content) {
		r.t.Errorf("the registry holds %d bytes (%v), want the %d sent", len(got), err, len(content))
	}
}

// mustRepository is acme/web on a host.
func mustRepository(host string) name.Repository {
	repo, err := name.NewRepository(host + "/acme/web")
	if err != nil {
		panic(err) // the host is a test server's address
	}
	return repo
}

func hashOf(content []byte) v1.Hash {
	h, _, err := v1.SHA256(bytes.NewReader(content))
	if err != nil {
		panic(err) // reading memory cannot fail
	}
	return h
}

func descriptor(content []byte) v1.Descriptor {
	return v1.Descriptor{MediaType: types.OCILayer, Digest: hashOf(content), Size: int64(len(content))}
}

// pattern is n bytes that differ by name.
func pattern(name string, n int) []byte { return bytes.Repeat([]byte(name+"\n"), n/len(name)+1)[:n] }

// known is a blob whose digest is known.
func known(content []byte) *image.Blob {
	return &image.Blob{Descriptor: descriptor(content), Open: reading(content)}
}

// pending is a blob whose digest is known at its end.
func pending(content []byte) *image.Blob {
	return &image.Blob{
		Descriptor: v1.Descriptor{MediaType: types.OCILayer}, PlainSize: int64(len(content)), Open: reading(content),
	}
}

func reading(content []byte) func(context.Context) (io.ReadCloser, error) {
	return func(context.Context) (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(content)), nil }
}

// artifact is a manifest of one blob.
func artifact(blob []byte) *image.Manifest {
	d := hashOf(blob).String()
	raw := []byte(`{"schemaVersion":2,"mediaType":"` + string(types.OCIManifestSchema1) + `",` +
		`"config":{"mediaType":"application/vnd.oci.empty.v1+json","digest":"` + d + `","size":2},"layers":[]}`)
	return &image.Manifest{
		Raw:        raw,
		Descriptor: v1.Descriptor{MediaType: types.OCIManifestSchema1, Digest: hashOf(raw), Size: int64(len(raw))},
	}
}
