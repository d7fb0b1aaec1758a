// Package transport creates the HTTP transport for all requests of a run. The
// transport uses the proxies in the environment variables HTTPS_PROXY and
// NO_PROXY (net/http.ProxyFromEnvironment). The transport trusts the system's
// root certificates and the certificates in a file. If the system has no root
// certificates, the transport trusts the root certificates in the program.
//
// The package also creates transports that connect only to the public network.
package transport

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"net/http"
	"time"

	"github.com/ghcr-publish/ghcr-publish/internal/diag"
	"github.com/ghcr-publish/ghcr-publish/internal/diag/missing"
	"github.com/ghcr-publish/ghcr-publish/internal/safe/bounded"
)

// CodeCAFileUnusable means that the file in the input ca-file cannot be read or
// contains no certificates.
const CodeCAFileUnusable = "ca-file-unusable"

// maxFile is the maximum size of a file with certificates, in bytes. All root
// certificates of a system together have about 250 KB.
const maxFile = 16 << 20

// New returns a new transport. The argument "file" is the path of a file with
// certificates in PEM. If file is "", the transport trusts only the system's
// certificates.
func New(file string) (*http.Transport, error) {
	t := http.DefaultTransport.(*http.Transport).Clone()
	t.DialContext = afterRoots(newDialer().DialContext)
	if file == "" {
		return t, nil
	}
	<-loadRoots()
	pool, err := x509.SystemCertPool()
	if err != nil {
		return nil, fmt.Errorf("reading the system's certificates: %w", err)
	}
	text, err := bounded.Text(file, maxFile)
	if err != nil {
		return nil, unusableFile(file, err)
	}
	if !pool.AppendCertsFromPEM(text) {
		return nil, unusableFile(file, errors.New("the file does not contain a certificate in PEM"))
	}
	t.TLSClientConfig = &tls.Config{RootCAs: pool, MinVersion: tls.VersionTLS12}
	return t, nil
}

// newDialer returns a dialer with the settings of [http.DefaultTransport], which can refuse
// private addresses (see [PublicOnly]).
func newDialer() *net.Dialer {
	return &net.Dialer{Timeout: 30 * time.Second, KeepAlive: 30 * time.Second, ControlContext: control}
}

func unusableFile(file string, err error) error {
	title, hint := fmt.Sprintf("Reading certificates from the file %q in the input ca-file failed", file), ""
	if errors.Is(err, fs.ErrNotExist) {
		title, hint, err = fmt.Sprintf("The file %q in the input ca-file does not exist", file), missing.Hint(file)+" ", nil
	}
	return &diag.Error{
		Code: CodeCAFileUnusable, Side: diag.Input, Input: "ca-file", Err: err, Title: title,
		Hint: hint + "Set the input ca-file to a file on this runner with certificates in PEM. A file in PEM begins with -----BEGIN CERTIFICATE-----. If the step runs in a container, mount the file into the container.",
	}
}
