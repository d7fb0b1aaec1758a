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

// Daemon is a Docker engine with its platform and the kind of its image
// store.
type Daemon struct {
	*client
	// Platform is the platform of the engine. The platform of the engine can
	// differ from the platform of this program, because the engine can run on
	// another machine.
	Platform v1.Platform
	// Store is the kind of the engine's image store.
	Store Store
}

// Store is a kind of image store.
type Store int

// These are the kinds of image stores. In the classic image store, the id of
// an image is the digest of its config. In the containerd image store, the id
// of an image is usually the digest of its manifest. If an engine with the
// containerd image store pulled a whole index, the id is the digest of the
// index.
const (
	NotDocker  Store = iota // The engine is not Docker, but for example podman.
	Classic                 // The classic image store identifies a layer by its diff id.
	Containerd              // The containerd image store identifies a blob by its digest.
)

// snapshotter is a text that the driver status of an engine contains if the
// engine has the containerd image store.
const snapshotter = "io.containerd.snapshotter.v1"

// Connect reads the platform and the image store of the engine. An error of
// Connect is a *diag.Error with the code engine-unreachable or
// engine-refused.
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
		if component.Name == "Engine" { // Podman calls this component "Podman Engine".
			d.Store = Classic
		}
	}
	if slices.ContainsFunc(info.DriverStatus, func(pair []string) bool { return slices.Contains(pair, snapshotter) }) {
		d.Store = Containerd
	}
	return d, nil
}

// Image describes an image in an engine.
type Image struct {
	ID string `json:"Id"`
	// RootFS contains the diff ids of the layers. The list starts with the lowest layer.
	RootFS struct{ Layers []v1.Hash }
	// RepoDigests are the references by digest from which the engine pulled
	// the image or to which it pushed the image.
	RepoDigests []string
	// Manifests are the manifests of the image in the containerd image store.
	// Only Docker 28 and later returns these manifests.
	Manifests []Member
}

// Member is a manifest of an image in the containerd image store.
type Member struct {
	ID string
	// Available is true if the engine has all blobs of the manifest.
	Available bool
}

// Image returns the image with the given name or id, or nil if the engine has
// no such image. Image returns the same kinds of errors as Connect.
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

// ImagesOf returns the images of one repository in the engine, sorted by
// time. The newest image is the first. The caller needs these images, because
// a new image of the repository can share layers with them.
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
		if found != nil { // The result is nil if another program removed the image after the engine sent the list of images.
			out = append(out, found)
		}
	}
	return out, nil
}

// familiar returns the short name that the engine prints for a repository. A filter in a
// request must contain this short name, because the engine compares the filter with the
// short name.
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
