package launch_test

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"syscall"
	"testing"

	"github.com/klauspost/compress/zstd"

	"github.com/ghcr-publish/ghcr-publish/internal/ci/needs"
	"github.com/ghcr-publish/ghcr-publish/internal/release/launch"
)

// tree is a checkout of the action, as the runner creates it. It contains only
// the files that launch.cjs reads. Its path contains spaces.
type tree struct {
	t    *testing.T
	root string
}

func newTree(t *testing.T) tree {
	t.Helper()
	tr := tree{t, filepath.Join(t.TempDir(), "an action's tree")}
	tr.write(launch.Dir+"/launch.cjs", read(t, "launch.cjs"))
	return tr
}

// newSource returns a tree that is not a release. The tree contains the
// smallest module that can be built.
func newSource(t *testing.T) tree {
	t.Helper()
	tr := newTree(t)
	tr.write("go.mod", []byte("module example.com/tiny\n\ngo 1.26.0\n"))
	tr.write("main.go", []byte(`package main

import (
	"fmt"
	"os"
	"runtime"
)

func main() {
	fmt.Printf("built for %s, stage=%s\n", runtime.GOOS, os.Getenv("GHCR_PUBLISH_STAGE"))
}
`))
	return tr
}

// newRelease returns a tree with a program for this machine. The program is the
// test binary. Another program precedes it in the compressed file.
func newRelease(t *testing.T) tree {
	t.Helper()
	tr := newTree(t)
	tr.write(packFile, compressedSelf(t))
	tr.manifest(launch.Host(), self(t))
	return tr
}

// preceding is the content before the program in the compressed file.
const preceding = "another program"

// packFile is the path of the compressed file with the program for this machine.
var packFile = launch.Pack(runtime.GOARCH)

// selfPack holds the compressed content of newRelease, because its compression takes
// long.
var selfPack struct {
	sync.Once
	content []byte
}

func compressedSelf(t *testing.T) []byte {
	t.Helper()
	selfPack.Do(func() { selfPack.content = compress(t, []byte(preceding), self(t)) })
	return selfPack.content
}

func compress(t *testing.T, programs ...[]byte) []byte {
	t.Helper()
	encoder, err := zstd.NewWriter(nil, zstd.WithEncoderLevel(zstd.SpeedFastest))
	if err != nil {
		t.Fatal(err)
	}
	return encoder.EncodeAll(bytes.Join(programs, nil), nil)
}

func (tr tree) path(name string) string { return filepath.Join(tr.root, filepath.FromSlash(name)) }

// write writes a file without the executable bit, as after extracting a zip
// archive.
func (tr tree) write(name string, content []byte) {
	tr.t.Helper()
	if err := os.MkdirAll(filepath.Dir(tr.path(name)), 0o755); err != nil {
		tr.t.Fatal(err)
	}
	writeProgram(tr.t, tr.path(name), content, 0o644)
}

func (tr tree) manifest(p launch.Platform, program []byte) {
	tr.t.Helper()
	sum := sha256.Sum256(program)
	m := launch.Manifest{Version: "v1.2.3", Platforms: map[string]launch.Program{
		p.String(): {
			SHA256: hex.EncodeToString(sum[:]), Size: int64(len(program)),
			Pack: launch.PackName(runtime.GOARCH), Offset: int64(len(preceding)),
		},
	}}
	if err := m.Write(tr.root); err != nil {
		tr.t.Fatal(err)
	}
}

// step is one run of launch.cjs with its environment and, after the run, its
// output.
type step struct {
	*exec.Cmd
	stdout, stderr bytes.Buffer
	state          string // the file that GITHUB_STATE names
	temp           string // the folder that RUNNER_TEMP names
}

// step prepares a run in the tree. It adds env to the environment of this
// process.
func (tr tree) step(env ...string) *step {
	t := tr.t
	t.Helper()
	s := &step{state: filepath.Join(t.TempDir(), "state"), temp: filepath.Join(t.TempDir(), "runner temp")}
	if err := os.Mkdir(s.temp, 0o755); err != nil {
		t.Fatal(err)
	}
	s.Cmd = exec.CommandContext(t.Context(), node(t), tr.path(launch.Dir+"/launch.cjs"))
	s.Stdout, s.Stderr = &s.stdout, &s.stderr
	s.Dir = t.TempDir()
	s.Env = append(os.Environ(), "GITHUB_STATE="+s.state, "RUNNER_TEMP="+s.temp)
	s.Env = append(s.Env, env...)
	return s
}

// exit runs the step and returns its exit code.
func (s *step) exit(t *testing.T) int {
	t.Helper()
	err := s.Run()
	if failed := (*exec.ExitError)(nil); err != nil && !errors.As(err, &failed) {
		t.Fatal(err)
	}
	return s.ProcessState.ExitCode()
}

// states returns the state that the step saved, as the environment of its post
// step.
func (s *step) states(t *testing.T) []string {
	t.Helper()
	var env []string
	for line := range strings.Lines(string(read(t, s.state))) {
		env = append(env, "STATE_"+strings.TrimSpace(line))
	}
	return env
}

// node returns the path of Node.js, which must be able to decompress zstd.
func node(t *testing.T) string {
	t.Helper()
	path := needs.Program(t, "node")
	if err := hasZstd(); err != nil {
		needs.Missing(t, "launch.cjs needs the zstd of Node.js 24, which is not installed here:", err)
	}
	return path
}

var hasZstd = sync.OnceValue(func() error {
	return exec.Command("node", "-e", "require('node:zlib').createZstdDecompress()").Run()
})

// self returns the content of this test binary, which can act as the released
// program.
func self(t *testing.T) []byte {
	t.Helper()
	file, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	return read(t, file)
}

// writeProgram writes an executable file. It holds syscall.ForkLock, because
// another test can start a child at the same time. Without the lock, the child
// would inherit the open file. The start of the program would then fail with
// "text file busy".
func writeProgram(t *testing.T, file string, content []byte, mode os.FileMode) {
	t.Helper()
	syscall.ForkLock.RLock()
	defer syscall.ForkLock.RUnlock()
	if err := os.WriteFile(file, content, mode); err != nil {
		t.Fatal(err)
	}
}

func read(t *testing.T, file string) []byte {
	t.Helper()
	content, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	return content
}
