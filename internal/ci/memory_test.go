//go:build integration && linux

package ci

import (
	"bufio"
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
)

const (
	maxResident = 64 << 10 // maximum memory, in KiB, of a process that transfers a layer
	layerSize   = 1 << 30  // size of the layer in bytes
)

// The program never stores a whole layer in memory. The embedded ghcr.io runs in another
// process.
func TestMemoryStaysFlatForAGibibyteLayer(t *testing.T) {
	program := programOf(t)
	env := serveOn(t, program)
	const image = "octocat/hello-world:big"
	registry := hostOf(env)
	layout := bigLayout(t)
	for _, args := range [][]string{
		{"publish", layout, "--tags", "big"},
		{"publish", layout, "--tags", "zstd", "--compression", "zstd"},
		{"publish", "docker://" + registry + "/octocat/hello-world:zstd", "--tags", "gzip", "--compression", "gzip"},
		{"publish", "--content", layout + ":/data", "--tags", "files"},
		{"pull", image, filepath.Join(t.TempDir(), "layout")},
		{"pull", image, "docker-archive:" + filepath.Join(t.TempDir(), "image.tar")},
		{"pull", image, "--verify-only"},
	} {
		staysFlat(t, env, program, args...)
	}
}

// staysFlat runs the program and checks its peak memory.
func staysFlat(t *testing.T, env []string, program string, args ...string) {
	t.Helper()
	if resident := peakOf(t, env, program, args...); resident == 0 || resident > maxResident {
		t.Errorf("%q: peak memory was %d KiB, want at most %d", args, resident, maxResident)
	}
}

// peakOf runs the program and returns its peak memory in KiB. The test reads the peak from the
// field VmHWM of /proc while the program runs (man 5 proc). The peak in the resource usage
// of the finished process also counts the memory of this test, because the system copies
// the memory of this test before it starts the program.
func peakOf(t *testing.T, env []string, program string, args ...string) int {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), program, args...)
	var out bytes.Buffer
	cmd.Env, cmd.Stdout, cmd.Stderr = env, &out, &out
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	ended, peak := make(chan struct{}), make(chan int)
	go func() { peak <- watchPeak(cmd.Process.Pid, ended) }()
	err := cmd.Wait()
	close(ended)
	resident := <-peak
	if err != nil {
		t.Fatalf("%q: %v\n%s", args, err, &out)
	}
	t.Logf("%q: peak memory was %d KiB", args, resident)
	return resident
}

var peakLine = regexp.MustCompile(`(?m)^VmHWM:\s*(\d+) kB$`)

// watchPeak returns the peak memory of a process in KiB.
func watchPeak(pid int, ended <-chan struct{}) (peak int) {
	for {
		select {
		case <-ended:
			return peak
		case <-time.After(2 * time.Millisecond):
		}
		status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
		if err != nil {
			continue // The process has ended.
		}
		if m := peakLine.FindSubmatch(status); m != nil {
			now, _ := strconv.Atoi(string(m[1])) // the pattern matches digits only
			peak = max(peak, now)
		}
	}
}

// programOf builds the program of the working tree.
func programOf(t *testing.T) string {
	t.Helper()
	program := filepath.Join(t.TempDir(), "ghcr-publish")
	build := exec.CommandContext(t.Context(), "go", "build", "-o", program, ".")
	build.Dir = top
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	return program
}

// serveOn starts an embedded ghcr.io that stores its blobs on disk. It returns the
// environment in which a program uses this server instead of GitHub.
func serveOn(t *testing.T, program string) []string {
	t.Helper()
	env := []string{"HOME=" + t.TempDir()}
	for _, line := range linesOfServe(t, program, "--data", t.TempDir()) {
		if pair, ok := strings.CutPrefix(line, "export "); ok {
			env = append(env, pair)
		}
	}
	return env
}

// linesOfServe starts an embedded ghcr.io and returns the lines that it prints.
func linesOfServe(t *testing.T, program string, args ...string) (lines []string) {
	t.Helper()
	serve := exec.CommandContext(t.Context(), program, append([]string{"serve", "--listen", "127.0.0.1:0"}, args...)...)
	serve.Env = []string{"HOME=" + t.TempDir()}
	serve.Cancel = func() error { return serve.Process.Signal(syscall.SIGTERM) }
	stdout, err := serve.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := serve.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = serve.Process.Signal(syscall.SIGTERM)
		_ = serve.Wait()
	})
	for scanner := bufio.NewScanner(stdout); scanner.Scan(); {
		lines = append(lines, scanner.Text())
		if strings.HasPrefix(scanner.Text(), "export GITHUB_TOKEN=") {
			return lines
		}
	}
	t.Fatal("the command serve printed no environment")
	return nil
}

// hostOf returns the host of the registry from an environment that the command "serve"
// printed.
func hostOf(env []string) string {
	for _, pair := range env {
		if host, ok := strings.CutPrefix(pair, "GITHUB_SERVER_URL=http://"); ok {
			return host
		}
	}
	return ""
}

// bigLayout writes an OCI layout with one uncompressed layer of random bytes.
func bigLayout(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	blobs := filepath.Join(dir, "blobs", "sha256")
	if err := os.MkdirAll(blobs, 0o755); err != nil {
		t.Fatal(err)
	}
	layer := randomLayer(t, blobs)
	config := writeDocument(t, blobs, map[string]any{
		"os": "linux", "architecture": "amd64",
		"rootfs": map[string]any{"type": "layers", "diff_ids": []string{layer["digest"].(string)}},
	}, "application/vnd.oci.image.config.v1+json")
	manifest := writeDocument(t, blobs, map[string]any{
		"schemaVersion": 2, "mediaType": "application/vnd.oci.image.manifest.v1+json", "config": config, "layers": []any{layer},
	}, "application/vnd.oci.image.manifest.v1+json")
	index, err := json.Marshal(map[string]any{"schemaVersion": 2, "manifests": []any{manifest}})
	if err != nil {
		t.Fatal(err)
	}
	for name, raw := range map[string][]byte{"index.json": index, "oci-layout": []byte(`{"imageLayoutVersion":"1.0.0"}`)} {
		if err := os.WriteFile(filepath.Join(dir, name), raw, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

func randomLayer(t *testing.T, blobs string) map[string]any {
	t.Helper()
	path := filepath.Join(blobs, "layer")
	f, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	sum := sha256.New()
	_, err = io.CopyN(io.MultiWriter(f, sum), rand.NewChaCha8([32]byte{1}), layerSize)
	if err != nil {
		t.Fatal(err)
	}
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
	digest := hex.EncodeToString(sum.Sum(nil))
	if err := os.Rename(path, filepath.Join(blobs, digest)); err != nil {
		t.Fatal(err)
	}
	return map[string]any{"mediaType": "application/vnd.oci.image.layer.v1.tar", "digest": "sha256:" + digest, "size": layerSize}
}

func writeDocument(t *testing.T, blobs string, content any, mediaType string) map[string]any {
	t.Helper()
	raw, err := json.Marshal(content)
	if err != nil {
		t.Fatal(err)
	}
	sum := sha256.Sum256(raw)
	digest := hex.EncodeToString(sum[:])
	if err := os.WriteFile(filepath.Join(blobs, digest), raw, 0o600); err != nil {
		t.Fatal(err)
	}
	return map[string]any{"mediaType": mediaType, "digest": "sha256:" + digest, "size": len(raw)}
}
