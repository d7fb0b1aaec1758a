package push

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/google/go-containerregistry/pkg/name"
	v1 "github.com/google/go-containerregistry/pkg/v1"

	"github.com/ghcr-publish/ghcr-publish/internal/image"
	"github.com/ghcr-publish/ghcr-publish/internal/registry"
)

// Restore points every tag that [Tag] has moved at its previous digest again. The caller
// calls Restore if Tag failed, so that the images of one release stay together. Restore
// sets the real state of each tag:
//
//   - Restored: the tag points at its previous digest again.
//   - Untouched: the tag was not written, although the registry did not confirm this.
//   - Moved: the tag points at the new image. The tag did not exist before the run, its
//     previous digest is unknown, or the registry refused to move the tag back.
//   - Unclear: the state of the tag could not be read.
//
// The registry protocol has no request that removes a tag of ghcr.io (docs/ghcr.md,
// Manifests and tags). If the context ends, Restore continues for the time grace.
func Restore(ctx context.Context, grace time.Duration, works ...*Work) error {
	writing, stop := graceful(ctx, grace)
	defer stop()
	var (
		wg    sync.WaitGroup
		tasks = tagTasks(works)
		errs  = make([]error, len(tasks))
		slots = make(chan struct{}, maxConcurrentWrites)
	)
	for i, t := range tasks {
		if t.tag.State != Moved && t.tag.State != Unclear {
			continue
		}
		wg.Go(func() {
			slots <- struct{}{}
			defer func() { <-slots }()
			errs[i] = t.work.restore(writing, t.tag)
		})
	}
	wg.Wait()
	return errors.Join(errs...)
}

// restore restores one tag.
func (w *Work) restore(ctx context.Context, tag *TagResult) error {
	shown, err := w.read(ctx, tag.Tag)
	if err != nil {
		return fmt.Errorf("reading %q: %w", tag.Tag, err)
	}
	root := w.Result.Root.Descriptor.Digest
	switch {
	case tag.Before != nil && (shown == root || shown == *tag.Before || tag.State == Moved && shown == (v1.Hash{})):
		// A registry can still show the previous digest after it has confirmed a write, so
		// the run writes the previous digest in this case too.
		return w.putBack(ctx, tag)
	case shown == root:
		w.set(tag, Moved)
	case shown == (v1.Hash{}) && tag.State == Unclear:
		w.set(tag, Untouched)
	case shown != (v1.Hash{}):
		w.set(tag, Unclear)
		return fmt.Errorf("restoring %q: another run pointed the tag at %s", tag.Tag, shown)
	}
	return nil
}

// read returns the digest of a tag, or the zero Hash if the tag does not exist.
func (w *Work) read(ctx context.Context, tag name.Tag) (v1.Hash, error) {
	desc, err := w.Registry.Head(ctx, tag)
	if registry.IsAbsent(err) {
		return v1.Hash{}, nil
	}
	return desc.Digest, err
}

// putBack writes the previous manifest of a tag under the tag.
func (w *Work) putBack(ctx context.Context, tag *TagResult) error {
	desc, raw, err := w.Registry.Manifest(ctx, tag.Tag.Context().Digest(tag.Before.String()))
	if err != nil {
		return fmt.Errorf("reading the previous image of %q: %w", tag.Tag, err)
	}
	if err := w.Registry.PutManifest(ctx, tag.Tag, &image.Manifest{Descriptor: desc, Raw: raw}); err != nil {
		if w.readState(ctx, tag) == Restored {
			return nil // The registry has done the write, but its response was lost.
		}
		return fmt.Errorf("pointing %q at its previous image: %w", tag.Tag, err)
	}
	w.set(tag, Restored)
	return nil
}

// readState reads the state of a tag after a failed attempt to point it at its previous
// digest.
func (w *Work) readState(ctx context.Context, tag *TagResult) TagState {
	state := Unclear
	if shown, err := w.read(ctx, tag.Tag); err == nil {
		switch shown {
		case *tag.Before:
			state = Restored
		case w.Result.Root.Descriptor.Digest:
			state = Moved
		}
	}
	w.set(tag, state)
	return state
}

func (w *Work) set(tag *TagResult, state TagState) {
	w.mu.Lock()
	defer w.mu.Unlock()
	tag.State = state
}
