package registry_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"sync/atomic"
	"testing"

	"github.com/ghcr-publish/ghcr-publish/internal/registry"
)

// registryWith starts a server with one repository. The argument check authorizes
// the reads. The argument paths has the handlers of other paths.
func registryWith(t *testing.T, check http.HandlerFunc, paths map[string]http.HandlerFunc) *httptest.Server {
	t.Helper()
	mux := http.NewServeMux()
	mux.HandleFunc("/v2/", check)
	for path, handler := range paths {
		mux.HandleFunc(path, handler)
	}
	s := httptest.NewServer(mux)
	t.Cleanup(s.Close)
	return s
}

// requireAuthorization responds with the challenge to requests that have another
// Authorization header.
func requireAuthorization(authorization, challenge string) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Authorization") != authorization {
			w.Header().Set("WWW-Authenticate", challenge)
			w.WriteHeader(http.StatusUnauthorized)
		}
	}
}

func hostOf(s *httptest.Server) string { return s.Listener.Addr().String() }

// readBlob reads a blob of acme/web and fails if the registry refuses it.
func readBlob(t *testing.T, c *registry.Client, host string) error {
	t.Helper()
	exists, err := c.HasBlob(t.Context(), repository(t, host+"/acme/web"), hashOf(fixed))
	if err == nil && !exists {
		err = errors.New("refused")
	}
	return err
}

func TestRegistryWithBasicAuthentication(t *testing.T) {
	t.Parallel()
	s := registryWith(t, requireAuthorization("Basic "+base64Of("octocat:"+canary), `Basic realm="Registry"`), nil)
	c, _ := newClient(t, s.URL, nil)
	if err := readBlob(t, c, hostOf(s)); err != nil {
		t.Error(err)
	}
	anonymous, _ := newClient(t, s.URL, nil, func(o *registry.Options) { o.Keychain = nil })
	if err := readBlob(t, anonymous, hostOf(s)); err == nil {
		t.Error("an anonymous client was accepted")
	}
}

func TestRegistryWithoutAuthentication(t *testing.T) {
	t.Parallel()
	s := registryWith(t, func(_ http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Authorization") != "" {
			t.Error("the client sent credentials without a challenge")
		}
	}, nil)
	c, _ := newClient(t, s.URL, nil)
	if err := readBlob(t, c, hostOf(s)); err != nil {
		t.Error(err)
	}
}

// tokenRealm responds with a token if a request has the credentials.
func tokenRealm(t *testing.T, answer any, requests *atomic.Int32) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		requests.Add(1)
		if _, secret, _ := r.BasicAuth(); secret != canary {
			w.WriteHeader(http.StatusForbidden)
			return
		}
		if got := r.URL.Query().Get("scope"); got != "repository:acme/web:pull" {
			t.Errorf("requested the scope %q", got)
		}
		_ = json.NewEncoder(w).Encode(answer)
	}
}

func TestRealmOfTheChallengeReplacesTheAssumedRealm(t *testing.T) {
	t.Parallel()
	var assumed atomic.Int32
	cases := []struct {
		name  string
		paths func(*atomic.Int32) map[string]http.HandlerFunc
	}{
		{"/token does not exist", func(n *atomic.Int32) map[string]http.HandlerFunc {
			return map[string]http.HandlerFunc{"/service/token": tokenRealm(t, map[string]any{"access_token": "T"}, n)}
		}},
		{"/token is a page", func(n *atomic.Int32) map[string]http.HandlerFunc {
			return map[string]http.HandlerFunc{
				"/token":         func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte("<html>")) },
				"/service/token": tokenRealm(t, map[string]any{"token": "T"}, n),
			}
		}},
		{"/token returns a token that the registry rejects", func(n *atomic.Int32) map[string]http.HandlerFunc {
			return map[string]http.HandlerFunc{
				"/token":         tokenRealm(t, map[string]any{"token": "another"}, &assumed),
				"/service/token": tokenRealm(t, map[string]any{"token": "T"}, n),
			}
		}},
	}
	for _, tc := range cases {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			var n atomic.Int32
			var s *httptest.Server
			s = registryWith(t, func(w http.ResponseWriter, r *http.Request) {
				requireAuthorization("Bearer T", fmt.Sprintf(`Bearer realm="%s/service/token",service="reg"`, s.URL))(w, r)
			}, tc.paths(&n))
			c, w := newClient(t, s.URL, nil)
			for range 3 {
				if err := readBlob(t, c, hostOf(s)); err != nil {
					t.Fatal(err)
				}
			}
			if n.Load() != 1 || len(w.recordedWaits()) > 0 {
				t.Errorf("%d token requests, waits %v", n.Load(), w.recordedWaits())
			}
		})
	}
}

func TestTokenIsUsedAgainUntilItExpires(t *testing.T) {
	t.Parallel()
	cases := []struct {
		name   string
		answer map[string]any
		want   int32
	}{
		{"no expires_in", map[string]any{"token": "T"}, 1},
		{"one hour", map[string]any{"token": "T", "expires_in": 3600}, 1},
		{"very long", map[string]any{"token": "T", "expires_in": 1 << 40}, 1},
		{"negative", map[string]any{"token": "T", "expires_in": -1}, 1},
	}
	for _, tc := range cases {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			var n atomic.Int32
			s := registryWith(t, requireAuthorization("Bearer T", ""), map[string]http.HandlerFunc{"/token": tokenRealm(t, tc.answer, &n)})
			c, _ := newClient(t, s.URL, nil)
			for range 3 {
				if err := readBlob(t, c, hostOf(s)); err != nil {
					t.Fatal(err)
				}
			}
			if n.Load() != tc.want {
				t.Errorf("%d token requests, want %d", n.Load(), tc.want)
			}
		})
	}
}
