package pull_test

import (
	"bytes"
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

// web is the host of a foreign layer, over HTTPS.
type web struct {
	*httptest.Server
	layer []byte

	mu       sync.Mutex
	requests []*http.Request
	breaks   int  // answers that end half way
	noRange  bool // answers whole whatever is asked for
}

func newWeb(t *testing.T) *web {
	t.Helper()
	w := &web{layer: bytes.Repeat([]byte("windows\n"), layerSize/8)}
	w.Server = httptest.NewTLSServer(w)
	t.Cleanup(func() {
		w.CloseClientConnections()
		w.Close()
	})
	return w
}

func (w *web) ServeHTTP(rw http.ResponseWriter, r *http.Request) {
	w.mu.Lock()
	w.requests = append(w.requests, r)
	breaks, noRange := w.breaks > 0, w.noRange
	w.breaks--
	w.mu.Unlock()
	switch r.URL.Path {
	case "/plain":
		http.Redirect(rw, r, "http://"+r.Host+"/layer", http.StatusFound)
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

// windows is an image whose first layer is fetched from addresses.
func (w *web) windows(t *testing.T, urls ...string) func(*sourcetest.Layout) v1.Descriptor {
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

func TestForeignLayers(t *testing.T) {
	t.Parallel()
	cases := []struct {
		name    string
		paths   []string // below the web's address, unless whole
		breaks  int
		noRange bool
		fails   string // in the error; "" is success
	}{
		{"from its address", []string{"/layer"}, 0, false, ""},
		{"the first that has it", []string{"ftp://example.com/x", "/nothing", "/plain", "/layer"}, 0, false, ""},
		{"over a redirect", []string{"/moved"}, 0, false, ""},
		{"after breaks", []string{"/layer"}, 2, false, ""},
		{"after a break, without ranges", []string{"/layer"}, 1, true, ""},
		{"broken for ever", []string{"/layer"}, 100, true, "unexpected EOF"},
		{"not over plain HTTP", []string{"http://127.0.0.1:1/layer"}, 0, false, "https only"},
		{"not with a password", []string{"https://me:secret@127.0.0.1:1/layer"}, 0, false, "https only"},
		{"not redirected to plain HTTP", []string{"/plain"}, 0, false, "not HTTPS"},
		{"not redirected for ever", []string{"/round"}, 0, false, "too often"},
		{"nowhere", []string{"/nothing"}, 0, false, "404"},
		{"other bytes", []string{"/wrong"}, 0, false, "other content"},
		{"too many bytes", []string{"/long"}, 0, false, "has"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			w := newWeb(t)
			w.breaks, w.noRange = c.breaks, c.noRange
			var urls []string
			for _, p := range c.paths {
				if strings.HasPrefix(p, "/") {
					p = w.URL + p
				}
				urls = append(urls, p)
			}
			r := newRig(t, w.windows(t, urls...), ghcrtest.Public)
			r.Web = w.Client().Transport.(*http.Transport)
			dir := filepath.Join(t.TempDir(), "layout")
			_, result, err := r.into(t.Context(), dir)
			for _, q := range w.requests {
				if q.Header.Get("Authorization") != "" || q.Header.Get("Referer") != "" {
					t.Errorf("%s was sent %v", q.URL, q.Header)
				}
			}
			if c.fails == "" {
				r.check(err)
				r.whole(dir)
				if result.Foreign.Blobs != 1 || result.Fetched.Blobs != 3 {
					t.Errorf("got %+v", result)
				}
				return
			}
			if err == nil || !strings.Contains(err.Error(), c.fails) {
				t.Errorf("got %v, want %q", err, c.fails)
			}
			noImage(t, dir)
		})
	}
}

func TestForeignLayerNobodyHasIsExplained(t *testing.T) {
	t.Parallel()
	w := newWeb(t)
	r := newRig(t, w.windows(t, w.URL+"/nothing?sig=secret"), ghcrtest.Public)
	r.Web = w.Client().Transport.(*http.Transport)
	_, _, err := r.into(t.Context(), "")
	if !diag.Is(err, pull.CodeForeign) || strings.Contains(err.Error(), "secret") {
		t.Errorf("got %v", err)
	}
}

// TestForeignLayerInTheRegistry: one that was pushed all the same comes from
// there, and no address is asked.
func TestForeignLayerInTheRegistry(t *testing.T) {
	t.Parallel()
	w := newWeb(t)
	r := newRig(t, w.windows(t, "https://127.0.0.1:1/layer"), ghcrtest.Public)
	_, err := r.ghcr.AddBlob("acme/web", w.layer)
	r.check(err)
	dir := filepath.Join(t.TempDir(), "layout")
	_, result, err := r.into(t.Context(), dir)
	r.check(err)
	r.whole(dir)
	if result.Foreign.Blobs != 0 {
		t.Errorf("got %+v", result)
	}
}
