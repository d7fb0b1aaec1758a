package main

import (
	"crypto/x509"
	"os"
	"os/exec"
	"slices"
	"strings"
	"testing"

	"golang.org/x/crypto/x509roots/fallback/bundle"

	"github.com/ghcr-publish/ghcr-publish/internal/ci/needs"
)

// Package crypto/x509 chooses the root certificates only once in a process. The
// test therefore starts the test program again, as a child process. In the child
// process, the package ignores the certificates of the system.
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
	cmd := exec.CommandContext(t.Context(), self, "-test.run=^"+t.Name()+"$")
	cmd.Env = append(os.Environ(), "ROOTS_TEST_CHILD=1", "GODEBUG=x509usefallbackroots=1")
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Errorf("the child process failed: %v\n%s", err, out)
	}
}

func checkBundleIsInUse(t *testing.T) {
	t.Helper()
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

// Package time prefers the time zones of the operating system to the embedded time
// zones. The test therefore checks the import instead of the time zones.
func TestZonesAreLinkedIn(t *testing.T) {
	t.Parallel()
	out, err := exec.CommandContext(t.Context(), needs.Program(t, "go"), "list", "-deps", ".").Output()
	if err != nil {
		t.Fatalf("listing imports: %v", err)
	}
	if !slices.Contains(strings.Fields(string(out)), "time/tzdata") {
		t.Error("the program does not contain time/tzdata")
	}
}
