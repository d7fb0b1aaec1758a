package workflow_test

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/ghcr-publish/ghcr-publish/internal/workflow"
)

func TestPackagesGrantReadsTheBlockOfTheJobOrWorkflow(t *testing.T) {
	t.Parallel()
	const ref = "acme/web/.github/workflows/release.yml@refs/heads/main"
	cases := []struct{ name, file, ref, job, want string }{
		{"job block", "jobs: {a: {permissions: {packages: write, contents: read}}}", ref, "a", "write"},
		{"job block without it", "permissions: write-all\njobs: {a: {permissions: {contents: read}}}", ref, "a", "none"},
		{"workflow block", "permissions: {packages: read}\njobs: {a: {steps: []}}", ref, "a", "read"},
		{"all", "permissions: write-all\njobs: {a: {}}", ref, "a", "write"},
		{"empty block", "permissions: {}\njobs: {a: {}}", ref, "a", "none"},
		{"no block", "jobs: {a: {steps: []}}", ref, "a", "default"},
		{"another job", "jobs: {a: {}}", ref, "b", ""},
		{"another repository", "jobs: {a: {}}", "other/web/.github/workflows/release.yml@main", "a", ""},
		{"invalid YAML", "jobs: [", ref, "a", ""},
		{"a path that leaves the checkout", "jobs: {a: {}}", "acme/web/../release.yml@main", "a", ""},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			dir := filepath.Join(t.TempDir(), "checkout")
			path := filepath.Join(dir, ".github", "workflows", "release.yml")
			if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
				t.Fatal(err)
			}
			for _, p := range []string{path, filepath.Join(dir, "..", "release.yml")} {
				if err := os.WriteFile(p, []byte(c.file), 0o600); err != nil {
					t.Fatal(err)
				}
			}
			if got := workflow.PackagesGrant(dir, c.ref, "acme/web", c.job); got.Level != c.want {
				t.Errorf("got %+v, want %q", got, c.want)
			}
		})
	}
}
