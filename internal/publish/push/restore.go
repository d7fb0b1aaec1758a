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
//   - Elsewhere: another run has moved or deleted the tag. Restore does not write this tag.
//   - Moved: the tag points at the new image. The tag did not exist before the run, its
//     previous digest is unknown, or the registry refused to move the tag back.
//   - Unclear: the state of the tag could not be read.
//
// Restore reads each tag immediately before it writes the tag. The registry has no
// conditional write, so another run can still write the tag between this read and the
// write (docs/ghcr.md, Manifests and tags).
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
	previous, err := w.previous(ctx, tag)
	if err != nil {
		return err
	}
	shown, err := w.read(ctx, tag.Tag)
	if err != nil {
		return fmt.Errorf("reading %q: %w", tag.Tag, err)
	}
	// A registry can still show the previous digest after it has confirmed a write, so the
	// run writes the previous digest in this case too.
	ours := shown == w.Result.Root.Descriptor.Digest || tag.Before != nil && shown == *tag.Before
	if previous != nil && ours {
		return w.putBack(ctx, tag, previous)
	}
	w.observe(tag, shown)
	return nil
}

// observe sets the state of a tag that the run does not write again.
func (w *Work) observe(tag *TagResult, shown v1.Hash) {
	absent := shown == (v1.Hash{})
	switch {
	case shown == w.Result.Root.Descriptor.Digest:
		w.set(tag, Moved)
	case tag.Before != nil && shown == *tag.Before:
		w.set(tag, Restored)
	case absent && tag.Before == nil && tag.State == Unclear:
		w.set(tag, Untouched)
	case absent && tag.Before == nil:
		// The registry has confirmed the write of the new tag, but does not show it yet.
	default:
		w.mu.Lock()
		defer w.mu.Unlock()
		tag.State, tag.Now = Elsewhere, shown
	}
}

// previous returns the manifest at which the tag pointed before the run, or nil if the tag
// was absent or was not read.
func (w *Work) previous(ctx context.Context, tag *TagResult) (*image.Manifest, error) {
	if tag.Before == nil {
		return nil, nil
	}
	desc, raw, err := w.Registry.Manifest(ctx, tag.Tag.Context().Digest(tag.Before.String()))
	if err != nil {
		return nil, fmt.Errorf("reading the previous image of %q: %w", tag.Tag, err)
	}
	return &image.Manifest{Descriptor: desc, Raw: raw}, nil
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
func (w *Work) putBack(ctx context.Context, tag *TagResult, previous *image.Manifest) error {
	err := w.Registry.PutManifest(ctx, tag.Tag, previous)
	if err == nil {
		w.set(tag, Restored)
		return nil
	}
	shown, unread := w.read(ctx, tag.Tag)
	if unread != nil {
		w.set(tag, Unclear)
	} else {
		w.observe(tag, shown)
	}
	if tag.State == Restored {
		return nil // The registry has done the write, but its response was lost.
	}
	return fmt.Errorf("pointing %q at its previous image: %w", tag.Tag, err)
}

func (w *Work) set(tag *TagResult, state TagState) {
	w.mu.Lock()
	defer w.mu.Unlock()
	tag.State = state
}
