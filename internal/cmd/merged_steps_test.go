package cmd_test

import (
	"encoding/json"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"go.yaml.in/yaml/v3"

	"github.com/ghcr-publish/ghcr-publish/internal/migrate"
	"github.com/ghcr-publish/ghcr-publish/internal/migrate/expr"
)

// mergedJob is a job whose steps migrate merges, and a run of the job.
type mergedJob struct {
	name string
	on   string // the triggers of the workflow
	// meta and push are the inputs of docker/metadata-action and
	// docker/build-push-action. Without meta, the job has no such step.
	meta, push map[string]string
	login      string // the condition of the login
	matrix     string // the value of matrix.app
	event, ref string
	dry        bool // the event pushes nothing
	stays      bool // the metadata step stays
}

const metaTags, metaLabelsOut, metaAnnotationsOut = "${{ steps.meta.outputs.tags }}", "${{ steps.meta.outputs.labels }}", "${{ steps.meta.outputs.annotations }}"

// mergedJobs are jobs of different shapes.
func mergedJobs() []mergedJob {
	const pushed = "${{ github.event_name != 'pull_request' }}"
	rules := "type=ref,event=branch\ntype=ref,event=pr\ntype=semver,pattern={{version}}\ntype=semver,pattern={{major}}.{{minor}}\ntype=sha\n"
	names := map[string]string{"images": "ghcr.io/acme/web", "tags": rules}
	from := map[string]string{"push": "true", "tags": metaTags, "labels": metaLabelsOut}
	with := func(m map[string]string, pairs ...string) map[string]string {
		out := maps.Clone(m)
		for i := 0; i < len(pairs); i += 2 {
			out[pairs[i]] = pairs[i+1]
		}
		return out
	}
	branch, tag := "refs/heads/main", "refs/tags/v1.2.3"
	return []mergedJob{
		{name: "several registries", on: "push", meta: with(names, "images", "quay.io/acme/web-mirror\nghcr.io/acme/web"), push: from, event: "push", ref: branch},
		{name: "build arguments", on: "push", meta: names, push: with(from, "build-args", "COMMIT=${{ github.sha }}\nB=2"), event: "push", ref: tag},
		{name: "caches", on: "push", meta: names, push: with(from, "cache-from", "type=gha", "cache-to", "type=gha,mode=max"), event: "push", ref: branch},
		{name: "outputs of the metadata step", on: "push", meta: names, push: with(from, "build-args", "VERSION=${{ steps.meta.outputs.version }}"), event: "push", ref: tag, stays: true},
		{name: "a matrix", on: "push", matrix: "web-api", push: map[string]string{"push": "true", "tags": "ghcr.io/acme/${{ matrix.app }}:latest\nghcr.io/acme/${{ matrix.app }}:${{ github.sha }}"}, event: "push", ref: branch},
		{name: "a condition of the login", on: "[push, pull_request]", login: "github.event_name != 'pull_request'", meta: names, push: with(from, "push", pushed), event: "pull_request", ref: "refs/pull/7/merge", dry: true},
		{name: "another condition of the login", on: "push", login: "github.ref == 'refs/heads/main'", meta: names, push: from, event: "push", ref: "refs/heads/feature/login", dry: true},
		{name: "annotations", on: "push", meta: with(names, "annotations", "org.example.team=web"), push: with(from, "annotations", metaAnnotationsOut), event: "push", ref: branch},
		{name: "annotations that the build does not use", on: "push", meta: with(names, "annotations", "org.example.team=web"), push: from, event: "push", ref: branch},
		{name: "labels", on: "push", meta: with(names, "labels", "org.opencontainers.image.vendor=Acme\norg.opencontainers.image.title=My image, with a comma"), push: from, event: "push", ref: branch},
		{name: "labels that the build does not use", on: "push", meta: with(names, "labels", "org.opencontainers.image.vendor=Acme"), push: map[string]string{"push": "true", "tags": metaTags}, event: "push", ref: branch},
		{name: "default rules and a release", on: "{release: {types: [published]}}", meta: map[string]string{"images": "ghcr.io/acme/web"}, push: from, event: "release", ref: "refs/tags/v2.0.0"},
		{name: "default rules and a schedule", on: "{schedule: [{cron: '1 1 * * 1'}]}", meta: map[string]string{"images": "ghcr.io/acme/web"}, push: from, event: "schedule", ref: branch},
		{name: "a manual start", on: "workflow_dispatch", meta: with(names, "flavor", "suffix=-dev"), push: from, event: "workflow_dispatch", ref: "refs/heads/feature/login"},
		{name: "latest for the default branch", on: "push", meta: with(names, "tags", "type=raw,value=latest,enable={{is_default_branch}}\ntype=ref,event=branch"), push: from, event: "push", ref: branch},
		{name: "a rule that is read more strictly", on: "push", meta: with(names, "tags", "${{ github.ref_name }}\ntype=sha"), push: from, event: "push", ref: "refs/heads/feature/login", stays: true},
		{name: "two platforms", on: "push", meta: names, push: with(from, "platforms", "linux/amd64,linux/arm64"), event: "push", ref: branch},
		{name: "a plain tag without metadata", on: "push", push: map[string]string{"push": "true", "tags": "ghcr.io/acme/web:1.2.3"}, event: "push", ref: branch},
	}
}

// workflow returns the text of the workflow with the job.
func (j mergedJob) workflow() string {
	step := func(uses, id, condition string, inputs map[string]string) string {
		out := "      - uses: " + uses + "\n"
		if id != "" {
			out += "        id: " + id + "\n"
		}
		if condition != "" {
			out += "        if: " + condition + "\n"
		}
		out += "        with:\n"
		for _, name := range slices.Sorted(maps.Keys(inputs)) {
			out += "          " + name + ": |\n"
			for line := range strings.Lines(inputs[name]) {
				out += "            " + strings.TrimSuffix(line, "\n") + "\n"
			}
		}
		return out
	}
	out := "on: " + j.on + "\npermissions:\n  packages: write\njobs:\n  image:\n    runs-on: ubuntu-latest\n    steps:\n" +
		step("docker/login-action@v3", "", j.login, map[string]string{"registry": "ghcr.io", "username": "${{ github.actor }}", "password": "${{ github.token }}"})
	if j.meta != nil {
		out += step("docker/metadata-action@v5", "meta", "", j.meta)
	}
	push := maps.Clone(j.push)
	maps.Copy(push, map[string]string{"context": ".", "provenance": "false"})
	return out + step("docker/build-push-action@v6", "", "", push)
}

// TestMergedStepsPublishTheSameNames runs the step that migrate writes, and compares its
// result with the result of the steps that it replaces. The command "metadata" computes
// the names of docker/metadata-action.
func TestMergedStepsPublishTheSameNames(t *testing.T) {
	t.Parallel()
	for _, j := range mergedJobs() {
		t.Run(j.name, func(t *testing.T) {
			t.Parallel()
			dir, inputs := j.migrate(t)
			if stays := strings.Contains(inputs["tags"], metaTags); stays != j.stays {
				t.Fatalf("the metadata step stays: %v, want %v", stays, j.stays)
			}
			meta := j.runMetadata(t)
			s := j.stage(t).withFakeBuildx()
			for name, value := range inputs {
				s.with(name, j.evaluate(t, s, value, meta))
			}
			s.with("context", dir)
			r := s.run().succeeds()
			if j.dry != (r.outputs["outcome"] == "planned") {
				t.Fatalf("outcome %q", r.outputs["outcome"])
			}
			want := lines(j.evaluate(t, s, j.push["tags"], meta))
			if j.dry {
				want = tagsOf(want)
			}
			if got := lines(r.outputs[map[bool]string{true: "tag-names", false: "tags"}[j.dry]]); !slices.Equal(got, want) {
				t.Errorf("tags %q, want %q", got, want)
			}
			j.compareBuild(t, s, meta)
			if !j.dry {
				j.compareImage(t, s, want, meta)
				j.overwrites(t, s, dir)
			}
		})
	}
}

// migrate returns a checkout with the job, and the inputs of the step that replaces its
// steps.
func (j mergedJob) migrate(t *testing.T) (dir string, inputs map[string]string) {
	t.Helper()
	dir = t.TempDir()
	file := filepath.Join(dir, ".github", "workflows", "ci.yml")
	for path, text := range map[string]string{file: j.workflow(), filepath.Join(dir, "Dockerfile"): "FROM scratch\n"} {
		if err := os.MkdirAll(filepath.Dir(path), 0o750); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	report, err := migrate.Scan(t.Context(), []migrate.Root{{Dir: dir, Repository: "acme/web"}}, migrate.Options{ToAction: "ghcr-publish/ghcr-publish@v1"})
	if err != nil || len(report.Files) != 1 {
		t.Fatalf("the steps are not merged: %v, %+v", err, report)
	}
	var after struct {
		Jobs map[string]struct {
			Steps []struct {
				Uses string
				With map[string]string
			}
		}
	}
	if err := yaml.Unmarshal(report.Files[0].After, &after); err != nil {
		t.Fatal(err)
	}
	for _, step := range after.Jobs["image"].Steps {
		if strings.HasPrefix(step.Uses, "ghcr-publish/") {
			return dir, step.With
		}
	}
	t.Fatalf("the merged step is missing:\n%s", report.Files[0].After)
	return "", nil
}

// stage returns the stage of a run of the job.
func (j mergedJob) stage(t *testing.T) *stage {
	t.Helper()
	s := newStage(t, acme())
	s.env["GITHUB_EVENT_NAME"], s.env["GITHUB_REF"] = j.event, j.ref
	payload := map[string]any{"repository": map[string]any{
		"name": "web", "full_name": "acme/web", "default_branch": "main", "visibility": "public", "html_url": "https://github.com/acme/web",
		"description": nil, "license": nil, // with all facts in the payload, the labels do not contain the address of a server
		"owner": map[string]any{"login": "acme", "type": "Organization"},
	}}
	if j.event == "pull_request" {
		payload["number"] = 7
	}
	return s.event(payload)
}

// runMetadata returns the outputs of the metadata step.
func (j mergedJob) runMetadata(t *testing.T) map[string]string {
	t.Helper()
	if j.meta == nil {
		return nil
	}
	s := j.stage(t).with("command", "metadata")
	for name, value := range j.meta {
		s.with(name, j.evaluate(t, s, value, nil))
	}
	out := s.run().succeeds().outputs
	for name, value := range out {
		out[name] = strings.ReplaceAll(value, s.server.Host(), "HOST")
	}
	return out
}

// evaluate evaluates the expressions of a text as the runner does. The two registries of
// the jobs are the registry of the stage.
func (j mergedJob) evaluate(t *testing.T, s *stage, text string, meta map[string]string) string {
	t.Helper()
	_, short, _ := strings.Cut(strings.TrimPrefix(j.ref, "refs/"), "/")
	values := map[string]string{
		"github.event_name": j.event, "github.ref": j.ref, "github.ref_name": short, "github.sha": s.env["GITHUB_SHA"], "matrix.app": j.matrix,
	}
	for name, value := range meta {
		values["steps.meta.outputs."+name] = strings.ReplaceAll(value, "HOST", s.server.Host())
	}
	v := expr.Eval(text, func(path []string) (expr.Found, bool) {
		value, ok := values[strings.Join(path, ".")]
		return expr.Found{Text: value}, ok
	})
	if !v.Known {
		t.Fatalf("the value of %q is unknown", text)
	}
	return strings.NewReplacer("ghcr.io/", s.server.Host()+"/", "quay.io/", s.server.Host()+"/").Replace(strings.TrimSpace(v.Text))
}

func lines(text string) []string {
	out := slices.DeleteFunc(strings.Split(text, "\n"), func(line string) bool { return strings.TrimSpace(line) == "" })
	slices.Sort(out)
	return slices.Compact(out)
}

func tagsOf(references []string) []string {
	var out []string
	for _, r := range references {
		out = append(out, r[strings.LastIndexByte(r, ':')+1:])
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// compareBuild compares the labels and the arguments of the build.
func (j mergedJob) compareBuild(t *testing.T, s *stage, meta map[string]string) {
	t.Helper()
	var got, want []string
	var before string
	for line := range strings.Lines(s.record("CALLS")) {
		var arg string
		s.check(json.Unmarshal([]byte(line), &arg))
		if before == "--label" {
			got = append(got, arg)
		}
		before = arg
	}
	if j.push["labels"] != "" {
		want = lines(meta["labels"])
	}
	if got, want := withoutTime(got), withoutTime(want); !slices.Equal(got, want) {
		t.Errorf("labels\n%q, want\n%q", got, want)
	}
	for _, input := range []string{"build-args", "cache-from", "cache-to"} {
		for _, value := range lines(j.evaluate(t, s, j.push[input], meta)) {
			quoted, err := json.Marshal(value)
			if err != nil {
				t.Fatal(err)
			}
			if !strings.Contains(s.record("CALLS"), string(quoted)) {
				t.Errorf("the builder does not get %s of the input %s", value, input)
			}
		}
	}
}

var createdTime = regexp.MustCompile(`\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z`)

// withoutTime replaces the time of the run, which differs between two runs.
func withoutTime(pairs []string) []string {
	var out []string
	for _, pair := range pairs {
		out = append(out, createdTime.ReplaceAllString(pair, "TIME"))
	}
	slices.Sort(out)
	return out
}

// compareImage compares the images in the registry with the image of the builder.
func (j mergedJob) compareImage(t *testing.T, s *stage, references []string, meta map[string]string) {
	t.Helper()
	for _, reference := range references {
		name, tag, _ := strings.Cut(strings.TrimPrefix(reference, s.server.Host()+"/"), ":")
		labels, annotations := s.namesOf(name, tag)
		var want []string
		if j.push["annotations"] != "" {
			for _, line := range lines(meta["annotations"]) {
				want = append(want, strings.TrimPrefix(line, "manifest:"))
			}
		}
		if got, want := withoutTime(pairsOf(annotations)), withoutTime(want); !slices.Equal(got, want) {
			t.Errorf("annotations of %s\n%q, want\n%q", reference, got, want)
		}
		want = nil
		if j.push["labels"] != "" {
			want = lines(meta["labels"])
		}
		if got, want := withoutTime(pairsOf(labels)), withoutTime(want); !slices.Equal(got, want) {
			t.Errorf("labels of %s\n%q, want\n%q", reference, got, want)
		}
	}
}

func pairsOf(m map[string]string) []string {
	var out []string
	for key, value := range m {
		out = append(out, key+"="+value)
	}
	return out
}

// overwrites builds another image and checks that each tag moves to it, as
// docker/build-push-action does.
func (j mergedJob) overwrites(t *testing.T, s *stage, dir string) {
	t.Helper()
	s.check(os.WriteFile(filepath.Join(dir, "Dockerfile"), []byte("FROM scratch\nENV A=B\n"), 0o600))
	digest := s.run().succeeds().outputs["digest"]
	for _, tag := range s.server.Tags("acme/web") {
		if got := s.server.Tag("acme/web", tag); got != digest {
			t.Errorf("the tag %s points at %s, want %s", tag, got, digest)
		}
	}
}
