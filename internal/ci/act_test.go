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
)

// lab runs a workflow of the project under act, in host mode: no container, no
// network but loopback, nothing of this machine's own settings.
type lab struct {
	t    *testing.T
	work string // a copy of the project as it stands, committed or not
	args []string
}

func newLab(t *testing.T) *lab {
	t.Helper()
	l := &lab{t: t, work: filepath.Join(t.TempDir(), "image")}
	listed := l.run(exec.Command("git", "-C", top, "ls-files", "-z", "--cached", "--others", "--exclude-standard"))
	for name := range strings.SplitSeq(strings.Trim(listed, "\x00"), "\x00") {
		l.copy(filepath.FromSlash(name))
	}
	l.repository()
	l.args = append(l.args, "-P", "ubuntu-24.04=-self-hosted", "--no-cache-server", "--pull=false", "--action-offline-mode", "--actor", "octocat")
	l.stub()
	return l
}

// repository makes one of the working folder.
func (l *lab) repository() {
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

func (l *lab) copy(name string) {
	l.t.Helper()
	content, err := os.ReadFile(filepath.Join(top, name))
	if os.IsNotExist(err) {
		return // deleted, and the deletion not committed yet
	}
	if err != nil {
		l.t.Fatal(err)
	}
	write(l.t, filepath.Join(l.work, name), content)
}

// stub puts an action that does nothing in the place of each third-party one: they
// only prepare what a machine that runs these tests has. (act itself simulates
// checkout.)
func (l *lab) stub() {
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

// act runs a workflow and returns its log and whether it succeeded.
func (l *lab) act(event, workflow string, args ...string) (string, error) {
	l.t.Helper()
	cmd := exec.CommandContext(l.t.Context(), tool(l.t, "act"), slices.Concat([]string{event, "-W", ".github/workflows/" + workflow}, l.args, args)...)
	cmd.Dir = l.work
	home := l.t.TempDir()
	cmd.Env = []string{
		"PATH=" + os.Getenv("PATH"), "HOME=" + home, "XDG_CACHE_HOME=" + filepath.Join(home, "cache"),
		// What the project is built from is here already.
		"GOPROXY=off", "GOCACHE=" + l.goEnv("GOCACHE"), "GOMODCACHE=" + l.goEnv("GOMODCACHE"),
	}
	var log bytes.Buffer
	cmd.Stdout, cmd.Stderr = &log, &log
	err := cmd.Run()
	return log.String(), err
}

func (l *lab) goEnv(name string) string {
	l.t.Helper()
	return strings.TrimSpace(l.run(exec.Command("go", "env", name)))
}

func (l *lab) run(cmd *exec.Cmd) string {
	l.t.Helper()
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		l.t.Fatalf("%v: %v\n%s", cmd.Args, err, &stderr)
	}
	return string(out)
}

// tool finds a program; where CI is true it has to be there.
func tool(t *testing.T, name string) string {
	t.Helper()
	path, err := exec.LookPath(name)
	if err == nil {
		return path
	}
	if os.Getenv("CI") == "true" {
		t.Fatal(err)
	}
	t.Skipf("%s is not installed here: %v", name, err)
	return ""
}
