//go:build integration && linux

package cmd_test

import (
	"context"
	"errors"
	"io/fs"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"
)

// An edition is a Docker engine with one of its image stores.
type edition struct {
	current bool   // the one that .ci/run builds (.github/engines), or else the machine's
	driver  string // vfs belongs to the classic store, native to containerd's
}

// The engines that images come from: Debian's is years older than the current
// one, and the current one has both stores.
var (
	installed        = edition{false, "vfs"}
	currentClassic   = edition{true, "vfs"}
	currentSnapshots = edition{true, "native"}

	everyEdition = []edition{installed, currentClassic, currentSnapshots}
)

// forEachEdition runs a test on an engine of each edition.
func forEachEdition(t *testing.T, editions []edition, test func(*testing.T, *dockerd)) {
	t.Helper()
	for _, e := range editions {
		t.Run(e.String(), func(t *testing.T) { test(t, startDockerd(t, e)) })
	}
}

func (e edition) String() string {
	if e.current {
		return "the current engine over " + e.driver
	}
	return "the installed engine over " + e.driver
}

func (e edition) dockerd(t *testing.T) string {
	if e.current {
		return engine(t, "dockerd")
	}
	return program(t, "dockerd", true)
}

// dockerd is a Docker engine of a test's own.
type dockerd struct {
	t    *testing.T
	dir  string
	host string
	log  *os.File
}

// startDockerd starts an engine that touches nothing of the machine: no
// network, no rules, its folders below one that the test takes away. In CI it
// has to start.
func startDockerd(t *testing.T, e edition) *dockerd {
	t.Helper()
	if os.Getuid() != 0 {
		missing(t, errors.New("an engine is started by root"))
	}
	path := e.dockerd(t)
	dir, err := os.MkdirTemp("", "d") //nolint:usetesting // its folders are too deep for a socket
	if err != nil {
		t.Fatal(err)
	}
	d := &dockerd{t: t, dir: dir, host: "unix://" + dir + "/s"}
	t.Cleanup(d.remove)
	if d.log, err = os.Create(filepath.Join(dir, "log")); err != nil {
		t.Fatal(err)
	}
	args := []string{
		"--data-root", dir + "/data", "--exec-root", dir + "/exec", "--pidfile", dir + "/pid", "--host", d.host,
		"--containerd-namespace", "ghcr-publish", "--containerd-plugins-namespace", "ghcr-publish-plugins",
		"--iptables=false", "--ip6tables=false", "--bridge=none", "--storage-driver", e.driver,
		"--exec-opt", "native.cgroupdriver=cgroupfs", "--cgroup-parent", d.group(),
	}
	if e.current {
		args = append(args, d.containerd()...)
	}
	d.start(path, args...)
	d.await(func() bool {
		return exec.CommandContext(t.Context(), "docker", "--host", d.host, "version").Run() == nil
	})
	return d
}

// containerd starts a containerd of the same age, so that the machine's keeps
// none of the images, and returns what dockerd needs to run containers on it
// by any runc.
func (d *dockerd) containerd() []string {
	config := filepath.Join(d.dir, "containerd.toml")
	const text = `version = 3
disabled_plugins = [
  "io.containerd.cri.v1.images", "io.containerd.cri.v1.runtime", "io.containerd.grpc.v1.cri", # Kubernetes'
  "io.containerd.internal.v1.opt", # makes a folder in /opt
]
`
	if err := os.WriteFile(config, []byte(text), 0o600); err != nil {
		d.t.Fatal(err)
	}
	address := d.dir + "/c"
	d.start(engine(d.t, "containerd"), "--config", config, "--address", address, "--root", d.dir+"/images", "--state", d.dir+"/state")
	d.await(func() bool { // dockerd does not
		conn, err := (&net.Dialer{}).DialContext(d.t.Context(), "unix", address)
		return err == nil && conn.Close() == nil
	})
	return []string{
		"--containerd", address, "--userland-proxy=false", "--feature", "time-namespaces=false",
	}
}

// group is the control group of all that the engine runs.
func (d *dockerd) group() string { return "/ghcr-publish-" + filepath.Base(d.dir) }

// start runs a program until the test has ended, and what was started after it.
func (d *dockerd) start(path string, args ...string) {
	d.t.Helper()
	ctx, stop := context.WithCancel(context.WithoutCancel(d.t.Context()))
	cmd := exec.CommandContext(ctx, path, args...)
	cmd.Env = append(os.Environ(), "PATH="+filepath.Dir(path)+":"+os.Getenv("PATH"))
	cmd.Stdout, cmd.Stderr = d.log, d.log
	cmd.Cancel = func() error { return cmd.Process.Signal(syscall.SIGTERM) }
	cmd.WaitDelay = time.Minute
	d.t.Cleanup(func() {
		stop()
		_ = cmd.Wait() // it was told to end
	})
	if err := cmd.Start(); err != nil {
		d.t.Fatal(err)
	}
}

// await waits until what was started answers.
func (d *dockerd) await(answers func() bool) {
	d.t.Helper()
	for range 300 {
		if answers() {
			return
		}
		time.Sleep(100 * time.Millisecond)
	}
	raw, _ := os.ReadFile(d.log.Name())
	d.t.Fatalf("the engine does not start:\n%s", raw)
}

// remove takes away what the engine leaves: namespaces that it had mounted,
// its control groups, its folder.
func (d *dockerd) remove() {
	mounts, _ := os.ReadFile("/proc/self/mounts")
	for line := range strings.Lines(string(mounts)) {
		if at := strings.Fields(line)[1]; strings.HasPrefix(at, d.dir+"/") {
			_ = syscall.Unmount(at, syscall.MNT_DETACH)
		}
	}
	var groups []string
	for _, top := range []string{"/sys/fs/cgroup", "/sys/fs/cgroup/*"} {
		found, _ := filepath.Glob(top + d.group())
		for _, each := range found {
			_ = filepath.WalkDir(each, func(path string, entry fs.DirEntry, _ error) error {
				if entry != nil && entry.IsDir() {
					groups = append(groups, path)
				}
				return nil
			})
		}
	}
	for _, path := range slices.Backward(groups) {
		_ = syscall.Rmdir(path)
	}
	if err := os.RemoveAll(d.dir); err != nil {
		d.t.Error(err)
	}
}

// engine is a program of .github/engines.
func engine(t *testing.T, name string) string {
	t.Helper()
	dir := os.Getenv("GHCR_PUBLISH_ENGINES")
	if dir == "" {
		missing(t, errors.New("GHCR_PUBLISH_ENGINES does not say where the current engines are"))
	}
	path, err := exec.LookPath(filepath.Join(dir, name))
	if err != nil {
		missing(t, err)
	}
	return path
}

// missing ends a test that lacks what it drives. In CI nothing may be missing.
func missing(t *testing.T, err error) {
	t.Helper()
	if os.Getenv("CI") == "true" {
		t.Fatal(err)
	}
	t.Skip(err)
}

// docker runs Docker's own command line and returns what it prints.
func (d *dockerd) docker(args ...string) string {
	d.t.Helper()
	cmd := exec.CommandContext(d.t.Context(), "docker", append([]string{"--config", d.dir, "--host", d.host}, args...)...)
	cmd.Env = append(os.Environ(), "DOCKER_BUILDKIT=0")
	var failure strings.Builder
	cmd.Stderr = &failure
	out, err := cmd.Output()
	if err != nil {
		d.t.Fatalf("docker %q: %v\n%s%s", args, err, out, failure.String())
	}
	return strings.TrimSpace(string(out))
}

// build makes an image by a Dockerfile with one file beside it.
func (d *dockerd) build(tag, dockerfile, text string) {
	d.t.Helper()
	context := d.t.TempDir()
	for name, body := range map[string]string{"Dockerfile": dockerfile, "file": text} {
		if err := os.WriteFile(filepath.Join(context, name), []byte(body), 0o600); err != nil {
			d.t.Fatal(err)
		}
	}
	d.docker("build", "--quiet", "--tag", tag, context)
}
