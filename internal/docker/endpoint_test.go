package docker

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"net/http/httptest"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"encoding/pem"

	"github.com/ghcr-publish/ghcr-publish/internal/diag"
	"github.com/ghcr-publish/ghcr-publish/internal/source/sourcetest"
)

// settings writes Docker's settings and contexts to a new directory. It returns
// the directory.
func settings(t *testing.T, config string, contexts map[string]string) string {
	t.Helper()
	dir := t.TempDir()
	write(t, filepath.Join(dir, "config.json"), config)
	for name, meta := range contexts {
		write(t, filepath.Join(dir, "contexts", "meta", folderOf(name), "meta.json"), meta)
	}
	return dir
}

func folderOf(context string) string {
	sum := sha256.Sum256([]byte(context))
	return hex.EncodeToString(sum[:])
}

func write(t *testing.T, path, text string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

func meta(host string) string {
	return fmt.Sprintf(`{"Name":"x","Metadata":{},"Endpoints":{"docker":{"Host":%q,"SkipTLSVerify":false}}}`, host)
}

func TestLocateFindsTheEngineThatDockerUses(t *testing.T) {
	t.Parallel()
	dir := settings(t, `{"currentContext":"rootless","auths":{}}`, map[string]string{
		"rootless": meta("unix:///run/user/1000/docker.sock"), "far": meta("tcp://far:2376"), "k8s": `{"Endpoints":{}}`,
	})
	none := filepath.Join(t.TempDir(), "none")
	standard := "unix:///var/run/docker.sock"
	cases := []struct {
		name   string
		env    []string
		socket string // the socket that exists
		want   string
	}{
		{"DOCKER_HOST first", []string{"DOCKER_HOST", "tcp://x:1", "DOCKER_CONTEXT", "far", "DOCKER_CONFIG", dir}, "", "tcp://x:1"},
		{"then DOCKER_CONTEXT", []string{"DOCKER_CONTEXT", "far", "DOCKER_CONFIG", dir}, "", "tcp://far:2376"},
		{"then the current context", []string{"DOCKER_CONFIG", dir}, "", "unix:///run/user/1000/docker.sock"},
		{"the context that is called default", []string{"DOCKER_CONTEXT", "default", "DOCKER_CONFIG", dir}, "", standard},
		{"no settings", []string{"DOCKER_CONFIG", none}, "", standard},
		{"no variables", nil, "", standard},
		{"the default socket before a rootless socket", []string{"XDG_RUNTIME_DIR", "/run/user/7"}, "/var/run/docker.sock", standard},
		{"only a rootless socket", []string{"XDG_RUNTIME_DIR", "/run/user/7"}, "/run/user/7/docker.sock", "unix:///run/user/7/docker.sock"},
		{"only the socket of Docker Desktop", []string{"HOME", "/home/me"}, "/home/me/.docker/run/docker.sock", "unix:///home/me/.docker/run/docker.sock"},
	}
	for _, c := range cases {
		found, err := locate(environment(c.env...), func(path string) bool { return path == c.socket })
		want := c.want
		if runtime.GOOS == "windows" && strings.HasSuffix(c.want, "docker.sock") && !strings.Contains(c.name, "current") {
			want = defaultPipe
		}
		if err != nil || found.host != want {
			t.Errorf("%s: got %q, %v; want %q", c.name, found.host, err, want)
		}
	}
	for name, env := range map[string]func(string) string{
		"an unknown context":          environment("DOCKER_CONFIG", dir, "DOCKER_CONTEXT", "gone"),
		"a context without an engine": environment("DOCKER_CONFIG", dir, "DOCKER_CONTEXT", "k8s"),
		"settings that are not JSON":  environment("DOCKER_CONFIG", settings(t, `{"currentContext"`, nil)),
	} {
		if _, err := locate(env, exists); !diag.Is(err, CodeUnreachable) {
			t.Errorf("%s: got %v", name, err)
		}
	}
}

func TestPipePathsHaveBackslashes(t *testing.T) {
	t.Parallel()
	scheme, rest := endpoint{host: defaultPipe}.scheme()
	if got := pipePath(rest); scheme != "npipe" || got != `\\.\pipe\docker_engine` {
		t.Errorf("got %q, %q", scheme, got)
	}
}

func TestConnectionsUseTheTLSFilesOfTheUser(t *testing.T) {
	t.Parallel()
	server := httptest.NewTLSServer(sourcetest.NewEngine(t, web()).Handler())
	defer server.Close()
	dir := t.TempDir()
	ca := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: server.Certificate().Raw})
	write(t, filepath.Join(dir, "ca.pem"), string(ca))
	host := strings.Replace(server.URL, "https:", "tcp:", 1)
	found, err := New(environment("DOCKER_HOST", host, "DOCKER_TLS_VERIFY", "1", "DOCKER_CERT_PATH", dir)).Find(t.Context(), "acme/web")
	if err != nil || found.ID != webID {
		t.Errorf("got %v, %v", found, err)
	}
	if _, err := New(environment("DOCKER_HOST", host, "DOCKER_TLS_VERIFY", "1", "DOCKER_CERT_PATH", t.TempDir())).Find(t.Context(), "acme/web"); !diag.Is(err, CodeUnreachable) {
		t.Errorf("an engine whose certificate has an unknown CA: got %v", err)
	}
	context := settings(t, `{}`, map[string]string{"tls": meta(host)})
	write(t, filepath.Join(context, "contexts", "tls", folderOf("tls"), "docker", "ca.pem"), string(ca))
	if found, err := New(environment("DOCKER_CONFIG", context, "DOCKER_CONTEXT", "tls")).Find(t.Context(), "acme/web"); err != nil || found.ID != webID {
		t.Errorf("TLS files of a context: got %v, %v", found, err)
	}
	write(t, filepath.Join(dir, "ca.pem"), "no certificate")
	if _, err := New(environment("DOCKER_HOST", host, "DOCKER_TLS_VERIFY", "1", "DOCKER_CERT_PATH", dir)).Find(t.Context(), "acme/web"); !diag.Is(err, CodeUnreachable) {
		t.Errorf("a damaged CA certificate: got %v", err)
	}
}
