package registry_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"sync/atomic"
	"testing"

	"github.com/ghcr-publish/ghcr-publish/internal/registry"
)

// registryWith is a server with one repository that asks check who may read,
// and whose other paths are given.
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

// asks lets nobody in whose Authorization is another, with a challenge.
func asks(authorization, challenge string) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Authorization") != authorization {
			w.Header().Set("WWW-Authenticate", challenge)
			w.WriteHeader(http.StatusUnauthorized)
		}
	}
}

func hostOf(s *httptest.Server) string { return s.Listener.Addr().String() }

// reach asks for a blob of acme/web.
func reach(t *testing.T, c *registry.Client, host string) error {
	t.Helper()
	there, err := c.HasBlob(t.Context(), repository(t, host+"/acme/web"), hashOf(fixed))
	if err == nil && !there {
		err = fmt.Errorf("not let in")
	}
	return err
}

func TestRegistryWithBasicAuthentication(t *testing.T) {
	t.Parallel()
	s := registryWith(t, asks("Basic "+base64Of("octocat:"+canary), `Basic realm="Registry"`), nil)
	c, _ := against(t, s.URL, nil)
	if err := reach(t, c, hostOf(s)); err != nil {
		t.Error(err)
	}
	stranger, _ := against(t, s.URL, nil, func(o *registry.Options) { o.Keychain = nil })
	if err := reach(t, stranger, hostOf(s)); err == nil {
		t.Error("a stranger was let in")
	}
}

func TestRegistryWithoutAuthentication(t *testing.T) {
	t.Parallel()
	s := registryWith(t, func(_ http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Authorization") != "" {
			t.Error("it was sent a login that it did not ask for")
		}
	}, nil)
	c, _ := against(t, s.URL, nil)
	if err := reach(t, c, hostOf(s)); err != nil {
		t.Error(err)
	}
}

// gives answers with a token, to who has the login.
func gives(t *testing.T, answer any, asked *atomic.Int32) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		asked.Add(1)
		if _, secret, _ := r.BasicAuth(); secret != canary {
			w.WriteHeader(http.StatusForbidden)
			return
		}
		if got := r.URL.Query().Get("scope"); got != "repository:acme/web:pull" {
			t.Errorf("asked for %q", got)
		}
		_ = json.NewEncoder(w).Encode(answer)
	}
}

func TestRealmThatTheChallengeNames(t *testing.T) {
	t.Parallel()
	var guessed atomic.Int32
	cases := []struct {
		name  string
		paths func(*atomic.Int32) map[string]http.HandlerFunc
	}{
		{"no /token", func(n *atomic.Int32) map[string]http.HandlerFunc {
			return map[string]http.HandlerFunc{"/service/token": gives(t, map[string]any{"access_token": "T"}, n)}
		}},
		{"/token is a page", func(n *atomic.Int32) map[string]http.HandlerFunc {
			return map[string]http.HandlerFunc{
				"/token":         func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte("<html>")) },
				"/service/token": gives(t, map[string]any{"token": "T"}, n),
			}
		}},
		{"/token gives what nothing takes", func(n *atomic.Int32) map[string]http.HandlerFunc {
			return map[string]http.HandlerFunc{
				"/token":         gives(t, map[string]any{"token": "another"}, &guessed),
				"/service/token": gives(t, map[string]any{"token": "T"}, n),
			}
		}},
	}
	for _, tc := range cases {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			var n atomic.Int32
			var s *httptest.Server
			s = registryWith(t, func(w http.ResponseWriter, r *http.Request) {
				asks("Bearer T", fmt.Sprintf(`Bearer realm="%s/service/token",service="reg"`, s.URL))(w, r)
			}, tc.paths(&n))
			c, w := against(t, s.URL, nil)
			for range 3 {
				if err := reach(t, c, hostOf(s)); err != nil {
					t.Fatal(err)
				}
			}
			if n.Load() != 1 || len(w.waited()) > 0 {
				t.Errorf("asked %d times, waited %v", n.Load(), w.waited())
			}
		})
	}
}

func TestTokenIsReplacedBeforeItExpires(t *testing.T) {
	t.Parallel()
	cases := []struct {
		name   string
		answer map[string]any
		want   int32
	}{
		{"no expires_in", map[string]any{"token": "T"}, 1},
		{"an hour", map[string]any{"token": "T", "expires_in": 3600}, 1},
		{"absurdly long", map[string]any{"token": "T", "expires_in": 1 << 40}, 1},
		{"negative", map[string]any{"token": "T", "expires_in": -1}, 1},
	}
	for _, tc := range cases {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			var n atomic.Int32
			s := registryWith(t, asks("Bearer T", ""), map[string]http.HandlerFunc{"/token": gives(t, tc.answer, &n)})
			c, _ := against(t, s.URL, nil)
			for range 3 {
				if err := reach(t, c, hostOf(s)); err != nil {
					t.Fatal(err)
				}
			}
			if n.Load() != tc.want {
				t.Errorf("asked %d times, want %d", n.Load(), tc.want)
			}
		})
	}
}
