package network_test

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/ghcr-publish/ghcr-publish/internal/diag/network"
)

// dial returns an error of net/http with a URL whose query must not be in the text.
func dial(err error) error {
	return &url.Error{Op: "Get", URL: "https://ghcr.io/token?scope=secret", Err: &net.OpError{Op: "dial", Net: "tcp", Err: err}}
}

func TestDescribeNamesHostAndCause(t *testing.T) {
	t.Parallel()
	untrusted := &tls.CertificateVerificationError{Err: x509.UnknownAuthorityError{}}
	proxy := &net.OpError{Op: "proxyconnect", Net: "tcp", Err: &net.OpError{
		Op: "dial", Net: "tcp", Addr: &net.TCPAddr{IP: net.IPv4(10, 0, 0, 1), Port: 3128}, Err: os.NewSyscallError("connect", syscall.ECONNREFUSED),
	}}
	cases := []struct {
		name string
		err  error
		want string
	}{
		{"unknown host", dial(&net.DNSError{Err: "no such host", Name: "ghcr.io", IsNotFound: true}), "ghcr.io cannot be resolved (no such host)"},
		{"slow DNS server", dial(&net.DNSError{Err: "i/o timeout", IsTimeout: true}), "ghcr.io cannot be resolved (the DNS server did not answer)"},
		{"broken DNS server", dial(&net.DNSError{Err: "server misbehaving"}), "ghcr.io cannot be resolved (server misbehaving)"},
		{"closed port", dial(os.NewSyscallError("connect", syscall.ECONNREFUSED)), "ghcr.io refused the connection"},
		{"reset", &net.OpError{Op: "read", Err: os.NewSyscallError("read", syscall.ECONNRESET)}, "ghcr.io closed the connection early (connection reset)"},
		{"no route", dial(os.NewSyscallError("connect", syscall.EHOSTUNREACH)), "this machine has no route to ghcr.io"},
		{"closed port, on Windows", dial(os.NewSyscallError("connectex", syscall.Errno(10061))), "ghcr.io refused the connection"},
		{"reset, on Windows", &net.OpError{Op: "read", Err: os.NewSyscallError("wsarecv", syscall.Errno(10054))}, "ghcr.io closed the connection early (connection reset)"},
		{"end by this machine, on Windows", &net.OpError{Op: "read", Err: os.NewSyscallError("wsarecv", syscall.Errno(10053))}, "ghcr.io closed the connection early (connection reset)"},
		{"no route, on Windows", dial(os.NewSyscallError("connectex", syscall.Errno(10065))), "this machine has no route to ghcr.io"},
		{"early end", fmt.Errorf("reading: %w", io.EOF), "ghcr.io closed the connection before the end of its response"},
		{"timeout", dial(os.ErrDeadlineExceeded), "ghcr.io did not answer in time"},
		{"unknown authority", dial(untrusted), "the certificate of ghcr.io is signed by an authority that this machine does not trust"},
		{"plain HTTP", tls.RecordHeaderError{}, "ghcr.io does not use TLS on this port"},
		{"TLS alert", tls.AlertError(40), "ghcr.io refused the TLS handshake (tls: handshake failure)"},
		{"closed port of the proxy", &url.Error{Op: "Get", URL: "https://ghcr.io/?x", Err: proxy}, "the proxy in HTTPS_PROXY or HTTP_PROXY failed: 10.0.0.1:3128 refused the connection"},
		{"refusal of the proxy", &url.Error{Op: "Get", URL: "https://ghcr.io/?x", Err: errors.New("Proxy Authentication Required")}, "the proxy refused the connection to ghcr.io (407 Proxy Authentication Required)"},
		{"another error", &url.Error{Op: "Get", URL: "https://ghcr.io/?x", Err: errors.New("strange")}, "ghcr.io: strange"},
		{"a cancelled run", context.Canceled, "ghcr.io: context canceled"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			if got := network.Describe("ghcr.io", c.err); got != c.want {
				t.Errorf("got %q, want %q", got, c.want)
			}
			if err := (&network.Error{Host: "ghcr.io", Err: c.err}); err.Error() != c.want || !errors.Is(err, c.err) {
				t.Errorf("the error is %q, or does not wrap its cause", err)
			}
		})
	}
}

// The errors of this test come from net/http itself.
func TestDescribeErrorsOfAClient(t *testing.T) {
	t.Parallel()
	stop := make(chan struct{})
	slow := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { <-stop }))
	secured := httptest.NewUnstartedServer(http.NotFoundHandler())
	secured.Config.ErrorLog = log.New(io.Discard, "", 0)
	secured.StartTLS()
	closing := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }))
	refusing := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusForbidden) }))
	closed := httptest.NewServer(nil)
	closed.Close()
	t.Cleanup(func() {
		close(stop)
		for _, s := range []*httptest.Server{slow, secured, closing, refusing} {
			s.Close()
		}
	})
	behind := func(proxy string) func(*http.Transport) {
		return func(t *http.Transport) {
			t.Proxy = func(*http.Request) (*url.URL, error) { return url.Parse(proxy) }
		}
	}
	cases := []struct {
		name, url string
		change    func(*http.Transport)
		want      string
	}{
		{"closed port", closed.URL, nil, "refused the connection"},
		{"certificate", secured.URL, nil, "signed by an authority that this machine does not trust"},
		{"plain HTTP", strings.Replace(refusing.URL, "http:", "https:", 1), nil, "does not use TLS"},
		{"early end", closing.URL, nil, "closed the connection"},
		{"no response", slow.URL, func(t *http.Transport) { t.ResponseHeaderTimeout = time.Millisecond }, "did not answer in time"},
		{"closed port of the proxy", "https://ghcr.invalid", behind(closed.URL), "the proxy in HTTPS_PROXY or HTTP_PROXY failed"},
		{"refusal of the proxy", "https://ghcr.invalid", behind(refusing.URL), "the proxy refused the connection to HOST (403 Forbidden)"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			transport := &http.Transport{}
			if c.change != nil {
				c.change(transport)
			}
			defer transport.CloseIdleConnections()
			resp, err := (&http.Client{Transport: transport}).Get(c.url + "/token?scope=secret")
			if err == nil {
				resp.Body.Close()
				t.Fatal("the request succeeded")
			}
			if got := network.Describe("HOST", err); !strings.Contains(got, c.want) || strings.Contains(got, "secret") {
				t.Errorf("got %q, want it to contain %q; the error is %v", got, c.want, err)
			}
		})
	}
}
