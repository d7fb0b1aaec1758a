package cmd_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"io"
	"log"
	"math/big"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/ghcr-publish/ghcr-publish/internal/ghcrtest"
)

// enterprise is a GitHub Enterprise Server at ghe.test, behind a proxy and with the
// certificate of a private authority. A client needs the proxy to reach it and the
// authority to trust it.
type enterprise struct {
	server *ghcrtest.Server
	ca     string // file
	proxy  string // URL

	mu    sync.Mutex
	asked []string // host:port of CONNECT
}

func newEnterprise(t *testing.T) *enterprise {
	t.Helper()
	e := &enterprise{server: ghcrtest.New(acme()), ca: filepath.Join(t.TempDir(), "ca.pem")}
	certificate := selfSigned(t, "ghe.test", "containers.ghe.test")
	if err := os.WriteFile(e.ca, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: certificate.Certificate[0]}), 0o600); err != nil {
		t.Fatal(err)
	}
	site := httptest.NewUnstartedServer(e.server)
	site.TLS = &tls.Config{Certificates: []tls.Certificate{certificate}}
	site.Config.ErrorLog = log.New(io.Discard, "", 0)
	site.StartTLS()
	proxy := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		e.mu.Lock()
		e.asked = append(e.asked, r.Method+" "+r.Host)
		e.mu.Unlock()
		tunnel(w, site.Listener.Addr().String())
	}))
	e.proxy = proxy.URL
	t.Cleanup(func() {
		_ = e.server.Close()
		proxy.CloseClientConnections()
		proxy.Close()
		site.CloseClientConnections()
		site.Close()
	})
	return e
}

// tunnel connects a CONNECT request with an address.
func tunnel(w http.ResponseWriter, to string) {
	server, err := net.Dial("tcp", to)
	if err != nil {
		w.WriteHeader(http.StatusBadGateway)
		return
	}
	client, _, err := w.(http.Hijacker).Hijack()
	if err != nil {
		server.Close()
		return
	}
	_, _ = client.Write([]byte("HTTP/1.1 200 OK\r\n\r\n"))
	go func() { _, _ = io.Copy(server, client); server.Close() }()
	go func() { _, _ = io.Copy(client, server); client.Close() }()
}

func selfSigned(t *testing.T, names ...string) tls.Certificate {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: names[0]}, DNSNames: names, IsCA: true, BasicConstraintsValid: true,
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
	}
	raw, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	return tls.Certificate{Certificate: [][]byte{raw}, PrivateKey: key}
}

// run runs a step in a separate process, because net/http reads the variables of proxies
// only once.
func (e *enterprise) run(t *testing.T, env ...string) (out string, outputs map[string]string, err error) {
	t.Helper()
	dir := t.TempDir()
	source, _ := layout(t)
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	c := exec.CommandContext(t.Context(), self)
	c.Env = append([]string{
		"GHCR_PUBLISH_TEST_MAIN=1", "HOME=" + dir, "DOCKER_CONFIG=" + dir, "TMPDIR=" + dir, "SYSTEMROOT=" + os.Getenv("SYSTEMROOT"),
		"GITHUB_ACTIONS=true", "GITHUB_SERVER_URL=https://ghe.test", "GITHUB_API_URL=https://ghe.test/api/v3",
		"GITHUB_REPOSITORY=acme/web", "GITHUB_REPOSITORY_OWNER=acme", "GITHUB_ACTOR=octocat", "GITHUB_EVENT_NAME=push", "GITHUB_REF=refs/heads/main",
		"GITHUB_SHA=" + strings.Repeat("c", 40), "GITHUB_OUTPUT=" + filepath.Join(dir, "OUTPUT"),
		"INPUT_TOKEN=" + canary, "INPUT_SOURCE=" + source, "INPUT_TIMEOUT=20s",
	}, env...)
	said, err := c.CombinedOutput()
	raw, _ := os.ReadFile(filepath.Join(dir, "OUTPUT")) // absent if the run failed early
	outputs, parseErr := parseFile(string(raw))
	if parseErr != nil {
		t.Error(parseErr)
	}
	return string(said), outputs, err
}

func TestEnterpriseServerBehindAProxyWithAPrivateAuthority(t *testing.T) {
	t.Parallel()
	e := newEnterprise(t)
	out, outputs, err := e.run(t, "HTTPS_PROXY="+e.proxy, "INPUT_CA-FILE="+e.ca)
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	if outputs["image"] != "containers.ghe.test/acme/web" || outputs["digest"] != e.server.Tag("acme/web", "main") || outputs["visibility"] != "public" || outputs["linked"] != "yes" {
		t.Errorf("outputs are %v", outputs)
	}
	if want := "https://ghe.test/orgs/acme/packages/container/package/web"; outputs["package-url"] != want {
		t.Errorf("the page is %q, want %q", outputs["package-url"], want)
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	for _, host := range []string{"CONNECT containers.ghe.test:443", "CONNECT ghe.test:443"} {
		if !slices.Contains(e.asked, host) {
			t.Errorf("the proxy received no request for %s: %q", host, e.asked)
		}
	}
}

func TestNoRequestIsSentToAServerOfAnUntrustedAuthority(t *testing.T) {
	t.Parallel()
	e := newEnterprise(t)
	out, _, err := e.run(t, "HTTPS_PROXY="+e.proxy)
	if err == nil || !strings.Contains(out, "certificate-untrusted") || !strings.Contains(out, "ca-file") {
		t.Errorf("%v\n%s", err, out)
	}
	if n := len(e.server.Requests()); n > 0 {
		t.Errorf("%d requests arrived", n)
	}
}

func TestNoProxyBypassesTheProxy(t *testing.T) {
	t.Parallel()
	e := newEnterprise(t)
	out, _, err := e.run(t, "HTTPS_PROXY="+e.proxy, "NO_PROXY=.ghe.test,ghe.test", "INPUT_CA-FILE="+e.ca, "INPUT_TIMEOUT=1s")
	if err == nil { // these names do not exist
		t.Errorf("%v\n%s", err, out)
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	if len(e.asked) > 0 {
		t.Errorf("the proxy received requests: %q", e.asked)
	}
}

func TestInvalidCAFileIsAnInputError(t *testing.T) {
	t.Parallel()
	s := newStage(t, acme())
	source, _ := layout(t)
	r := s.with("source", source, "ca-file", filepath.Join(s.dir, "none.pem")).run().failsWith("ca-file-unusable", "none.pem", "-----BEGIN CERTIFICATE-----")
	if len(r.requests) > 0 {
		t.Errorf("%d requests were sent", len(r.requests))
	}
}
