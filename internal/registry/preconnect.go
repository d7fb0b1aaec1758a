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

// preconnector opens connections for bodies in advance, during earlier requests.
// A later upload does not wait for the two round trips of the handshakes.
type preconnector struct {
	dial  dialFunc
	proxy func(*http.Request) (*url.URL, error)
	ctx   context.Context
	stop  context.CancelFunc

	mu    sync.Mutex
	pools map[string]*pool
}

// pool holds the connections that the preconnector opened for one address.
type pool struct {
	conns     chan net.Conn
	unclaimed int
}

// newPreconnector returns a preconnector, and configures the transport t to use
// the TLS connections of the preconnector.
func newPreconnector(t *http.Transport) *preconnector {
	ctx, stop := context.WithCancel(context.Background())
	dial, config := t.DialContext, t.TLSClientConfig
	p := &preconnector{proxy: t.Proxy, ctx: ctx, stop: stop, pools: map[string]*pool{}}
	p.dial = func(ctx context.Context, network, addr string) (net.Conn, error) {
		return dialTLS(ctx, dial, config, network, addr)
	}
	t.DialTLSContext = p.connect
	return p
}

// open starts n handshakes with addr (host:port) in the background. The method "open"
// does nothing for a host behind a proxy, because only the transport can open connections
// through a proxy.
func (p *preconnector) open(addr string, n int) {
	if p.proxied(addr) {
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.pools[addr] != nil { // One call per run is sufficient, because the transport keeps used connections.
		return
	}
	conns := &pool{conns: make(chan net.Conn, n), unclaimed: n}
	p.pools[addr] = conns
	for range n {
		go func() { conns.conns <- p.handshake(addr) }()
	}
}

// handshake returns a connection, or nil if the handshake fails. After a failed
// handshake, the transport opens a connection itself, and returns its error to
// the request.
func (p *preconnector) handshake(addr string) net.Conn {
	conn, err := p.dial(p.ctx, "tcp", addr)
	if err != nil {
		return nil
	}
	if p.ctx.Err() != nil {
		conn.Close()
		return nil
	}
	return conn
}

func (p *preconnector) proxied(addr string) bool {
	if p.proxy == nil {
		return false
	}
	u, err := p.proxy(&http.Request{URL: &url.URL{Scheme: "https", Host: addr}})
	return err != nil || u != nil
}

// connect returns a connection from the pool as soon as a connection is ready.
// If all connections of the pool are used, or if the handshake failed, connect
// opens a new connection.
func (p *preconnector) connect(ctx context.Context, network, addr string) (net.Conn, error) {
	if claimed := p.claim(addr); claimed != nil {
		select {
		case conn := <-claimed.conns:
			if conn != nil {
				return conn, nil
			}
		case <-ctx.Done():
			return nil, context.Cause(ctx)
		}
	}
	return p.dial(ctx, network, addr)
}

// claim reserves one connection, and returns the pool of the connection. If no
// connection is available, claim returns nil.
func (p *preconnector) claim(addr string) *pool {
	p.mu.Lock()
	defer p.mu.Unlock()
	conns := p.pools[addr]
	if conns == nil || conns.unclaimed == 0 {
		return nil
	}
	conns.unclaimed--
	return conns
}

// close cancels the running handshakes and closes the unused connections.
func (p *preconnector) close() {
	p.stop()
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, each := range p.pools {
		for ; each.unclaimed > 0; each.unclaimed-- {
			if conn := <-each.conns; conn != nil {
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
