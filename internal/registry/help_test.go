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

// canary is the secret of every test. No text may contain it.
const canary = "ghs_canary8VJ2kqTz5sXw"

// logins is a keychain of passwords by host. All logins have the same user name.
type logins map[string]string

func (l logins) Resolve(r authn.Resource) (authn.Authenticator, error) {
	if secret := l[r.RegistryStr()]; secret != "" {
		return authn.FromConfig(authn.AuthConfig{Username: "octocat", Password: secret}), nil
	}
	return authn.Anonymous, nil
}

// recorder records the waits and the requests of a client. The recorder ends each
// wait immediately.
type recorder struct {
	mu    sync.Mutex
	waits []time.Duration
	trace []registry.Exchange
}

func (w *recorder) sleep(ctx context.Context, d time.Duration) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.waits = append(w.waits, d)
	return ctx.Err()
}

func (w *recorder) record(x registry.Exchange) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.trace = append(w.trace, x)
}

func (w *recorder) recordedWaits() []time.Duration {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.waits
}

// failIfSecret fails the test if a text or the trace contains the secret.
func (w *recorder) failIfSecret(t *testing.T, texts ...string) {
	t.Helper()
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, x := range w.trace {
		texts = append(texts, x.Host, x.Path, x.Error, x.RequestID)
	}
	for _, text := range texts {
		for _, secret := range []string{canary, base64Of(canary), base64Of("octocat:" + canary)} {
			if strings.Contains(text, secret) {
				t.Errorf("%q contains the secret", text)
			}
		}
	}
}

// newClient returns a client for the server at a URL. If pool is nil, the server
// uses plain HTTP.
func newClient(t *testing.T, serverURL string, pool *x509.CertPool, change ...func(*registry.Options)) (*registry.Client, *recorder) {
	t.Helper()
	w := &recorder{}
	base := http.DefaultTransport.(*http.Transport).Clone()
	if pool != nil {
		base.TLSClientConfig.RootCAs = pool
	}
	host := serverURL[strings.Index(serverURL, "//")+2:]
	opts := registry.Options{Keychain: logins{host: canary}, Base: base, Trace: w.record, Sleep: w.sleep}
	for _, each := range change {
		each(&opts)
	}
	c := registry.New(opts)
	t.Cleanup(c.Close)
	t.Cleanup(func() { w.failIfSecret(t) })
	return c, w
}

func base64Of(text string) string { return base64.StdEncoding.EncodeToString([]byte(text)) }

// fixture is a client and an embedded ghcr.io.
type fixture struct {
	*recorder
	t      *testing.T
	ghcr   *ghcrtest.Server
	host   string
	client *registry.Client
	repo   name.Repository

	// The function before, if set, receives each request before ghcr.io. It can also
	// send the response.
	before func(http.ResponseWriter, *http.Request) (done bool)
}

// openWorld returns a configuration that accepts every repository and the test's
// secret.
func openWorld() ghcrtest.Config { return ghcrtest.Config{Open: &ghcrtest.Open{Token: canary}} }

func newFixture(t *testing.T, config ghcrtest.Config, change ...func(*registry.Options)) *fixture {
	t.Helper()
	r := &fixture{t: t, ghcr: ghcrtest.New(config)}
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
	r.client, r.recorder = newClient(t, server.URL, nil, change...)
	r.host = server.Listener.Addr().String()
	r.repo = r.at("acme/web")
	return r
}

// at returns a repository of the embedded registry.
func (r *fixture) at(path string) name.Repository { return repository(r.t, r.host+"/"+path) }

func repository(t *testing.T, text string) name.Repository {
	t.Helper()
	repo, err := name.NewRepository(text)
	if err != nil {
		t.Fatal(err)
	}
	return repo
}

// counts returns the number of requests by class.
func (r *fixture) counts() map[ghcrtest.Class]int { return r.ghcr.Counts() }

func (r *fixture) total() int { return len(r.ghcr.Requests()) }

// received returns the number of body bytes that the registry received.
func (r *fixture) received() (n int64) {
	for _, each := range r.ghcr.Requests() {
		n += each.Received
	}
	return n
}

// wantBlob fails the test if the registry does not have exactly this blob.
func (r *fixture) wantBlob(content []byte) {
	r.t.Helper()
	got, err := r.ghcr.Blob("acme/web", hashOf(content).String())
	if err != nil || !bytes.Equal(got, content) {
		r.t.Errorf("the registry has %d bytes (%v), want the %d bytes that were sent", len(got), err, len(content))
	}
}

// mustRepository returns acme/web on a host.
func mustRepository(host string) name.Repository {
	repo, err := name.NewRepository(host + "/acme/web")
	if err != nil {
		panic(err) // the host is the address of a test server
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

// repeatedText returns n bytes that differ by name.
func repeatedText(name string, n int) []byte {
	return bytes.Repeat([]byte(name+"\n"), n/len(name)+1)[:n]
}

// knownBlob returns a blob whose digest is known.
func knownBlob(content []byte) *image.Blob {
	return &image.Blob{Descriptor: descriptor(content), Open: opener(content)}
}

// pendingBlob returns a blob whose digest is known only at the end of its content.
func pendingBlob(content []byte) *image.Blob {
	return &image.Blob{
		Descriptor: v1.Descriptor{MediaType: types.OCILayer}, PlainSize: int64(len(content)), Open: opener(content),
	}
}

func opener(content []byte) func(context.Context) (io.ReadCloser, error) {
	return func(context.Context) (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(content)), nil }
}

// artifact returns a manifest with one blob.
func artifact(blob []byte) *image.Manifest {
	d := hashOf(blob).String()
	raw := []byte(`{"schemaVersion":2,"mediaType":"` + string(types.OCIManifestSchema1) + `",` +
		`"config":{"mediaType":"application/vnd.oci.empty.v1+json","digest":"` + d + `","size":2},"layers":[]}`)
	return &image.Manifest{
		Raw:        raw,
		Descriptor: v1.Descriptor{MediaType: types.OCIManifestSchema1, Digest: hashOf(raw), Size: int64(len(raw))},
	}
}
