package referrers

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"sync"
	"time"

	"github.com/google/go-containerregistry/pkg/name"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/types"

	"github.com/ghcr-publish/ghcr-publish/internal/diag"
	"github.com/ghcr-publish/ghcr-publish/internal/image"
	"github.com/ghcr-publish/ghcr-publish/internal/registry"
	"github.com/ghcr-publish/ghcr-publish/internal/registry/retry"
)

// maxRounds limits how often Add writes the list of referrers.
const maxRounds = 12

// Wait is the shortest wait before Add reads the list again. The longest wait is
// three times as long as Wait. Wait must be much longer than the time of one
// request.
const Wait = 250 * time.Millisecond

// CodeOverwritten reports that other runs overwrote the list of referrers after
// each write of this run.
const CodeOverwritten = "referrers-overwritten"

// Writer adds manifests to lists of referrers.
type Writer struct {
	Registry *registry.Client
	// Wait is the shortest wait before Add reads the list again. If Wait is
	// zero, Add uses the constant [Wait].
	Wait time.Duration
	// Waits are the waits before each read after a write, without the random part. If
	// Waits is not nil, it replaces Wait and the maximum number of writes. If the first wait
	// is 0, Add reads the list immediately after the first write.
	Waits []time.Duration
	// Sleep waits between two writes of the list. If Sleep is nil, Add waits on
	// the real clock.
	Sleep retry.Sleeper
}

// Add adds manifests to the list of the referrers of the subject. The manifests
// must already be in the repository. If the referrers API of the registry lists the
// manifests, Add writes nothing. After each write, Add waits and reads the list again. Add
// returns when the list contains all manifests.
func (w *Writer) Add(ctx context.Context, repo name.Repository, subject v1.Hash, add []v1.Descriptor) error {
	list, err := w.Open(ctx, repo, subject)
	if err != nil {
		return err
	}
	return list.Add(ctx, add)
}

// Listing is a list of referrers that was read in order to write it.
type Listing struct {
	writer  *Writer
	repo    name.Repository
	subject v1.Hash
	// hasAPI is true if the registry has the referrers API.
	hasAPI bool
	index  *document // as the registry has last shown it
	state  string    // the header ETag of the index
}

// Open reads the list of the referrers of a subject. The caller must call [Listing.Add]
// soon, because other programs can write the list at any time.
func (w *Writer) Open(ctx context.Context, repo name.Repository, subject v1.Hash) (*Listing, error) {
	l := &Listing{writer: w, repo: repo, subject: subject}
	var apiErr, err error
	var reading sync.WaitGroup
	// The two reads are concurrent, because ghcr.io has only the fallback tag.
	reading.Go(func() { _, l.hasAPI, apiErr = fromAPI(ctx, w.Registry, repo, subject) })
	reading.Go(func() { err = l.read(ctx) })
	reading.Wait()
	if l.hasAPI && apiErr == nil {
		return l, nil // The API replaces the fallback tag, which may be anything.
	}
	return l, errors.Join(apiErr, err)
}

// read reads the index under the fallback tag.
func (l *Listing) read(ctx context.Context) (err error) {
	l.index, l.state, err = fallback(ctx, l.writer.Registry, l.repo, l.subject)
	return err
}

// merge returns the entries of the first list in their order, and then the other entries of
// the second list.
func merge(first, second []entry) []entry {
	out := slices.Clone(first)
	for _, e := range second {
		if e.Digest != (v1.Hash{}) && !contains(first, e.Digest) {
			out = append(out, e)
		}
	}
	return out
}

func contains(list []entry, digest v1.Hash) bool {
	return slices.ContainsFunc(list, func(e entry) bool { return e.Digest == digest })
}

// Add adds manifests to the list, as [Writer.Add] does.
func (l *Listing) Add(ctx context.Context, descriptors []v1.Descriptor) error {
	add, err := newEntries(descriptors)
	if err != nil {
		return err
	}
	if l.hasAPI {
		listed, err := l.listedByAPI(ctx, add)
		if err != nil || listed {
			return err
		}
		if err := l.read(ctx); err != nil {
			return err
		}
	}
	return l.addToIndex(ctx, add)
}

// listedByAPI reports whether the referrers API lists all entries. A registry without a real
// API can answer with an empty list.
func (l *Listing) listedByAPI(ctx context.Context, add []entry) (bool, error) {
	list, _, err := fromAPI(ctx, l.writer.Registry, l.repo, l.subject)
	for _, e := range add {
		if !slices.ContainsFunc(list, func(d v1.Descriptor) bool { return d.Digest == e.Digest }) {
			return false, err
		}
	}
	return true, err
}

// addToIndex adds entries to the index under the fallback tag.
func (l *Listing) addToIndex(ctx context.Context, add []entry) error {
	known := l.index.entries
	for round := 0; ; round++ {
		// The write also restores the entries that another writer removed since an earlier
		// read.
		complete := merge(l.index.entries, merge(known, add))
		if len(complete) == len(l.index.entries) {
			return nil
		}
		if round == l.writer.rounds() {
			return &diag.Error{
				Code: CodeOverwritten, Side: diag.Registry,
				Title: fmt.Sprintf("The list of the referrers of %s is incomplete, because other runs overwrote the tag %s %d times", l.subject, Tag(l.subject), round),
				Hint:  "Run again, and add a concurrency group to the workflow so that only one run signs or attests at a time.",
			}
		}
		written, err := l.putExisting(ctx, complete, add)
		switch {
		case err == nil:
			known = written
		case !registry.IsChanged(err):
			return err
		}
		if err := l.writer.pause(ctx, round); err != nil {
			return err
		}
		if err := l.read(ctx); err != nil {
			return err
		}
	}
}

// putExisting writes the index, and returns its entries. A registry refuses an index with an
// entry whose manifest was deleted. putExisting then omits this entry, unless it is one of
// the entries to add.
func (l *Listing) putExisting(ctx context.Context, entries, add []entry) ([]entry, error) {
	err := l.put(ctx, entries)
	var refused *registry.Error
	if !errors.As(err, &refused) {
		return entries, err
	}
	missing := refused.Missing()
	left := slices.DeleteFunc(slices.Clone(entries), func(e entry) bool {
		return slices.Contains(missing, e.Digest.String()) && !contains(add, e.Digest)
	})
	if len(left) == len(entries) {
		return entries, err
	}
	return left, l.put(ctx, left)
}

// put writes the index. All bytes of the entries and of the fields of other programs stay
// the same, and the entries stay in their order.
func (l *Listing) put(ctx context.Context, entries []entry) error {
	raw := l.index.text(entries)
	digest, size, err := v1.SHA256(bytes.NewReader(raw))
	if err != nil {
		return err
	}
	m := &image.Manifest{Raw: raw, Descriptor: v1.Descriptor{MediaType: types.OCIImageIndex, Digest: digest, Size: size}}
	if err := l.writer.Registry.ReplaceTag(ctx, l.repo.Tag(Tag(l.subject)), m, l.state); err != nil {
		return fmt.Errorf("writing the referrers of %q: %w", l.subject, err)
	}
	return nil
}

// rounds returns the maximum number of writes.
func (w *Writer) rounds() int {
	if w.Waits != nil {
		return len(w.Waits)
	}
	return maxRounds
}

// pause waits before the read that follows a write.
func (w *Writer) pause(ctx context.Context, round int) error {
	wait := w.Wait
	if wait == 0 {
		wait = Wait
	}
	random := 2 * wait
	if w.Waits != nil {
		if wait = w.Waits[round]; wait == 0 {
			return nil
		}
		random = wait / 2
	}
	return w.Sleep.Wait(ctx, wait+rand.N(random)) //nolint:gosec // a random wait separates the writers; it needs no secrecy
}
