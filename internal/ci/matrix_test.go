//go:build integration

package ci

import (
	"encoding/json"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	v1 "github.com/google/go-containerregistry/pkg/v1"

	"github.com/ghcr-publish/ghcr-publish/internal/ghcrtest"
	"github.com/ghcr-publish/ghcr-publish/internal/source/sourcetest"
)

// platforms maps the name of a folder to the platform of the image in the folder.
var platforms = map[string]*v1.Platform{
	"linux-amd64":  {OS: "linux", Architecture: "amd64"},
	"linux-arm64":  {OS: "linux", Architecture: "arm64", Variant: "v8"},
	"linux-arm-v7": {OS: "linux", Architecture: "arm", Variant: "v7"},
}

// caller is another repository, which uses the project by the project's name on GitHub.
// act does not know the prefix $/. The test therefore replaces $/ with this name in a copy
// of the project.
type caller struct {
	*actProject
	server *ghcrtest.Server
}

func newCaller(t *testing.T, workflow string) *caller {
	t.Helper()
	tool(t, "act")
	tool(t, "node")
	project := newActProject(t)
	const released = "ghcr-publish/ghcr-publish"
	for _, name := range []string{"publish.yml", "promote.yml", "cleanup.yml"} {
		path := filepath.Join(project.work, ".github", "workflows", name)
		raw, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		text := strings.ReplaceAll(string(raw), "uses: $/.github/actions/push", "uses: "+released+"/.github/actions/push@v1")
		write(t, path, []byte(forAct(text)))
	}
	c := &caller{actProject: &actProject{t: t, work: filepath.Join(t.TempDir(), "image"), path: project.path}, server: ghcrtest.Start(t, ghcrtest.Config{Open: &ghcrtest.Open{Token: "ghs_e2e"}})}
	write(t, filepath.Join(c.work, ".github", "workflows", "image.yml"), []byte(forAct(workflow)))
	for name, p := range platforms {
		c.image(name, p)
		c.args = append(c.args, "--env", previousOutput(name)+"="+output(name))
	}
	c.repository()
	c.args = append(append(c.args, project.args...), "--local-repository", released+"@v1="+project.work,
		"-P", "ubuntu-24.04-arm=-self-hosted", "-s", "GITHUB_TOKEN=ghs_e2e",
		"--env", "GITHUB_SERVER_URL="+c.server.URL(), "--env", "GITHUB_API_URL="+c.server.URL()+"/api/v3")
	return c
}

var declared = regexp.MustCompile(`(?m)^ +digest-([a-z0-9-]+): \$\{\{ steps\.push\.outputs\.digest-[a-z0-9-]+ \}\}\n`)

// forAct changes a workflow because of a limitation of act. act evaluates the outputs of
// a matrix only after the first matrix job. In the changed workflow, the value of a
// missing output is the expression of this output. The next matrix job then evaluates
// this expression again. The matrix jobs run one after the other.
func forAct(workflow string) string {
	workflow = declared.ReplaceAllStringFunc(workflow, func(line string) string {
		name := declared.FindStringSubmatch(line)[1]
		if platforms[name] == nil {
			return "" // no matrix job of this test has the output
		}
		before, _, _ := strings.Cut(line, "digest-")
		return before + "digest-" + name + ": " + output(name) + "\n"
	})
	return strings.ReplaceAll(workflow, "    strategy:\n", "    strategy:\n      max-parallel: 1\n")
}

func output(name string) string {
	return "${{ steps.push.outputs.digest-" + name + " || env." + previousOutput(name) + " }}"
}

func previousOutput(name string) string { return "PREVIOUS_" + strings.ReplaceAll(name, "-", "_") }

// image writes an OCI layout with an image and its attestation, as BuildKit does.
func (c *caller) image(name string, p *v1.Platform) {
	c.t.Helper()
	l := sourcetest.NewLayout(c.t)
	img := sourcetest.On(l.Image(p, "shared", name), p)
	l.Add(l.Index(img, l.Attestation(img)))
	for _, f := range l.Files() {
		write(c.t, filepath.Join(c.work, "images", name, f.Name), f.Body)
	}
}

// wantPlatforms checks that skopeo and crane find one index with the three platforms.
func (c *caller) wantPlatforms(tag string) {
	c.t.Helper()
	ref := c.server.Host() + "/e2e/image:" + tag
	for _, command := range [][]string{
		{tool(c.t, "skopeo"), "inspect", "--raw", "--tls-verify=false", "docker://" + ref},
		{tool(c.t, "crane"), "manifest", "--insecure", ref},
	} {
		cmd := exec.CommandContext(c.t.Context(), command[0], command[1:]...)
		cmd.Env = append(os.Environ(), "HOME="+c.t.TempDir(), "DOCKER_CONFIG="+c.t.TempDir())
		var index v1.IndexManifest
		if err := json.Unmarshal([]byte(c.run(cmd)), &index); err != nil {
			c.t.Fatal(err)
		}
		var got []string
		for _, d := range index.Manifests {
			if d.Platform.OS != "unknown" {
				got = append(got, d.Platform.OS+"-"+strings.TrimSuffix(d.Platform.Architecture+"-"+d.Platform.Variant, "-"))
			}
		}
		want := []string{"linux-amd64", "linux-arm-v7", "linux-arm64-v8"}
		if !slices.Equal(got, want) || len(index.Manifests) != 6 {
			c.t.Errorf("%s found %q in %d entries, want %q and an attestation for each platform", filepath.Base(command[0]), got, len(index.Manifests), want)
		}
	}
}

// The workflow is the example in docs/many-runners.md. Only the build differs, because
// it needs a builder. The outputs of the matrix jobs are the only input of the merge.
func TestMatrixOfRunnersUnderAct(t *testing.T) {
	t.Parallel()
	raw, err := os.ReadFile(filepath.Join("testdata", "matrix.yml"))
	if err != nil {
		t.Fatal(err)
	}
	const build = "docker buildx create --use\n          docker buildx build --platform \"$PLATFORM\" --output type=oci,dest=image.tar ."
	workflow := strings.Replace(string(raw), build, `rm -rf image.tar; cp -R "images/${PLATFORM//\//-}" image.tar`, 1)
	if workflow == string(raw) {
		t.Fatal("the workflow does not contain the build command that this test replaces")
	}
	c := newCaller(t, workflow)
	log, err := c.act("push", "image.yml")
	if err != nil {
		t.Fatalf("act: %v\n%s", err, log)
	}
	if c.wantPlatforms("main"); t.Failed() {
		t.Log(log)
	}
}

// calling is a workflow of another repository. It grants exactly the permissions that
// the reusable workflows request.
const calling = `on: push
permissions: {}
jobs:
  image:
    uses: ghcr-publish/ghcr-publish/.github/workflows/publish.yml@v1
    permissions: {contents: read, packages: write}
    with:
      platforms: linux/amd64, linux/arm64, linux/arm/v7
      runners: '{"linux/amd64":"ubuntu-24.04","linux/arm64":"ubuntu-24.04-arm","linux/arm/v7":["ubuntu-24.04-arm"]}'
      build: cp -R "$CONTEXT/images/${PLATFORM//\//-}" "$OUTPUT"
      tags: 1.2.3
      visibility: public
  production:
    needs: image
    uses: ghcr-publish/ghcr-publish/.github/workflows/promote.yml@v1
    permissions: {contents: read, packages: write}
    with:
      source: ${{ needs.image.outputs.digest }}
      tags: production
      expected-digest: ${{ needs.image.outputs.digest }}
      on-loss: fail
      size-limit: 500MB
      gate: bash ./check.sh
`

// releasing publishes two images with the reusable workflow. A file of the caller is the
// gate.
const releasing = `on: push
permissions: {}
jobs:
  images:
    uses: ghcr-publish/ghcr-publish/.github/workflows/publish.yml@v1
    permissions: {contents: read, packages: write}
    with:
      sources: |
        api=api.tar
        worker=worker.tar
      build: cp -R images/linux-amd64 api.tar; cp -R images/linux-arm64 worker.tar
      gate: bash ./check.sh
      if-published: skip
      on-loss: fail
      tags: 1.2.3
  after:
    needs: images
    runs-on: ubuntu-24.04
    steps:
      - run: test "$(jq --raw-output 'length' <<<"$DIGESTS")" = 2
        shell: bash
        env:
          DIGESTS: ${{ needs.images.outputs.digests-by-image }}
`

func TestReleaseOfSeveralImagesUnderAct(t *testing.T) {
	t.Parallel()
	c := newCaller(t, releasing)
	write(t, filepath.Join(c.work, "check.sh"), []byte("echo \"checked $IMAGE\"\n"))
	log, err := c.act("push", "image.yml")
	if err != nil {
		t.Fatalf("act: %v\n%s", err, log)
	}
	for _, image := range []string{"e2e/api", "e2e/worker"} {
		if tags := c.server.Tags(image); !slices.Equal(tags, []string{"1.2.3"}) || !strings.Contains(log, "checked "+c.server.Host()+"/"+image) {
			t.Errorf("the tags of %s are %q\n%s", image, tags, log)
		}
	}
	before := c.server.Tag("e2e/api", "1.2.3")
	if err := os.Rename(filepath.Join(c.work, "images", "linux-arm-v7"), filepath.Join(c.work, "images", "linux-amd64", "other")); err != nil {
		t.Fatal(err)
	}
	if log, err := c.act("push", "image.yml"); err != nil || !strings.Contains(log, "Already published") || c.server.Tag("e2e/api", "1.2.3") != before {
		t.Errorf("the second run did not use the published images: %v\n%s", err, log)
	}
}

func TestReusableWorkflowsUnderAct(t *testing.T) {
	t.Parallel()
	c := newCaller(t, calling)
	write(t, filepath.Join(c.work, "check.sh"), []byte("echo \"checked the tag ${TAGS##*:}\"\n"))
	log, err := c.act("push", "image.yml")
	if err != nil {
		t.Fatalf("act: %v\n%s", err, log)
	}
	c.wantPlatforms("1.2.3")
	if a, b := c.server.Tag("e2e/image", "1.2.3"), c.server.Tag("e2e/image", "production"); a != b {
		t.Errorf("the tag 1.2.3 points at %q, and the tag production points at %q", a, b)
	}
	if !strings.Contains(log, "checked the tag production") {
		t.Error("the gate of the promotion did not run")
	}
	if tags := c.server.Tags("e2e/image"); !slices.Equal(tags, []string{"1.2.3", "production"}) {
		t.Errorf("the tags are %q, and the platforms are %q", tags, slices.Sorted(maps.Keys(platforms)))
	}
	if t.Failed() {
		t.Log(log)
	}
}
