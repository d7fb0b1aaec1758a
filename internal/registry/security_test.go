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

// otherHost starts a server on another host. The test fails if this server receives
// credentials.
func otherHost(t *testing.T, answer http.HandlerFunc) (url string, requests *atomic.Int32) {
	t.Helper()
	requests = new(atomic.Int32)
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		requests.Add(1)
		body, _ := io.ReadAll(io.LimitReader(r.Body, 1<<20))
		if r.Header.Get("Authorization") != "" || bytes.Contains(body, []byte(canary)) || strings.Contains(r.URL.RawQuery, canary) {
			t.Errorf("%s %s on another host contains credentials", r.Method, r.URL.Path)
		}
		answer(w, r)
	}))
	t.Cleanup(s.Close)
	return strings.Replace(s.URL, "127.0.0.1", "localhost", 1), requests
}

func TestUntrustedRealmGetsNoCredentials(t *testing.T) {
	t.Parallel()
	realm, requests := otherHost(t, func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte(`{"token":"anonymous"}`)) })
	s := registryWith(t, requireAuthorization("Bearer anonymous", `Bearer realm="`+realm+`/token",service="reg"`), nil)
	c, _ := newClient(t, s.URL, nil)
	if err := readBlob(t, c, hostOf(s)); err != nil {
		t.Errorf("the anonymous token was not used: %v", err)
	}
	if requests.Load() != 1 {
		t.Errorf("%d requests to the realm, want 1", requests.Load())
	}
}

func TestRedirectedTokenRequestHasNoCredentials(t *testing.T) {
	t.Parallel()
	for _, identity := range []bool{false, true} {
		t.Run(fmt.Sprint("identity token ", identity), func(t *testing.T) {
			t.Parallel()
			other, _ := otherHost(t, func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte(`{"token":"anonymous"}`)) })
			s := registryWith(t, requireAuthorization("Bearer T", `Basic realm="x"`), map[string]http.HandlerFunc{
				"/token": func(w http.ResponseWriter, r *http.Request) {
					http.Redirect(w, r, other+"/token", http.StatusTemporaryRedirect)
				},
			})
			c, w := newClient(t, s.URL, nil, func(o *registry.Options) {
				if identity {
					o.Keychain = identityToken{}
				}
			})
			err := readBlob(t, c, hostOf(s))
			if err == nil {
				t.Fatal("the registry accepted the client")
			}
			w.failIfSecret(t, err.Error())
		})
	}
}

// identityToken is a keychain with an OAuth token. The client sends such a token in
// the body of a request.
type identityToken struct{}

func (identityToken) Resolve(authn.Resource) (authn.Authenticator, error) {
	return authn.FromConfig(authn.AuthConfig{IdentityToken: canary}), nil
}

func TestRedirectedBlobRequestHasNoCredentials(t *testing.T) {
	t.Parallel()
	other, requests := otherHost(t, func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write(fixed) })
	s := registryWith(t, func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Authorization") == "" {
			t.Error("the request to the registry has no token")
		}
		http.Redirect(w, r, other+"/blob?sig="+base64Of(canary), http.StatusTemporaryRedirect)
	}, map[string]http.HandlerFunc{"/token": token("T")})
	// The signature is a secret, so the trace must not contain it.
	c, _ := newClient(t, s.URL, nil)
	repo := repository(t, hostOf(s)+"/acme/web")
	body, err := c.Blob(t.Context(), repo, descriptor(fixed))
	if err == nil {
		_, err = io.Copy(io.Discard, body)
	}
	if requests.Load() == 0 {
		t.Errorf("no request to the other host: %v", err)
	}
}

func token(value string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		_ = json.NewEncoder(w).Encode(map[string]string{"token": value})
	}
}

func TestUploadToAnotherHostHasNoCredentials(t *testing.T) {
	t.Parallel()
	other, requests := otherHost(t, func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusCreated) })
	s := registryWith(t, func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Location", other+"/upload")
		w.WriteHeader(http.StatusAccepted)
	}, map[string]http.HandlerFunc{"/token": token("T")})
	c, _ := newClient(t, s.URL, nil)
	if _, _, err := c.Upload(t.Context(), repository(t, hostOf(s)+"/acme/web"), knownBlob(fixed), nil); err != nil {
		t.Error(err)
	}
	if requests.Load() != 1 {
		t.Errorf("%d requests to the other host, want 1", requests.Load())
	}
}

// tlsRegistry starts a registry with TLS that sends the same response to all
// requests below /v2/.
func tlsRegistry(t *testing.T, answer http.HandlerFunc) (*registry.Client, *recorder, string) {
	t.Helper()
	mux := http.NewServeMux()
	mux.HandleFunc("/token", token("T"))
	mux.HandleFunc("/v2/", answer)
	s := httptest.NewUnstartedServer(mux)
	s.EnableHTTP2 = true
	s.StartTLS()
	t.Cleanup(s.Close)
	pool := s.Client().Transport.(*http.Transport).TLSClientConfig.RootCAs
	c, w := newClient(t, s.URL, pool)
	return c, w, hostOf(s)
}

func TestNoRequestChangesFromHTTPSToHTTP(t *testing.T) {
	t.Parallel()
	plain, requests := otherHost(t, func(http.ResponseWriter, *http.Request) {})
	calls := map[string]func(context.Context, *registry.Client, string) error{
		"blob": func(ctx context.Context, c *registry.Client, host string) error {
			_, err := c.Blob(ctx, repository(t, host+"/acme/web"), descriptor(fixed))
			return err
		},
		"upload": func(ctx context.Context, c *registry.Client, host string) error {
			_, _, err := c.Upload(ctx, repository(t, host+"/acme/web"), knownBlob(fixed), nil)
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
			c, w, host := tlsRegistry(t, func(w http.ResponseWriter, r *http.Request) {
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
				t.Fatal("the call followed the redirect")
			}
			w.failIfSecret(t, err.Error())
			if len(w.recordedWaits()) > 0 {
				t.Errorf("the request was retried: waits %v", w.recordedWaits())
			}
		})
	}
	t.Cleanup(func() {
		if requests.Load() > 0 {
			t.Errorf("%d requests by plain HTTP", requests.Load())
		}
	})
}

// errorBody returns an error body of the protocol.
func errorBody(code, message string) []byte {
	type one struct {
		Code    string `json:"code"`
		Message string `json:"message,omitempty"`
	}
	raw, err := json.Marshal(map[string][]one{"errors": {{code, message}}})
	if err != nil {
		panic(err) // strings can always be marshaled
	}
	return raw
}

// The log shows a server's text on one line without control characters.
func TestServerTextIsSanitized(t *testing.T) {
	t.Parallel()
	hostile := "\x1b[31mred\r\n::set-output name=x::y\u202egnp\u2028\u0085\x00"
	cases := []struct {
		name   string
		answer http.HandlerFunc
	}{
		{"message", func(w http.ResponseWriter, _ *http.Request) {
			w.WriteHeader(http.StatusBadRequest)
			_, _ = w.Write(errorBody("X", hostile))
		}},
		{"code", func(w http.ResponseWriter, _ *http.Request) {
			w.WriteHeader(http.StatusBadRequest)
			_, _ = w.Write(errorBody(hostile, ""))
		}},
		{"request id", func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("X-GitHub-Request-Id", "1\x1b[31m\u202e2")
			w.WriteHeader(http.StatusBadRequest)
		}},
		{"digest", func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Docker-Content-Digest", "sha256:\x1b[31m\u202e")
			_, _ = w.Write([]byte("{}"))
		}},
		{"invalid HTTP", func(w http.ResponseWriter, _ *http.Request) {
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
			c, w := newClient(t, s.URL, nil)
			err := manifest(t.Context(), c, hostOf(s))
			if err == nil {
				t.Fatal("the response was accepted")
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
	s := registryWith(t, requireAuthorization("Bearer T", `Basic realm="x"`), map[string]http.HandlerFunc{
		"/token": func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte(`{"secret":"` + canary + `"}`)) },
	})
	c, w := newClient(t, s.URL, nil, func(o *registry.Options) { o.Keychain = nil })
	err := probePush(t.Context(), c, hostOf(s))
	if err == nil {
		t.Fatal("the registry accepted the client")
	}
	w.failIfSecret(t, err.Error())
}

// The test searches every error of a scenario for the secret.
func TestNoErrorContainsTheSecret(t *testing.T) {
	t.Parallel()
	for _, kind := range requestKinds {
		for _, fault := range temporaryFaults {
			t.Run(kind.name+", "+fault.name, func(t *testing.T) {
				t.Parallel()
				sc := newScenario(t, openWorld())
				sc.ghcr.Inject(always(kind, fault.effect))
				if err := sc.run(); err != nil {
					sc.failIfSecret(t, err.Error(), fmt.Sprintf("%+v", err), fmt.Sprintf("%#v", err))
				}
			})
		}
	}
}

func TestErrorIsOneLine(t *testing.T) {
	t.Parallel()
	c, _ := newClient(t, "http://127.0.0.1:1", nil, func(o *registry.Options) {
		o.Base.DialContext = func(context.Context, string, string) (net.Conn, error) {
			return nil, fmt.Errorf("dialling\n::error::%s", strings.Repeat("x", 5000))
		}
	})
	err := probePush(t.Context(), c, "127.0.0.1:1")
	if err == nil || strings.Contains(err.Error(), "\n") || len(err.Error()) > 1200 {
		t.Errorf("got %q", err)
	}
}
