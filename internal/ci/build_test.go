package ci

import (
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/ghcr-publish/ghcr-publish/internal/ci/needs"
)

// buildStep runs the script of the step "Build" in publish.yml with a fake docker. The
// fake docker records its arguments, one per line, and the contents of the secret files.
func buildStep(t *testing.T, env ...string) (calls, output, temp string) {
	t.Helper()
	bash := needs.Program(t, "bash")
	steps := workflows(t)["publish.yml"].Jobs["build"].Steps
	i := slices.IndexFunc(steps, func(s step) bool { return s.ID == "build" })
	if i < 0 {
		t.Fatal("publish.yml has no step with the id \"build\"")
	}
	dir := t.TempDir()
	const docker = "#!/bin/sh\n" + `printf '%s\n' -- "$@" >>"$CALLS"` + "\n" +
		`for a; do case $a in id=*) printf '%s contains %s\n' "${a%%,*}" "$(cat "${a#*src=}")" >>"$CALLS";; esac; done` + "\n"
	if err := os.WriteFile(filepath.Join(dir, "docker"), []byte(docker), 0o755); err != nil {
		t.Fatal(err)
	}
	temp = t.TempDir()
	files := map[string]string{"CALLS": filepath.Join(dir, "calls"), "GITHUB_OUTPUT": filepath.Join(dir, "output")}
	cmd := exec.CommandContext(t.Context(), bash, "-e", "-o", "pipefail", "-c", steps[i].Run)
	cmd.Env = append([]string{"PATH=" + dir + ":" + os.Getenv("PATH"), "RUNNER_TEMP=" + temp, "PLATFORM=linux/arm64", "CONTEXT=."}, env...)
	for name, path := range files {
		cmd.Env = append(cmd.Env, name+"="+path)
	}
	for _, name := range []string{"FILE", "TARGET", "BUILD_ARGS", "BUILD", "SECRETS"} {
		if !slices.ContainsFunc(env, func(s string) bool { return strings.HasPrefix(s, name+"=") }) {
			cmd.Env = append(cmd.Env, name+"=")
		}
	}
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("the step failed: %v\n%s", err, out)
	}
	read := func(name string) string {
		raw, err := os.ReadFile(files[name])
		if err != nil && !os.IsNotExist(err) {
			t.Fatal(err)
		}
		return string(raw)
	}
	return read("CALLS"), strings.TrimSpace(strings.TrimPrefix(read("GITHUB_OUTPUT"), "output=")), temp
}

func TestPublishWorkflowCallsBuildx(t *testing.T) {
	t.Parallel()
	calls, output, temp := buildStep(t, "CONTEXT=app", "FILE=app/Dockerfile", "TARGET=final",
		"BUILD_ARGS=VERSION=1 2\n\nX=$(false)\n", "SECRETS=npm=a=b c\ntoken=xyz")
	for _, want := range []string{
		"--platform\nlinux/arm64\n", "--output\ntype=oci,dest=" + output + "\n", "--file\napp/Dockerfile\n", "--target\nfinal\n",
		"--build-arg\nVERSION=1 2\n", "--build-arg\nX=$(false)\n", "\napp\n", "id=npm contains a=b c\n", "id=token contains xyz\n",
	} {
		if !strings.Contains(calls, want) {
			t.Errorf("docker did not get the arguments %q:\n%s", want, calls)
		}
	}
	err := filepath.WalkDir(temp, func(path string, d os.DirEntry, err error) error {
		if err == nil && !d.IsDir() {
			t.Errorf("the step did not remove the file %s", path)
		}
		return err
	})
	if err != nil {
		t.Error(err)
	}
}

func TestPublishWorkflowRunsTheCallersBuildScript(t *testing.T) {
	t.Parallel()
	calls, output, _ := buildStep(t, `BUILD=printf %s "$PLATFORM $SECRETS" >"$OUTPUT"`, "SECRETS=a=b")
	if calls != "" {
		t.Errorf("docker was called:\n%s", calls)
	}
	if raw, err := os.ReadFile(output); err != nil || string(raw) != "linux/arm64 a=b" {
		t.Errorf("the script wrote %q (error: %v)", raw, err)
	}
}
