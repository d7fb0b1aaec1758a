package migrate

import (
	"fmt"
	"regexp"
	"strings"

	"github.com/ghcr-publish/ghcr-publish/internal/migrate/flow"
)

// differences are the sentences about a merged step that a reviewer needs.
type differences struct {
	comments []string // differences of the image; these sentences are also comments in the file
	others   []string
	name     string // the new name of the step, or "" if the name stays
}

func (d differences) sentences() []string {
	return append(append([]string{}, d.comments...), d.others...)
}

// oldBuild matches the versions of docker/build-push-action that attach no
// provenance by default.
var oldBuild = regexp.MustCompile(`@v[1-3](\.|$)`)

// newStepName replaces a name that is no longer right.
const newStepName = "Build and publish"

// differences describes the differences between the old steps and the new step.
func (p *pass) differences(c chain) differences {
	var d differences
	switch provenance := c.push.Input("provenance"); {
	case provenance == "false":
		d.others = append(d.others, "The input attestations: strip replaces provenance: false.")
	case provenance == "" && oldBuild.MatchString(flow.Text(c.push.Uses.Value)):
		d.others = append(d.others, "The new step attaches the attestation that docker buildx adds by default. The input attestations: strip removes it.")
	default:
		d.comments = append(d.comments, dockerBuild+" attached a provenance attestation. This step attaches only the attestation that docker buildx adds by default.")
	}
	if c.push.Input("push") != "true" {
		d.others = append(d.others, "If push is false, the new step is a dry run. It builds the image only if the registry would accept a push. The input on-readonly decides about tokens that can only read.")
	}
	if c.meta == nil {
		d.others = append(d.others, "The new step adds the usual OCI labels to the image.")
	} else if c.meta.Input("tags") == "" {
		d.others = append(d.others, "The input tags contains the default rules of "+dockerMetadata+".")
	}
	d.others = append(d.others, "The new step does not overwrite the tag of a full version (1.2.3), and does not move a tag to an older version. The inputs overwrite and monotonic change this.")
	if len(p.dockerfiles(c.push)) == 0 || !p.readsDockerfiles(c) {
		d.others = append(d.others, fmt.Sprintf("migrate could not read the Dockerfile. If the Dockerfile uses private images of %s, keep the login.", p.opts.Registry))
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
