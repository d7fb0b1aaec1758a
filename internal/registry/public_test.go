package registry_test

import (
	"context"
	"crypto/x509"
	"errors"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/ghcr-publish/ghcr-publish/internal/registry"
)

// farConn is a connection to a server on this machine that seems to have another address.
type farConn struct {
	net.Conn
	address string
}

func (c farConn) RemoteAddr() net.Addr {
	return &net.TCPAddr{IP: net.ParseIP(c.address), Port: 443}
}

// leadingRegistry is a registry with the name example.com. Each of its responses leads to
// another host.
type leadingRegistry struct {
	*httptest.Server
	target string       // the URL of the other host
	lead   string       // the kind of the response that contains the URL
	other  atomic.Int32 // the number of requests to the other host
}

func (r *leadingRegistry) ServeHTTP(w http.ResponseWriter, q *http.Request) {
	if q.Host != "example.com" {
		r.other.Add(1)
		if strings.HasSuffix(q.URL.Path, "/token") {
			_, _ = w.Write([]byte(`{"token":"` + canary + `"}`))
		}
		if q.Method == http.MethodPut {
			w.WriteHeader(http.StatusCreated)
		}
		return
	}
	switch {
	case r.lead == "realm" && q.Header.Get("Authorization") == "":
		w.Header().Set("WWW-Authenticate", `Bearer realm="`+r.target+`/token",service="x"`)
		w.WriteHeader(http.StatusUnauthorized)
	case q.Method == http.MethodPost && r.lead == "upload":
		w.Header().Set("Location", r.target+"/upload")
		w.WriteHeader(http.StatusAccepted)
	case r.lead == "redirect" && q.URL.Path != "/v2/" && q.URL.Path != "/token":
		http.Redirect(w, q, r.target+"/blob", http.StatusTemporaryRedirect)
	}
}

// dial returns a function that connects each host to the registry. The addresses of the
// hosts seem to be the given addresses. Without an address, the connection shows that the
// server is on this machine.
func (r *leadingRegistry) dial(addresses map[string]string) func(context.Context, string, string) (net.Conn, error) {
	return func(ctx context.Context, network, address string) (net.Conn, error) {
		conn, err := (&net.Dialer{}).DialContext(ctx, network, r.Listener.Addr().String())
		if ip := addresses[address]; err == nil && ip != "" {
			return farConn{conn, ip}, nil
		}
		return conn, err
	}
}

// A registry in the public network can give the name of another host, and this name can
// have a private address. The connection shows the address that the name really has.
func TestPublicRegistryDoesNotLeadToAPrivateAddress(t *testing.T) {
	t.Parallel()
	const registryHost, otherHost = "example.com:443", "example.com:8443"
	cases := []struct {
		name            string
		registry, other string // the addresses
		reached         bool
	}{
		{"from public to this machine", "140.82.112.33", "", false},
		{"from public to a private network", "140.82.112.33", "10.0.0.1", false},
		{"from public to a metadata service", "140.82.112.33", "169.254.169.254", false},
		{"from public to public", "140.82.112.33", "185.199.108.133", true},
		{"from a private network to another", "10.0.0.1", "192.168.0.1", true},
		{"from a private network to public", "10.0.0.1", "185.199.108.133", true},
		{"on this machine", "", "", true},
	}
	for _, c := range cases {
		for _, lead := range []string{"redirect", "upload", "realm"} {
			t.Run(c.name+", "+lead, func(t *testing.T) {
				t.Parallel()
				r := &leadingRegistry{lead: lead, target: "https://" + otherHost}
				r.Server = httptest.NewUnstartedServer(r)
				r.Config.ErrorLog = log.New(io.Discard, "", 0) // A refused connection ends before the TLS handshake.
				r.StartTLS()
				t.Cleanup(r.Close)
				pool := x509.NewCertPool()
				pool.AddCert(r.Certificate())
				client, _ := newClient(t, "https://example.com", pool, func(o *registry.Options) {
					o.Keychain, o.Base.Proxy = nil, nil
					o.Base.DialContext = r.dial(map[string]string{registryHost: c.registry, otherHost: c.other})
				})
				err := use(t.Context(), client, lead)
				if reached := r.other.Load() > 0; reached != c.reached {
					t.Fatalf("the other host was reached: %t; %v", reached, err)
				}
				var location *registry.LocationError
				if !c.reached && (!errors.As(err, &location) || !location.Private || location.Target == "") {
					t.Errorf("got %v", err)
				}
			})
		}
	}
}

// use sends a request whose response contains the URL of another host.
func use(ctx context.Context, c *registry.Client, lead string) error {
	repo := mustRepository("example.com")
	if lead == "upload" {
		_, _, err := c.Upload(ctx, repo, knownBlob(fixed), nil)
		return err
	}
	in, err := c.Blob(ctx, repo, artifact(fixed).Descriptor)
	if err == nil {
		_, err = io.Copy(io.Discard, in)
		_ = in.Close() // the error of the read is sufficient
	}
	return err
}
