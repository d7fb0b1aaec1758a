package registry_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/ghcr-publish/ghcr-publish/internal/ghcrtest"
	"github.com/ghcr-publish/ghcr-publish/internal/registry"
)

// Each request of the protocol can be redirected, also a request with a body.
func TestRedirectToTheSameHostIsFollowedWithTheToken(t *testing.T) {
	t.Parallel()
	for _, status := range []int{301, 302, 307, 308} {
		for _, kind := range requestKinds {
			t.Run(fmt.Sprint(kind.name, ", ", status), func(t *testing.T) {
				t.Parallel()
				sc := newScenario(t, openWorld())
				sc.ghcr.Inject(ghcrtest.Fault{Method: kind.method, Path: kind.path, After: kind.after, Effect: ghcrtest.Redirect{Status: status}})
				if err := sc.run(); err != nil {
					t.Fatalf("%v\n%v", err, sc.counts())
				}
				sc.wantCost(kind.body)
				if got := sc.total(); got != faultlessRequests+1 || len(sc.recordedWaits()) > 0 {
					t.Errorf("got %d requests and waits %v, want one request more and no wait", got, sc.recordedWaits())
				}
			})
		}
	}
}

func TestFiveRedirectsAreFollowed(t *testing.T) {
	t.Parallel()
	cases := []struct {
		name     string
		times    int
		location func(n int32) string
		requests int32
		problem  string // empty: the request succeeds
	}{
		{"five", 5, func(n int32) string { return fmt.Sprint("?n=", n) }, 6, ""},
		{"six", 6, func(n int32) string { return fmt.Sprint("?n=", n) }, 6, "more than 5 redirects"},
		{"a redirect to itself", 9, func(int32) string { return "" }, 1, "loop"},
		{"a loop of two", 9, func(n int32) string { return fmt.Sprint("?n=", n%2) }, 3, "loop"},
	}
	for _, tc := range cases {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			var n atomic.Int32
			r := newFixture(t, openWorld())
			r.push("1")
			r.before = func(w http.ResponseWriter, req *http.Request) bool {
				if !strings.Contains(req.URL.Path, "/manifests/") {
					return false
				}
				if n.Add(1) > int32(tc.times) {
					return false
				}
				w.Header().Set("Location", req.URL.Path+tc.location(n.Load()))
				w.WriteHeader(http.StatusTemporaryRedirect)
				return true
			}
			_, _, err := r.client.Manifest(t.Context(), r.repo.Tag("1"))
			var problem *registry.LocationError
			switch {
			case tc.problem == "" && err != nil:
				t.Errorf("got %v", err)
			case tc.problem != "" && (!errors.As(err, &problem) || !strings.Contains(problem.Problem, tc.problem)):
				t.Errorf("got %v", err)
			}
			if n.Load() != tc.requests || len(r.recordedWaits()) > 0 {
				t.Errorf("%d requests and waits %v, want %d requests", n.Load(), r.recordedWaits(), tc.requests)
			}
		})
	}
}

// push adds a manifest without requests.
func (r *fixture) push(tag string) {
	r.t.Helper()
	r.ghcr.AddPackage(ghcrtest.Package{Name: "acme/web", Visibility: ghcrtest.Private, Repository: "acme/web"})
	if _, err := r.ghcr.AddBlob("acme/web", seeded); err != nil {
		r.t.Fatal(err)
	}
	m := artifact(seeded)
	r.ghcr.AddManifest("acme/web", tag, string(m.Descriptor.MediaType), m.Raw)
}

// operations lists the calls of the client that send the requests of the protocol.
var operations = map[string]func(context.Context, *registry.Client, string) error{
	"HEAD manifest": func(ctx context.Context, c *registry.Client, host string) error {
		_, err := c.Head(ctx, mustRepository(host).Tag("1"))
		return err
	},
	"GET manifest": manifest,
	"PUT manifest": func(ctx context.Context, c *registry.Client, host string) error {
		return c.PutManifest(ctx, mustRepository(host).Tag("1"), artifact(fixed))
	},
	"GET blob": func(ctx context.Context, c *registry.Client, host string) error {
		_, err := c.Blob(ctx, mustRepository(host), descriptor(fixed))
		return err
	},
	"POST upload": probePush,
	"GET tags":    tags,
}

func TestRedirectToAnotherHostIsFollowedWithoutTheToken(t *testing.T) {
	t.Parallel()
	for name, operation := range operations {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			other, requests := otherHost(t, func(w http.ResponseWriter, r *http.Request) {
				switch {
				case r.Method == http.MethodPost:
					w.Header().Set("Location", "/session")
					w.WriteHeader(http.StatusAccepted)
				case r.Method == http.MethodPut:
					w.WriteHeader(http.StatusCreated)
				case strings.HasSuffix(r.URL.Path, "/tags/list"):
					_, _ = w.Write([]byte(`{"tags":["a"]}`))
				default:
					_, _ = w.Write(artifact(fixed).Raw)
				}
			})
			s := registryWith(t, func(w http.ResponseWriter, r *http.Request) {
				if r.Header.Get("Authorization") == "" {
					t.Error("the request to the registry has no token")
				}
				http.Redirect(w, r, other+r.URL.Path, http.StatusTemporaryRedirect)
			}, map[string]http.HandlerFunc{"/token": token("T")})
			c, _ := newClient(t, s.URL, nil)
			if err := operation(t.Context(), c, hostOf(s)); err != nil || requests.Load() == 0 {
				t.Errorf("got %v and %d requests to the other host", err, requests.Load())
			}
		})
	}
}

func TestLocationWithoutAnAddressIsNamed(t *testing.T) {
	t.Parallel()
	cases := []struct{ name, location, problem string }{
		{"no Location", "", "no valid Location"},
		{"not a URL", "http://[::1", "no valid Location"},
		{"ftp", "ftp://example.com/x?sig=" + canary, `the scheme "ftp"`},
		{"file", "file:///etc/passwd", `the scheme "file"`},
	}
	for _, tc := range cases {
		for name, operation := range operations {
			for _, status := range []int{http.StatusTemporaryRedirect, http.StatusAccepted} {
				if status == http.StatusAccepted && name != "POST upload" {
					continue
				}
				s := registryWith(t, func(w http.ResponseWriter, _ *http.Request) {
					if tc.location != "" {
						w.Header().Set("Location", tc.location)
					}
					w.WriteHeader(status)
				}, map[string]http.HandlerFunc{"/token": token("T")})
				c, w := newClient(t, s.URL, nil)
				err := operation(t.Context(), c, hostOf(s))
				var problem *registry.LocationError
				waits := 0
				if tc.location == "" && status == http.StatusTemporaryRedirect {
					waits = 5 // a response that lost its Location can be repeated
				}
				if !errors.As(err, &problem) || !strings.Contains(problem.Problem, tc.problem) || len(w.recordedWaits()) != waits {
					t.Errorf("%s, %s: got %v, waits %v", name, tc.name, err, w.recordedWaits())
				}
				w.failIfSecret(t, fmt.Sprint(err))
			}
		}
	}
}

// A registry behind a proxy can lose its port or its scheme, if the proxy does not
// forward them.
func TestUploadLocationThatNobodyAnswersIsNamed(t *testing.T) {
	t.Parallel()
	cases := []struct {
		name     string
		location func(host string) string
		waits    int
	}{
		{"HTTPS on a plain port", func(host string) string { return "https://" + host + "/session" }, 0},
		{"lost port", func(string) string { return "http://127.0.0.1:1/session" }, 7},
	}
	for _, tc := range cases {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			r := newFixture(t, openWorld())
			r.before = func(w http.ResponseWriter, req *http.Request) bool {
				if req.Method != http.MethodPost {
					return false
				}
				w.Header().Set("Location", tc.location(req.Host))
				w.WriteHeader(http.StatusAccepted)
				return true
			}
			_, _, err := r.client.Upload(t.Context(), r.repo, knownBlob(fixed), nil)
			var problem *registry.LocationError
			if !errors.As(err, &problem) || problem.Target != tc.location(r.host) || problem.Host != r.host || problem.Err == nil {
				t.Errorf("got %v", err)
			}
			if got := len(r.recordedWaits()); got != tc.waits {
				t.Errorf("%d waits, want %d", got, tc.waits)
			}
		})
	}
}

// The token is not sent to another host. A new token would not help.
func TestUploadLocationThatRequiresALoginIsNotALackOfRights(t *testing.T) {
	t.Parallel()
	other, requests := otherHost(t, func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusUnauthorized) })
	var tokens atomic.Int32
	s := registryWith(t, func(w http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodHead {
			w.WriteHeader(http.StatusNotFound)
			return
		}
		w.Header().Set("Location", other+"/session")
		w.WriteHeader(http.StatusAccepted)
	}, map[string]http.HandlerFunc{"/token": func(w http.ResponseWriter, r *http.Request) {
		tokens.Add(1)
		token("T")(w, r)
	}})
	c, _ := newClient(t, s.URL, nil)
	_, _, err := c.Upload(t.Context(), mustRepository(hostOf(s)), knownBlob(fixed), nil)
	var refused *registry.Error
	if !errors.As(err, &refused) || refused.From != hostOf(s) || tokens.Load() != 1 || requests.Load() != 2 {
		t.Errorf("got %v after %d tokens and %d requests", err, tokens.Load(), requests.Load())
	}
}

// Status 303 asks for another resource by GET, so the body would be lost.
func TestRedirectThatDropsTheBodyIsAnError(t *testing.T) {
	t.Parallel()
	sc := newScenario(t, openWorld())
	sc.ghcr.Inject(ghcrtest.Fault{Method: "PUT", Path: "/manifests/", Effect: ghcrtest.Redirect{Status: http.StatusSeeOther}})
	err := sc.run()
	if !errors.As(err, new(*registry.LocationError)) || sc.counts()[ghcrtest.ClassPutManifest] != 1 {
		t.Errorf("got %v, %v", err, sc.counts())
	}
}

// The signature of a storage URL is often valid only for GET, so a refused HEAD says
// nothing about the blob. A redirect to another registry is not a proof.
func TestRedirectedHeadOfABlob(t *testing.T) {
	t.Parallel()
	for status, want := range map[int]bool{200: true, 403: true, 405: true, 404: false, 401: false} {
		other, _ := otherHost(t, func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(status) })
		s := registryWith(t, func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, other+"/blob", http.StatusTemporaryRedirect)
		}, map[string]http.HandlerFunc{"/token": token("T")})
		c, _ := newClient(t, s.URL, nil)
		got, err := c.HasBlob(t.Context(), mustRepository(hostOf(s)), hashOf(fixed))
		if got != want || err != nil {
			t.Errorf("%d: got %v, %v", status, got, err)
		}
	}
}

func TestBodyOfARedirectedUploadIsSentWhole(t *testing.T) {
	t.Parallel()
	for _, blob := range [][]byte{fixed, []byte("small")} {
		r := newFixture(t, openWorld())
		r.ghcr.Inject(ghcrtest.Fault{Method: "PUT", Effect: ghcrtest.Redirect{Status: http.StatusTemporaryRedirect}})
		var sum int64
		if _, _, err := r.client.Upload(t.Context(), r.repo, knownBlob(blob), func(n int64) { atomic.AddInt64(&sum, n) }); err != nil {
			t.Fatal(err)
		}
		r.wantBlob(blob)
		if sum != int64(len(blob)) {
			t.Errorf("the progress is %d bytes, want %d", sum, len(blob))
		}
	}
}

func TestBodyThatAProxyCompressedIsRead(t *testing.T) {
	t.Parallel()
	sc := newScenario(t, openWorld())
	sc.ghcr.Inject(ghcrtest.Fault{Method: "GET", Times: ghcrtest.Always, Effect: ghcrtest.Compress{}})
	if err := sc.run(); err != nil {
		t.Fatal(err)
	}
	if _, raw, err := sc.client.Manifest(t.Context(), sc.repo.Tag("1")); err != nil || !bytes.Equal(raw, artifact(seeded).Raw) {
		t.Errorf("got %q, %v", raw, err)
	}
}

func TestTokenRequestFollowsFiveRedirects(t *testing.T) {
	t.Parallel()
	for redirects, ok := range map[int32]bool{5: true, 6: false} {
		var n atomic.Int32
		s := registryWith(t, requireAuthorization("Bearer T", `Basic realm="x"`), map[string]http.HandlerFunc{
			"/token": func(w http.ResponseWriter, r *http.Request) {
				if n.Add(1) > redirects {
					token("T")(w, r)
					return
				}
				http.Redirect(w, r, fmt.Sprint("/token?n=", n.Load()), http.StatusTemporaryRedirect)
			},
		})
		c, w := newClient(t, s.URL, nil)
		err := readBlob(t, c, hostOf(s))
		if (err == nil) != ok || len(w.recordedWaits()) > 0 {
			t.Errorf("%d redirects: got %v, waits %v", redirects, err, w.recordedWaits())
		}
	}
}

// A blob that cannot be found by HEAD is only uploaded again.
func TestRedirectsOfAHeadWithoutAnEndDoNotEndAnUpload(t *testing.T) {
	t.Parallel()
	r := newFixture(t, openWorld())
	r.before = func(w http.ResponseWriter, req *http.Request) bool {
		if req.Method != http.MethodHead {
			return false
		}
		http.Redirect(w, req, req.URL.Path+"?n=1"+req.URL.RawQuery, http.StatusTemporaryRedirect)
		return true
	}
	if exists, err := r.client.HasBlob(t.Context(), r.repo, hashOf(fixed)); exists || err != nil {
		t.Errorf("got %v, %v", exists, err)
	}
}

// A proxy that terminates TLS can hide TLS from the registry. The client then does not send
// the token request without TLS.
func TestAssumedRealmWithoutTLSIsUsedWithTLS(t *testing.T) {
	t.Parallel()
	var requests atomic.Int32
	c, _, host := tlsRegistry(t, func(w http.ResponseWriter, r *http.Request) {
		if requests.Add(1) > 2 { // The registry refuses the first token, and then sends its challenge.
			return
		}
		w.Header().Set("WWW-Authenticate", `Bearer realm="http://`+r.Host+`/token",service="`+r.Host+`"`)
		w.WriteHeader(http.StatusUnauthorized)
	})
	if err := readBlob(t, c, host); err != nil || requests.Load() != 3 {
		t.Errorf("got %v after %d requests", err, requests.Load())
	}
}

func TestRealmWithoutTLSOfARegistryWithTLSIsNamed(t *testing.T) {
	t.Parallel()
	c, _, host := tlsRegistry(t, func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("WWW-Authenticate", `Bearer realm="http://`+r.Host+`/other",service="x"`)
		w.WriteHeader(http.StatusUnauthorized)
	})
	var problem *registry.LocationError
	if err := probePush(t.Context(), c, host); !errors.As(err, &problem) || problem.Header != "WWW-Authenticate" {
		t.Errorf("got %v", err)
	}
}

func TestLoginFollowsRedirects(t *testing.T) {
	t.Parallel()
	r := newFixture(t, openWorld())
	r.ghcr.Inject(ghcrtest.Fault{Path: "/v2/", Effect: ghcrtest.Redirect{Status: http.StatusMovedPermanently}})
	if err := r.client.CheckLogin(t.Context(), r.repo.Registry); err != nil {
		t.Error(err)
	}
}

func TestPageAfterALoginIsNotASuccess(t *testing.T) {
	t.Parallel()
	r := newFixture(t, openWorld())
	r.ghcr.Inject(ghcrtest.Fault{Path: "/v2/", Effect: ghcrtest.Page{Status: http.StatusOK, Title: "log in to the wifi"}})
	var answer *registry.Error
	if err := r.client.CheckLogin(t.Context(), r.repo.Registry); !errors.As(err, &answer) || answer.Page != "log in to the wifi" {
		t.Errorf("got %v", err)
	}
}

// The error names the redirect that the client does not follow, and not a missing token.
func TestUnusableRedirectOfATokenRequestIsNamed(t *testing.T) {
	t.Parallel()
	cases := []struct{ name, location, want string }{
		{"address of a private network", "http://10.0.0.1/token", `("http://10.0.0.1/token"): the address is not safe`},
		{"other scheme", "ftp://ghcr.io/token", `the URL has the scheme "ftp"`},
		{"no address", "", "there is no valid Location"},
	}
	for _, tc := range cases {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			s := registryWith(t, func(w http.ResponseWriter, r *http.Request) {
				w.Header().Set("WWW-Authenticate", `Bearer realm="http://`+r.Host+`/token",service="`+r.Host+`"`)
				w.WriteHeader(http.StatusUnauthorized)
			}, map[string]http.HandlerFunc{
				"/token": func(w http.ResponseWriter, _ *http.Request) {
					w.Header().Set("Location", tc.location)
					w.WriteHeader(http.StatusTemporaryRedirect)
				},
			})
			c, _ := newClient(t, s.URL, nil)
			var unusable *registry.LocationError
			err := manifest(t.Context(), c, hostOf(s))
			if !errors.As(err, &unusable) || !strings.Contains(err.Error(), tc.want) {
				t.Errorf("got %v", err)
			}
		})
	}
}
