//go:build integration

package sink

import (
	"encoding/json"
	"errors"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// tool runs another program that reads images, and returns its output.
func tool(t *testing.T, name string, args ...string) string {
	t.Helper()
	if _, err := exec.LookPath(name); err != nil {
		t.Skip(name + " is not installed")
	}
	out, err := exec.Command(name, args...).Output()
	if err != nil {
		var stderr string
		var failed *exec.ExitError
		if errors.As(err, &failed) {
			stderr = string(failed.Stderr)
		}
		t.Fatalf("%s %s: %v\n%s", name, strings.Join(args, " "), err, stderr)
	}
	return string(out)
}

func skopeo(t *testing.T, args ...string) string {
	t.Helper()
	return tool(t, "skopeo", append([]string{"--insecure-policy"}, args...)...)
}

func TestSkopeoReadsLayoutsAndOCIArchives(t *testing.T) {
	dir := t.TempDir()
	web, api := imageOf(t, "ghcr.io/acme/web:1", multi), imageOf(t, "ghcr.io/acme/api:2", other)
	write(t, "oci:"+dir, web)
	write(t, "oci:"+dir, api)
	file := filepath.Join(t.TempDir(), "image.tar")
	write(t, "oci-archive:"+file, web)
	for text, want := range map[string]Image{"oci:" + dir + ":1": web, "oci:" + dir + ":2": api, "oci-archive:" + file: web, "oci-archive:" + file + ":1": web} {
		if raw := skopeo(t, "inspect", "--raw", text); raw != string(want.Root.Raw) {
			t.Errorf("%s: got %s", text, raw)
		}
		skopeo(t, "copy", "--all", text, "oci:"+t.TempDir()+":copy")
	}
}

func TestSkopeoReadsDockerArchives(t *testing.T) {
	img := imageOf(t, "ghcr.io/acme/web:1", single)
	file := filepath.Join(t.TempDir(), "image.tar")
	write(t, "docker-archive:"+file, img)
	var got struct {
		RepoTags []string
		Layers   []string
		Os       string
	}
	for _, text := range []string{"docker-archive:" + file, "docker-archive:" + file + ":ghcr.io/acme/web:1"} {
		if err := json.Unmarshal([]byte(skopeo(t, "inspect", text)), &got); err != nil {
			t.Fatal(err)
		}
		if len(got.Layers) != len(img.Root.Blobs)-1 || got.Os != "linux" {
			t.Errorf("got %+v", got)
		}
		skopeo(t, "copy", text, "oci:"+t.TempDir()+":copy") // skopeo checks every diff id
	}
}

func TestCraneReadsDockerArchives(t *testing.T) {
	img := imageOf(t, "ghcr.io/acme/web:1", single)
	dir, file := t.TempDir(), filepath.Join(t.TempDir(), "image.tar")
	write(t, "docker-archive:"+file, img)
	write(t, "oci:"+dir, img)
	tool(t, "crane", "validate", "--tarball", file)
	if got := tool(t, "crane", "digest", "--tarball", file); !strings.HasPrefix(got, "sha256:") {
		t.Errorf("got %q", got)
	}
}
