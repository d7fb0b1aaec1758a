package transport_test

import (
	"encoding/pem"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/ghcr-publish/ghcr-publish/internal/diag"
	"github.com/ghcr-publish/ghcr-publish/internal/registry/transport"
)

func write(t *testing.T, text []byte) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "ca.pem")
	if err := os.WriteFile(path, text, 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestCertificatesOfAFileAreTrusted(t *testing.T) {
	t.Parallel()
	server := httptest.NewTLSServer(http.NotFoundHandler())
	t.Cleanup(server.Close)
	server.Config.ErrorLog = nil
	file := write(t, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: server.Certificate().Raw}))
	for _, path := range []string{file, ""} {
		transport, err := transport.New(path)
		if err != nil {
			t.Fatal(err)
		}
		resp, err := (&http.Client{Transport: transport}).Get(server.URL)
		if err == nil {
			resp.Body.Close()
		}
		if trusted := err == nil; trusted != (path != "") {
			t.Errorf("file %q: %v", path, err)
		}
		transport.CloseIdleConnections()
	}
}

func TestTransportUsesTheProxiesOfTheEnvironment(t *testing.T) {
	t.Parallel()
	transport, err := transport.New("")
	if err != nil || transport.Proxy == nil || transport == http.DefaultTransport {
		t.Errorf("%v, %v", transport, err)
	}
}

func TestFileWithoutCertificatesIsAnError(t *testing.T) {
	t.Parallel()
	for name, path := range map[string]string{
		"absent": filepath.Join(t.TempDir(), "none"), "a folder": t.TempDir(),
		"empty": write(t, nil), "a key": write(t, []byte("-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n")),
		"too large": write(t, make([]byte, 17<<20)),
	} {
		if _, err := transport.New(path); !diag.Is(err, transport.CodeCAFileUnusable) || !strings.Contains(err.Error(), strconv.Quote(path)) {
			t.Errorf("%s: %v", name, err)
		}
	}
}
