package registry

import (
	"slices"
	"strings"
	"sync"

	"github.com/google/go-containerregistry/pkg/v1/types"
)

// manifestTypes contains the four media types of manifests that registries
// return (docs/ghcr.md, Manifests and tags). Some registries respond with 404 if
// the header Accept does not contain the media type of the manifest.
var manifestTypes = []types.MediaType{types.OCIImageIndex, types.OCIManifestSchema1, types.DockerManifestList, types.DockerManifestSchema2}

// maxExtra limits the number of additional media types in the header Accept,
// because an index can list manifests with many media types.
const maxExtra = 16

// accepted contains the media types of manifests that the client accepts in a
// response.
type accepted struct {
	mu    sync.Mutex
	extra []types.MediaType
}

// header returns the value of the header Accept of a request for a manifest.
func (a *accepted) header() string {
	a.mu.Lock()
	defer a.mu.Unlock()
	var out []string
	for _, t := range slices.Concat(manifestTypes, a.extra) {
		out = append(out, string(t))
	}
	return strings.Join(out, ", ")
}

// Accept adds a media type to the requests for manifests. A run calls Accept for
// each manifest that it publishes, because an artifact can have an uncommon
// media type. Without this media type, the run could not read the published
// manifest from the registry. Accept returns false if the requests already contain
// the maximum number of media types.
func (c *Client) Accept(t types.MediaType) bool {
	c.accepted.mu.Lock()
	defer c.accepted.mu.Unlock()
	switch {
	case t == "" || slices.Contains(manifestTypes, t) || slices.Contains(c.accepted.extra, t):
		return true
	case len(c.accepted.extra) == maxExtra:
		return false
	}
	c.accepted.extra = append(c.accepted.extra, t)
	return true
}
