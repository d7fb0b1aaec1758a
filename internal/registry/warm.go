package registry

import (
	"context"
	"crypto/tls"
	"net"
	"net/http"
	"net/url"
	"sync"
)

type dialFunc = func(ctx context.Context, network, addr string) (net.Conn, error)

// warmer opens connections for bodies before they are needed, while blobs are
// still being probed: the handshakes' two round trips then cost no time.
type warmer struct {
	dial  dialFunc
	proxy func(*http.Request) (*url.URL, error)
	ctx   context.Context
	stop  context.CancelFunc

	mu    sync.Mutex
	ready map[string]*warmed
}

// warmed are the connections opened ahead for one address; left counts those
// that nobody has taken.
type warmed struct {
	conns chan net.Conn
	left  int
}

// newWarmer makes the transport t take its TLS connections from the warmer.
func newWarmer(t *http.Transport) *warmer {
	ctx, stop := context.WithCancel(context.Background())
	dial, config := t.DialContext, t.TLSClientConfig
	w := &warmer{proxy: t.Proxy, ctx: ctx, stop: stop, ready: map[string]*warmed{}}
	w.dial = func(ctx context.Context, network, addr string) (net.Conn, error) {
		return dialTLS(ctx, dial, config, network, addr)
	}
	t.DialTLSContext = w.take
	return w
}

// open starts n handshakes with addr (host:port) in the background. Hosts
// behind a proxy are left alone: there the transport itself must dial.
func (w *warmer) open(addr string, n int) {
	if w.proxied(addr) {
		return
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.ready[addr] != nil { // once a run: the transport keeps them after that
		return
	}
	pool := &warmed{conns: make(chan net.Conn, n), left: n}
	w.ready[addr] = pool
	for range n {
		go func() { pool.conns <- w.handshake(addr) }()
	}
}

// handshake returns nil where it fails: the transport dials again then, and
// reports the reason to the request that wanted the connection.
func (w *warmer) handshake(addr string) net.Conn {
	conn, err := w.dial(w.ctx, "tcp", addr)
	if err != nil {
		return nil
	}
	if w.ctx.Err() != nil {
		conn.Close()
		return nil
	}
	return conn
}

func (w *warmer) proxied(addr string) bool {
	if w.proxy == nil {
		return false
	}
	u, err := w.proxy(&http.Request{URL: &url.URL{Scheme: "https", Host: addr}})
	return err != nil || u != nil
}

// take gives the transport a connection: a warmed one as soon as one is
// ready, or a new one once all warmed ones are spent.
func (w *warmer) take(ctx context.Context, network, addr string) (net.Conn, error) {
	if pool := w.spend(addr); pool != nil {
		select {
		case conn := <-pool.conns:
			if conn != nil {
				return conn, nil
			}
		case <-ctx.Done():
			return nil, context.Cause(ctx)
		}
	}
	return w.dial(ctx, network, addr)
}

func (w *warmer) spend(addr string) *warmed {
	w.mu.Lock()
	defer w.mu.Unlock()
	pool := w.ready[addr]
	if pool == nil || pool.left == 0 {
		return nil
	}
	pool.left--
	return pool
}

// close ends handshakes under way and closes what nobody took.
func (w *warmer) close() {
	w.stop()
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, pool := range w.ready {
		for ; pool.left > 0; pool.left-- {
			if conn := <-pool.conns; conn != nil {
				conn.Close()
			}
		}
	}
}

func dialTLS(ctx context.Context, dial dialFunc, config *tls.Config, network, addr string) (net.Conn, error) {
	raw, err := dial(ctx, network, addr)
	if err != nil {
		return nil, err
	}
	config = config.Clone()
	if config.ServerName == "" {
		config.ServerName, _, err = net.SplitHostPort(addr)
		if err != nil {
			raw.Close()
			return nil, err
		}
	}
	conn := tls.Client(raw, config)
	ctx, cancel := context.WithTimeout(ctx, handshakeTimeout)
	defer cancel()
	if err := conn.HandshakeContext(ctx); err != nil {
		raw.Close()
		return nil, err
	}
	return conn, nil
}
