package registry

import (
	"context"
	"crypto/tls"
	"net"
	"net/http"
	"time"
)

// bulkConns is how many bodies are sent to one host at a time at most. One HTTP/2
// connection would share one flow-control window, which ties throughput to
// window/RTT; several HTTP/1.1 connections have a window each.
const bulkConns = 16

// BulkSize is the body size, in bytes, from which a connection of its own
// pays: below it a body fits the first flights of the shared connection.
const BulkSize = 64 << 10

const handshakeTimeout = 15 * time.Second

// wire is the network: small requests multiplexed on one HTTP/2 connection a
// host, bodies on several HTTP/1.1 ones.
type wire struct {
	small, bulk *http.Transport
	warm        *warmer
}

func newWire(base *http.Transport) *wire {
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
	// The gate bounds what is sent. A limit here would make uploads wait for
	// connections that their own sources, blobs of the same host, hold.
	bulk.MaxConnsPerHost = 0
	bulk.MaxIdleConnsPerHost = bulkConns
	w := &wire{small: small, bulk: bulk}
	w.warm = newWarmer(bulk)
	return w
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

// bulky reports whether a body of size bytes (-1: unknown) goes over the
// connections for bodies.
func bulky(size int64) bool { return size < 0 || size >= BulkSize }

func (w *wire) pick(size int64) http.RoundTripper {
	if bulky(size) {
		return w.bulk
	}
	return w.small
}

func (w *wire) close() {
	w.warm.close()
	w.small.CloseIdleConnections()
	w.bulk.CloseIdleConnections()
}

// plainHTTP reports whether a loopback host speaks plain HTTP, by offering it
// TLS once. Nothing but the handshake is sent.
func (w *wire) plainHTTP(ctx context.Context, addr string) bool {
	ctx, cancel := context.WithTimeout(ctx, 5*time.Second)
	defer cancel()
	conn, err := w.small.DialContext(ctx, "tcp", addr)
	if err != nil {
		return true
	}
	defer conn.Close()
	err = tls.Client(conn, &tls.Config{ServerName: "localhost", InsecureSkipVerify: true}).HandshakeContext(ctx) //nolint:gosec // no byte of ours is sent on it
	return err != nil
}
