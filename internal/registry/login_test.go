package registry_test

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/ghcr-publish/ghcr-publish/internal/ghcrtest"
	"github.com/ghcr-publish/ghcr-publish/internal/registry"
)

func TestProveIsATokenRequestAndALook(t *testing.T) {
	t.Parallel()
	r := newRig(t, open())
	if err := r.client.Prove(t.Context(), r.repo.Registry); err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, q := range r.ghcr.Requests() {
		path, _, _ := strings.Cut(q.Path, "?")
		got = append(got, q.Method+" "+path)
	}
	if want := []string{"GET /token", "GET /v2/"}; !slices.Equal(got, want) {
		t.Errorf("asked %q, want %q", got, want)
	}
}

func TestProveOfAWrongSecret(t *testing.T) {
	t.Parallel()
	r := newRig(t, ghcrtest.Config{Open: &ghcrtest.Open{Token: "another"}})
	if err := r.client.Prove(t.Context(), r.repo.Registry); !registry.IsRefused(err) {
		t.Errorf("got %v, want a refusal", err)
	}
}

func TestProveSurvivesPassingFaults(t *testing.T) {
	t.Parallel()
	for _, path := range []string{"/token", "/v2/"} {
		r := newRig(t, open())
		r.ghcr.Inject(ghcrtest.Fault{Path: path, Times: 2, Effect: ghcrtest.Answer{Status: 503}}, ghcrtest.Fault{Path: path, Effect: ghcrtest.Answer{Status: 429}})
		if err := r.client.Prove(t.Context(), r.repo.Registry); err != nil {
			t.Errorf("%s: %v", path, err)
		}
		if len(r.waited()) != 3 {
			t.Errorf("%s: waited %v", path, r.waited())
		}
	}
}

// A registry with Basic authentication says nothing until it is shown the
// login.
func TestProveWithBasic(t *testing.T) {
	t.Parallel()
	for _, secret := range []string{canary, "another"} {
		server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if _, got, _ := r.BasicAuth(); got == secret {
				return
			}
			w.Header().Set("WWW-Authenticate", `Basic realm="x"`)
			w.WriteHeader(http.StatusUnauthorized)
		}))
		t.Cleanup(server.Close)
		c, _ := against(t, server.URL, nil)
		err := c.Prove(t.Context(), mustRepository(server.Listener.Addr().String()).Registry)
		if (err == nil) != (secret == canary) || (err != nil && !registry.IsRefused(err)) {
			t.Errorf("with the secret %q: %v", secret, err)
		}
	}
}

// A realm on another owner's host gets no login, and that is no proof.
func TestProveAtAForeignRealm(t *testing.T) {
	t.Parallel()
	var mu sync.Mutex
	var heard []string
	realm := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		mu.Lock()
		heard = append(heard, r.Header.Get("Authorization")+r.URL.RawQuery)
		mu.Unlock()
		_, _ = w.Write([]byte(`{"token":"x"}`))
	}))
	t.Cleanup(realm.Close)
	at := strings.Replace(realm.URL, "127.0.0.1", "localhost", 1)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/v2/" && r.Header.Get("Authorization") != "" {
			return
		}
		w.Header().Set("WWW-Authenticate", `Bearer realm="`+at+`/token",service="x"`)
		w.WriteHeader(http.StatusUnauthorized)
	}))
	t.Cleanup(server.Close)
	c, w := against(t, server.URL, nil)
	err := c.Prove(t.Context(), mustRepository(server.Listener.Addr().String()).Registry)
	var foreign *registry.ForeignRealm
	if err == nil {
		t.Fatal("a login that nobody saw is proven")
	}
	if !errors.As(err, &foreign) {
		t.Errorf("got %v", err)
	}
	mu.Lock()
	defer mu.Unlock()
	w.quiet(t, append(heard, err.Error())...)
}
