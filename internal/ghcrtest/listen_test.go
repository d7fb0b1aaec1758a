package ghcrtest_test

import (
	"context"
	"crypto/tls"
	"net/http"
	"regexp"
	"slices"
	"testing"

	"github.com/ghcr-publish/ghcr-publish/internal/ghcrtest"
)

// over returns a client that trusts the server's certificate and uses HTTP/2 if the
// server offers it.
func over(t *testing.T, s *ghcrtest.Server, secret string) *client {
	t.Helper()
	c := as(t, s, secret)
	transport := http.DefaultTransport.(*http.Transport).Clone()
	transport.TLSClientConfig = &tls.Config{RootCAs: s.CertPool()}
	t.Cleanup(transport.CloseIdleConnections)
	c.http.Transport = transport
	return c
}

func TestServerSupportsTLS(t *testing.T) {
	t.Parallel()
	cases := []struct {
		name  string
		tls   ghcrtest.TLS
		major int
	}{
		{"HTTP/1.1", ghcrtest.TLS{}, 1},
		{"HTTP/2", ghcrtest.TLS{HTTP2: true, StreamWindow: 64 << 10, ConnWindow: 128 << 10}, 2},
	}
	for _, tc := range cases {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			config := acme()
			config.TLS = &tc.tls
			s := start(t, config)
			c := over(t, s, job).on("acme/web")
			resp, err := c.http.Get(s.URL() + "/v2/")
			if err != nil {
				t.Fatal(err)
			}
			defer resp.Body.Close()
			if resp.ProtoMajor != tc.major {
				t.Errorf("got %s", resp.Proto)
			}
			at := redirected(t, c, c.pushBlob("acme/web", "content"))
			c.bearer = ""
			c.do(http.MethodGet, at, "").has(t, 200, "content") // the certificate contains both host names
		})
	}
}

func TestListenEndsWithItsContext(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	s, err := ghcrtest.Listen(ctx, "127.0.0.1:0", ghcrtest.Config{Open: &ghcrtest.Open{}})
	if err != nil {
		t.Fatal(err)
	}
	as(t, s, anonymous).do(http.MethodGet, "/v2/", "").has(t, 401, "")
	cancel()
	for {
		if _, err := as(t, s, anonymous).send(http.MethodGet, "/v2/", nil); err != nil {
			return // connection refused: the listener is closed
		}
	}
}

func TestListenFailsOnAUsedAddress(t *testing.T) {
	t.Parallel()
	s := start(t, acme())
	if _, err := ghcrtest.Listen(t.Context(), s.Host(), acme()); err == nil {
		t.Error("two servers listen on one address")
	}
}

func TestEnvironmentIsThatOfAJob(t *testing.T) {
	t.Parallel()
	s := start(t, ghcrtest.Config{Open: &ghcrtest.Open{Token: "ghs_x", Actor: "mona"}})
	got := s.Env("acme/web")
	for _, want := range []string{
		"GITHUB_SERVER_URL=" + s.URL(), "GITHUB_API_URL=" + s.URL() + "/api/v3", "GITHUB_REPOSITORY=acme/web",
		"GITHUB_REPOSITORY_OWNER=acme", "GITHUB_ACTOR=mona", "GITHUB_TOKEN=ghs_x",
	} {
		if !slices.Contains(got, want) {
			t.Errorf("got %v, want it to contain %s", got, want)
		}
	}
}

func TestOpenServerGeneratesASecret(t *testing.T) {
	t.Parallel()
	a := ghcrtest.New(ghcrtest.Config{Open: &ghcrtest.Open{}})
	b := ghcrtest.New(ghcrtest.Config{Open: &ghcrtest.Open{}})
	long := regexp.MustCompile(`^ghs_[0-9A-Z]+_[\w-]+\.[\w-]+\.[\w-]+$`)
	for _, token := range []string{a.Token(), b.Token()} { // docs/ghcr.md, New installation token format
		if !long.MatchString(token) || len(token) < 500 || len(token) > 540 {
			t.Errorf("got a token of %d characters: %s", len(token), token)
		}
	}
	if a.Token() == b.Token() {
		t.Error("two servers have the same token")
	}
	if got := ghcrtest.New(acme()).Token(); got != job {
		t.Errorf("the token is %q, want the first Actions token of the configuration, %q", got, job)
	}
}
