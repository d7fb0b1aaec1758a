//go:build integration

package ci

import (
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"go.yaml.in/yaml/v3"

	"github.com/ghcr-publish/ghcr-publish/internal/attest"
	"github.com/ghcr-publish/ghcr-publish/internal/ghcrtest"
	"github.com/ghcr-publish/ghcr-publish/internal/ghcrtest/sigstore"
)

// makeRelease takes the place of the step that builds the release twice. The programs are
// texts, and the tree is the working tree with the program for this machine.
const makeRelease = `cp -R . "$RUNNER_TEMP/tree"
mkdir -p dist/programs
mv "$RUNNER_TEMP/tree" dist/tree
for each in linux-amd64 linux-arm64 darwin-arm64 windows-amd64.exe; do echo "$each" >"dist/programs/ghcr-publish-$each"; done
printf '%s\n' "commit=$(git rev-parse HEAD)" 'number=1.2.3' 'programs<<end' dist/programs/ghcr-publish-* end >>"$GITHUB_OUTPUT"
`

// recordingGH takes the place of gh. It appends its arguments to a file, and copies the
// files of a release to a folder.
const recordingGH = `#!/bin/sh
printf '%%s\n' "$*" >>%[1]s/calls
[ "$1 $2" = 'release create' ] || exit 0
for each; do [ ! -f "$each" ] || cp "$each" %[1]s; done
`

// releaseProject runs the job "publish" of release.yml with an embedded ghcr.io and an
// embedded Sigstore.
type releaseProject struct {
	*actProject
	server *ghcrtest.Server
	keys   string // the folder with the files of Sigstore
	assets string // the files of the release, and the calls of gh
}

func newReleaseProject(t *testing.T) *releaseProject {
	t.Helper()
	r := &releaseProject{
		actProject: newActProject(t), keys: t.TempDir(), assets: t.TempDir(),
		server: ghcrtest.Start(t, ghcrtest.Config{Open: &ghcrtest.Open{Token: "ghs_release", Repository: "e2e/image"}}),
	}
	r.release()
	remote, programs := t.TempDir(), t.TempDir()
	r.run(exec.CommandContext(t.Context(), "git", "init", "--quiet", "--bare", remote))
	r.run(exec.CommandContext(t.Context(), "git", "-C", r.work, "config", "url."+remote+".pushInsteadOf", "https://github.com/e2e/image.git"))
	if err := os.WriteFile(filepath.Join(programs, "gh"), fmt.Appendf(nil, recordingGH, r.assets), 0o700); err != nil {
		t.Fatal(err)
	}
	r.path = programs + ":" + r.path
	services, err := r.server.Sigstore()
	if err != nil {
		t.Fatal(err)
	}
	if err := services.WriteFiles(r.keys, r.server.URL()); err != nil {
		t.Fatal(err)
	}
	const workflow = "e2e/image/.github/workflows/release.yml@refs/heads/main"
	claims := sigstore.JobClaims("e2e/image", "public").With("sha", r.head()).With("workflow_ref", workflow).With("job_workflow_ref", workflow)
	for _, pair := range append(services.Env(r.server.URL(), claims), "GITHUB_SERVER_URL="+r.server.URL(), "GITHUB_API_URL="+r.server.URL()+"/api/v3") {
		r.args = append(r.args, "--env", pair)
	}
	r.args = append(r.args, "-s", "GITHUB_TOKEN="+r.server.Token())
	(&caller{actProject: r.actProject}).builds()
	return r
}

func (r *releaseProject) head() string {
	return strings.TrimSpace(r.run(exec.Command("git", "-C", r.work, "rev-parse", "HEAD")))
}

// workflow writes a workflow with the steps of the job. Only the build of the programs and
// the keys of Sigstore differ.
func (r *releaseProject) workflow() {
	r.t.Helper()
	raw, err := os.ReadFile(filepath.Join(top, ".github", "workflows", "release.yml"))
	if err != nil {
		r.t.Fatal(err)
	}
	var release struct {
		Jobs map[string]struct{ Steps []recipeStep }
	}
	if err := yaml.Unmarshal(raw, &release); err != nil {
		r.t.Fatal(err)
	}
	steps := slices.DeleteFunc(release.Jobs["publish"].Steps, func(s recipeStep) bool { return strings.Contains(s.Run, "npm install") })
	for i, s := range steps {
		switch {
		case s.ID == "make":
			steps[i].Run, steps[i].Env = makeRelease, nil
		case s.With["command"] == "pull":
			s.With["trusted-root"] = filepath.Join(r.keys, sigstore.RootFile)
		case s.Uses == "./dist/tree":
			s.With["sigstore"] = r.keys
		}
	}
	text, err := yaml.Marshal(map[string]any{
		"on": "push", "env": map[string]string{"VERSION": "v1.2.3"}, "defaults": map[string]any{"run": map[string]string{"shell": "bash"}},
		"jobs": map[string]any{"publish": map[string]any{"runs-on": "ubuntu-24.04", "steps": steps}},
	})
	if err != nil {
		r.t.Fatal(err)
	}
	write(r.t, filepath.Join(r.work, ".github", "workflows", "release.yml"), text)
}

// TestReleaseWorkflowUnderAct runs the job that publishes a release. The files of the
// release prove the provenance of each program, and the image has an attestation.
func TestReleaseWorkflowUnderAct(t *testing.T) {
	t.Parallel()
	for _, each := range []string{"act", "node", "buildah", "jq"} {
		tool(t, each)
	}
	r := newReleaseProject(t)
	r.workflow()
	log, err := r.act("push", "release.yml")
	if err != nil {
		t.Fatalf("act: %v\n%s", err, log)
	}
	r.checkPrograms()
	image := r.server.Tag("e2e/image", "1.2.3")
	if list, exists := r.server.Manifest("e2e/image", strings.Replace(image, ":", "-", 1)); !exists || !strings.Contains(string(list.Raw), attest.MediaType) {
		t.Errorf("the image %q has no attestation: %s", image, list.Raw)
	}
	calls := r.asset("calls")
	for _, want := range []string{
		"attestation verify programs.json --bundle programs.sigstore.json --repo e2e/image\n", "release create v1.2.3 --draft", "release edit v1.2.3 --draft=false",
	} {
		if !strings.Contains(calls, want) {
			t.Errorf("the calls of gh do not contain %q", want)
		}
	}
	if t.Failed() {
		t.Logf("%s\n%s", calls, log)
	}
}

// asset returns the text of a file of the release.
func (r *releaseProject) asset(name string) string {
	r.t.Helper()
	raw, err := os.ReadFile(filepath.Join(r.assets, name))
	if err != nil {
		r.t.Fatal(err)
	}
	return string(raw)
}

// checkPrograms verifies the programs with the files of the release only: the attestation
// describes the manifest, and the manifest contains the SHA-256 of each program.
func (r *releaseProject) checkPrograms() {
	r.t.Helper()
	keys, err := os.ReadFile(filepath.Join(r.keys, sigstore.RootFile))
	if err != nil {
		r.t.Fatal(err)
	}
	verifier, err := attest.NewVerifier(keys)
	if err != nil {
		r.t.Fatal(err)
	}
	text := r.asset("programs.json")
	digest, _, err := v1.SHA256(strings.NewReader(text))
	if err != nil {
		r.t.Fatal(err)
	}
	policy := attest.Policy{Repo: "e2e/image", SignerWorkflow: "e2e/image/.github/workflows/release.yml", SourceDigest: r.head(), PredicateType: attest.Provenance}
	if _, err := verifier.Verify([]byte(r.asset("programs.sigstore.json")), digest, policy); err != nil {
		r.t.Errorf("the attestation of the programs is not valid: %v", err)
	}
	var manifest v1.Manifest
	if err := json.Unmarshal([]byte(text), &manifest); err != nil {
		r.t.Fatal(err)
	}
	for _, l := range manifest.Layers {
		name := l.Annotations["org.opencontainers.image.title"]
		if got, _, _ := v1.SHA256(strings.NewReader(r.asset(name))); got != l.Digest {
			r.t.Errorf("%s has the digest %s, and the manifest contains %s", name, got, l.Digest)
		}
	}
	if len(manifest.Layers) != 4 {
		r.t.Errorf("the manifest contains %d programs", len(manifest.Layers))
	}
}
