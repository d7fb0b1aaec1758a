package migrate

import (
	"fmt"
	"slices"
	"strings"

	"github.com/ghcr-publish/ghcr-publish/internal/migrate/flow"
)

// differences contains the sentences about a merged step that a reviewer must
// read.
type differences struct {
	comments []string // These sentences describe differences of the image and are also comments in the file.
	others   []string
	name     string // name is the new name of the step, or "" if the step keeps its name.
}

func (d differences) sentences() []string {
	return append(append([]string{}, d.comments...), d.others...)
}

// newStepName replaces the name of a step if the old name contains the name of
// docker/build-push-action.
const newStepName = "Build and publish"

// differences describes the differences between the old steps and the new step.
func (p *pass) differences(c chain) differences {
	var d differences
	switch attestation := p.attestationOf(c.push); {
	case attestation == provenanceOfBuildx:
	case c.push.Input("provenance") == "false":
		d.others = append(d.others, "The setting attestations: strip replaces the setting provenance: false.")
	case attestation == noAttestation:
		d.others = append(d.others, "The input \"attestations: strip\" removes the attestation that docker buildx adds by default.")
	default:
		d.comments = append(d.comments, fmt.Sprintf("%s attached a provenance attestation to the image. The new step attaches only the attestation that docker buildx adds by default.", dockerBuild))
	}
	if push, changed := pushCondition(c); push != "true" {
		d.others = append(d.others, "If the input push is false, the new step builds the image and prints the plan.")
		if changed {
			d.others = append(d.others, "The input push contains the condition of the login, because the old step could push only after a login.")
		}
	}
	if c.meta != nil && c.keepMeta == "" && c.meta.Input("tags") == "" {
		d.others = append(d.others, fmt.Sprintf("The input tags contains the default tag rules of %s.", dockerMetadata))
	}
	d.others = append(d.others, fmt.Sprintf("The new step overwrites existing tags, as %s does. To keep version tags and tags of newer images, remove the inputs overwrite and monotonic.", dockerBuild))
	if !p.setsBuilder(c.push) {
		d.others = append(d.others, "The job does not run docker/setup-buildx-action. If the Docker engine builds the image, the digest of the image can differ, because this action compresses the layers of the engine itself.")
	}
	if c.keepMeta != "" {
		d.others = append(d.others, fmt.Sprintf("The step of %s stays, because %s.", dockerMetadata, c.keepMeta))
	}
	if c.keepLogin != "" {
		d.others = append(d.others, fmt.Sprintf("The login stays, because %s.", c.keepLogin))
	}
	if name := flow.Text(valueOf(c.push, "name")); name != "" {
		if lower := strings.ToLower(name); strings.Contains(lower, "build-push-action") || strings.Contains(lower, "docker/") {
			d.name = newStepName
			d.others = append(d.others, fmt.Sprintf("The step gets the name %q, because the old name contains the name of %s.", newStepName, dockerBuild))
		} else {
			d.others = append(d.others, fmt.Sprintf("The step keeps its name %q.", name))
		}
	}
	return d
}

// setsBuilder reports whether the job of a build step sets up a builder of docker buildx.
// Otherwise, the Docker engine can build the image. The engine stores the layers without
// compression, so each push compresses them again.
func (p *pass) setsBuilder(step *flow.Step) bool {
	return step.Input("builder") != "" || slices.ContainsFunc(step.Job.Steps, func(s *flow.Step) bool { return actionName(s) == "docker/setup-buildx-action" })
}

// readsDockerfiles reports whether the checkout contains all Dockerfiles of the
// step.
func (p *pass) readsDockerfiles(c chain) bool {
	for _, name := range p.dockerfiles(c.push) {
		if _, err := p.tree.read(name); err != nil {
			return false
		}
	}
	return true
}
