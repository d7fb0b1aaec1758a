//go:build integration

package ci

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/ghcr-publish/ghcr-publish/internal/ghcrtest"
)

// thirdParty finds the actions of other projects in an example.
var thirdParty = regexp.MustCompile(`uses: (docker/[\w-]+@v\d+)`)

// inputsOfTheRun are inputs of the reusable workflow for a machine without Docker. The
// images exist already, so that no builder is necessary.
const inputsOfTheRun = `    with:
      platforms: linux/amd64, linux/arm64, linux/arm/v7
      runners: '{"linux/amd64":"ubuntu-24.04","linux/arm64":"ubuntu-24.04","linux/arm/v7":"ubuntu-24.04"}'
      build: cp -R "$CONTEXT/images/${PLATFORM//\//-}" "$OUTPUT"
`

// TestRecipesOfTheReadmeUnderAct runs the examples of README with a Dockerfile, and one
// example of docs/recipes.md. buildah builds the image, a step before a recipe checks out
// the repository, and the names of the registries are the addresses of embedded ones. A
// small program takes the place of the scanner.
func TestRecipesOfTheReadmeUnderAct(t *testing.T) {
	t.Parallel()
	tool(t, "buildah")
	page := read(t, "README.md") + read(t, "docs/recipes.md")
	cases := []struct {
		name, heading, event string
		tags                 []string
		code                 string // code of the expected error; "" if the run succeeds
	}{
		{"quick start", "## Quick start", "push", []string{"main"}, ""},
		{"several platforms", "### Several platforms", "push", []string{"main"}, ""},
		{"quick start of a pull request", "## Quick start", "pull_request", nil, ""},
		{"pull requests", "## Pull requests", "pull_request", nil, ""},
		{"private", "### Private and public", "push", nil, "visibility-exposed"},
		{"check before the tags move", "### Check before the tags move", "push", []string{"main"}, ""},
		{"another registry", "## Another registry as well", "push", []string{"main"}, ""},
		{"digest in the next job", "### Use the digest in the next job", "push", []string{"main"}, ""},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			other := ghcrtest.Start(t, ghcrtest.Config{Open: &ghcrtest.Open{Token: "ghs_other"}})
			caller := newCaller(t, "on: push\njobs: {}\n")
			workflow := caller.example(section(t, page, c.heading), other)
			log, err := caller.act(c.event, "image.yml", "-s", "DOCKERHUB_TOKEN=ghs_other")
			if (err != nil) != (c.code != "") || !strings.Contains(log, c.code) {
				t.Fatalf("act: %v, want the code %q\n%s\n%s", err, c.code, workflow, log)
			}
			if got := caller.server.Tags("e2e/image"); !slices.Equal(got, c.tags) {
				t.Errorf("the tags are %q, want %q\n%s\n%s", got, c.tags, workflow, log)
			}
		})
	}
}

// section returns the first example after a heading.
func section(t *testing.T, page, heading string) string {
	t.Helper()
	_, after, ok := strings.Cut(page, "\n"+heading+"\n")
	if !ok {
		t.Fatalf("no page has the heading %q", heading)
	}
	return examples(after)[0]
}

// example writes an example as the workflow of the project, with a Dockerfile and the
// addresses of the embedded registries. It returns the workflow.
func (c *caller) example(example string, other *ghcrtest.Server) string {
	c.t.Helper()
	workflow := workflowOf(strings.NewReplacer(
		"docker.io/acme/web", other.Host()+"/acme/web", "docker.io acme", other.Host()+" acme",
		"ghcr.io/acme/web", c.server.Host()+"/e2e/image",
		"publish.yml@v1\n", "publish.yml@v1\n"+inputsOfTheRun,
	).Replace(example))
	workflow = regexp.MustCompile(`(?m)^on: push$`).ReplaceAllString(workflow, "on: [push, pull_request]")
	workflow = strings.ReplaceAll(workflow, "ubuntu-latest", "ubuntu-24.04")
	if !strings.Contains(workflow, "actions/checkout@") { // the step before a recipe
		workflow = strings.Replace(workflow, "    steps:\n", "    steps:\n      - uses: actions/checkout@v7\n", 1)
	}
	write(c.t, filepath.Join(c.work, ".github", "workflows", "image.yml"), []byte(forAct(workflow)))
	write(c.t, filepath.Join(c.work, "Dockerfile"), []byte("FROM scratch\nCOPY Dockerfile /\n"))
	stub := c.t.TempDir()
	write(c.t, filepath.Join(stub, "action.yml"), []byte("name: stub\ndescription: does nothing\nruns: {using: composite, steps: [{run: 'true', shell: sh}]}\n"))
	for _, found := range thirdParty.FindAllStringSubmatch(workflow, -1) {
		c.args = append(c.args, "--local-repository", found[1]+"="+stub)
	}
	c.builds()
	scanner := c.t.TempDir()
	if err := os.WriteFile(filepath.Join(scanner, "trivy"), []byte("#!/bin/sh\ncase $REFERENCE in *@sha256:*) ;; *) exit 1 ;; esac\n"), 0o700); err != nil {
		c.t.Fatal(err)
	}
	c.args = append(c.args, "--env", "PATH="+scanner+":"+os.Getenv("PATH"))
	return workflow
}

// builds lets buildah build images in a storage of the test.
func (c *caller) builds() {
	c.t.Helper()
	storage := c.t.TempDir()
	conf := filepath.Join(storage, "storage.conf")
	text := fmt.Sprintf("[storage]\ndriver=\"vfs\"\ngraphroot=%q\nrunroot=%q\n", storage+"/graph", storage+"/run")
	if err := os.WriteFile(conf, []byte(text), 0o600); err != nil {
		c.t.Fatal(err)
	}
	c.args = append(c.args, "--env", "CONTAINERS_STORAGE_CONF="+conf, "--env", "BUILDAH_ISOLATION=chroot")
}
