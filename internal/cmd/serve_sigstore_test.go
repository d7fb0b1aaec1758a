package cmd

import (
	"bufio"
	"context"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/ghcr-publish/ghcr-publish/internal/workflow"
)

// served runs the command "serve" until the end of the test, and returns the variables
// that the command prints. The last of them has the given name.
func served(t *testing.T, last string, args ...string) map[string]string {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	reader, writer := io.Pipe()
	ended := make(chan error, 1)
	go func() {
		p := Process{Stdout: writer, Stderr: writer, Getenv: func(string) string { return "" }}
		err := commandLine(ctx, append([]string{"serve", "--listen", "127.0.0.1:0"}, args...), p, &workflow.Workflow{})
		_ = writer.CloseWithError(err)
		ended <- err
	}()
	t.Cleanup(func() {
		cancel()
		if err := <-ended; err != nil {
			t.Error(err)
		}
	})
	out := map[string]string{}
	for lines := bufio.NewScanner(reader); lines.Scan(); {
		name, value, _ := strings.Cut(strings.TrimPrefix(lines.Text(), "export "), "=")
		if out[name] = strings.Trim(value, "'"); name == last {
			return out
		}
	}
	t.Fatalf("serve did not print %s: %v", last, out)
	return nil
}

func TestServeGivesJobsAnIdentityTokenWithSigstore(t *testing.T) {
	t.Parallel()
	folder := filepath.Join(t.TempDir(), "sigstore")
	got := served(t, "ACTIONS_ID_TOKEN_REQUEST_TOKEN", "--sigstore", folder, "--repository", "acme/web", "--visibility", "private")
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, got["ACTIONS_ID_TOKEN_REQUEST_URL"]+"&audience=sigstore", nil)
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Authorization", "Bearer "+got["ACTIONS_ID_TOKEN_REQUEST_TOKEN"])
	resp, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		t.Errorf("the token endpoint answers %s", resp.Status)
	}
	root, err := os.ReadFile(filepath.Join(folder, "trusted_root.json"))
	if err != nil || !strings.Contains(string(root), got["GITHUB_SERVER_URL"]) || !strings.Contains(string(root), "GitHub, Inc.") {
		t.Errorf("the root of a private repository is %q (%v)", root, err)
	}
}

func TestServeGivesNoIdentityTokenWithoutSigstore(t *testing.T) {
	t.Parallel()
	for name := range served(t, "GITHUB_TOKEN") {
		if strings.HasPrefix(name, "ACTIONS_") {
			t.Errorf("serve prints %s", name)
		}
	}
}
