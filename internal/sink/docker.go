package sink

import (
	"context"
	"errors"
	"fmt"

	"github.com/google/go-containerregistry/pkg/name"
	v1 "github.com/google/go-containerregistry/pkg/v1"

	"github.com/ghcr-publish/ghcr-publish/internal/diag"
	"github.com/ghcr-publish/ghcr-publish/internal/docker"
	"github.com/ghcr-publish/ghcr-publish/internal/image"
)

// EngineImage describes the image in a Docker engine after Commit.
type EngineImage struct {
	ID string
	// Name is the name of the image in the engine. It is empty if the image was
	// pulled by its digest and got no name.
	Name string
	// Unchanged is true if the engine already had the image under this name
	// before Commit.
	Unchanged bool
}

// engineArchive is an archive that a Docker engine reads while this package writes
// it. If the engine already has the whole image, this package writes nothing.
// Otherwise, the archive omits layers that the engine already has and therefore
// does not read.
type engineArchive struct {
	stream
	engine *docker.Daemon
	image  Image
	tag    *name.Tag // nil if the image gets no name
	has    map[v1.Hash]bool
	load   *docker.Load // nil if the engine has the whole image
	ended  bool
	result EngineImage
}

// errIncomplete is the error of a load that ended because its archive is incomplete.
var errIncomplete = errors.New("the image is incomplete")

func openDocker(ctx context.Context, t Target, img Image, blobs []*image.Blob) (store, error) {
	d := &engineArchive{engine: img.Engine, image: img, has: map[v1.Hash]bool{}}
	if err := d.setName(t); err != nil {
		return nil, err
	}
	docs, err := documents(Target{Kind: DockerArchive}, d.image)
	if err != nil {
		return nil, err
	}
	if err := d.lookUp(ctx, blobs); err != nil || d.result.ID != "" {
		return d, RunnerError(err)
	}
	var sent []*image.Blob
	for _, b := range blobs {
		if !d.has[b.Descriptor.Digest] {
			sent = append(sent, b)
		}
	}
	if d.plan, err = newPlan(docs, sent); err != nil {
		return nil, err
	}
	d.load = d.engine.Load(ctx, d.plan.size)
	d.out = d.load
	return d, nil
}

// setName chooses the name of the image. The image gets the name in the target. If
// the target contains no name, the image gets the reference that was pulled, as
// with docker pull. If this reference contains a digest, setName replaces the
// digest by the digest of the image. A pulled digest can be the digest of an index,
// but the engine stores only the image.
func (d *engineArchive) setName(t Target) error {
	ref := d.image.Reference
	if t.Ref != "" {
		tag, err := name.NewTag(t.Ref)
		if err != nil {
			return fmt.Errorf("naming the image %q: %w", t.Ref, err)
		}
		ref = tag
	}
	if tag, ok := ref.(name.Tag); ok {
		d.tag, d.result.Name = &tag, normalized(tag)
	} else {
		ref = ref.Context().Digest(d.image.Root.Descriptor.Digest.String())
	}
	d.image.Reference = ref
	return nil
}

// lookUp finds the content of the image that the engine already has.
func (d *engineArchive) lookUp(ctx context.Context, blobs []*image.Blob) error {
	found, err := d.find(ctx)
	if err != nil {
		return err
	}
	if found == nil {
		return d.findSharedLayers(ctx)
	}
	d.result.ID = found.ID
	for _, b := range blobs {
		d.has[b.Descriptor.Digest] = true
	}
	return nil
}

// find looks for the image in the engine. It tries the image's name first, and
// then the possible ids of the image. If the engine does not have the image, find
// returns nil.
func (d *engineArchive) find(ctx context.Context) (*docker.Image, error) {
	if d.tag != nil {
		found, err := d.engine.Image(ctx, d.result.Name)
		if err != nil {
			return nil, err
		}
		if d.matches(found) {
			d.result.Unchanged = true
			return found, nil
		}
	}
	for _, id := range d.ids() {
		found, err := d.engine.Image(ctx, id.String())
		if err != nil {
			return nil, err
		}
		if d.matches(found) {
			d.result.Unchanged = d.tag == nil
			return found, nil
		}
	}
	return nil, nil
}

// ids returns the ids that the image can have in this engine's store.
func (d *engineArchive) ids() []v1.Hash {
	root := d.image.Root
	switch {
	case d.engine.Store != docker.Containerd:
		return []v1.Hash{root.Blobs[0].Descriptor.Digest}
	case d.image.Index != (v1.Hash{}):
		return []v1.Hash{root.Descriptor.Digest, d.image.Index}
	}
	return []v1.Hash{root.Descriptor.Digest}
}

// matches reports whether an image in the engine is the image to write, and
// whether the engine has all of its content.
func (d *engineArchive) matches(found *docker.Image) bool {
	if found == nil {
		return false
	}
	for _, member := range found.Manifests {
		if member.ID == d.image.Root.Descriptor.Digest.String() {
			return member.Available
		}
	}
	return found.ID == d.ids()[0].String()
}

// commit completes the archive, or tags the existing image. It then reads the
// image back.
func (d *engineArchive) commit(ctx context.Context) error {
	switch {
	case d.result.Unchanged:
		return nil // lookUp has already read the image
	case d.load == nil:
		if err := d.engine.Tag(ctx, d.result.ID, *d.tag); err != nil {
			return RunnerError(err)
		}
	default:
		if err := d.stream.commit(ctx); err != nil {
			return err
		}
		d.ended = true
		if err := d.load.Close(); err != nil {
			return RunnerError(err)
		}
	}
	return d.verifyLoaded(ctx)
}

// verifyLoaded reads the image back by its name, or by its id if it has no name.
func (d *engineArchive) verifyLoaded(ctx context.Context) error {
	by := d.result.Name
	if by == "" {
		by = d.ids()[0].String()
	}
	found, err := d.engine.Image(ctx, by)
	if err != nil {
		return RunnerError(err)
	}
	if d.matches(found) {
		d.result.ID = found.ID
		return nil
	}
	is := "no image"
	if found != nil {
		is = found.ID
	}
	return newError(CodeDiffers, "Run this step again while no other program loads or removes images in the engine.", nil,
		"the Docker engine has %s instead of %s under the name %q", is, d.ids()[0], by)
}

// close aborts a load that was not committed.
func (d *engineArchive) close() error {
	if d.load != nil && !d.ended {
		d.load.Abort(errIncomplete)
	}
	return nil
}

// RunnerError changes the side of an engine's error from source to runner. In
// package docker, an engine is a source. In this package, the engine is the
// destination.
func RunnerError(err error) error {
	var e *diag.Error
	if !errors.As(err, &e) || e.Side != diag.Source {
		return err
	}
	moved := *e
	moved.Side = diag.Runner
	return &moved
}
