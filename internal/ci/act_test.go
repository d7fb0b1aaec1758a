//go:build integration

package ci

import (
	"bytes"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/ghcr-publish/ghcr-publish/internal/ci/needs"
)

// actProject runs a workflow of the project with act in host mode. The run starts no
// container, uses only the loopback network, and does not read the settings of this
// machine.
type actProject struct {
	t    *testing.T
	work string // a copy of the working tree, including uncommitted changes
	args []string
	path string // the PATH of the jobs
}

func newActProject(t *testing.T) *actProject {
	t.Helper()
	l := &actProject{t: t, work: filepath.Join(t.TempDir(), "image"), path: os.Getenv("PATH")}
	listed := l.run(exec.Command("git", "-C", top, "ls-files", "-z", "--cached", "--others", "--exclude-standard"))
	for name := range strings.SplitSeq(strings.Trim(listed, "\x00"), "\x00") {
		l.copy(filepath.FromSlash(name))
	}
	l.repository()
	l.args = append(l.args, "-P", "ubuntu-24.04=-self-hosted", "--no-cache-server", "--pull=false", "--action-offline-mode", "--actor", "octocat")
	l.stub()
	return l
}

// repository turns the copy into a Git repository with one commit.
func (l *actProject) repository() {
	l.t.Helper()
	for _, args := range [][]string{
		{"init", "--quiet", "--initial-branch=main"},
		{"remote", "add", "origin", "https://github.com/e2e/image.git"},
		{"add", "--all", "--force"},
		{"-c", "user.name=e2e", "-c", "user.email=e2e@example.com", "commit", "--quiet", "--message=e2e"},
	} {
		l.run(exec.Command("git", append([]string{"-C", l.work}, args...)...))
	}
}

func (l *actProject) copy(name string) {
	l.t.Helper()
	content, err := os.ReadFile(filepath.Join(top, name))
	if os.IsNotExist(err) {
		return // the file is deleted, but Git still lists it
	}
	if err != nil {
		l.t.Fatal(err)
	}
	write(l.t, filepath.Join(l.work, name), content)
}

// stub replaces each third-party action with an action that does nothing. The
// third-party actions only prepare tools, and this machine already has the tools. act
// itself simulates actions/checkout.
func (l *actProject) stub() {
	l.t.Helper()
	dir := l.t.TempDir()
	write(l.t, filepath.Join(dir, "action.yml"), []byte("name: stub\ndescription: does nothing\nruns: {using: composite, steps: [{run: 'true', shell: sh}]}\n"))
	stubs := map[string]bool{}
	for _, f := range workflows(l.t) {
		for _, j := range f.Jobs {
			for _, s := range j.Steps {
				if strings.Contains(s.Uses, "@") {
					stubs[s.Uses] = true
				}
			}
		}
	}
	for _, uses := range slices.Sorted(maps.Keys(stubs)) {
		l.args = append(l.args, "--local-repository", uses+"="+dir)
	}
}

// act runs a workflow and returns the log. If the workflow fails, act also returns an
// error.
func (l *actProject) act(event, workflow string, args ...string) (string, error) {
	l.t.Helper()
	cmd := exec.CommandContext(l.t.Context(), tool(l.t, "act"), slices.Concat([]string{event, "-W", ".github/workflows/" + workflow}, l.args, args)...)
	cmd.Dir = l.work
	home := l.t.TempDir()
	cmd.Env = []string{
		"PATH=" + l.path, "HOME=" + home, "XDG_CACHE_HOME=" + filepath.Join(home, "cache"),
		// The run uses the module cache and the build cache of this machine.
		"GOPROXY=off", "GOCACHE=" + l.goEnv("GOCACHE"), "GOMODCACHE=" + l.goEnv("GOMODCACHE"),
	}
	var log bytes.Buffer
	cmd.Stdout, cmd.Stderr = &log, &log
	err := cmd.Run()
	return log.String(), err
}

func (l *actProject) goEnv(name string) string {
	l.t.Helper()
	return strings.TrimSpace(l.run(exec.Command("go", "env", name)))
}

func (l *actProject) run(cmd *exec.Cmd) string {
	l.t.Helper()
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		l.t.Fatalf("%v: %v\n%s", cmd.Args, err, &stderr)
	}
	return string(out)
}

// tool returns the path of a program that .ci/run installs.
func tool(t *testing.T, name string) string {
	t.Helper()
	path, err := exec.LookPath(name)
	if err != nil {
		needs.Missing(t, err)
	}
	return path
}
