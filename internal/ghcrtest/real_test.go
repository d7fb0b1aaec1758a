//go:build integration

package ghcrtest_test

import (
	"encoding/base64"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-containerregistry/pkg/v1/empty"
	"github.com/google/go-containerregistry/pkg/v1/layout"
	"github.com/google/go-containerregistry/pkg/v1/mutate"
	"github.com/google/go-containerregistry/pkg/v1/random"

	"github.com/ghcr-publish/ghcr-publish/internal/ci/needs"
	"github.com/ghcr-publish/ghcr-publish/internal/ghcrtest"
)

// Other client programs test the most important facts, because this project's tests
// and the model could share the same misinterpretation of the protocol.

// tool is a client program with its own login.
type tool struct {
	t      *testing.T
	path   string
	config string
}

// find returns a program. An environment variable gives its path. If the variable
// is empty, find searches in PATH.
func find(t *testing.T, name, variable string) *tool {
	t.Helper()
	path := os.Getenv(variable)
	if path == "" {
		var err error
		if path, err = exec.LookPath(name); err != nil {
			needs.Missing(t, name, "is not in PATH and", variable, "is not set")
		}
	}
	return &tool{t: t, path: path, config: t.TempDir()}
}

func skopeo(t *testing.T) *tool { return find(t, "skopeo", "GHCR_PUBLISH_SKOPEO") }
func crane(t *testing.T) *tool  { return find(t, "crane", "GHCR_PUBLISH_CRANE") }

// login writes a docker login for the server.
func (c *tool) login(s *ghcrtest.Server, secret string) *tool {
	c.t.Helper()
	auth := base64.StdEncoding.EncodeToString([]byte("octocat:" + secret))
	raw, err := json.Marshal(map[string]any{"auths": map[string]any{s.Host(): map[string]string{"auth": auth}}})
	if err != nil {
		c.t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(c.config, "config.json"), raw, 0o600); err != nil {
		c.t.Fatal(err)
	}
	return c
}

// logout removes the login.
func (c *tool) logout() *tool {
	c.t.Helper()
	if err := os.WriteFile(filepath.Join(c.config, "config.json"), []byte("{}"), 0o600); err != nil {
		c.t.Fatal(err)
	}
	return c
}

// try runs the program and returns its output and its error.
func (c *tool) try(arguments ...string) (string, error) {
	c.t.Helper()
	command := exec.CommandContext(c.t.Context(), c.path, arguments...)
	command.Env = append(os.Environ(), "DOCKER_CONFIG="+c.config, "XDG_RUNTIME_DIR="+c.config,
		"REGISTRY_AUTH_FILE="+filepath.Join(c.config, "config.json"))
	out, err := command.CombinedOutput()
	return string(out), err
}

// run runs the program and returns its output. It fails the test if the program
// fails.
func (c *tool) run(arguments ...string) string {
	c.t.Helper()
	out, err := c.try(arguments...)
	if err != nil {
		c.t.Fatalf("%s %s: %v\n%s", c.path, strings.Join(arguments, " "), err, out)
	}
	return out
}

// refused runs the program. It fails the test unless the program fails and prints
// the server's text.
func (c *tool) refused(words string, arguments ...string) {
	c.t.Helper()
	out, err := c.try(arguments...)
	if err == nil || !strings.Contains(out, words) {
		c.t.Fatalf("%s %s: got %v\n%s\nwant a failure with %q", c.path, strings.Join(arguments, " "), err, out, words)
	}
}

// index writes an OCI layout with an index of two images.
func index(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	both := mutate.IndexMediaType(empty.Index, indexType)
	for range 2 {
		image, err := random.Image(64<<10, 2)
		if err != nil {
			t.Fatal(err)
		}
		both = mutate.AppendManifests(both, mutate.IndexAddendum{Add: mutate.MediaType(image, imageType)})
	}
	path, err := layout.Write(dir, empty.Index)
	if err != nil {
		t.Fatal(err)
	}
	if err := path.AppendIndex(both); err != nil {
		t.Fatal(err)
	}
	return dir
}
