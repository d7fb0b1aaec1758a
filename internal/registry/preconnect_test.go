package registry

import (
	"context"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"sync/atomic"
	"testing"
)

// countedDials starts a TLS server. It returns transports that count their
// connections to the server.
func countedDials(t *testing.T, change func(*http.Transport)) (*transports, string, *atomic.Int32) {
	t.Helper()
	s := httptest.NewTLSServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
	t.Cleanup(s.Close)
	var n atomic.Int32
	base := http.DefaultTransport.(*http.Transport).Clone()
	base.TLSClientConfig = s.Client().Transport.(*http.Transport).TLSClientConfig.Clone()
	base.DialContext = func(ctx context.Context, network, addr string) (net.Conn, error) {
		n.Add(1)
		return new(net.Dialer).DialContext(ctx, network, addr)
	}
	if change != nil {
		change(base)
	}
	tr := newTransports(base)
	t.Cleanup(tr.close)
	return tr, s.Listener.Addr().String(), &n
}

// sendBulk sends one request over the connections for bodies.
func sendBulk(t *testing.T, tr *transports, addr string) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "https://"+addr+"/", nil)
	if err != nil {
		t.Fatal(err)
	}
	resp, err := tr.forSize(BulkSize, false, false).RoundTrip(req)
	if err != nil {
		t.Fatal(err)
	}
	if err := discardBody(resp); err != nil {
		t.Error(err)
	}
	resp.Body.Close()
}

func TestPreconnectedConnectionIsUsed(t *testing.T) {
	t.Parallel()
	tr, addr, n := countedDials(t, nil)
	tr.preconnector.open(addr, 1)
	tr.preconnector.open(addr, 1) // connections are opened only once per run
	sendBulk(t, tr, addr)
	if n.Load() != 1 {
		t.Errorf("%d dials, want 1", n.Load())
	}
}

func TestNewConnectionsFollowThePreconnectedOnes(t *testing.T) {
	t.Parallel()
	tr, addr, n := countedDials(t, nil)
	tr.preconnector.open(addr, 1)
	sendBulk(t, tr, addr)
	tr.bulk.CloseIdleConnections()
	sendBulk(t, tr, addr)
	if n.Load() != 2 {
		t.Errorf("%d dials, want 2", n.Load())
	}
}

func TestRequestDialsAfterAFailedPreconnection(t *testing.T) {
	t.Parallel()
	var failed atomic.Bool
	tr, addr, _ := countedDials(t, func(base *http.Transport) {
		dial := base.DialContext
		base.DialContext = func(ctx context.Context, network, addr string) (net.Conn, error) {
			if !failed.Swap(true) {
				return nil, &net.DNSError{Err: "server misbehaving", Name: addr}
			}
			return dial(ctx, network, addr)
		}
	})
	tr.preconnector.open(addr, 1)
	sendBulk(t, tr, addr)
}

func TestUnusedPreconnectedConnectionsAreClosed(t *testing.T) {
	t.Parallel()
	var open atomic.Int32
	tr, addr, n := countedDials(t, func(base *http.Transport) {
		dial := base.DialContext
		base.DialContext = func(ctx context.Context, network, addr string) (net.Conn, error) {
			conn, err := dial(ctx, network, addr)
			if err == nil {
				open.Add(1)
				conn = &counted{Conn: conn, open: &open}
			}
			return conn, err
		}
	})
	tr.preconnector.open(addr, 3)
	tr.close()
	if open.Load() != 0 {
		t.Errorf("%d of %d connections are still open", open.Load(), n.Load())
	}
}

type counted struct {
	net.Conn
	open   *atomic.Int32
	closed atomic.Bool
}

func (c *counted) Close() error {
	if !c.closed.Swap(true) {
		c.open.Add(-1)
	}
	return c.Conn.Close()
}

func TestNoPreconnectionToAHostBehindAProxy(t *testing.T) {
	t.Parallel()
	tr, addr, n := countedDials(t, func(base *http.Transport) {
		base.Proxy = func(*http.Request) (*url.URL, error) { return url.Parse("http://proxy.invalid:3128") }
	})
	tr.preconnector.open(addr, 3)
	tr.preconnector.close()
	if n.Load() != 0 || tr.preconnector.pools[addr] != nil {
		t.Errorf("%d dials without the proxy", n.Load())
	}
}

// Bodies use HTTP/1.1, with one connection per body. Small requests share one
// connection.
func TestBodiesAndSmallRequestsUseDifferentTransports(t *testing.T) {
	t.Parallel()
	tr := newTransports(nil)
	defer tr.close()
	cases := []struct {
		name string
		size int64
		want http.RoundTripper
	}{
		{"no body", 0, tr.small},
		{"a manifest", BulkSize - 1, tr.small},
		{"a layer", BulkSize, tr.bulk},
		{"a stream", -1, tr.bulk},
	}
	for _, tc := range cases {
		if got := tr.forSize(tc.size, false, false); got != tc.want {
			t.Errorf("%s uses the wrong transport", tc.name)
		}
	}
	if tr.bulk.ForceAttemptHTTP2 || tr.bulk.TLSNextProto == nil || !tr.small.ForceAttemptHTTP2 {
		t.Error("HTTP/2 must be enabled for small requests only")
	}
	for _, each := range []*http.Transport{tr.small, tr.bulk} {
		if each.MaxResponseHeaderBytes == 0 || each.TLSHandshakeTimeout == 0 {
			t.Error("a transport has no limits")
		}
	}
}
