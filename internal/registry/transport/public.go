package transport

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"sync"
	"syscall"

	"github.com/ghcr-publish/ghcr-publish/internal/registry/retry"
)

// PrivateAddressError is the error of a connection that a server of the public network
// requested to an address outside of the public network.
type PrivateAddressError struct {
	Address string // Address is the IP address or the name of the host.
}

// Error implements error.
func (e *PrivateAddressError) Error() string {
	return fmt.Sprintf("a server of the public network names the address %s, which is not in the public network, so the run does not connect to this address", e.Address)
}

// Transport returns the kind of the error for retry.Table. Another attempt has the same
// result.
func (e *PrivateAddressError) Transport() retry.Transport { return retry.UnusableLocation }

// special lists the addresses outside of the public network that net/netip does not know
// (IANA IPv4 and IPv6 Special-Purpose Address Registries). 168.63.129.16 is a service of
// Azure that only virtual machines reach, for example the runners of GitHub.
var special = []netip.Prefix{
	netip.MustParsePrefix("0.0.0.0/8"), netip.MustParsePrefix("100.64.0.0/10"), netip.MustParsePrefix("168.63.129.16/32"),
	netip.MustParsePrefix("192.0.0.0/24"), netip.MustParsePrefix("192.0.2.0/24"), netip.MustParsePrefix("198.18.0.0/15"),
	netip.MustParsePrefix("198.51.100.0/24"), netip.MustParsePrefix("203.0.113.0/24"), netip.MustParsePrefix("240.0.0.0/4"),
	netip.MustParsePrefix("64:ff9b:1::/48"), netip.MustParsePrefix("100::/64"), netip.MustParsePrefix("2001::/23"), netip.MustParsePrefix("2001:db8::/32"), netip.MustParsePrefix("fec0::/10"),
}

// embedded lists the IPv6 prefixes whose addresses contain an IPv4 address, and the offset
// of the IPv4 address in bytes: NAT64 (RFC 6052), 6to4 (RFC 3056) and IPv4-compatible
// addresses (RFC 4291).
var embedded = []struct {
	prefix netip.Prefix
	offset int
}{
	{netip.MustParsePrefix("64:ff9b::/96"), 12},
	{netip.MustParsePrefix("2002::/16"), 2},
	{netip.MustParsePrefix("::/96"), 12},
}

// IsPublic reports whether an IP address is in the public network. The addresses of this
// machine, of local networks and of the metadata services of clouds are not public.
func IsPublic(a netip.Addr) bool {
	a = a.Unmap().WithZone("")
	if !a.IsGlobalUnicast() || a.IsPrivate() {
		return false
	}
	for _, prefix := range special {
		if prefix.Contains(a) {
			return false
		}
	}
	for _, e := range embedded {
		if e.prefix.Contains(a) {
			raw := a.As16()
			return IsPublic(netip.AddrFrom4([4]byte(raw[e.offset:])))
		}
	}
	return true
}

// publicKey is the key of the value in a context that permits only connections to the
// public network.
type publicKey struct{}

// control is the function ControlContext of the dialer. The dialer calls control with the
// IP address after the name was resolved and before the connection is opened. A name whose
// address changes therefore passes the check only with a public address.
func control(ctx context.Context, _, address string, _ syscall.RawConn) error {
	if ctx.Value(publicKey{}) == nil {
		return nil
	}
	return checkPublic(address)
}

// checkPublic returns an error if an address (IP:port) is not in the public network.
func checkPublic(address string) error {
	if at, err := netip.ParseAddrPort(address); err != nil || !IsPublic(at.Addr()) {
		return &PrivateAddressError{Address: address}
	}
	return nil
}

// PublicOnly returns a transport with the settings of base that connects only to the
// public network. The transport has its own connections, because it must not use a
// connection that base opened to a private address. If a proxy opens the connections, the
// transport refuses only URLs with a private IP address or with the name localhost,
// because the proxy resolves the other names. The error is a [*PrivateAddressError].
func PublicOnly(base *http.Transport) *http.Transport {
	t := base.Clone()
	p := &publicDialer{proxy: t.Proxy, dial: t.DialContext}
	if p.dial == nil {
		p.dial = newDialer().DialContext
	}
	t.DialContext, t.DialTLSContext = p.connect, nil
	if t.Proxy != nil {
		t.Proxy = p.choose
	}
	return t
}

// publicDialer opens connections to the public network and to the proxies of a transport.
type publicDialer struct {
	proxy   func(*http.Request) (*url.URL, error)
	dial    func(context.Context, string, string) (net.Conn, error)
	proxies sync.Map // the addresses of the proxies
}

// choose returns the proxy for a request.
func (p *publicDialer) choose(req *http.Request) (*url.URL, error) {
	u, err := p.proxy(req)
	if u == nil || err != nil {
		return u, err
	}
	if !mayBePublic(req.URL.Hostname()) {
		return nil, &PrivateAddressError{Address: req.URL.Host}
	}
	port := u.Port()
	if port == "" {
		port = map[string]string{"http": "80", "https": "443"}[u.Scheme]
	}
	if port == "" {
		port = "1080" // the port of SOCKS in net/http
	}
	p.proxies.Store(net.JoinHostPort(u.Hostname(), port), true)
	return u, nil
}

// connect opens a connection. A dialer of another package does not call the function
// control, so connect also checks the address of the open connection.
func (p *publicDialer) connect(ctx context.Context, network, address string) (net.Conn, error) {
	if _, isProxy := p.proxies.Load(address); isProxy {
		return p.dial(ctx, network, address)
	}
	conn, err := p.dial(context.WithValue(ctx, publicKey{}, true), network, address)
	if err != nil {
		return nil, err
	}
	if err := checkPublic(conn.RemoteAddr().String()); err != nil {
		_ = conn.Close() // The connection has sent nothing.
		return nil, err
	}
	return conn, nil
}

// mayBePublic reports whether a host can be in the public network. The addresses of names
// are unknown, except for localhost.
func mayBePublic(host string) bool {
	if a, err := netip.ParseAddr(host); err == nil {
		return IsPublic(a)
	}
	return host != "localhost"
}
