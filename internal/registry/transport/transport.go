// Package transport makes the transport that all requests of a run go through:
// proxies as the environment names them (HTTPS_PROXY, NO_PROXY; see
// net/http.ProxyFromEnvironment), and the certificates to trust: the
// system's, with those of a file added.
package transport

import (
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"io"
	"net/http"
	"os"

	"github.com/ghcr-publish/ghcr-publish/internal/diag"
)

// maxFile bounds a file of certificates, in bytes. Whole systems have about
// 250 KB.
const maxFile = 16 << 20

// Transport returns a transport of its own for the run. The file holds
// certificates in PEM; "" adds none.
func Transport(file string) (*http.Transport, error) {
	t := http.DefaultTransport.(*http.Transport).Clone()
	if file == "" {
		return t, nil
	}
	pool, err := x509.SystemCertPool()
	if err != nil {
		return nil, fmt.Errorf("reading the system's certificates: %w", err)
	}
	text, err := read(file)
	if err != nil {
		return nil, unusable(file, err)
	}
	if !pool.AppendCertsFromPEM(text) {
		return nil, unusable(file, fmt.Errorf("it holds no certificate in PEM"))
	}
	t.TLSClientConfig = &tls.Config{RootCAs: pool, MinVersion: tls.VersionTLS12}
	return t, nil
}

func read(file string) ([]byte, error) {
	f, err := os.Open(file)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	text, err := io.ReadAll(io.LimitReader(f, maxFile+1))
	if err == nil && len(text) > maxFile {
		err = fmt.Errorf("it has more than %d bytes", maxFile)
	}
	return text, err
}

func unusable(file string, err error) error {
	return &diag.Error{
		Code: "ca-file-unusable", Side: diag.Input, Input: "ca-file", Err: err,
		Title: fmt.Sprintf("ca-file %q gives no certificates", file),
		Hint:  "Name a file on this runner that holds certificates in PEM: it begins with -----BEGIN CERTIFICATE-----. In a container step the file must be mounted there.",
	}
}
