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

// dials is a TLS server and a wire to it that counts connections.
func dials(t *testing.T, change func(*http.Transport)) (*wire, string, *atomic.Int32) {
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
	w := newWire(base)
	t.Cleanup(w.close)
	return w, s.Listener.Addr().String(), &n
}

// ask sends one request over the connections for bodies.
func ask(t *testing.T, w *wire, addr string) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "https://"+addr+"/", nil)
	if err != nil {
		t.Fatal(err)
	}
	resp, err := w.pick(BulkSize).RoundTrip(req)
	if err != nil {
		t.Fatal(err)
	}
	if err := discard(resp); err != nil {
		t.Error(err)
	}
	resp.Body.Close()
}

func TestWarmConnectionIsUsed(t *testing.T) {
	t.Parallel()
	w, addr, n := dials(t, nil)
	w.warm.open(addr, 1)
	w.warm.open(addr, 1) // once a run
	ask(t, w, addr)
	if n.Load() != 1 {
		t.Errorf("dialled %d times, want once", n.Load())
	}
}

func TestWarmConnectionsOverThenNewOnes(t *testing.T) {
	t.Parallel()
	w, addr, n := dials(t, nil)
	w.warm.open(addr, 1)
	ask(t, w, addr)
	w.bulk.CloseIdleConnections()
	ask(t, w, addr)
	if n.Load() != 2 {
		t.Errorf("dialled %d times, want twice", n.Load())
	}
}

func TestHandshakeThatFailedIsTriedByTheRequest(t *testing.T) {
	t.Parallel()
	var failed atomic.Bool
	w, addr, _ := dials(t, func(base *http.Transport) {
		dial := base.DialContext
		base.DialContext = func(ctx context.Context, network, addr string) (net.Conn, error) {
			if !failed.Swap(true) {
				return nil, &net.DNSError{Err: "server misbehaving", Name: addr}
			}
			return dial(ctx, network, addr)
		}
	})
	w.warm.open(addr, 1)
	ask(t, w, addr)
}

func TestUnusedWarmConnectionsAreClosed(t *testing.T) {
	t.Parallel()
	var open atomic.Int32
	w, addr, n := dials(t, func(base *http.Transport) {
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
	w.warm.open(addr, 3)
	w.close()
	if open.Load() != 0 {
		t.Errorf("%d of %d are still open", open.Load(), n.Load())
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

func TestHostBehindAProxyIsLeftToTheTransport(t *testing.T) {
	t.Parallel()
	w, addr, n := dials(t, func(base *http.Transport) {
		base.Proxy = func(*http.Request) (*url.URL, error) { return url.Parse("http://proxy.invalid:3128") }
	})
	w.warm.open(addr, 3)
	w.warm.close()
	if n.Load() != 0 || w.warm.ready[addr] != nil {
		t.Errorf("dialled %d times past the proxy", n.Load())
	}
}

// Bodies go over HTTP/1.1, each on a connection of its own; small requests
// share one.
func TestWireKeepsBodiesApart(t *testing.T) {
	t.Parallel()
	w := newWire(nil)
	defer w.close()
	cases := []struct {
		name string
		size int64
		want http.RoundTripper
	}{
		{"nothing", 0, w.small},
		{"a manifest", BulkSize - 1, w.small},
		{"a layer", BulkSize, w.bulk},
		{"a stream", -1, w.bulk},
	}
	for _, tc := range cases {
		if got := w.pick(tc.size); got != tc.want {
			t.Errorf("%s goes the other way", tc.name)
		}
	}
	if w.bulk.ForceAttemptHTTP2 || w.bulk.TLSNextProto == nil || !w.small.ForceAttemptHTTP2 {
		t.Error("HTTP/2 is not where it should be")
	}
	for _, each := range []*http.Transport{w.small, w.bulk} {
		if each.MaxResponseHeaderBytes == 0 || each.TLSHandshakeTimeout == 0 {
			t.Error("a transport is unbounded")
		}
	}
}
