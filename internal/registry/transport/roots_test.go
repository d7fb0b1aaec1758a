package transport_test

import (
	"crypto/x509"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"golang.org/x/crypto/x509roots/fallback/bundle"

	"github.com/ghcr-publish/ghcr-publish/internal/ci/needs"
	"github.com/ghcr-publish/ghcr-publish/internal/registry/transport"
)

// Package crypto/x509 chooses the root certificates only once in a process. The
// test therefore starts the test program again, as a child process. In the child
// process, the system has no certificates.
func TestRootsWithoutASystem(t *testing.T) {
	if os.Getenv("ROOTS_TEST_CHILD") != "" {
		checkBundleIsInUse(t)
		return
	}
	t.Parallel()
	needs.RootFiles(t)
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	missing := filepath.Join(t.TempDir(), "missing")
	cmd := exec.CommandContext(t.Context(), self, "-test.run=^"+t.Name()+"$")
	cmd.Env = append(os.Environ(), "ROOTS_TEST_CHILD=1", "SSL_CERT_FILE="+missing, "SSL_CERT_DIR="+missing)
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Errorf("the child process failed: %v\n%s", err, out)
	}
}

func checkBundleIsInUse(t *testing.T) {
	t.Helper()
	network, err := transport.New("")
	if err != nil {
		t.Fatal(err)
	}
	// The program reads the root certificates while it connects.
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	conn, err := network.DialContext(t.Context(), "tcp", listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	conn.Close()
	pool, err := x509.SystemCertPool()
	if err != nil {
		t.Fatal(err)
	}
	for root := range bundle.Roots() {
		cert, err := x509.ParseCertificate(root.Certificate)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := cert.Verify(x509.VerifyOptions{Roots: pool, CurrentTime: cert.NotBefore}); err != nil {
			t.Errorf("%s is not trusted: %v", cert.Subject, err)
		}
	}
}
