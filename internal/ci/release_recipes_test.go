//go:build integration

package ci

import (
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/ghcr-publish/ghcr-publish/internal/source/sourcetest"
)

// savingDocker takes the place of Docker. It can only save the file saved.tar, so buildah
// builds the images.
const savingDocker = "#!/bin/sh\n[ \"$1\" = save ] && cp saved.tar \"$3\"\n"

// releaseSteps returns the recipes of docs/several-images.md, docs/recipes.md and
// docs/outputs.md in one job. The recipe with the input if-published runs twice.
func releaseSteps(t *testing.T, host string) []recipeStep {
	t.Helper()
	out := []recipeStep{{Uses: "actions/checkout@v7"}}
	add := func(recipe []recipeStep, id string) {
		for _, s := range recipe {
			s.Shell = map[bool]string{true: "bash"}[s.Run != ""]
			s.Run = strings.ReplaceAll(s.Run, "ghcr.io/acme/", host+"/e2e/")
			for _, in := range []map[string]string{s.With, s.Env} {
				for name, value := range in {
					in[name] = strings.NewReplacer("ghcr.io/acme/", host+"/e2e/").Replace(value)
				}
			}
			if s.With != nil {
				s.ID = id
			}
			if strings.HasPrefix(s.With["sources"], "*=") {
				s.With["tags"] = "1.2.4" // The images differ from the images of the other recipe.
			}
			out = append(out, s)
		}
	}
	for i, recipe := range recipes(t, "docs/several-images.md") {
		add(recipe, map[int]string{0: "publish"}[i])
	}
	for _, recipe := range recipes(t, "docs/recipes.md") {
		if recipe[0].With["if-published"] != "" {
			recipe[0].With["tags"] = "2.0.0"
			add(recipe, "first")
			add(recipe, "second")
		}
	}
	for _, recipe := range recipes(t, "docs/outputs.md") {
		if recipe[0].With["digest-file"] != "" {
			recipe[0].With["tags"] = "3.0.0"
			add(recipe, "files")
		}
	}
	return append(out, recipeStep{
		Shell: "bash", Run: `test "$FIRST" = "$SECOND" && test "$OUTCOME" = unchanged && jq --exit-status '."containerimage.digest"' metadata.json`,
		Env: map[string]string{"FIRST": "${{ steps.first.outputs.digest }}", "SECOND": "${{ steps.second.outputs.digest }}", "OUTCOME": "${{ steps.second.outputs.outcome }}"},
	})
}

// TestReleaseRecipesUnderAct runs the recipes with several images, with the input
// if-published and with result files.
func TestReleaseRecipesUnderAct(t *testing.T) {
	t.Parallel()
	tool(t, "buildah")
	tool(t, "jq")
	c := newCaller(t, "on: push\njobs: {}\n")
	saved := sourcetest.Tar(t, sourcetest.DockerSave(t, sourcetest.NewSaved(t, "api:test", "base", "api"), sourcetest.NewSaved(t, "worker:test", "base", "worker")))
	for name, text := range map[string]string{"deploy.sh": "#!/bin/sh\necho \"deploy $1\"\n", "docker": savingDocker} {
		if err := os.WriteFile(filepath.Join(c.work, name), []byte(text), 0o700); err != nil {
			t.Fatal(err)
		}
	}
	raw, err := os.ReadFile(saved)
	if err != nil {
		t.Fatal(err)
	}
	for name, content := range map[string][]byte{
		"saved.tar": raw, "Dockerfile": []byte("FROM scratch\nCOPY Dockerfile /\n"), "web/Dockerfile": []byte("FROM scratch\nCOPY Dockerfile /\n"),
	} {
		write(t, filepath.Join(c.work, name), content)
	}
	for _, copied := range []string{"api.tar", "image.tar"} {
		c.run(exec.CommandContext(t.Context(), "cp", "-R", filepath.Join(c.work, "images", "linux-amd64"), filepath.Join(c.work, copied)))
	}
	c.builds()
	c.args = append(c.args, "--env", "PATH="+c.work+":"+os.Getenv("PATH"))
	c.run(exec.CommandContext(t.Context(), tool(t, "skopeo"), "copy", "--all", "--dest-tls-verify=false", "--dest-creds=octocat:ghs_e2e", "oci:"+filepath.Join(c.work, "images", "linux-arm64"), "docker://"+c.server.Host()+"/e2e/worker-dev:rc1"))
	log := c.steps(releaseSteps(t, c.server.Host()))
	for image, tags := range map[string][]string{
		"e2e/api": {"1.2.3", "1.2.4"}, "e2e/web": {"1.2.3"}, "e2e/worker": {"1.2.3", "1.2.4"}, "e2e/image": {"2.0.0", "3.0.0"},
	} {
		if got := c.server.Tags(image); !slices.Equal(got, tags) {
			t.Errorf("the tags of %s are %q, want %q", image, got, tags)
		}
	}
	for _, deployed := range []string{c.server.Host() + "/e2e/api@sha256:", c.server.Host() + "/e2e/web@" + c.server.Tag("e2e/image", "3.0.0")} {
		if !strings.Contains(log, "deploy "+deployed) {
			t.Errorf("the log does not contain the deployment of %s", deployed)
		}
	}
	if t.Failed() {
		t.Log(log)
	}
}
