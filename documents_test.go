package main

import (
	"context"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/ghcr-publish/ghcr-publish/internal/ci/needs"
	"github.com/ghcr-publish/ghcr-publish/internal/cmd/demo"
	"github.com/ghcr-publish/ghcr-publish/internal/ghcrtest"
)

// documents returns the pages whose commands are tested.
func documents(t *testing.T) []string {
	t.Helper()
	pages, err := filepath.Glob("docs/*.md")
	if err != nil || len(pages) == 0 {
		t.Fatalf("docs has no pages: %v", err)
	}
	return append(pages, "README.md", "CONTRIBUTING.md")
}

// block is a code block of a document.
type block struct {
	line           int
	language, text string
	reason         string // why the test does not run the block, or ""
}

var notRun = regexp.MustCompile(`^<!-- not run: (.+) -->$`)

// blocks returns the code blocks of a document.
func blocks(text string) []block {
	var all []block
	var open *block
	lines := strings.Split(text, "\n")
	for i, line := range lines {
		fence, isFence := strings.CutPrefix(strings.TrimSpace(line), "```")
		switch {
		case !isFence && open != nil:
			open.text += line + "\n"
		case !isFence:
		case open != nil:
			all, open = append(all, *open), nil
		default:
			open = &block{line: i + 1, language: fence}
			if i > 0 {
				if match := notRun.FindStringSubmatch(strings.TrimSpace(lines[i-1])); match != nil {
					open.reason = match[1]
				}
			}
		}
	}
	return all
}

// shells are the languages of blocks with commands.
var shells = []string{"sh", "bash", "shell", "console", "zsh"}

// TestCommandsInTheDocumentsSucceed runs the commands of each page with the real main
// against an embedded ghcr.io. The blocks of a page run in their order in one folder.
func TestCommandsInTheDocumentsSucceed(t *testing.T) {
	t.Parallel()
	needs.Program(t, "sh")
	for _, page := range documents(t) {
		raw, err := os.ReadFile(page)
		if err != nil {
			t.Fatal(err)
		}
		var commands []block
		for _, b := range blocks(string(raw)) {
			if slices.Contains(shells, b.language) && b.reason == "" {
				commands = append(commands, b)
			}
		}
		if len(commands) == 0 {
			continue
		}
		t.Run(page, func(t *testing.T) {
			t.Parallel()
			d := newDesk(t)
			for _, b := range commands {
				if out, err := d.run(t.Context(), b.text); err != nil {
					t.Errorf("%s:%d: %v. Correct the commands, or write <!-- not run: REASON --> on the line before the block.\n%s\n%s", page, b.line, err, b.text, out)
				}
			}
		})
	}
}

// desk is a folder with the files that the documents name, and an embedded ghcr.io with
// the images that the documents name.
type desk struct {
	folder, host string
	env          []string
}

func newDesk(t *testing.T) *desk {
	t.Helper()
	server, err := ghcrtest.Listen(t.Context(), "127.0.0.1:0", ghcrtest.Config{
		Owners:       []ghcrtest.Owner{{Login: "acme"}},
		Repositories: []ghcrtest.Repository{{Name: "acme/web", Visibility: ghcrtest.Public}},
		Credentials:  []ghcrtest.Credential{{Kind: ghcrtest.ActionsToken, Repository: "acme/web", Packages: ghcrtest.Write, Secret: secret, Actor: "octocat"}},
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = server.Close() }) // the server stores nothing on disk
	d := &desk{folder: t.TempDir(), host: server.Host()}
	config := filepath.Join(d.folder, "docker-config")
	d.env = append(os.Environ(), append(server.Env("acme/web"),
		"GITHUB_TOKEN="+secret, "GITHUB_ACTIONS=", "GITHUB_EVENT_NAME=push", "GITHUB_REF=refs/heads/main", "GITHUB_SHA="+strings.Repeat("c", 40),
		"DOCKER_CONFIG="+config, "REGISTRY_AUTH_FILE="+filepath.Join(config, "auth.json"), "DOCKER_HOST=unix://"+filepath.Join(d.folder, "docker.sock"))...)
	workflow, err := os.ReadFile("internal/migrate/testdata/login-action/before.yml")
	if err != nil {
		t.Fatal(err)
	}
	for name, content := range map[string]string{
		"image.tar":                     string(demo.Archive),
		"dist/linux-amd64/app":          "a program for amd64\n",
		"dist/linux-arm64/app":          "a program for arm64\n",
		"site/index.html":               "a page\n",
		"sbom.json":                     "{}\n",
		"token.txt":                     secret + "\n",
		".github/workflows/publish.yml": string(workflow),
	} {
		file := filepath.Join(d.folder, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for _, image := range []string{"web", "web-dev"} {
		if out, err := d.run(t.Context(), "ghcr-publish publish image.tar --image ghcr.io/acme/"+image+" --tags 1.2.3"); err != nil {
			t.Fatalf("publishing an image for the commands: %v\n%s", err, out)
		}
	}
	return d
}

// run runs the commands of a block in a shell that stops at the first failure. The
// embedded ghcr.io stands for ghcr.io, and the program of this test for go run.
func (d *desk) run(ctx context.Context, commands string) (string, error) {
	commands = strings.ReplaceAll(commands, "ghcr.io/", d.host+"/")
	commands = strings.ReplaceAll(commands, "go run . ", "ghcr-publish ")
	c := exec.CommandContext(ctx, "sh", "-eu", "-c", commands)
	c.Dir, c.Env = d.folder, d.env
	out, err := c.CombinedOutput()
	return string(out), err
}

func TestUnmarkedBlocksAreFound(t *testing.T) {
	t.Parallel()
	const page = "text\n<!-- not run: needs docker -->\n```sh\ndocker ps\n```\n\n```yaml\na: b\n```\n```sh\ntrue\n```\n"
	want := []block{{3, "sh", "docker ps\n", "needs docker"}, {7, "yaml", "a: b\n", ""}, {10, "sh", "true\n", ""}}
	if got := blocks(page); !slices.Equal(got, want) {
		t.Errorf("got  %v\nwant %v", got, want)
	}
}

// event is a row of the table of default tags.
type event struct {
	text, name, ref string
	first           bool // the row is also in README
}

var events = []event{
	{"push to the branch `main`", "push", "refs/heads/main", true},
	{"push to the branch `feature/login`", "push", "refs/heads/feature/login", false},
	{"push to the branch `1.2`", "push", "refs/heads/1.2", false},
	{"Git tag `v1.2.3`", "push", "refs/tags/v1.2.3", true},
	{"Git tag `v1.3.0-rc.1`", "push", "refs/tags/v1.3.0-rc.1", true},
	{"Git tag `v0.4.0`", "push", "refs/tags/v0.4.0", false},
	{"Git tag `nightly-build`", "push", "refs/tags/nightly-build", false},
	{"pull request 7", "pull_request", "refs/pull/7/merge", true},
	{"`schedule`", "schedule", "refs/heads/main", true},
	{"`workflow_dispatch` on the branch `main`", "workflow_dispatch", "refs/heads/main", false},
}

// TestDefaultTagsInTheDocumentsMatchTheProgram runs the program for each event. `go test
// . -run DefaultTags -update` writes the tables.
func TestDefaultTagsInTheDocumentsMatchTheProgram(t *testing.T) {
	t.Parallel()
	needs.Program(t, "sh")
	const head = "| Event | Tags |\n|---|---|\n"
	d, first, all := newDesk(t), head, head
	for _, e := range events {
		row := "| " + e.text + " | " + strings.Join(d.defaultTags(t, e), ", ") + " |\n"
		all += row
		if e.first {
			first += row
		}
	}
	for page, table := range map[string]string{"README.md": first, "docs/tags.md": all} {
		raw, err := os.ReadFile(page)
		if err != nil {
			t.Fatal(err)
		}
		block := regexp.MustCompile(`(?s)<!-- events -->\n.*?<!-- /events -->`)
		want := block.ReplaceAllLiteralString(string(raw), "<!-- events -->\n"+table+"<!-- /events -->")
		switch {
		case !block.Match(raw):
			t.Errorf("%s has no block for the events", page)
		case want != string(raw) && !*update:
			t.Errorf("the default tags in %s differ from the program:\n%s", page, table)
		case want != string(raw):
			if err := os.WriteFile(page, []byte(want), 0o644); err != nil {
				t.Fatal(err)
			}
		}
	}
}

// defaultTags returns the tags of an event, as code. It publishes a new package, which
// has no versions yet, as a step of a workflow.
func (d *desk) defaultTags(t *testing.T, e event) []string {
	t.Helper()
	outputs := filepath.Join(t.TempDir(), "outputs")
	c := exec.CommandContext(t.Context(), "ghcr-publish")
	c.Dir = d.folder
	c.Env = append(slices.Clone(d.env), "GITHUB_ACTIONS=true", "GITHUB_EVENT_NAME="+e.name, "GITHUB_REF="+e.ref, "GITHUB_OUTPUT="+outputs,
		"INPUT_TOKEN="+secret, "INPUT_SOURCE=image.tar", "INPUT_IMAGE="+d.host+"/acme/"+e.name+"-"+path.Base(e.ref))
	if out, err := c.CombinedOutput(); err != nil {
		t.Fatalf("%s: %v\n%s", e.text, err, out)
	}
	raw, err := os.ReadFile(outputs)
	if err != nil {
		t.Fatal(err)
	}
	_, record, _ := strings.Cut(string(raw), "tag-names<<")
	delimiter, record, _ := strings.Cut(record, "\n")
	value, _, ok := strings.Cut(record, "\n"+delimiter+"\n")
	if !ok || value == "" {
		t.Fatalf("%s: the output tag-names is empty:\n%s", e.text, raw)
	}
	var tags []string
	for tag := range strings.Lines(value) {
		tags = append(tags, "`"+strings.TrimSpace(tag)+"`")
	}
	return tags
}
