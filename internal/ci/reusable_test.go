package ci

import (
	"maps"
	"os/exec"
	"slices"
	"strings"
	"testing"

	"github.com/ghcr-publish/ghcr-publish/internal/ci/needs"
	"github.com/ghcr-publish/ghcr-publish/internal/input"
)

// theJob is the reason why a reusable workflow has no input that belongs to the job of a
// step.
const theJob = "a setting of the job or of its log"

// notPassed maps the inputs that a step of a reusable workflow does not pass to the reasons.
// The key "*" contains the inputs that no step passes.
var notPassed = map[string]map[string]string{
	"*": {
		"token": "the default is the token of the job", "username": "for another registry", "registry": "for another registry", "credentials": "for another registry",
		"ca-file": "for another registry", "timeout": theJob, "summary": theJob, "debug": theJob, "trace": theJob,
		"metadata-file": "the file would stay on the runner", "digest-file": "the file would stay on the runner",
		"dry-run": "the jobs before the step write to the registry", "push": "the jobs before the step write to the registry",
		"on-readonly": "the jobs before the step need a token that may write", "verify": "the workflow reports only verified results",
	},
	"publish.yml build push": {
		"sources": "the job release", "content": "the workflow builds a Dockerfile", "context": "the step before builds",
		"tags": "the job merge", "flavor": "the job merge", "version": "the job merge", "annotations": "the job merge", "attestations": "the job merge",
		"overwrite": "the job merge", "if-published": "the job release", "monotonic": "the job merge", "on-loss": "the job merge", "size-limit": "the job merge", "gate": "the job merge",
		"attest": "the job merge", "attest-store": "the job merge", "sbom": "the job merge", "sigstore": "the job merge", "cleanup": "the job merge",
		"digest-name": "the platform names the output", "platforms": "each job builds one platform", "link": "GitHub links the package of a workflow",
	},
	"publish.yml merge merge": {
		"digest-name": "the platform names the output", "index-type": "for old clients",
		"sbom": "no job before the merge can hand over a file; docs/attestations.md shows a job that signs an SBOM", "sigstore": "for another instance of Sigstore",
	},
	"publish.yml release release": {
		"source": "sources", "context": "a line of sources", "file": "a line of sources", "image": "a line of sources", "push-by-digest": "for a merge", "digest-name": "for a merge",
		"sbom": "an SBOM describes one image, and sources can name several", "sigstore": "for another instance of Sigstore",
		"link": "GitHub links the package of a workflow",
	},
	"promote.yml promote promote": {
		"bundle": "the registry has the attestations", "trusted-root": "for another instance of Sigstore",
	},
	"cleanup.yml cleanup cleanup": {"undo": "the undo list is a file of another run", "json": "the output json has the same text"},
}

// ofFiles are inputs of the command "publish" that describe images from files, special
// layers, and builders.
var ofFiles = []string{
	"content", "artifact-type", "subject", "base", "entrypoint", "cmd", "env", "user", "workdir", "platform",
	"foreign-layers", "compression", "compression-level", "file", "target", "build-args", "secrets", "builder", "cache-from", "cache-to",
}

// A reusable workflow passes each input of its command, or the table above contains the
// reason. A new input therefore cannot be forgotten.
func TestReusableWorkflowsPassTheInputsOfTheirCommands(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"publish.yml", "promote.yml", "cleanup.yml"} {
		for id, j := range workflows(t)[name].Jobs {
			for _, s := range j.Steps {
				reasons, known := notPassed[name+" "+id+" "+s.ID]
				if s.Uses != "$/.github/actions/push" {
					continue
				}
				if !known {
					t.Errorf("%s: the table has no entry for the step %q of the job %s", name, s.ID, id)
				}
				checkPassed(t, name+", job "+id, s, reasons)
			}
		}
	}
}

// checkPassed checks the inputs of one step.
func checkPassed(t *testing.T, where string, s step, reasons map[string]string) {
	t.Helper()
	command := input.Command(s.With["command"])
	if command == "" {
		command = input.Publish
	}
	for _, in := range input.For(command) {
		_, passed := s.With[in.Name]
		omitted := notPassed["*"][in.Name] != "" || reasons[in.Name] != "" || command == input.Publish && slices.Contains(ofFiles, in.Name)
		switch {
		case in.Name == "command" || in.OnlyFlag:
		case passed && reasons[in.Name] != "":
			t.Errorf("%s passes the input %s, but the table contains a reason against it", where, in.Name)
		case !passed && !omitted:
			t.Errorf("%s does not pass the input %s. Pass the input, or add a reason to the table", where, in.Name)
		}
	}
	for _, name := range slices.Sorted(maps.Keys(reasons)) {
		if _, exists := input.Find(name); !exists {
			t.Errorf("the table contains the unknown input %s", name)
		}
	}
}

// The jobs of the matrix cannot use a published image, so the workflow refuses the input
// before it starts a runner for a platform.
func TestPublishWorkflowRefusesIfPublishedWithoutSources(t *testing.T) {
	t.Parallel()
	bash := needs.Program(t, "bash")
	script := workflows(t)["publish.yml"].Jobs["plan"].Steps[0].Run
	for _, c := range []struct {
		name, value string
		fails       bool
	}{{"the default", "continue", false}, {"skip", "skip", true}, {"fail", "fail", true}} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			script, _, _ := strings.Cut(script, "matrix=")
			cmd := exec.CommandContext(t.Context(), bash, "-e", "-o", "pipefail", "-c", script)
			cmd.Env = []string{"IF_PUBLISHED=" + c.value}
			out, err := cmd.CombinedOutput()
			if (err != nil) != c.fails || strings.Contains(string(out), "needs the input sources") != c.fails {
				t.Errorf("got %v with the output %q", err, out)
			}
		})
	}
}
