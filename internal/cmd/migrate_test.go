package cmd_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/ghcr-publish/ghcr-publish/internal/ghcrtest"
)

const patWorkflow = `on: push
jobs:
  publish:
    runs-on: ubuntu-latest
    steps:
      - uses: actions/checkout@v4
      - uses: docker/login-action@v3
        with:
          registry: ghcr.io
          username: octocat
          password: ${{ secrets.CR_PAT }}
      - run: docker push ghcr.io/acme/web:latest
`

// checkout writes a folder with one workflow.
func checkout(t *testing.T, workflow string) (dir, file string) {
	t.Helper()
	dir = t.TempDir()
	file = filepath.Join(dir, ".github", "workflows", "publish.yml")
	if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file, []byte(workflow), 0o644); err != nil {
		t.Fatal(err)
	}
	return dir, file
}

func TestMigratePrintsTheEditWithoutChangingTheFile(t *testing.T) {
	t.Parallel()
	dir, file := checkout(t, patWorkflow)
	s := newStage(t, acme())
	s.env["GITHUB_SERVER_URL"], s.env["GITHUB_API_URL"] = "", "" // the server is github.com with the registry ghcr.io
	delete(s.env, "GITHUB_ACTIONS")
	r := s.run("migrate", dir).succeeds()
	for _, want := range []string{"-          password: ${{ secrets.CR_PAT }}", "+          password: ${{ secrets.GITHUB_TOKEN }}", "+      packages: write"} {
		if !strings.Contains(r.stdout, want) {
			t.Errorf("the diff does not contain %q:\n%s", want, r.stdout)
		}
	}
	if raw, _ := os.ReadFile(file); string(raw) != patWorkflow {
		t.Errorf("the file was changed:\n%s", raw)
	}
}

func TestMigrateWriteIsIdempotent(t *testing.T) {
	t.Parallel()
	dir, file := checkout(t, patWorkflow)
	s := newStage(t, acme())
	s.env["GITHUB_SERVER_URL"], s.env["GITHUB_API_URL"] = "", ""
	delete(s.env, "GITHUB_ACTIONS")
	s.run("migrate", "--check", dir).failsWith("migration-remaining", "migrate --write")
	s.run("migrate", "--write", dir).succeeds()
	raw, _ := os.ReadFile(file)
	if !strings.Contains(string(raw), "secrets.GITHUB_TOKEN") || strings.Contains(string(raw), "CR_PAT") {
		t.Errorf("the file contains\n%s", raw)
	}
	r := s.run("migrate", "--check", dir).succeeds()
	if !strings.Contains(r.stdout, "Nothing to do: in 1 file,") {
		t.Errorf("the second run prints\n%s", r.stdout)
	}
}

func TestMigrateInAWorkflowAnnotatesTheLines(t *testing.T) {
	t.Parallel()
	dir, _ := checkout(t, strings.ReplaceAll(patWorkflow, "registry: ghcr.io", "registry: REGISTRY"))
	s := newStage(t, acme())
	sarif := filepath.Join(s.dir, "out.sarif")
	host := s.server.Host()
	file := filepath.Join(dir, ".github", "workflows", "publish.yml")
	raw, _ := os.ReadFile(file)
	s.check(os.WriteFile(file, []byte(strings.ReplaceAll(string(raw), "REGISTRY", host)), 0o644))
	r := s.with("command", "migrate", "paths", dir, "sarif", sarif).run().succeeds()
	if !strings.Contains(r.stdout, "file=") || !strings.Contains(r.stdout, "line=11") {
		t.Errorf("no annotation on line 11:\n%s", r.stdout)
	}
	if !strings.Contains(r.summary, "secrets.GITHUB_TOKEN") {
		t.Errorf("the summary has no diff:\n%s", r.summary)
	}
	if r.outputs["outcome"] != "planned" || r.outputs["changed"] != "false" {
		t.Errorf("outputs are %v", r.outputs)
	}
	if raw, err := os.ReadFile(sarif); err != nil || !strings.Contains(string(raw), `"2.1.0"`) {
		t.Errorf("SARIF is %s (%v)", raw, err)
	}
}

func TestMigrateReportsUnreadableFiles(t *testing.T) {
	t.Parallel()
	dir, _ := checkout(t, "on: [push\njobs: {")
	s := newStage(t, acme())
	delete(s.env, "GITHUB_ACTIONS")
	s.run("migrate", dir).failsWith("migrate-skipped", "publish.yml")
}

func TestMigrateAddsACheckOnce(t *testing.T) {
	t.Parallel()
	dir, _ := checkout(t, patWorkflow)
	s := newStage(t, acme())
	s.env["GITHUB_SERVER_URL"], s.env["GITHUB_API_URL"] = "", ""
	delete(s.env, "GITHUB_ACTIONS")
	s.run("migrate", "--write", "--add-check", dir).succeeds()
	path := filepath.Join(dir, ".github", "workflows", "ghcr-publish-check.yml")
	raw, err := os.ReadFile(path)
	if err != nil || !strings.Contains(string(raw), "command: check") || !strings.Contains(string(raw), "ghcr.io/acme/web") {
		t.Fatalf("the check contains\n%s\n(%v)", raw, err)
	}
	s.check(os.WriteFile(path, []byte("on: push\njobs: {}\n"), 0o644))
	s.run("migrate", "--write", "--add-check", dir).succeeds()
	if again, _ := os.ReadFile(path); string(again) != "on: push\njobs: {}\n" {
		t.Error("an existing file was overwritten")
	}
}

func TestMigrateReportsThatNoWorkflowExists(t *testing.T) {
	t.Parallel()
	s := newStage(t, acme())
	delete(s.env, "GITHUB_ACTIONS")
	if r := s.run("migrate", t.TempDir()).succeeds(); !strings.Contains(r.stdout, "No workflow was found") {
		r.fatal("the output does not report that no workflow exists")
	}
	s.run("migrate", "no/such/place").failsWith("paths-unreadable")
}

// migrateOn runs migrate as a step on a workflow that logs in to the registry of
// the stage.
func migrateOn(t *testing.T, s *stage) result {
	t.Helper()
	dir, _ := checkout(t, strings.ReplaceAll(patWorkflow, "ghcr.io", s.server.Host()))
	return s.with("command", "migrate", "paths", dir).run().succeeds()
}

func TestMigrateListsThePackageOfAnotherRepository(t *testing.T) {
	t.Parallel()
	config := acme()
	config.Owners = []ghcrtest.Owner{{Login: "acme", Type: ghcrtest.User}, {Login: "other"}}
	config.Repositories = append(config.Repositories, ghcrtest.Repository{Name: "acme/api"})
	config.Packages = []ghcrtest.Package{{Name: "acme/web", Visibility: ghcrtest.Public, Repository: "acme/api"}}
	config.Credentials = append(config.Credentials, ghcrtest.Credential{Secret: "ghp_reader", Kind: ghcrtest.ClassicPAT, Actor: "acme", Scopes: []string{"read:packages"}})
	s := newStage(t, config)
	s.env["INPUT_TOKEN"] = "ghp_reader"
	s.event(map[string]any{"repository": map[string]any{"owner": map[string]any{"login": "acme", "type": "User"}}})
	r := migrateOn(t, s)
	for _, want := range []string{
		"1 package to grant access", "Give acme/web access to 1 package:", "(public) is linked to acme/api",
		s.env["GITHUB_SERVER_URL"] + "/users/acme/packages/container/web/settings",
	} {
		if !strings.Contains(r.stdout, want) || !strings.Contains(r.summary, want) {
			t.Errorf("the text or the summary does not contain %q:\n%s\n%s", want, r.stdout, r.summary)
		}
	}
	if strings.Contains(r.stdout, `"users" instead of "orgs"`) {
		t.Error("the text doubts the kind of the owner, which the API knows")
	}
}

// A job's token does not see a package to which the repository has no access, so the
// steps must not depend on the visibility of the package.
func TestMigrateKeepsTheStepsIfTheTokenDoesNotSeeThePackage(t *testing.T) {
	t.Parallel()
	config := acme()
	config.Packages = []ghcrtest.Package{{Name: "acme/web", Visibility: ghcrtest.Private, Repository: "acme/hidden"}}
	r := migrateOn(t, newStage(t, config))
	for _, want := range []string{"1 package to grant access", "the token cannot see it", "/orgs/acme/packages/container/web/settings", "Under “Manage Actions access”"} {
		if !strings.Contains(r.summary, want) {
			t.Errorf("the summary does not contain %q:\n%s", want, r.summary)
		}
	}
}

// The summary contains the steps for a person and the error if the API does not
// respond.
func TestMigrateKeepsTheStepsIfTheAPIFails(t *testing.T) {
	t.Parallel()
	s := newStage(t, acme())
	s.server.Inject(ghcrtest.Fault{Path: "/packages/container/web", Times: ghcrtest.Always, Effect: ghcrtest.Answer{Status: 403, Message: "Resource not accessible by integration"}})
	r := migrateOn(t, s)
	for _, want := range []string{"could not be read from GitHub's API", "/packages/container/web/settings", "Under “Manage Actions access”"} {
		if !strings.Contains(r.summary, want) {
			t.Errorf("the summary does not contain %q:\n%s", want, r.summary)
		}
	}
}
