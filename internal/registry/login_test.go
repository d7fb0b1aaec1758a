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

func TestCheckLoginIsATokenRequestAndAPing(t *testing.T) {
	t.Parallel()
	r := newFixture(t, openWorld())
	if err := r.client.CheckLogin(t.Context(), r.repo.Registry); err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, q := range r.ghcr.Requests() {
		path, _, _ := strings.Cut(q.Path, "?")
		got = append(got, q.Method+" "+path)
	}
	if want := []string{"GET /token", "GET /v2/"}; !slices.Equal(got, want) {
		t.Errorf("requests %q, want %q", got, want)
	}
}

func TestCheckLoginWithAWrongSecretIsRefused(t *testing.T) {
	t.Parallel()
	r := newFixture(t, ghcrtest.Config{Open: &ghcrtest.Open{Token: "another"}})
	if err := r.client.CheckLogin(t.Context(), r.repo.Registry); !registry.IsRefused(err) {
		t.Errorf("got %v, want a refusal", err)
	}
}

func TestCheckLoginRetriesTemporaryFaults(t *testing.T) {
	t.Parallel()
	for _, path := range []string{"/token", "/v2/"} {
		r := newFixture(t, openWorld())
		r.ghcr.Inject(ghcrtest.Fault{Path: path, Times: 2, Effect: ghcrtest.Answer{Status: 503}}, ghcrtest.Fault{Path: path, Effect: ghcrtest.Answer{Status: 429}})
		if err := r.client.CheckLogin(t.Context(), r.repo.Registry); err != nil {
			t.Errorf("%s: %v", path, err)
		}
		if len(r.recordedWaits()) != 3 {
			t.Errorf("%s: waits %v, want 3", path, r.recordedWaits())
		}
	}
}

// A registry with Basic authentication checks the credentials only in GET /v2/.
func TestCheckLoginWithBasicAuthentication(t *testing.T) {
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
		c, _ := newClient(t, server.URL, nil)
		err := c.CheckLogin(t.Context(), mustRepository(server.Listener.Addr().String()).Registry)
		if (err == nil) != (secret == canary) || (err != nil && !registry.IsRefused(err)) {
			t.Errorf("with the secret %q: %v", secret, err)
		}
	}
}

// The client sends no credentials to a realm on another owner's host, so no
// registry checks the login.
func TestCheckLoginAtAnUntrustedRealmFails(t *testing.T) {
	t.Parallel()
	var mu sync.Mutex
	var received []string
	realm := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		mu.Lock()
		received = append(received, r.Header.Get("Authorization")+r.URL.RawQuery)
		mu.Unlock()
		_, _ = w.Write([]byte(`{"token":"x"}`))
	}))
	t.Cleanup(realm.Close)
	untrusted := strings.Replace(realm.URL, "127.0.0.1", "localhost", 1)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/v2/" && r.Header.Get("Authorization") != "" {
			return
		}
		w.Header().Set("WWW-Authenticate", `Bearer realm="`+untrusted+`/token",service="x"`)
		w.WriteHeader(http.StatusUnauthorized)
	}))
	t.Cleanup(server.Close)
	c, w := newClient(t, server.URL, nil)
	err := c.CheckLogin(t.Context(), mustRepository(server.Listener.Addr().String()).Registry)
	var realmErr *registry.UntrustedRealm
	if err == nil {
		t.Fatal("a login that no registry checked is accepted")
	}
	if !errors.As(err, &realmErr) {
		t.Errorf("got %v", err)
	}
	mu.Lock()
	defer mu.Unlock()
	w.failIfSecret(t, append(received, err.Error())...)
}
