package ghcrtest

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"fmt"
	"io"
	"log"
	"math/big"
	"net"
	"net/http"
	"time"
)

// TLS serves HTTPS with a certificate made for the occasion.
type TLS struct {
	// HTTP2 offers HTTP/2; otherwise HTTP/1.1 only.
	HTTP2 bool
	// StreamWindow and ConnWindow are the HTTP/2 receive windows in bytes:
	// how much one request, or one connection, may send ahead. Zero leaves
	// net/http's own (1 MiB each).
	StreamWindow int
	ConnWindow   int
}

// silent drops what net/http logs of broken connections: tests break them on
// purpose.
var silent = log.New(io.Discard, "", 0)

func (t *TLS) configure(server *http.Server, a *authority) {
	server.TLSConfig = &tls.Config{
		Certificates: []tls.Certificate{a.certificate},
		MinVersion:   tls.VersionTLS12,
		NextProtos:   []string{"http/1.1"},
	}
	server.Protocols = new(http.Protocols)
	server.Protocols.SetHTTP1(true)
	if t.HTTP2 {
		server.TLSConfig.NextProtos = []string{"h2", "http/1.1"}
		server.Protocols.SetHTTP2(true)
		server.HTTP2 = &http.HTTP2Config{
			MaxReceiveBufferPerStream:     t.StreamWindow,
			MaxReceiveBufferPerConnection: t.ConnWindow,
		}
	}
}

// authority is a self-signed certificate for the loopback names.
type authority struct {
	certificate tls.Certificate
	pool        *x509.CertPool
}

func newAuthority() (*authority, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, fmt.Errorf("making a key: %w", err)
	}
	template := &x509.Certificate{
		SerialNumber:          big.NewInt(1),
		Subject:               pkix.Name{CommonName: "embedded ghcr.io"},
		NotBefore:             time.Now().Add(-time.Hour),
		NotAfter:              time.Now().Add(24 * time.Hour),
		KeyUsage:              x509.KeyUsageDigitalSignature | x509.KeyUsageCertSign,
		ExtKeyUsage:           []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
		BasicConstraintsValid: true,
		IsCA:                  true,
		DNSNames:              []string{"localhost"},
		IPAddresses:           []net.IP{net.IPv4(127, 0, 0, 1), net.IPv6loopback},
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		return nil, fmt.Errorf("making a certificate: %w", err)
	}
	parsed, err := x509.ParseCertificate(der)
	if err != nil {
		return nil, fmt.Errorf("reading the certificate: %w", err)
	}
	pool := x509.NewCertPool()
	pool.AddCert(parsed)
	return &authority{tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}, pool}, nil
}

// CertPool trusts the server's certificate; nil without TLS.
func (s *Server) CertPool() *x509.CertPool {
	if s.tls == nil {
		return nil
	}
	return s.tls.pool
}
