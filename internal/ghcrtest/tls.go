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

// TLS configures HTTPS with a new self-signed certificate.
type TLS struct {
	// HTTP2 enables HTTP/2 in addition to HTTP/1.1.
	HTTP2 bool
	// StreamWindow and ConnWindow are the HTTP/2 receive windows of a request and of
	// a connection, in bytes. Zero selects the default of net/http, which is 1 MiB
	// for each window.
	StreamWindow int
	ConnWindow   int
}

// discardLog discards the messages of net/http about broken connections. Tests break
// connections deliberately.
var discardLog = log.New(io.Discard, "", 0)

func (t *TLS) configure(server *http.Server, a *selfSigned) {
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

// selfSigned is a self-signed certificate for the loopback names.
type selfSigned struct {
	certificate tls.Certificate
	pool        *x509.CertPool
}

func newSelfSigned() (*selfSigned, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, fmt.Errorf("generating a key: %w", err)
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
		return nil, fmt.Errorf("creating a certificate: %w", err)
	}
	parsed, err := x509.ParseCertificate(der)
	if err != nil {
		return nil, fmt.Errorf("parsing the certificate: %w", err)
	}
	pool := x509.NewCertPool()
	pool.AddCert(parsed)
	return &selfSigned{tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}, pool}, nil
}

// CertPool returns a pool with the server's certificate, or nil without TLS.
func (s *Server) CertPool() *x509.CertPool {
	if s.tls == nil {
		return nil
	}
	return s.tls.pool
}
