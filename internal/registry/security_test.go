package registry_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/google/go-containerregistry/pkg/authn"

	"github.com/ghcr-publish/ghcr-publish/internal/registry"
)

// elsewhere is another host, which must see no credentials.
func elsewhere(t *testing.T, answer http.HandlerFunc) (url string, visits *atomic.Int32) {
	t.Helper()
	visits = new(atomic.Int32)
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		visits.Add(1)
		body, _ := io.ReadAll(io.LimitReader(r.Body, 1<<20))
		if r.Header.Get("Authorization") != "" || bytes.Contains(body, []byte(canary)) || strings.Contains(r.URL.RawQuery, canary) {
			t.Errorf("%s %s on another host carries credentials", r.Method, r.URL.Path)
		}
		answer(w, r)
	}))
	t.Cleanup(s.Close)
	return strings.Replace(s.URL, "127.0.0.1", "localhost", 1), visits
}

func TestForeignRealmGetsNoLogin(t *testing.T) {
	t.Parallel()
	realm, visits := elsewhere(t, func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte(`{"token":"stranger"}`)) })
	s := registryWith(t, asks("Bearer stranger", `Bearer realm="`+realm+`/token",service="reg"`), nil)
	c, _ := against(t, s.URL, nil)
	if err := reach(t, c, hostOf(s)); err != nil {
		t.Errorf("a stranger's token was not tried: %v", err)
	}
	if visits.Load() != 1 {
		t.Errorf("the realm was visited %d times", visits.Load())
	}
}

func TestRealmThatRedirectsGetsTheLoginAlone(t *testing.T) {
	t.Parallel()
	for _, identity := range []bool{false, true} {
		t.Run(fmt.Sprint("identity token ", identity), func(t *testing.T) {
			t.Parallel()
			other, _ := elsewhere(t, func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte(`{"token":"stranger"}`)) })
			s := registryWith(t, asks("Bearer T", `Basic realm="x"`), map[string]http.HandlerFunc{
				"/token": func(w http.ResponseWriter, r *http.Request) {
					http.Redirect(w, r, other+"/token", http.StatusTemporaryRedirect)
				},
			})
			c, w := against(t, s.URL, nil, func(o *registry.Options) {
				if identity {
					o.Keychain = identityToken{}
				}
			})
			err := reach(t, c, hostOf(s))
			if err == nil {
				t.Fatal("it was let in")
			}
			w.quiet(t, err.Error())
		})
	}
}

// identityToken is a login by OAuth, which is sent in a body.
type identityToken struct{}

func (identityToken) Resolve(authn.Resource) (authn.Authenticator, error) {
	return authn.FromConfig(authn.AuthConfig{IdentityToken: canary}), nil
}

func TestRedirectedBlobGetsNoLogin(t *testing.T) {
	t.Parallel()
	other, visits := elsewhere(t, func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write(fixed) })
	s := registryWith(t, func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Authorization") == "" {
			t.Error("the registry itself was not shown the token")
		}
		http.Redirect(w, r, other+"/blob?sig="+base64Of(canary), http.StatusTemporaryRedirect)
	}, map[string]http.HandlerFunc{"/token": token("T")})
	// The signature stands for a secret: it must not be traced either.
	c, _ := against(t, s.URL, nil)
	repo := repository(t, hostOf(s)+"/acme/web")
	body, err := c.Blob(t.Context(), repo, descriptor(fixed))
	if err == nil {
		_, err = io.Copy(io.Discard, body)
	}
	if visits.Load() == 0 {
		t.Errorf("the other host was not visited: %v", err)
	}
}

func token(value string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		_ = json.NewEncoder(w).Encode(map[string]string{"token": value})
	}
}

func TestUploadLocationElsewhereGetsNoLogin(t *testing.T) {
	t.Parallel()
	other, visits := elsewhere(t, func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusCreated) })
	s := registryWith(t, func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Location", other+"/upload")
		w.WriteHeader(http.StatusAccepted)
	}, map[string]http.HandlerFunc{"/token": token("T")})
	c, _ := against(t, s.URL, nil)
	if _, _, err := c.Upload(t.Context(), repository(t, hostOf(s)+"/acme/web"), known(fixed), nil); err != nil {
		t.Error(err)
	}
	if visits.Load() != 1 {
		t.Errorf("visited %d times", visits.Load())
	}
}

// secured is a registry with TLS that answers everything below /v2/ so.
func secured(t *testing.T, answer http.HandlerFunc) (*registry.Client, *watch, string) {
	t.Helper()
	mux := http.NewServeMux()
	mux.HandleFunc("/token", token("T"))
	mux.HandleFunc("/v2/", answer)
	s := httptest.NewUnstartedServer(mux)
	s.EnableHTTP2 = true
	s.StartTLS()
	t.Cleanup(s.Close)
	pool := s.Client().Transport.(*http.Transport).TLSClientConfig.RootCAs
	c, w := against(t, s.URL, pool)
	return c, w, hostOf(s)
}

func TestNothingLeadsFromHTTPSToHTTP(t *testing.T) {
	t.Parallel()
	plain, visits := elsewhere(t, func(http.ResponseWriter, *http.Request) {})
	calls := map[string]func(context.Context, *registry.Client, string) error{
		"blob": func(ctx context.Context, c *registry.Client, host string) error {
			_, err := c.Blob(ctx, repository(t, host+"/acme/web"), descriptor(fixed))
			return err
		},
		"upload": func(ctx context.Context, c *registry.Client, host string) error {
			_, _, err := c.Upload(ctx, repository(t, host+"/acme/web"), known(fixed), nil)
			return err
		},
		"tags": func(ctx context.Context, c *registry.Client, host string) error {
			_, err := c.Tags(ctx, repository(t, host+"/acme/web"))
			return err
		},
	}
	for name, call := range calls {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c, w, host := secured(t, func(w http.ResponseWriter, r *http.Request) {
				w.Header().Set("Location", plain+"/x?sig="+canary)
				w.Header().Set("Link", "<"+plain+`/x>; rel="next"`)
				switch r.Method {
				case http.MethodPost:
					w.WriteHeader(http.StatusAccepted)
				case http.MethodGet:
					if !strings.HasSuffix(r.URL.Path, "/tags/list") {
						w.WriteHeader(http.StatusTemporaryRedirect)
					}
					_, _ = w.Write([]byte(`{"tags":["a"]}`))
				}
			})
			err := call(t.Context(), c, host)
			if err == nil {
				t.Fatal("it was followed")
			}
			w.quiet(t, err.Error())
			if len(w.waited()) > 0 {
				t.Errorf("tried again: %v", w.waited())
			}
		})
	}
	t.Cleanup(func() {
		if visits.Load() > 0 {
			t.Errorf("plain HTTP was spoken %d times", visits.Load())
		}
	})
}

func TestRedirectsAreBounded(t *testing.T) {
	t.Parallel()
	var n atomic.Int32
	s := registryWith(t, func(w http.ResponseWriter, r *http.Request) {
		n.Add(1)
		http.Redirect(w, r, r.URL.Path, http.StatusTemporaryRedirect)
	}, map[string]http.HandlerFunc{"/token": token("T")})
	c, _ := against(t, s.URL, nil)
	_, err := c.Blob(t.Context(), repository(t, hostOf(s)+"/acme/web"), descriptor(fixed))
	if err == nil || !strings.Contains(err.Error(), "more than 5 redirects") || n.Load() != 5 {
		t.Errorf("got %v after %d requests", err, n.Load())
	}
}

// refusal is an error body of the protocol.
func refusal(code, message string) []byte {
	type one struct {
		Code    string `json:"code"`
		Message string `json:"message,omitempty"`
	}
	raw, err := json.Marshal(map[string][]one{"errors": {{code, message}}})
	if err != nil {
		panic(err) // strings can always be written
	}
	return raw
}

// A server's words come to a log on one line, as text.
func TestServerTextIsCleaned(t *testing.T) {
	t.Parallel()
	evil := "\x1b[31mred\r\n::set-output name=x::y\u202egnp\u2028\u0085\x00"
	cases := []struct {
		name   string
		answer http.HandlerFunc
	}{
		{"message", func(w http.ResponseWriter, _ *http.Request) {
			w.WriteHeader(http.StatusBadRequest)
			_, _ = w.Write(refusal("X", evil))
		}},
		{"code", func(w http.ResponseWriter, _ *http.Request) {
			w.WriteHeader(http.StatusBadRequest)
			_, _ = w.Write(refusal(evil, ""))
		}},
		{"request id", func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("X-GitHub-Request-Id", "1\x1b[31m\u202e2")
			w.WriteHeader(http.StatusBadRequest)
		}},
		{"digest", func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Docker-Content-Digest", "sha256:\x1b[31m\u202e")
			_, _ = w.Write([]byte("{}"))
		}},
		{"no HTTP", func(w http.ResponseWriter, _ *http.Request) {
			conn, _, err := http.NewResponseController(w).Hijack()
			if err == nil {
				_, _ = conn.Write([]byte("HTTP/1.1 200 OK\r\n\x1b[31mred \u202e\r\n\r\n"))
				_ = conn.Close()
			}
		}},
	}
	for _, tc := range cases {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			s := registryWith(t, tc.answer, map[string]http.HandlerFunc{"/token": token("T")})
			c, w := against(t, s.URL, nil)
			err := manifest(t.Context(), c, hostOf(s))
			if err == nil {
				t.Fatal("it was taken")
			}
			texts := []string{err.Error()}
			for _, x := range w.trace {
				texts = append(texts, x.Error, x.RequestID, x.Path)
			}
			for _, text := range texts {
				if strings.ContainsAny(text, "\x1b\r\n\x00\u202e\u2028\u0085") {
					t.Errorf("got %q", text)
				}
			}
		})
	}
}

func TestTokenAnswerIsNotQuoted(t *testing.T) {
	t.Parallel()
	s := registryWith(t, asks("Bearer T", `Basic realm="x"`), map[string]http.HandlerFunc{
		"/token": func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte(`{"secret":"` + canary + `"}`)) },
	})
	c, w := against(t, s.URL, nil, func(o *registry.Options) { o.Keychain = nil })
	err := reachable(t.Context(), c, hostOf(s))
	if err == nil {
		t.Fatal("it was let in")
	}
	w.quiet(t, err.Error())
}

// Every failure of a journey, searched for the secret.
func TestSecretIsInNoError(t *testing.T) {
	t.Parallel()
	for _, place := range places {
		for _, fault := range healing {
			t.Run(place.name+", "+fault.name, func(t *testing.T) {
				t.Parallel()
				j := newJourney(t, open())
				j.ghcr.Inject(always(place, fault.effect))
				if err := j.travel(); err != nil {
					j.quiet(t, err.Error(), fmt.Sprintf("%+v", err), fmt.Sprintf("%#v", err))
				}
			})
		}
	}
}

func TestWholeErrorIsOneLine(t *testing.T) {
	t.Parallel()
	c, _ := against(t, "http://127.0.0.1:1", nil, func(o *registry.Options) {
		o.Base.DialContext = func(context.Context, string, string) (net.Conn, error) {
			return nil, fmt.Errorf("dialling\n::error::%s", strings.Repeat("x", 5000))
		}
	})
	err := reachable(t.Context(), c, "127.0.0.1:1")
	if err == nil || strings.Contains(err.Error(), "\n") || len(err.Error()) > 1200 {
		t.Errorf("got %q", err)
	}
}
