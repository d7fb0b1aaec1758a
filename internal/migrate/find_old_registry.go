package migrate

import (
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/ghcr-publish/ghcr-publish/internal/migrate/flow"
)

func init() { register(findOldRegistry) }

// oldRegistry is the host of GitHub's Docker registry, which the Container
// registry has replaced. Image names differ between the two registries:
// OWNER/REPOSITORY/IMAGE in the old one, OWNER/IMAGE in the new one. For this
// reason the host name is only reported and not edited.
const oldRegistry = "docker.pkg.github.com"

// findOldRegistry finds scalars that contain the host name of the old registry.
func findOldRegistry(p *pass) {
	flow.Scalars(p.doc.Root, func(n *yaml.Node) {
		at := strings.Index(n.Value, oldRegistry)
		if at < 0 {
			return
		}
		p.reportLeft(OldRegistry, location{n, at}, "Replace "+oldRegistry+"/OWNER/REPOSITORY/IMAGE by ghcr.io/OWNER/IMAGE here and where the image is pulled.",
			"%s is replaced by ghcr.io, where an image has another name; so the name stays for you to change.", oldRegistry)
	})
}
