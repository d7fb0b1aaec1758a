package migrate

import (
	"fmt"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/ghcr-publish/ghcr-publish/internal/migrate/flow"
)

func init() { register(findOldRegistry) }

// oldRegistry is the host of GitHub's old Docker registry. The Container
// registry has replaced the old registry. In the old registry, image names have
// the form OWNER/REPOSITORY/IMAGE. In the Container registry, image names have the form
// OWNER/IMAGE. For this reason, migrate reports the old host name, but does not edit
// it.
const oldRegistry = "docker.pkg.github.com"

// findOldRegistry finds YAML scalars that contain the host name of the old
// registry.
func findOldRegistry(p *pass) {
	flow.Scalars(p.doc.Root, func(n *yaml.Node) {
		at := strings.Index(n.Value, oldRegistry)
		if at < 0 {
			return
		}
		p.reportRemaining(OldRegistry, location{n, at}, fmt.Sprintf("Replace %s/OWNER/REPOSITORY/IMAGE with ghcr.io/OWNER/IMAGE in this file and in each file that pulls the image.", oldRegistry),
			"ghcr.io has replaced %s. The edit cannot be made automatically, because image names have another form at ghcr.io.", oldRegistry)
	})
}
