package transport_test

import (
	"crypto/x509"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"golang.org/x/crypto/x509roots/fallback/bundle"

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
	if _, err := transport.New(""); err != nil {
		t.Fatal(err)
	}
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
