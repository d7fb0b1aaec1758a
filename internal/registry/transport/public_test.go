package transport_test

import (
	"context"
	"errors"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/ghcr-publish/ghcr-publish/internal/registry/transport"
)

func TestIsPublic(t *testing.T) {
	t.Parallel()
	cases := map[bool]string{
		true: "140.82.112.33 1.1.1.1 172.32.0.1 192.169.0.1 100.128.0.1 2606:50c0:8000::153 64:ff9b::8c52:7021 2002:8c52:7021::1 ::ffff:140.82.112.33",
		false: "127.0.0.1 127.9.9.9 0.0.0.0 10.0.0.1 172.16.0.1 172.31.255.255 192.168.1.1 169.254.169.254 168.63.129.16 100.100.100.200 192.0.0.192 198.18.0.1 224.0.0.1 240.0.0.1 255.255.255.255 " +
			":: ::1 fe80::1 fe80::1%eth0 fc00::1 fd00:ec2::254 ff02::1 fec0::1 2001:db8::1 ::ffff:127.0.0.1 ::ffff:10.0.0.1 ::127.0.0.1 64:ff9b::7f00:1 64:ff9b::a9fe:a9fe 64:ff9b:1::1 2002:7f00:1::1 2002:a00:1::1",
	}
	for want, addresses := range cases {
		for text := range strings.FieldsSeq(addresses) {
			if got := transport.IsPublic(netip.MustParseAddr(text)); got != want {
				t.Errorf("%s: got %t, want %t", text, got, want)
			}
		}
	}
}

// counted returns a server on this machine, and the number of its connections.
func counted(t *testing.T, h http.HandlerFunc) (*httptest.Server, *atomic.Int32) {
	t.Helper()
	var connections atomic.Int32
	s := httptest.NewUnstartedServer(h)
	s.Config.ConnState = func(_ net.Conn, state http.ConnState) {
		if state == http.StateNew {
			connections.Add(1)
		}
	}
	s.Start()
	t.Cleanup(s.Close)
	return s, &connections
}

func get(t *testing.T, rt http.RoundTripper, address string) error {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, address, nil)
	if err != nil {
		t.Fatal(err)
	}
	resp, err := (&http.Client{Transport: rt}).Do(req)
	if err == nil {
		resp.Body.Close()
	}
	return err
}

func newTransport(t *testing.T, proxy func(*http.Request) (*url.URL, error)) *http.Transport {
	t.Helper()
	base, err := transport.New("")
	if err != nil {
		t.Fatal(err)
	}
	base.Proxy = proxy
	t.Cleanup(base.CloseIdleConnections)
	return base
}

// The transport resolves the name localhost, and has a connection to the address in base.
func TestPublicOnlyOpensNoConnectionToThisMachine(t *testing.T) {
	t.Parallel()
	server, connections := counted(t, func(http.ResponseWriter, *http.Request) {})
	_, port, _ := net.SplitHostPort(server.Listener.Addr().String()) // The address of a listener is valid.
	base := newTransport(t, nil)
	if err := get(t, base, server.URL); err != nil {
		t.Fatal(err)
	}
	public := transport.PublicOnly(base)
	for _, address := range []string{server.URL, "http://localhost:" + port, "http://[::1]:" + port, "http://[::ffff:127.0.0.1]:" + port, "http://0.0.0.0:" + port} {
		if err := get(t, public, address); !errors.As(err, new(*transport.PrivateAddressError)) && !strings.HasPrefix(address, "http://[::1]") {
			t.Errorf("%s: got %v", address, err)
		}
	}
	if n := connections.Load(); n != 1 {
		t.Errorf("the server got %d connections, want only the connection of base", n)
	}
}

// A proxy can be in the private network, and resolves the names of the hosts.
func TestPublicOnlyUsesAProxyOfThePrivateNetwork(t *testing.T) {
	t.Parallel()
	proxy, connections := counted(t, func(http.ResponseWriter, *http.Request) {})
	at, err := url.Parse(proxy.URL)
	if err != nil {
		t.Fatal(err)
	}
	public := transport.PublicOnly(newTransport(t, http.ProxyURL(at)))
	t.Cleanup(public.CloseIdleConnections)
	for _, address := range []string{"http://10.0.0.1/", "http://169.254.169.254/", "http://localhost/", "http://[::1]/"} {
		if err := get(t, public, address); !errors.As(err, new(*transport.PrivateAddressError)) {
			t.Errorf("%s: got %v", address, err)
		}
	}
	if n := connections.Load(); n != 0 {
		t.Errorf("the proxy got %d connections", n)
	}
	if err := get(t, public, "http://ghcr.example/"); err != nil || connections.Load() != 1 {
		t.Errorf("a name: got %v and %d connections", err, connections.Load())
	}
}

// farConn is a connection to this machine that seems to have another address.
type farConn struct{ net.Conn }

func (farConn) RemoteAddr() net.Addr {
	return &net.TCPAddr{IP: net.IPv4(140, 82, 112, 6), Port: 443}
}

// The responses of GitHub's API contain the addresses of other servers.
func TestClientFollowsNoAddressFromThePublicNetworkToThisMachine(t *testing.T) {
	t.Parallel()
	for _, public := range []bool{true, false} {
		private, connections := counted(t, func(http.ResponseWriter, *http.Request) {})
		api, _ := counted(t, func(w http.ResponseWriter, q *http.Request) { http.Redirect(w, q, private.URL, http.StatusFound) })
		base := newTransport(t, nil)
		dial := base.DialContext
		base.DialContext = func(ctx context.Context, network, address string) (net.Conn, error) {
			if address != "api.example:80" {
				return dial(ctx, network, address)
			}
			conn, err := dial(ctx, network, api.Listener.Addr().String())
			if err == nil && public {
				conn = farConn{conn}
			}
			return conn, err
		}
		client := transport.NewClient("http://api.example", base)
		t.Cleanup(client.CloseIdleConnections)
		err := get(t, client, "http://api.example/")
		if refused := errors.As(err, new(*transport.PrivateAddressError)); refused != public || (connections.Load() == 0) != public {
			t.Errorf("an API in the public network: %t; got %v and %d connections", public, err, connections.Load())
		}
	}
}
