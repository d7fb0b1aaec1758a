package ci

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/ghcr-publish/ghcr-publish/internal/report"
)

// The reusable workflows must use the action of their own commit. The prefix $/ cannot
// name the top folder of a repository. Therefore the folder .github/actions/push contains
// a copy of action.yml, and the workflows use $/.github/actions/push. Only the paths and
// the first line of the copy differ. The command `go test ./internal/ci -run Inputs
// -update` writes the copy.
func TestPushActionHasTheInputsAndOutputsOfTheAction(t *testing.T) {
	raw, err := os.ReadFile(filepath.Join(top, "action.yml"))
	if err != nil {
		t.Fatal(err)
	}
	const launcher, head = "internal/release/launch/launch.cjs", "# Generated from action.yml for the reusable workflows; see internal/ci/push_test.go.\n"
	want := head + strings.ReplaceAll(string(raw), ": "+launcher, ": ../../../"+launcher)
	path := filepath.Join(top, ".github", "actions", "push", "action.yml")
	if strings.Count(want, "../../../"+launcher) != 2 {
		t.Fatalf("main and post in action.yml do not name the launcher")
	}
	got, err := os.ReadFile(path)
	if err == nil && string(got) == want {
		return
	}
	if !*update {
		t.Fatalf("%s differs from action.yml (%v); write the copy with\n\tgo test ./internal/ci -run Inputs -update", path, err)
	}
	write(t, path, []byte(want))
}

// Each matrix job gives the digest to the merge in an output that has the name of the
// platform.
func TestPublishWorkflowHasAnOutputForEachCommonPlatform(t *testing.T) {
	t.Parallel()
	build := workflows(t)["publish.yml"].Jobs["build"]
	for _, platform := range report.CommonPlatforms {
		name := report.PlatformOutput(platform)
		if got, want := build.Outputs[name], "${{ steps.push.outputs."+name+" }}"; got != want {
			t.Errorf("output %s is %q, want %q", name, got, want)
		}
	}
	if n := len(build.Outputs); n != len(report.CommonPlatforms) {
		t.Errorf("the job build has %d outputs for %d platforms", n, len(report.CommonPlatforms))
	}
}

// A caller must grant all permissions that the jobs request. The jobs therefore request
// as few permissions as possible. The jobs that can sign request nothing, because GitHub
// would reject the run of a caller that does not grant id-token: write. These jobs get the
// permissions of the caller.
func TestReusableWorkflowsRequestFewPermissions(t *testing.T) {
	t.Parallel()
	signing := []string{"publish.yml merge", "publish.yml release"}
	cases := map[string][]string{
		"publish.yml": {"contents: read", "packages: write"},
		"promote.yml": {"contents: read", "packages: write"},
		"cleanup.yml": {"contents: read", "packages: write", "pull-requests: read"},
	}
	for name, allowed := range cases {
		for id, j := range workflows(t)[name].Jobs {
			if inherits := slices.Contains(signing, name+" "+id); inherits != j.Permissions.IsZero() {
				t.Errorf("%s, job %s: has the permissions of the caller: %t, want %t", name, id, !inherits, inherits)
			}
			if j.Permissions.IsZero() {
				continue
			}
			var requested map[string]string
			if err := j.Permissions.Decode(&requested); err != nil {
				t.Fatal(err)
			}
			for scope, level := range requested {
				if !slices.Contains(allowed, scope+": "+level) {
					t.Errorf("%s, job %s requests %s: %s", name, id, scope, level)
				}
			}
		}
	}
	raw, err := os.ReadFile(filepath.Join(top, ".github", "workflows", "publish.yml"))
	if err != nil {
		t.Fatal(err)
	}
	if strings.Contains(string(raw), "\npermissions:") {
		t.Error("publish.yml lists permissions for all jobs, so the jobs that sign get no id-token: write")
	}
}
