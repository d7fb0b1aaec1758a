package registry

import (
	"context"
	"crypto/tls"
	"errors"
	"net"
	"net/http"
	"time"

	"github.com/ghcr-publish/ghcr-publish/internal/registry/transport"
)

// maxUploads is the maximum number of concurrent uploads to one host. Uploads
// use separate HTTP/1.1 connections, because all streams of one HTTP/2
// connection share a flow-control window. The flow-control window limits the
// throughput to window/RTT.
const maxUploads = 16

// BulkSize is the smallest size in bytes of a body that gets a separate
// connection. A smaller body uses the shared connection, because the body fits
// into the first packets.
const BulkSize = 64 << 10

const handshakeTimeout = 15 * time.Second

// schemeTimeout limits the time to find the scheme of a loopback host.
const schemeTimeout = 5 * time.Second

// transports contains the two HTTP transports of a client. Small requests share
// one HTTP/2 connection per host. Requests with large bodies use several
// HTTP/1.1 connections. The transports publicSmall and publicBulk connect only to the
// public network.
type transports struct {
	small, bulk             *http.Transport
	publicSmall, publicBulk *http.Transport
	preconnector            *preconnector
}

func newTransports(base *http.Transport) *transports {
	if base == nil {
		base = http.DefaultTransport.(*http.Transport)
	}
	small := tune(base.Clone())
	small.ForceAttemptHTTP2 = true
	bulk := tune(base.Clone())
	bulk.ForceAttemptHTTP2 = false
	bulk.TLSNextProto = map[string]func(string, *tls.Conn) http.RoundTripper{}
	if bulk.TLSClientConfig == nil {
		bulk.TLSClientConfig = &tls.Config{MinVersion: tls.VersionTLS12}
	}
	bulk.TLSClientConfig.NextProtos = []string{"http/1.1"}
	// The limiter limits the number of uploads. A limit on the number of connections
	// could block an upload, because the source of an upload can be a blob of the same
	// host. The client needs a second connection to read such a blob.
	bulk.MaxConnsPerHost = 0
	bulk.MaxIdleConnsPerHost = maxUploads
	t := &transports{small: small, bulk: bulk, publicSmall: transport.PublicOnly(small), publicBulk: transport.PublicOnly(bulk)}
	t.preconnector = newPreconnector(bulk)
	return t
}

func tune(t *http.Transport) *http.Transport {
	dialer := &net.Dialer{Timeout: handshakeTimeout, KeepAlive: 15 * time.Second}
	if t.DialContext == nil {
		t.DialContext = dialer.DialContext
	}
	t.TLSHandshakeTimeout = handshakeTimeout
	t.IdleConnTimeout = 60 * time.Second
	t.MaxIdleConnsPerHost = 16
	t.MaxConnsPerHost = 32
	t.MaxResponseHeaderBytes = 64 << 10
	t.DisableCompression = true
	t.WriteBufferSize = 64 << 10
	t.ReadBufferSize = 32 << 10
	return t
}

// isBulk reports whether a body with this size uses the connections for large bodies. If
// the size is unknown, the argument is -1.
func isBulk(size int64) bool { return size < 0 || size >= BulkSize }

// forSize returns the transport for a body with this size. The transport for
// large bodies uses only HTTP/1.1. If the argument "public" is true, the transport connects
// only to the public network.
func (t *transports) forSize(size int64, http1, public bool) http.RoundTripper {
	switch large := http1 || isBulk(size); {
	case large && public:
		return t.publicBulk
	case large:
		return t.bulk
	case public:
		return t.publicSmall
	}
	return t.small
}

func (t *transports) close() {
	t.preconnector.close()
	for _, each := range []*http.Transport{t.small, t.bulk, t.publicSmall, t.publicBulk} {
		each.CloseIdleConnections()
	}
}

// errUnknownScheme is the error for a loopback host that does not complete a TLS
// handshake and does not answer a request without TLS.
var errUnknownScheme = errors.New("the server uses neither TLS nor HTTP")

// plainHTTP reports whether a loopback host uses plain HTTP. First, plainHTTP
// tries one TLS handshake. If the error of the handshake proves neither TLS nor
// plain HTTP, plainHTTP sends one request without credentials. For example, a
// server with TLS can also reset a connection.
func (t *transports) plainHTTP(ctx context.Context, addr string) (bool, error) {
	ctx, cancel := context.WithTimeout(ctx, schemeTimeout)
	defer cancel()
	conn, err := t.small.DialContext(ctx, "tcp", addr)
	if err != nil {
		return false, err
	}
	defer conn.Close()
	err = tls.Client(conn, &tls.Config{ServerName: "localhost", InsecureSkipVerify: true}).HandshakeContext(ctx) //nolint:gosec // The client sends only the handshake on this connection.
	var alert tls.AlertError
	switch {
	case err == nil, errors.As(err, &alert):
		return false, nil
	case errors.As(err, new(tls.RecordHeaderError)):
		return true, nil
	}
	return t.answersPlainHTTP(ctx, addr)
}

// answersPlainHTTP reports whether a host answers a request without TLS and
// without credentials. A server with TLS answers a request without TLS with
// status 400, or does not answer.
func (t *transports) answersPlainHTTP(ctx context.Context, addr string) (bool, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+addr+"/v2/", nil)
	if err != nil {
		return false, err
	}
	resp, err := t.small.RoundTrip(req)
	if err != nil {
		return false, errors.Join(errUnknownScheme, err)
	}
	defer resp.Body.Close()
	return resp.StatusCode != http.StatusBadRequest, nil
}
