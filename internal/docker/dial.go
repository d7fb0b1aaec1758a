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
	"os"
	"strings"
	"time"
)

// dialTimeout bounds the way to an engine on another machine.
const dialTimeout = 15 * time.Second

// client prepares to talk to the engine. Over a socket or a pipe the address
// in requests has no meaning.
func (p place) client() (*client, error) {
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
		return nil, misplaced(nil, "Forward its socket, ssh -nNT -L /tmp/docker.sock:/var/run/docker.sock HOST, and set DOCKER_HOST=unix:///tmp/docker.sock.",
			"the Docker engine at %q is behind ssh, which is not spoken here", p.host)
	default:
		return nil, misplaced(nil, "Write unix:///PATH, tcp://HOST:PORT, or npipe:////./pipe/NAME.", "the Docker engine's address %q is of no known kind", p.host)
	}
	return c, nil
}

// pipePath is a pipe as Windows writes it.
func pipePath(rest string) string { return strings.ReplaceAll(rest, "/", `\`) }

// encrypt sets up TLS where the place has keys or says https.
func (p place) encrypt(c *client, wire *http.Transport, scheme string) error {
	if p.tls == nil && scheme != "https" {
		return nil
	}
	c.base.Scheme = "https"
	if p.tls == nil {
		return nil
	}
	config, err := p.tls.config()
	if err != nil {
		return misplaced(err, "Check the files ca.pem, cert.pem and key.pem in DOCKER_CERT_PATH, or in the context.", "the keys for the Docker engine at %q cannot be read", p.host)
	}
	wire.TLSClientConfig = config
	return nil
}

// config reads the keys; those of the user may be missing, as may the
// authority's where the system's own will do.
func (k *keys) config() (*tls.Config, error) {
	config := &tls.Config{MinVersion: tls.VersionTLS12, InsecureSkipVerify: k.unverified} //nolint:gosec // only where the user's settings say so
	raw, err := os.ReadFile(k.ca)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	if err == nil {
		config.RootCAs = x509.NewCertPool()
		if !config.RootCAs.AppendCertsFromPEM(raw) {
			return nil, errors.New("ca.pem holds no certificate")
		}
	}
	if !exists(k.cert) {
		return config, nil
	}
	own, err := tls.LoadX509KeyPair(k.cert, k.key)
	config.Certificates = []tls.Certificate{own}
	return config, err
}
