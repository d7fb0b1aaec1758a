package ci

import (
	"maps"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"go.yaml.in/yaml/v3"

	"github.com/ghcr-publish/ghcr-publish/internal/meta"
	"github.com/ghcr-publish/ghcr-publish/internal/report"
)

// action.yml names the program that the runner starts for the main step, and the
// program that the runner starts for the post step. The post step always runs.
func TestActionStartsTheLauncher(t *testing.T) {
	t.Parallel()
	action := readAction(t)
	const launcher = "internal/release/launch/launch.cjs"
	for key, want := range map[string]string{"using": "node24", "main": launcher, "post": launcher, "post-if": "always()"} {
		if got := action.Runs[key]; got != want {
			t.Errorf("runs.%s: got %q, want %q", key, got, want)
		}
	}
	if _, err := os.Stat(filepath.Join(top, filepath.FromSlash(launcher))); err != nil {
		t.Error(err)
	}
}

// A later step can use only the outputs that action.yml declares. Some outputs exist
// only for images with certain platforms.
func TestActionDeclaresTheOutputsThatAreSet(t *testing.T) {
	t.Parallel()
	set, err := (&report.Report{Archive: &report.Archive{}, Attestation: &report.Attested{}, Images: []report.Image{{Digest: "sha256:0"}}}).Outputs()
	if err != nil {
		t.Fatal(err)
	}
	var want []string
	for _, output := range set {
		want = append(want, output.Name)
	}
	for _, output := range (meta.Result{}).Outputs(meta.OutputFormat{}) {
		want = append(want, output.Name)
	}
	for _, file := range (meta.Result{}).BakeFiles(meta.OutputFormat{}) {
		want = append(want, file.Output)
	}
	for _, command := range []interface {
		Outputs() ([]report.Output, error)
	}{new(report.Pull), new(report.Inspect), new(report.Check), new(report.Cleanup)} {
		set, err := command.Outputs()
		if err != nil {
			t.Fatal(err)
		}
		for _, output := range set {
			want = append(want, output.Name)
		}
	}
	for _, platform := range report.CommonPlatforms {
		want = append(want, report.PlatformOutput(platform))
	}
	slices.Sort(want)
	want = slices.Compact(want)
	if got := slices.Sorted(maps.Keys(readAction(t).Outputs)); !slices.Equal(got, want) {
		t.Errorf("action.yml declares %q\nthe program sets    %q", got, want)
	}
}

// action contains the fields of action.yml that these tests need.
type action struct {
	Outputs map[string]struct{ Description string }
	Runs    map[string]string
}

func readAction(t *testing.T) action {
	t.Helper()
	raw, err := os.ReadFile(filepath.Join(top, "action.yml"))
	if err != nil {
		t.Fatal(err)
	}
	var a action
	if err := yaml.Unmarshal(raw, &a); err != nil {
		t.Fatal(err)
	}
	return a
}
