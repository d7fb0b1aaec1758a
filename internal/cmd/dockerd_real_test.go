//go:build integration && linux

package cmd_test

import (
	"context"
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

	"github.com/ghcr-publish/ghcr-publish/internal/ci/needs"
)

// An edition is a Docker engine with one of its image stores.
type edition struct {
	current bool   // the engine that .ci/run builds (.github/engines); otherwise the engine of the machine
	driver  string // vfs is for the classic store, native for the containerd image store
}

// The engines of the tests. The engine of Debian is years older than the current engine.
// The current engine has both stores.
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

// dockerd is a Docker engine that one test uses.
type dockerd struct {
	t    *testing.T
	dir  string
	host string
	log  *os.File
}

// startDockerd starts an engine that does not change the machine. It has no network and
// no firewall rules. Its folders are below a folder that the test removes. In CI a
// failed start fails the test.
func startDockerd(t *testing.T, e edition) *dockerd {
	t.Helper()
	if os.Getuid() != 0 {
		needs.Missing(t, "an engine is started by root")
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

// containerd starts a containerd of the same age, so that the containerd of the machine
// gets none of the images. It returns the arguments that dockerd needs to run containers
// on it with any runc.
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

// group is the control group of all processes of the engine.
func (d *dockerd) group() string { return "/ghcr-publish-" + filepath.Base(d.dir) }

// start runs a program until the test and all programs that were started later have
// ended.
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
		_ = cmd.Wait() // it was terminated
	})
	if err := cmd.Start(); err != nil {
		d.t.Fatal(err)
	}
}

// await waits until a started program answers.
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

// remove removes the remains of the engine: mounted namespaces, its control groups and
// its folder.
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

// engine returns the path of a program of .github/engines.
func engine(t *testing.T, name string) string {
	t.Helper()
	return built(t, "GHCR_PUBLISH_ENGINES", name)
}

// docker runs the command line of Docker and returns its output.
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

// build builds an image from a Dockerfile with one file in its context.
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
