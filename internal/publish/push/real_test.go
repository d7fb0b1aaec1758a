//go:build integration

package push_test

import (
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	v1 "github.com/google/go-containerregistry/pkg/v1"

	"github.com/ghcr-publish/ghcr-publish/internal/ci/needs"
	"github.com/ghcr-publish/ghcr-publish/internal/publish/push"
)

// These tests use a real distribution registry, and they use skopeo and crane as other
// clients. They find errors that the client of this repository and the embedded ghcr.io
// have in common.

// program finds a program by an environment variable or in PATH.
func program(t *testing.T, name, variable string) string {
	t.Helper()
	if path := os.Getenv(variable); path != "" {
		return path
	}
	path, err := exec.LookPath(name)
	if err != nil {
		needs.Missing(t, name, "is not in PATH and", variable, "is not set")
	}
	return path
}

// distribution starts a distribution registry, and returns its address. The text auth is
// the last part of the registry's configuration.
func distribution(t *testing.T, auth string) string {
	t.Helper()
	path := program(t, "docker-registry", "GHCR_PUBLISH_REGISTRY")
	addr := freePort(t)
	config := filepath.Join(t.TempDir(), "config.yml")
	text := fmt.Sprintf("version: 0.1\nlog: {level: error, accesslog: {disabled: true}}\nstorage: {filesystem: {rootdirectory: %q}}\nhttp: {addr: %q}\n%s", t.TempDir(), addr, auth)
	if err := os.WriteFile(config, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	command := exec.CommandContext(t.Context(), path, "serve", config)
	for _, each := range os.Environ() {
		if !strings.HasPrefix(each, "REGISTRY_") { // these variables would override the configuration file
			command.Env = append(command.Env, each)
		}
	}
	if err := command.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = command.Process.Kill()
		_ = command.Wait() // the process was killed
	})
	await(t, addr)
	return addr
}

func freePort(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().String()
}

func await(t *testing.T, addr string) {
	t.Helper()
	for end := time.Now().Add(20 * time.Second); ; time.Sleep(20 * time.Millisecond) {
		conn, err := net.Dial("tcp", addr)
		if err == nil {
			_ = conn.Close()
			return
		}
		if time.Now().After(end) {
			t.Fatalf("the registry does not listen: %v", err)
		}
	}
}

// client is another program with a login for the registry.
type client struct {
	t            *testing.T
	path, config string
}

func other(t *testing.T, name, variable, host string) *client {
	t.Helper()
	c := &client{t, program(t, name, variable), t.TempDir()}
	login := base64.StdEncoding.EncodeToString([]byte("octocat:" + secret))
	raw, err := json.Marshal(map[string]any{"auths": map[string]any{host: map[string]string{"auth": login}}})
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(c.config, "config.json"), raw, 0o600); err != nil {
		t.Fatal(err)
	}
	return c
}

func (c *client) run(arguments ...string) string {
	c.t.Helper()
	command := exec.CommandContext(c.t.Context(), c.path, arguments...)
	command.Env = append(os.Environ(), "DOCKER_CONFIG="+c.config, "REGISTRY_AUTH_FILE="+filepath.Join(c.config, "config.json"))
	out, err := command.Output()
	if err != nil {
		var stderr []byte
		if exit := new(exec.ExitError); errors.As(err, &exit) {
			stderr = exit.Stderr
		}
		c.t.Fatalf("%s %s: %v\n%s", c.path, strings.Join(arguments, " "), err, stderr)
	}
	return strings.TrimSpace(string(out))
}

// ways contains the ways in which a distribution registry authenticates a client.
var ways = []struct {
	name  string
	start func(*testing.T) string
}{
	{"none", func(t *testing.T) string { return distribution(t, "") }},
	{"htpasswd", func(t *testing.T) string {
		out, err := exec.Command(program(t, "htpasswd", "GHCR_PUBLISH_HTPASSWD"), "-Bbn", "octocat", secret).Output()
		if err != nil {
			t.Fatal(err)
		}
		file := filepath.Join(t.TempDir(), "htpasswd")
		if err := os.WriteFile(file, out, 0o600); err != nil {
			t.Fatal(err)
		}
		return distribution(t, fmt.Sprintf("auth: {htpasswd: {realm: basic, path: %q}}\n", file))
	}},
	{"token", tokenRegistry},
}

func TestDistributionRegistry(t *testing.T) {
	t.Parallel()
	for _, way := range ways {
		t.Run(way.name, func(t *testing.T) {
			t.Parallel()
			r := &rig{t: t, host: way.start(t)}
			dir, root, _ := manyPlatforms(t)
			out := r.publish(dir, "1", "latest").ok()
			if err := out.prove(); err != nil || !out.result.Pushed() {
				t.Fatalf("verifying: %v", err)
			}
			if again := r.publish(dir, "1", "latest").ok(); again.result.Changed() && blobsSent(again) > 0 {
				t.Error("the second run uploaded a blob")
			}
			r.publish("docker://"+r.host+"/acme/web:1", "2").ok()
			r.publishTo(t.Context(), dir, []string{"acme/first"}, "1").ok() // its sessions are opened before the uploads
			copied := r.publishTo(t.Context(), "docker://"+r.host+"/acme/web:1", []string{"acme/copy"}, "1").ok()
			if n := copied.result.Targets[0].Blobs["uploaded"].Count; n > 0 {
				t.Errorf("the copy uploaded %d blobs, want only mounts", n)
			}
			for _, repo := range []string{"acme/web", "acme/first", "acme/copy"} {
				pulled, err := push.Pull(t.Context(), r.client(), r.at(repo), root.Digest, true)
				if err != nil || pulled.Manifests != 7 || pulled.Blobs != 13 {
					t.Errorf("pulling from %s: %+v, %v", repo, pulled, err)
				}
			}
			r.others(root)
			r.pushSaved()
		})
	}
}

func blobsSent(o *run) (n int) {
	for _, t := range o.result.Targets {
		n += t.Blobs["uploaded"].Count
	}
	return n
}

// others copies the pushed images by tag and digest with skopeo and with crane, and then
// pushes the copies.
func (r *rig) others(root v1.Descriptor) {
	r.t.Helper()
	crane := other(r.t, "crane", "GHCR_PUBLISH_CRANE", r.host)
	skopeo := other(r.t, "skopeo", "GHCR_PUBLISH_SKOPEO", r.host)
	dir := r.t.TempDir()
	for i, ref := range []string{"acme/web:1", "acme/web:2", "acme/copy:1", "acme/web@" + root.Digest.String()} {
		at := r.host + "/" + ref
		if got := crane.run("digest", "--insecure", at); got != root.Digest.String() {
			r.t.Errorf("crane reads the digest %s at %s", got, ref)
		}
		layout := filepath.Join(dir, fmt.Sprint("skopeo", i))
		skopeo.run("copy", "--insecure-policy", "--all", "--preserve-digests", "--src-tls-verify=false", "docker://"+at, "oci:"+layout)
		r.publish(layout, fmt.Sprint("skopeo", i)).ok()
		layout = filepath.Join(dir, fmt.Sprint("crane", i))
		crane.run("pull", "--insecure", "--format", "oci", at, layout)
		r.publish(layout, fmt.Sprint("crane", i)).ok()
		for _, by := range []string{"skopeo", "crane"} {
			tag := r.host + "/acme/web:" + fmt.Sprint(by, i)
			if got := crane.run("digest", "--insecure", tag); got != root.Digest.String() {
				r.t.Errorf("the copy of %s from %s has the digest %s", by, ref, got)
			}
		}
	}
}

// pushSaved pushes uncompressed layers twice, and then pushes one changed layer.
func (r *rig) pushSaved() {
	r.t.Helper()
	crane := other(r.t, "crane", "GHCR_PUBLISH_CRANE", r.host)
	src := saved(r.t, "a", "b", "c")
	first := r.publish(src, "saved").ok()
	if again := r.publish(src, "saved").ok(); again.result.Changed() {
		r.t.Error("the second run of a tar reports a change")
	}
	changed := r.publish(saved(r.t, "a", "b", "other"), "saved").ok()
	if n := blobsSent(changed); n != 2 {
		r.t.Errorf("one changed layer caused %d uploads, want the layer and the config", n)
	}
	want := changed.result.Root.Descriptor.Digest.String()
	if got := crane.run("digest", "--insecure", r.host+"/acme/web:saved"); got != want || got == first.result.Root.Descriptor.Digest.String() {
		r.t.Errorf("crane reads the digest %s, want %s", got, want)
	}
	crane.run("validate", "--insecure", "--remote", r.host+"/acme/web:saved")
}
