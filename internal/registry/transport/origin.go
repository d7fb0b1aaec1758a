package transport

import (
	"net/http"
	"net/http/httptrace"
	"net/netip"
	"net/url"
	"sync/atomic"
)

// Origin records whether a server is in the public network. The responses of the server
// contain addresses of other servers, such as the target of a redirect. If the server is
// in the public network, a client must not follow an address to a private network,
// because the server could otherwise send requests to services that only this machine can
// reach. A server in a private network can name all addresses. The zero value is a server
// that has not answered yet.
type Origin struct{ public atomic.Bool }

// Public reports whether the server has answered from the public network.
func (o *Origin) Public() bool { return o.public.Load() }

// Trace returns the request with a trace that records the address of the server. The
// argument "proxy" is the function Proxy of the transport. The address of a server behind
// a proxy is unknown, so such a server is in the public network, unless its URL contains a
// private IP address.
func (o *Origin) Trace(req *http.Request, proxy func(*http.Request) (*url.URL, error)) *http.Request {
	if o.Public() {
		return req
	}
	if proxy != nil {
		if u, err := proxy(req); err == nil && u != nil {
			o.public.Store(mayBePublic(req.URL.Hostname()))
			return req
		}
	}
	trace := &httptrace.ClientTrace{GotConn: func(info httptrace.GotConnInfo) {
		if at, err := netip.ParseAddrPort(info.Conn.RemoteAddr().String()); err == nil && IsPublic(at.Addr()) {
			o.public.Store(true)
		}
	}}
	return req.WithContext(httptrace.WithClientTrace(req.Context(), trace))
}

// Client sends requests to one server, and to the addresses in its responses. Client
// implements [http.RoundTripper].
type Client struct {
	host         string
	base, public *http.Transport
	origin       Origin
}

// NewClient returns a client for the server with the given URL. If the URL is invalid, each
// host is another server.
func NewClient(server string, base *http.Transport) *Client {
	c := &Client{base: base, public: PublicOnly(base)}
	if u, err := url.Parse(server); err == nil {
		c.host = u.Host
	}
	return c
}

// RoundTrip implements [http.RoundTripper].
func (c *Client) RoundTrip(req *http.Request) (*http.Response, error) {
	switch {
	case req.URL.Host == c.host:
		return c.base.RoundTrip(c.origin.Trace(req, c.base.Proxy))
	case c.origin.Public():
		return c.public.RoundTrip(req)
	}
	return c.base.RoundTrip(req)
}

// CloseIdleConnections closes the connections that no request uses.
func (c *Client) CloseIdleConnections() {
	c.base.CloseIdleConnections()
	c.public.CloseIdleConnections()
}
