package cmd_test

import (
	"bufio"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"path/filepath"
	"strings"
	"testing"

	"github.com/ghcr-publish/ghcr-publish/internal/cmd"
)

// served starts the command "serve" and returns the variables that it prints. The command of
// a scenario has the key "#".
func served(t *testing.T, args ...string) map[string]string {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	out, in := io.Pipe()
	done := make(chan int, 1)
	go func() {
		done <- cmd.Main(ctx, append([]string{"serve", "--listen", "127.0.0.1:0"}, args...), cmd.Process{
			Getenv: func(string) string { return "" }, Environ: func() []string { return nil }, Stdin: strings.NewReader(""), Stdout: in, Stderr: io.Discard,
		})
		_ = in.Close()
	}()
	t.Cleanup(func() {
		cancel()
		if code := <-done; code != cmd.OK {
			t.Errorf("serve ended with the code %d", code)
		}
	})
	env := map[string]string{}
	for lines := bufio.NewScanner(out); env["GITHUB_TOKEN"] == "" && lines.Scan(); {
		if pair, found := strings.CutPrefix(lines.Text(), "export "); found {
			key, value, _ := strings.Cut(pair, "=")
			env[key] = value
		}
		if command, found := strings.CutPrefix(lines.Text(), "# ghcr-publish cleanup "); found {
			env["#"] = "ghcr-publish cleanup " + command
		}
	}
	return env
}

func TestServeStartsWithAScenario(t *testing.T) {
	t.Parallel()
	env := served(t, "--seed", filepath.Join("..", "cleanup", "testdata", "cleanup.json")+"#C52")
	if env["GITHUB_REPOSITORY"] != "acme/app" || env["GITHUB_REPOSITORY_OWNER"] != "acme" {
		t.Errorf("got the variables %v, want the repository acme/app", env)
	}
	get := func(url string, into any) {
		t.Helper()
		r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url, nil)
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("Authorization", "Bearer "+env["GITHUB_TOKEN"])
		resp, err := http.DefaultClient.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		defer resp.Body.Close()
		if err := json.NewDecoder(resp.Body).Decode(into); err != nil || resp.StatusCode != http.StatusOK {
			t.Errorf("%s: %d, %v", url, resp.StatusCode, err)
		}
	}
	labels := map[string]string{}
	get(env["GITHUB_SERVER_URL"]+"/_seed", &labels)
	var list []struct{ Name string }
	get(env["GITHUB_API_URL"]+"/orgs/acme/packages/container/app/versions", &list)
	if len(list) != len(labels) || len(list) == 0 {
		t.Fatalf("got %d versions and %d labels", len(list), len(labels))
	}
	known := map[string]bool{}
	for _, digest := range labels {
		known[digest] = true
	}
	for _, v := range list {
		if !known[v.Name] {
			t.Errorf("the version %s has no label", v.Name)
		}
	}
}
