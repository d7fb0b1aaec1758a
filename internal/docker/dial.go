package docker

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io/fs"
	"net"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/ghcr-publish/ghcr-publish/internal/safe/bounded"
)

// dialTimeout limits the time to connect to an engine on another machine.
const dialTimeout = 15 * time.Second

// client returns an HTTP client for the endpoint. If the endpoint is a socket
// or a pipe, client sets a placeholder as the host in the URL of a request.
func (p endpoint) client() (*client, error) {
	dialer := &net.Dialer{Timeout: dialTimeout}
	wire := &http.Transport{DisableCompression: true, MaxResponseHeaderBytes: 64 << 10, TLSHandshakeTimeout: dialTimeout}
	c := &client{http: &http.Client{Transport: wire}, base: url.URL{Scheme: "http", Host: "docker"}, host: p.host}
	switch scheme, rest := p.scheme(); scheme {
	case "unix":
		wire.DialContext = func(ctx context.Context, _, _ string) (net.Conn, error) { return dialer.DialContext(ctx, "unix", rest) }
	case "npipe":
		wire.DialContext = func(ctx context.Context, _, _ string) (net.Conn, error) { return dialPipe(ctx, pipePath(rest)) }
	case "tcp", "http", "https":
		wire.DialContext, c.base.Host = dialer.DialContext, strings.TrimSuffix(rest, "/")
		return c, p.encrypt(c, wire, scheme)
	case "ssh":
		return nil, endpointError(nil, "Forward the socket of the engine with ssh -nNT -L /tmp/docker.sock:/var/run/docker.sock HOST, and set DOCKER_HOST=unix:///tmp/docker.sock.",
			"the Docker engine at %q needs ssh, which this program does not support", p.host)
	default:
		return nil, endpointError(nil, "Write the address in DOCKER_HOST or in the Docker context as unix:///PATH, tcp://HOST:PORT, or npipe:////./pipe/NAME.", "the address of the Docker engine, %q, has an unknown scheme", p.host)
	}
	return c, nil
}

// pipePath returns the path of a pipe with backslashes, as Windows requires.
func pipePath(rest string) string { return strings.ReplaceAll(rest, "/", `\`) }

// If the endpoint has TLS files or the scheme is https, encrypt configures
// TLS for the connection.
func (p endpoint) encrypt(c *client, wire *http.Transport, scheme string) error {
	if p.tls == nil && scheme != "https" {
		return nil
	}
	c.base.Scheme = "https"
	if p.tls == nil {
		return nil
	}
	config, err := p.tls.config()
	if err != nil {
		return endpointError(err, "Check the files ca.pem, cert.pem and key.pem in the directory DOCKER_CERT_PATH, or in the directory of the Docker context.", "the TLS files for the Docker engine at %q cannot be read", p.host)
	}
	wire.TLSClientConfig = config
	return nil
}

// config reads the TLS files. The client certificate is optional. If the file
// of the CA certificate does not exist, config uses the CA certificates of
// the operating system.
func (k *tlsFiles) config() (*tls.Config, error) {
	config := &tls.Config{MinVersion: tls.VersionTLS12, InsecureSkipVerify: k.unverified} //nolint:gosec // only if the user's settings skip the verification
	raw, err := bounded.File(k.ca, maxSettings)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	if err == nil {
		config.RootCAs = x509.NewCertPool()
		if !config.RootCAs.AppendCertsFromPEM(raw) {
			return nil, errors.New("the file ca.pem contains no certificate")
		}
	}
	if !exists(k.cert) {
		return config, nil
	}
	own, err := tls.LoadX509KeyPair(k.cert, k.key)
	config.Certificates = []tls.Certificate{own}
	return config, err
}
