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

// Placed is what became of an image in an engine.
type Placed struct {
	ID string
	// Name is what it is called there; empty for an image that was pulled by
	// its digest and got no name.
	Name string
	// Unchanged says that all was so before.
	Unchanged bool
}

// engineArchive is an archive that a Docker engine reads while it is written. What
// the engine has is not sent: the whole image, or layers that it would not
// read from the archive.
type engineArchive struct {
	stream
	engine *docker.Daemon
	image  Image
	tag    *name.Tag // nil for an image without a name
	has    map[v1.Hash]bool
	load   *docker.Load // nil where nothing has to be sent
	ended  bool
	placed Placed
}

// errCut is why an engine got half an archive.
var errCut = errors.New("the image did not come whole")

func openDocker(ctx context.Context, t Target, img Image, blobs []*image.Blob) (store, error) {
	d := &engineArchive{engine: img.Engine, image: img, has: map[v1.Hash]bool{}}
	if err := d.call(t); err != nil {
		return nil, err
	}
	docs, err := documents(Target{Kind: DockerArchive}, d.image)
	if err != nil {
		return nil, err
	}
	if err := d.look(ctx, blobs); err != nil || d.placed.ID != "" {
		return d, InEngine(err)
	}
	var sent []*image.Blob
	for _, b := range blobs {
		if !d.has[b.Descriptor.Digest] {
			sent = append(sent, b)
		}
	}
	if d.plan, err = layOut(docs, sent); err != nil {
		return nil, err
	}
	d.load = d.engine.Load(ctx, d.plan.size)
	d.out = d.load
	return d, nil
}

// call settles what the image is called: as docker pull does it, what it is
// pulled by. A digest is that of the image, not of the index around it: a
// store that takes digests for names holds the image alone.
func (d *engineArchive) call(t Target) error {
	ref := d.image.Reference
	if t.Ref != "" {
		tag, err := name.NewTag(t.Ref)
		if err != nil {
			return fmt.Errorf("naming the image %q: %w", t.Ref, err)
		}
		ref = tag
	}
	if tag, ok := ref.(name.Tag); ok {
		d.tag, d.placed.Name = &tag, familiar(tag)
	} else {
		ref = ref.Context().Digest(d.image.Root.Descriptor.Digest.String())
	}
	d.image.Reference = ref
	return nil
}

// look asks what is there already.
func (d *engineArchive) look(ctx context.Context, blobs []*image.Blob) error {
	found, err := d.find(ctx)
	if err != nil {
		return err
	}
	if found == nil {
		return d.share(ctx)
	}
	d.placed.ID = found.ID
	for _, b := range blobs {
		d.has[b.Descriptor.Digest] = true
	}
	return nil
}

// find looks for the image: first by its name, then by the ids it may have.
func (d *engineArchive) find(ctx context.Context) (*docker.Image, error) {
	if d.tag != nil {
		found, err := d.engine.Image(ctx, d.placed.Name)
		if err != nil {
			return nil, err
		}
		if d.is(found) {
			d.placed.Unchanged = true
			return found, nil
		}
	}
	for _, id := range d.ids() {
		found, err := d.engine.Image(ctx, id.String())
		if err != nil {
			return nil, err
		}
		if d.is(found) {
			d.placed.Unchanged = d.tag == nil
			return found, nil
		}
	}
	return nil, nil
}

// ids are those that the image may have in this engine's store.
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

// is reports whether what the engine has is the image, whole.
func (d *engineArchive) is(found *docker.Image) bool {
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

// commit ends the archive, or points the name, and reads back what came of it.
func (d *engineArchive) commit(ctx context.Context) error {
	switch {
	case d.placed.Unchanged:
		return nil // read a moment ago
	case d.load == nil:
		if err := d.engine.Tag(ctx, d.placed.ID, *d.tag); err != nil {
			return InEngine(err)
		}
	default:
		if err := d.stream.commit(ctx); err != nil {
			return err
		}
		d.ended = true
		if err := d.load.Close(); err != nil {
			return InEngine(err)
		}
	}
	return d.prove(ctx)
}

// prove reads the image back by its name, or by its id if it has none.
func (d *engineArchive) prove(ctx context.Context) error {
	by := d.placed.Name
	if by == "" {
		by = d.ids()[0].String()
	}
	found, err := d.engine.Image(ctx, by)
	if err != nil {
		return InEngine(err)
	}
	if d.is(found) {
		d.placed.ID = found.ID
		return nil
	}
	is := "nothing"
	if found != nil {
		is = found.ID
	}
	return problem(CodeDiffers, "Run it again, while nothing else loads or removes images there.", nil,
		"the Docker engine has %s under %q, where %s was expected", is, by, d.ids()[0])
}

// close cuts off what was not committed.
func (d *engineArchive) close() error {
	if d.load != nil && !d.ended {
		d.load.Abort(errCut)
	}
	return nil
}

// InEngine puts an engine's errors on the side where the image goes: the room
// of engines speaks of sources.
func InEngine(err error) error {
	var e *diag.Error
	if !errors.As(err, &e) || e.Side != diag.Source {
		return err
	}
	told := *e
	told.Side = diag.Runner
	return &told
}
