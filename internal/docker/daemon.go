package docker

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/google/go-containerregistry/pkg/name"
	v1 "github.com/google/go-containerregistry/pkg/v1"
)

// Daemon is a Docker engine whose platform and image store are known.
type Daemon struct {
	*client
	// Platform is the platform of the engine. The engine can run on another
	// machine. Its platform can therefore differ from this program's platform.
	Platform v1.Platform
	// Store is the kind of the engine's image store.
	Store Store
}

// Store is a kind of image store.
type Store int

// These are the image stores. In the classic store, the id of an image is the
// digest of its config. In containerd's store, the id is usually the digest of
// the manifest. If an engine with containerd's store pulled a whole index, the id
// is the digest of the index.
const (
	NotDocker  Store = iota // the engine is not Docker, for example podman
	Classic                 // identifies layers by their diff ids
	Containerd              // identifies blobs by their digests
)

// snapshotter is a text in the driver status of an engine that has containerd's
// store.
const snapshotter = "io.containerd.snapshotter.v1"

// Connect reads the platform and the image store of the engine. Errors are
// *diag.Error with the codes engine-unreachable and engine-refused.
func (e *Engine) Connect(ctx context.Context) (*Daemon, error) {
	c, err := e.find()
	if err != nil {
		return nil, err
	}
	var version struct {
		Os, Arch   string
		Components []struct{ Name string }
	}
	if err := c.getJSON(ctx, "/version", &version); err != nil {
		return nil, err
	}
	var info struct{ DriverStatus [][]string }
	if err := c.getJSON(ctx, "/info", &info); err != nil {
		return nil, err
	}
	d := &Daemon{client: c, Platform: v1.Platform{OS: version.Os, Architecture: version.Arch}}
	for _, component := range version.Components {
		if component.Name == "Engine" { // podman's component is called "Podman Engine"
			d.Store = Classic
		}
	}
	if slices.ContainsFunc(info.DriverStatus, func(pair []string) bool { return slices.Contains(pair, snapshotter) }) {
		d.Store = Containerd
	}
	return d, nil
}

// Image is an image in an engine.
type Image struct {
	ID string `json:"Id"`
	// RootFS contains the diff ids of the layers, the lowest layer first.
	RootFS struct{ Layers []v1.Hash }
	// RepoDigests are references by digest. The engine used these references
	// when it pulled or pushed the image.
	RepoDigests []string
	// Manifests are the manifests of the image in containerd's store. Only
	// Docker 28 and later return this list.
	Manifests []Member
}

// Member is a manifest of an image in containerd's store.
type Member struct {
	ID string
	// Available is true if the engine has all blobs of the manifest.
	Available bool
}

// Image returns the image with a name or an id, or nil if the engine has no
// such image. Errors have the same types and codes as the errors of Connect.
func (d *Daemon) Image(ctx context.Context, ref string) (*Image, error) {
	found := &Image{}
	err := d.getJSONWith(ctx, "/images/"+ref+"/json", url.Values{"manifests": {"1"}}, found)
	if isNotFound(err) {
		return nil, nil
	}
	return found, err
}

// maxImages is the maximum number of images that ImagesOf returns.
const maxImages = 16

// ImagesOf returns the engine's images of one repository, the newest image
// first. A new image of the repository can share layers with these images.
func (d *Daemon) ImagesOf(ctx context.Context, repo name.Repository) ([]*Image, error) {
	var all []struct {
		ID string `json:"Id"`
	}
	err := d.getJSONWith(ctx, "/images/json", url.Values{"filters": {`{"reference":["` + familiar(repo) + `"]}`}}, &all)
	if err != nil {
		return nil, err
	}
	var out []*Image
	for _, one := range all[:min(len(all), maxImages)] {
		found, err := d.Image(ctx, one.ID)
		if err != nil {
			return nil, err
		}
		if found != nil { // nil if the image was removed after the list was read
			out = append(out, found)
		}
	}
	return out, nil
}

// familiar returns the short name that the engine prints for a repository. The
// engine's filters compare their values with this short name.
func familiar(repo name.Repository) string {
	if repo.RegistryStr() == name.DefaultRegistry {
		return strings.TrimPrefix(repo.RepositoryStr(), "library/")
	}
	return repo.Name()
}

// Tag adds a name to an image in the engine.
func (d *Daemon) Tag(ctx context.Context, id string, to name.Tag) error {
	repo := strings.Replace(to.Context().Name(), name.DefaultRegistry, "docker.io", 1)
	resp, err := d.send(ctx, call{
		method: http.MethodPost, path: "/images/" + id + "/tag", query: url.Values{"repo": {repo}, "tag": {to.TagStr()}},
	})
	var a *answer
	if errors.As(err, &a) {
		return d.refused(a)
	}
	if err != nil {
		return err
	}
	return resp.Body.Close()
}
