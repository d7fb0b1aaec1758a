//go:build integration

package cmd_test

import (
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/ghcr-publish/ghcr-publish/internal/ci/needs"
)

// These tests run real clients after a login, with a real registry that refuses anonymous
// requests.

const (
	realSecret = "integration-secret"
	// realLine is the line of htpasswd for octocat and this secret.
	realLine = "octocat:$2y$05$4yG95kvjmd9uTmItfnqz/u/WQW3Rq9byoUdKYiT.WQZ7u.B7S6Tsi"
)

// program finds a program by an environment variable or in PATH. The argument inCI says
// that .ci/run installs the program.
func program(t *testing.T, name string, inCI bool) string {
	t.Helper()
	variable := "GHCR_PUBLISH_" + strings.ToUpper(name)
	if name == "docker-registry" {
		variable = "GHCR_PUBLISH_REGISTRY"
	}
	if path := os.Getenv(variable); path != "" {
		return path
	}
	path, err := exec.LookPath(name)
	if err != nil && inCI {
		needs.Missing(t, name, "is not in PATH and", variable, "is not set")
	}
	if err != nil {
		t.Skipf("%s is not in PATH and %s is not set", name, variable)
	}
	return path
}

// distribution starts a registry with one user, and returns its address.
func distribution(t *testing.T) string {
	t.Helper()
	path, dir := program(t, "docker-registry", true), t.TempDir()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	addr := l.Addr().String()
	l.Close()
	users, file := filepath.Join(dir, "htpasswd"), filepath.Join(dir, "config.yml")
	text := fmt.Sprintf("version: 0.1\nlog: {level: error, accesslog: {disabled: true}}\nstorage: {filesystem: {rootdirectory: %q}}\nhttp: {addr: %q}\nauth: {htpasswd: {realm: basic, path: %q}}\n",
		t.TempDir(), addr, users)
	for name, content := range map[string]string{users: realLine + "\n", file: text} {
		if err := os.WriteFile(name, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	command := exec.CommandContext(t.Context(), path, "serve", file)
	for _, each := range os.Environ() {
		if !strings.HasPrefix(each, "REGISTRY_") { // these variables would override the file
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
	for end := time.Now().Add(20 * time.Second); ; time.Sleep(20 * time.Millisecond) {
		conn, err := net.Dial("tcp", addr)
		if err == nil {
			_ = conn.Close()
			return addr
		}
		if time.Now().After(end) {
			t.Fatalf("the registry does not listen: %v", err)
		}
	}
}

// try runs a program as in a later step, with the variables of that step.
func (s *stage) try(env map[string]string, path string, arguments ...string) (string, error) {
	command := exec.CommandContext(s.t.Context(), path, arguments...)
	command.Env = []string{"PATH=" + os.Getenv("PATH"), "HOME=" + filepath.Join(s.dir, "home"), "XDG_RUNTIME_DIR=" + filepath.Join(s.dir, "run"), "DOCKER_CONFIG=" + s.env["DOCKER_CONFIG"]}
	for name, value := range env {
		command.Env = append(command.Env, name+"="+value)
	}
	out, err := command.CombinedOutput()
	return string(out), err
}

func TestOtherClientsUseTheLogin(t *testing.T) {
	t.Parallel()
	cases := []struct {
		name      string
		inCI      bool
		arguments func(source, digest, host string) []string
	}{
		{"skopeo", true, func(source, _, host string) []string {
			return []string{"--insecure-policy", "copy", "--all", "--dest-tls-verify=false", "oci:" + source, "docker://" + host + "/acme/skopeo:1"}
		}},
		{"crane", true, func(source, _, host string) []string {
			return []string{"push", "--index", "--insecure", source, host + "/acme/crane:1"}
		}},
		{"oras", false, func(source, digest, host string) []string {
			return []string{"cp", "--from-oci-layout", "--to-plain-http", source + "@" + digest, host + "/acme/oras:1"}
		}},
		{"buildah", true, func(_, _, host string) []string { return []string{"login", "--get-login", host} }},
		{"docker", false, func(_, _, host string) []string {
			return []string{"manifest", "inspect", "--insecure", host + "/acme/seed:1"}
		}},
	}
	for _, isolated := range []string{"false", "true"} {
		for _, c := range cases {
			t.Run(c.name+", isolated: "+isolated, func(t *testing.T) {
				t.Parallel()
				path := program(t, c.name, c.inCI)
				s, file := loginStage(t, acme())
				host := distribution(t)
				source, digest := layout(t)
				s.seed(host, source)

				if out, err := s.try(nil, path, c.arguments(source, digest, host)...); err == nil {
					t.Fatalf("%s succeeds without a login, so the test has no meaning:\n%s", c.name, out)
				}
				s.with("command", "login", "isolated", isolated, "credentials", host+" octocat "+realSecret).run().succeeds()
				exported, err := parseFile(s.read("ENV"))
				s.check(err)
				if out, err := s.try(exported, path, c.arguments(source, digest, host)...); err != nil {
					t.Errorf("after the login: %v\n%s", err, out)
				}
				s.post().succeeds()
				if got := fileContent(t, file); got != hostLogins {
					t.Errorf("after the post step the file is\n%s\nbefore it was\n%s", got, hostLogins)
				}
				if out, err := s.try(exported, path, c.arguments(source, digest, host)...); err == nil {
					t.Errorf("after the post step the login still works:\n%s", out)
				}
			})
		}
	}
}

// seed pushes an image to the registry for the programs that only read.
func (s *stage) seed(host, source string) {
	s.t.Helper()
	s.with("command", "publish", "source", source, "image", host+"/acme/seed", "tags", "1", "credentials", host+" octocat "+realSecret).run().succeeds()
	s.with("source", "", "image", "", "tags", "")
}
