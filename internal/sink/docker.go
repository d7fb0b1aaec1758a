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

// EngineImage describes the image that a Docker engine has after Commit.
type EngineImage struct {
	ID string
	// Name is the name of the image in the engine. Name is empty if the user
	// pulled the image by digest and gave it no name.
	Name string
	// Unchanged is true if the engine already had the image under the same name
	// before Commit.
	Unchanged bool
}

// engineArchive sends an image to a Docker engine as a tar archive. If the
// engine already has the complete image, engineArchive sends nothing.
// Otherwise, engineArchive omits the layers that the engine already has.
type engineArchive struct {
	stream
	engine *docker.Daemon
	image  Image
	tag    *name.Tag // The tag is nil if the image gets no name.
	has    map[v1.Hash]bool
	load   *docker.Load // The load is nil if the engine already has the complete image.
	ended  bool
	result EngineImage
}

// errIncomplete is the error of a load that close has aborted, because the
// engine did not receive all blobs.
var errIncomplete = errors.New("the image was not sent completely")

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

// setName sets the name of the image in the engine. The image gets the name
// that the target contains. If the target contains no name, the image gets the
// pulled reference, as with docker pull. If the pulled reference contains a
// digest, setName replaces this digest by the digest of the image. The pulled digest
// can belong to an index, but the engine stores only one image of the index.
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

// lookUp determines the blobs of the image that the engine already has.
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

// find looks for the image in the engine. The method "find" uses the name of the image
// first, and then the possible ids. If the engine does not have the image, the method
// "find" returns nil.
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

// ids returns the ids that the image can have in the store of the engine.
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

// The method "matches" reports whether an image in the engine is the image to write.
// The method "matches" returns false if the engine has only a part of the content.
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

// commit completes the archive, or tags the existing image. Afterwards, commit
// reads the image back from the engine.
func (d *engineArchive) commit(ctx context.Context) error {
	switch {
	case d.result.Unchanged:
		return nil // The method lookUp has already compared this image with the image to write.
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

// verifyLoaded reads the image back from the engine and compares its id.
// verifyLoaded uses the name of the image, or the id if the image has no name.
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
	return newError(CodeDiffers, "Another program changed the images at the same time. Run this step again while no other program loads or removes images in the Docker engine.", nil,
		"the Docker engine has %s instead of %s under the name %q", is, d.ids()[0], by)
}

// close aborts the load if commit has not completed the archive.
func (d *engineArchive) close() error {
	if d.load != nil && !d.ended {
		d.load.Abort(errIncomplete)
	}
	return nil
}

// RunnerError changes the side of an error from diag.Source to diag.Runner. Package
// docker reports errors of the Docker engine with the side diag.Source. For package sink,
// the Docker engine is not the source but the destination.
func RunnerError(err error) error {
	var e *diag.Error
	if !errors.As(err, &e) || e.Side != diag.Source {
		return err
	}
	moved := *e
	moved.Side = diag.Runner
	return &moved
}
