package registry

import (
	"net/http"
	"net/url"
	"testing"
	"time"

	"github.com/google/go-containerregistry/pkg/name"
	"github.com/google/go-containerregistry/pkg/v1/remote/transport"
)

func TestOnlyTrustedRealmsReceiveTheCredentials(t *testing.T) {
	t.Parallel()
	cases := []struct {
		registry, scheme, realm string
		want                    bool
	}{
		{"ghcr.io", "https", "https://ghcr.io/token", true},
		{"registry-1.docker.io", "https", "https://auth.docker.io/token", true},
		{"index.docker.io", "https", "https://auth.docker.io/token", true},
		{"registry.example.com:5000", "https", "https://registry.example.com:5001/auth", true},
		{"ghcr.io", "https", "http://ghcr.io/token", false},
		{"ghcr.io", "https", "https://ghcr.io.evil.example/token", false},
		{"ghcr.io", "https", "https://evil.example/ghcr.io", false},
		{"ghcr.io", "https", "https://ghcr.io@evil.example/token", false},
		{"me.github.io", "https", "https://you.github.io/token", false},
		{"10.0.0.5:5000", "https", "https://6.6.0.5/token", false},
		{"10.0.0.5:5000", "https", "https://10.0.0.5:5000/token", true},
		{"127.0.0.1:5000", "http", "http://127.0.0.1:5000/token", true},
		{"127.0.0.1:5000", "http", "http://127.0.0.1:6000/token", false},
		{"registry:5000", "https", "https://auth:5000/token", false},
		{"ghcr.io", "https", "", false},
		{"ghcr.io", "https", "://", false},
	}
	for _, tc := range cases {
		reg, err := name.NewRegistry(tc.registry)
		if err != nil {
			t.Fatal(err)
		}
		s := newSession(reg, New(Options{}))
		s.scheme = tc.scheme
		if got := s.trusts(tc.realm); got != tc.want {
			t.Errorf("%s and %s: got %v", tc.registry, tc.realm, got)
		}
	}
}

func TestOnlyTheRegistryReceivesTheToken(t *testing.T) {
	t.Parallel()
	cases := []struct {
		name, registry, scheme, url string
		want                        bool
	}{
		{"registry", "r.example.com", "https", "https://r.example.com/v2/", true},
		{"registry with the default port", "r.example.com", "https", "https://r.example.com:443/v2/", true},
		{"default port in the name of the registry", "r.example.com:443", "https", "https://r.example.com/v2/", true},
		{"another port", "r.example.com", "https", "https://r.example.com:8443/v2/", false},
		{"the port of another scheme", "r.example.com", "https", "https://r.example.com:80/v2/", false},
		{"plain HTTP", "r.example.com", "https", "http://r.example.com/v2/", false},
		{"plain HTTP on port 443", "r.example.com", "https", "http://r.example.com:443/v2/", false},
		{"another host", "r.example.com", "https", "https://cdn.example.com/v2/", false},
		{"host with the registry as prefix", "r.example.com", "https", "https://r.example.com.evil.example/v2/", false},
		{"loopback", "127.0.0.1:5000", "http", "http://127.0.0.1:5000/v2/", true},
	}
	for _, tc := range cases {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			reg, err := name.NewRegistry(tc.registry)
			if err != nil {
				t.Fatal(err)
			}
			s := newSession(reg, New(Options{}))
			s.scheme = tc.scheme
			u, err := url.Parse(tc.url)
			if err != nil {
				t.Fatal(err)
			}
			req := &http.Request{URL: u, Header: http.Header{}}
			s.authenticate(req, &grant{header: "Bearer T"})
			if got := req.Header.Get("Authorization") != ""; got != tc.want {
				t.Errorf("got %v", got)
			}
		})
	}
}

func TestLifetimeOfATokenIsLimited(t *testing.T) {
	t.Parallel()
	cases := []struct {
		name    string
		seconds int
		want    time.Duration
	}{
		{"no expires_in", 0, 50 * time.Second},
		{"a minute", 60, 50 * time.Second},
		{"short", 10, 8 * time.Second},
		{"a day", 86400, time.Hour - 10*time.Second},
		{"overflowing", 1 << 60, time.Hour - 10*time.Second},
		{"negative", -1, 50 * time.Second},
	}
	for _, tc := range cases {
		_, life, err := bearerHeader(&transport.Token{Token: "T", ExpiresIn: tc.seconds})
		if err != nil || life != tc.want {
			t.Errorf("%s: got %v, %v, want %v", tc.name, life, err, tc.want)
		}
	}
}
