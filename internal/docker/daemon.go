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

// Daemon is an engine that has said what it is.
type Daemon struct {
	*client
	// Platform is what it runs: it may be on another machine than we are.
	Platform v1.Platform
	// Store is how it keeps images.
	Store Store
}

// Store is a kind of image store.
type Store int

// The image stores. In Docker's classic one an image's id is the digest of its
// config; in containerd's it is that of its manifest or, where a whole index
// was pulled, of the index.
const (
	Other      Store = iota // of an engine that is not Docker's
	Classic                 // layers by their diff ids
	Containerd              // blobs by their digests
)

// snapshotter is what an engine with containerd's store says of its driver.
const snapshotter = "io.containerd.snapshotter.v1"

// Introduce asks the engine what it is. Errors are *diag.Error with the codes
// engine-unreachable and engine-refused.
func (e *Engine) Introduce(ctx context.Context) (*Daemon, error) {
	c, err := e.find()
	if err != nil {
		return nil, err
	}
	var version struct {
		Os, Arch   string
		Components []struct{ Name string }
	}
	if err := c.ask(ctx, "/version", &version); err != nil {
		return nil, err
	}
	var info struct{ DriverStatus [][]string }
	if err := c.ask(ctx, "/info", &info); err != nil {
		return nil, err
	}
	d := &Daemon{client: c, Platform: v1.Platform{OS: version.Os, Architecture: version.Arch}}
	for _, component := range version.Components {
		if component.Name == "Engine" { // podman's says Podman Engine
			d.Store = Classic
		}
	}
	if slices.ContainsFunc(info.DriverStatus, func(pair []string) bool { return slices.Contains(pair, snapshotter) }) {
		d.Store = Containerd
	}
	return d, nil
}

// Image is an image that an engine has.
type Image struct {
	ID string `json:"Id"`
	// RootFS has the diff ids of the layers, the lowest first.
	RootFS struct{ Layers []v1.Hash }
	// RepoDigests are the references by digest that it was pulled or pushed by.
	RepoDigests []string
	// Manifests are those below the id in containerd's store, from Docker 28
	// on; empty where nobody tells.
	Manifests []Member
}

// Member is a manifest of an image.
type Member struct {
	ID string
	// Available says that all of its blobs are there.
	Available bool
}

// Image looks an image up by a name or an id; nil if there is none. Errors are
// those of Introduce.
func (d *Daemon) Image(ctx context.Context, ref string) (*Image, error) {
	found := &Image{}
	err := d.askWith(ctx, "/images/"+ref+"/json", url.Values{"manifests": {"1"}}, found)
	if isAbsent(err) {
		return nil, nil
	}
	return found, err
}

// maxAlike bounds the images of one repository that are looked at.
const maxAlike = 16

// Alike lists images of a repository that the engine has, the newest first:
// those that another of its images may share layers with.
func (d *Daemon) Alike(ctx context.Context, repo name.Repository) ([]*Image, error) {
	var all []struct {
		ID string `json:"Id"`
	}
	err := d.askWith(ctx, "/images/json", url.Values{"filters": {`{"reference":["` + familiar(repo) + `"]}`}}, &all)
	if err != nil {
		return nil, err
	}
	var out []*Image
	for _, one := range all[:min(len(all), maxAlike)] {
		found, err := d.Image(ctx, one.ID)
		if err != nil {
			return nil, err
		}
		if found != nil { // else it was removed meanwhile
			out = append(out, found)
		}
	}
	return out, nil
}

// familiar is a repository as the engine prints it, which its filters compare.
func familiar(repo name.Repository) string {
	if repo.RegistryStr() == name.DefaultRegistry {
		return strings.TrimPrefix(repo.RepositoryStr(), "library/")
	}
	return repo.Name()
}

// Tag points a name at an image that the engine has.
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
