package pull_test

import (
	"bytes"
	"context"
	"net"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/types"

	"github.com/ghcr-publish/ghcr-publish/internal/diag"
	"github.com/ghcr-publish/ghcr-publish/internal/ghcrtest"
	"github.com/ghcr-publish/ghcr-publish/internal/pull"
	"github.com/ghcr-publish/ghcr-publish/internal/source/sourcetest"
)

// layerHost is an HTTPS server that has a foreign layer.
type layerHost struct {
	*httptest.Server
	layer []byte

	mu       sync.Mutex
	requests []*http.Request
	breaks   int  // number of responses that end after half of the layer
	noRange  bool // the server ignores the range of a request
}

func newLayerHost(t *testing.T) *layerHost {
	t.Helper()
	w := &layerHost{layer: bytes.Repeat([]byte("windows\n"), layerSize/8)}
	w.Server = httptest.NewTLSServer(w)
	t.Cleanup(func() {
		w.CloseClientConnections()
		w.Close()
	})
	return w
}

func (w *layerHost) ServeHTTP(rw http.ResponseWriter, r *http.Request) {
	w.mu.Lock()
	w.requests = append(w.requests, r)
	breaks, noRange := w.breaks > 0, w.noRange
	w.breaks--
	w.mu.Unlock()
	switch r.URL.Path {
	case "/plain":
		http.Redirect(rw, r, "http://"+r.Host+"/layer", http.StatusFound)
		return
	case "/away":
		http.Redirect(rw, r, w.URL+"/layer", http.StatusFound)
		return
	case "/moved":
		http.Redirect(rw, r, "/layer", http.StatusFound)
		return
	case "/round":
		http.Redirect(rw, r, "/round", http.StatusFound)
		return
	case "/wrong":
		_, _ = rw.Write(bytes.ToUpper(w.layer))
		return
	case "/long":
		_, _ = rw.Write(append(bytes.Clone(w.layer), '!'))
		return
	case "/layer":
	default:
		http.NotFound(rw, r)
		return
	}
	if breaks {
		rw.Header().Set("Content-Length", strconv.Itoa(len(w.layer)))
		_, _ = rw.Write(w.layer[:len(w.layer)/2])
		panic(http.ErrAbortHandler)
	}
	if noRange {
		r.Header.Del("Range")
	}
	http.ServeContent(rw, r, "", time.Time{}, bytes.NewReader(w.layer))
}

// windows returns a function that makes an image. The first layer of the image is
// a foreign layer with the given addresses.
func (w *layerHost) windows(t *testing.T, urls ...string) func(*sourcetest.Layout) v1.Descriptor {
	return func(l *sourcetest.Layout) v1.Descriptor {
		own := sourcetest.LayerTar(t, "own")
		base := l.Blob(types.DockerForeignLayer, w.layer)
		base.URLs = urls
		return l.JSON(types.OCIManifestSchema1, v1.Manifest{
			SchemaVersion: 2, MediaType: types.OCIManifestSchema1,
			Config: l.Blob(types.OCIConfigJSON, sourcetest.Config(t, &v1.Platform{OS: "windows", Architecture: "amd64", OSVersion: "10.0.20348.1"}, w.layer, own)),
			Layers: []v1.Descriptor{base, l.Blob(types.OCIUncompressedLayer, own)},
		})
	}
}

func TestForeignLayersAreFetchedFromTheirAddresses(t *testing.T) {
	t.Parallel()
	cases := []struct {
		name    string
		paths   []string // paths on the host, or complete addresses
		breaks  int
		noRange bool
		fails   string // text in the error, or "" if the pull succeeds
	}{
		{"one address", []string{"/layer"}, 0, false, ""},
		{"the first address that has the layer", []string{"ftp://example.com/x", "/nothing", "/plain", "/layer"}, 0, false, ""},
		{"a redirect", []string{"/moved"}, 0, false, ""},
		{"two interruptions", []string{"/layer"}, 2, false, ""},
		{"an interruption without support for ranges", []string{"/layer"}, 1, true, ""},
		{"an interruption of each response", []string{"/layer"}, 100, true, "unexpected EOF"},
		{"plain HTTP", []string{"http://127.0.0.1:1/layer"}, 0, false, "must start with https"},
		{"an address with a password", []string{"https://me:secret@127.0.0.1:1/layer"}, 0, false, "must start with https"},
		{"a redirect to plain HTTP", []string{"/plain"}, 0, false, "not an https:// address"},
		{"too many redirects", []string{"/round"}, 0, false, "too often"},
		{"an address without the layer", []string{"/nothing"}, 0, false, "404"},
		{"other bytes", []string{"/wrong"}, 0, false, "wrong content"},
		{"too many bytes", []string{"/long"}, 0, false, "has"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			w := newLayerHost(t)
			w.breaks, w.noRange = c.breaks, c.noRange
			var urls []string
			for _, p := range c.paths {
				if strings.HasPrefix(p, "/") {
					p = w.URL + p
				}
				urls = append(urls, p)
			}
			r := newFixture(t, w.windows(t, urls...), ghcrtest.Public)
			r.ForeignTransport = w.Client().Transport.(*http.Transport)
			dir := filepath.Join(t.TempDir(), "layout")
			_, result, err := r.pullInto(t.Context(), dir)
			for _, q := range w.requests {
				if q.Header.Get("Authorization") != "" || q.Header.Get("Referer") != "" {
					t.Errorf("the request for %s has the header %v", q.URL, q.Header)
				}
			}
			if c.fails == "" {
				r.check(err)
				r.checkComplete(dir)
				if result.Foreign.Blobs != 1 || result.Fetched.Blobs != 3 {
					t.Errorf("got %+v", result)
				}
				return
			}
			if err == nil || !strings.Contains(err.Error(), c.fails) {
				t.Errorf("got %v, want %q", err, c.fails)
			}
			checkNoImage(t, dir)
		})
	}
}

func TestForeignLayerWithoutAnAnswerIsExplained(t *testing.T) {
	t.Parallel()
	w := newLayerHost(t)
	r := newFixture(t, w.windows(t, w.URL+"/nothing?sig=secret"), ghcrtest.Public)
	r.ForeignTransport = w.Client().Transport.(*http.Transport)
	_, _, err := r.pullInto(t.Context(), "")
	if !diag.Is(err, pull.CodeForeignLayer) || strings.Contains(err.Error(), "secret") {
		t.Errorf("got %v", err)
	}
}

// If the registry has the foreign layer, the addresses in the manifest get no
// request.
func TestForeignLayerInTheRegistryIsFetchedFromTheRegistry(t *testing.T) {
	t.Parallel()
	w := newLayerHost(t)
	r := newFixture(t, w.windows(t, "https://127.0.0.1:1/layer"), ghcrtest.Public)
	_, err := r.ghcr.AddBlob("acme/web", w.layer)
	r.check(err)
	dir := filepath.Join(t.TempDir(), "layout")
	_, result, err := r.pullInto(t.Context(), dir)
	r.check(err)
	r.checkComplete(dir)
	if result.Foreign.Blobs != 0 {
		t.Errorf("got %+v", result)
	}
}

// farConn is a connection to this machine that seems to have another address.
type farConn struct{ net.Conn }

func (farConn) RemoteAddr() net.Addr { return &net.TCPAddr{IP: net.IPv4(13, 107, 246, 1), Port: 443} }

// The manifest comes from a registry in the public network. Its addresses, the targets of
// redirects and the addresses of names are not trusted.
func TestForeignLayersOfAPublicRegistryAreNotFetchedFromAPrivateAddress(t *testing.T) {
	t.Parallel()
	w := newLayerHost(t)
	desc := v1.Descriptor{MediaType: types.DockerForeignLayer, Size: int64(len(w.layer))}
	var err error
	if desc.Digest, _, err = v1.SHA256(bytes.NewReader(w.layer)); err != nil {
		t.Fatal(err)
	}
	cases := []struct {
		name, address string
		public        bool
		requests      int // requests to the host of the layer
		fails         bool
	}{
		{"an address of this machine", w.URL + "/layer", true, 0, true},
		{"a redirect to this machine", "https://example.com/away", true, 1, true},
		{"an address of the public network", "https://example.com/layer", true, 1, false},
		{"a registry in a private network", w.URL + "/layer", false, 1, false},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			w.requests = nil
			base := w.Client().Transport.(*http.Transport).Clone()
			base.DialContext = func(ctx context.Context, network, address string) (net.Conn, error) {
				conn, err := (&net.Dialer{}).DialContext(ctx, network, w.Listener.Addr().String())
				if err == nil && address == "example.com:443" {
					conn = farConn{conn}
				}
				return conn, err
			}
			desc := desc
			desc.URLs = []string{c.address}
			in, err := pull.FetchForeign(t.Context(), base, c.public, desc)
			if err == nil {
				in.Close()
			}
			if (err != nil) != c.fails || c.fails && !strings.Contains(err.Error(), "not in the public network") {
				t.Errorf("got %v", err)
			}
			if len(w.requests) != c.requests {
				t.Errorf("got %d requests, want %d", len(w.requests), c.requests)
			}
		})
	}
}
