package migrate

import (
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/ghcr-publish/ghcr-publish/internal/migrate/flow"
)

func init() { register(findOldRegistry) }

// oldRegistry is the host of GitHub's Docker registry, which the Container
// registry has replaced. Image names differ between the two registries. The old
// registry uses OWNER/REPOSITORY/IMAGE, and the Container registry uses
// OWNER/IMAGE. For this reason, migrate only reports the host name and does not
// edit it.
const oldRegistry = "docker.pkg.github.com"

// findOldRegistry finds scalars that contain the host name of the old registry.
func findOldRegistry(p *pass) {
	flow.Scalars(p.doc.Root, func(n *yaml.Node) {
		at := strings.Index(n.Value, oldRegistry)
		if at < 0 {
			return
		}
		p.reportRemaining(OldRegistry, location{n, at}, "Replace "+oldRegistry+"/OWNER/REPOSITORY/IMAGE with ghcr.io/OWNER/IMAGE in this file and in each file that pulls the image.",
			"ghcr.io has replaced %s. The names of images differ between the two registries, so change the name by hand.", oldRegistry)
	})
}
