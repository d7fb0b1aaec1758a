package docker

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"

	"github.com/ghcr-publish/ghcr-publish/internal/ci/needs"
	"github.com/ghcr-publish/ghcr-publish/internal/diag"
	"github.com/ghcr-publish/ghcr-publish/internal/source/sourcetest"
)

func environment(pairs ...string) func(string) string {
	return func(key string) string {
		for i := 0; i < len(pairs); i += 2 {
			if pairs[i] == key {
				return pairs[i+1]
			}
		}
		return ""
	}
}

const webID = "sha256:4dd94d0d6aeb8fbf0ada1b6920021f44820bca52673fd0210eefd2d8b6d79cfc"

func web() sourcetest.EngineImage {
	return sourcetest.EngineImage{ID: webID, Names: []string{"acme/web:latest", "acme/web:2"}, Tar: []byte("the tar")}
}

func TestFindAcceptsNamesAndIDs(t *testing.T) {
	t.Parallel()
	e := New(environment("DOCKER_HOST", sourcetest.NewEngine(t, web()).Host))
	for _, name := range []string{"acme/web", "acme/web:2", webID, webID[7:], webID[7:19]} {
		found, err := e.Find(t.Context(), name)
		if err != nil || found.ID != webID || !slices.Equal(found.Names, web().Names) {
			t.Errorf("%s: got %v, %v", name, found, err)
		}
	}
	r, err := e.Export(t.Context(), webID)
	if err != nil {
		t.Fatal(err)
	}
	raw, err := io.ReadAll(r)
	if err = errors.Join(err, r.Close()); err != nil || string(raw) != "the tar" {
		t.Errorf("got %q, %v", raw, err)
	}
}

func TestFindListsSimilarNames(t *testing.T) {
	t.Parallel()
	e := New(environment("DOCKER_HOST", sourcetest.NewEngine(t, web()).Host))
	cases := []struct {
		name, image string
		hint        string
	}{
		{"another tag", "acme/web:3", "Did you mean acme/web:2, or acme/web:latest?"},
		{"a typing error", "acme/wep", "Did you mean acme/web:2"},
		{"without owner", "web", "Did you mean acme/web:2"},
		{"no similar name", "database", "docker images"},
		{"not a name", "no name", "output of docker images"},
		{"dots in the middle", "web/../../version", "output of docker images"},
		{"dots at the beginning", "../containers/json?all=1", "output of docker images"},
	}
	for _, c := range cases {
		_, err := e.Find(t.Context(), c.image)
		if !diag.Is(err, "source-not-found") || !strings.Contains(err.Error(), c.hint) {
			t.Errorf("%s: got %v, want the hint %q", c.name, err, c.hint)
		}
	}
	empty := New(environment("DOCKER_HOST", sourcetest.NewEngine(t).Host))
	if _, err := empty.Find(t.Context(), "app"); !diag.Is(err, "source-not-found") {
		t.Errorf("an empty engine: got %v", err)
	}
}

func TestSimilarNamesAreOrderedAndLimited(t *testing.T) {
	t.Parallel()
	common := []string{"zweb:1", "<none>:<none>", "weeb:1", "other:1", strings.Repeat("w", 1000)}
	cases := []struct {
		name  string
		names []string
		want  []string
	}{
		{"other tags, and the same name of another owner", []string{"web:9", "web:1", "ghcr.io/acme/web:1"}, []string{"web:1", "web:9", "ghcr.io/acme/web:1"}},
		{"similar names", nil, []string{"weeb:1", "zweb:1"}},
		{"many tags", []string{"web:6", "web:5", "web:4", "web:3", "web:1", "web:0"}, []string{"web:0", "web:1", "web:3", "web:4", "web:5"}},
	}
	for _, c := range cases {
		if got := similar("web:2", slices.Concat(common, c.names)); !slices.Equal(got, c.want) {
			t.Errorf("%s: got %q, want %q", c.name, got, c.want)
		}
	}
}

func TestErrorsContainTheEnginesMessage(t *testing.T) {
	t.Parallel()
	answers := map[string]string{`{"message":"no space left on device"}`: "no space left on device", "<html>": "<html>"}
	for body, message := range answers {
		server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			w.WriteHeader(http.StatusInternalServerError)
			_, _ = io.WriteString(w, body)
		}))
		defer server.Close()
		e := New(environment("DOCKER_HOST", strings.Replace(server.URL, "http:", "tcp:", 1)))
		_, found := e.Find(t.Context(), "app")
		_, exported := e.Export(t.Context(), webID)
		for _, err := range []error{found, exported} {
			if !diag.Is(err, CodeRefused) || !strings.Contains(err.Error(), message) {
				t.Errorf("got %v, want %q", err, message)
			}
		}
	}
}

func TestUnreachableEnginesHaveAHint(t *testing.T) {
	t.Parallel()
	cases := []struct {
		name, host string
		hint       string
	}{
		{"no socket", "unix://" + filepath.Join(t.TempDir(), "docker.sock"), "Start Docker"},
		{"ssh", "ssh://me@host", "ssh -nNT -L"},
		{"no scheme", "/var/run/docker.sock", "as unix:///PATH"},
	}
	if runtime.GOOS != "windows" {
		cases = append(cases, struct{ name, host, hint string }{"a pipe on another system", defaultPipe, "only on Windows"})
	}
	for _, c := range cases {
		e := New(environment("DOCKER_HOST", c.host))
		_, err := e.Find(t.Context(), "app")
		if !diag.Is(err, CodeUnreachable) || !strings.Contains(err.Error(), c.hint) {
			t.Errorf("%s: got %v, want %q", c.name, err, c.hint)
		}
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	e := New(environment("DOCKER_HOST", sourcetest.NewEngine(t, web()).Host))
	if _, err := e.Export(ctx, webID); !errors.Is(err, context.Canceled) || diag.Is(err, CodeUnreachable) {
		t.Errorf("a context that ended: got %v", err)
	}
}

// shortDir makes a directory whose path is short enough for a socket.
func shortDir(t *testing.T) string {
	t.Helper()
	dir, err := os.MkdirTemp("", "e") //nolint:usetesting // the path of t.TempDir is too long for a socket
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	return dir
}

func TestConnectionsUseAUnixSocket(t *testing.T) {
	t.Parallel()
	needs.Sockets(t)
	dir := shortDir(t)
	listener, err := net.Listen("unix", filepath.Join(dir, "docker.sock"))
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewUnstartedServer(sourcetest.NewEngine(t, web()).Handler())
	server.Listener = listener
	server.Start()
	defer server.Close()
	for name, env := range map[string]func(string) string{
		"DOCKER_HOST": environment("DOCKER_HOST", "unix://"+dir+"/docker.sock"),
		"rootless":    environment("XDG_RUNTIME_DIR", dir),
	} {
		if name == "rootless" && exists("/var/run/docker.sock") {
			continue // locate prefers the socket of a real engine
		}
		if found, err := New(env).Find(t.Context(), "acme/web"); err != nil || found.ID != webID {
			t.Errorf("%s: got %v, %v", name, found, err)
		}
	}
}
