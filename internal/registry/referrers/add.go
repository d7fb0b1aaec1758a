package referrers

import (
	"bytes"
	"context"
	"encoding/json"
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
// must already be in the repository. Add does nothing if the registry has the
// referrers API. After each write, Add waits and reads the list again. Add
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
	// hasAPI is true if the registry maintains the list itself.
	hasAPI      bool
	entries     []v1.Descriptor
	annotations map[string]string
}

// Open reads the list of the referrers of a subject. The caller must call [Listing.Add]
// soon, because other programs can write the list at any time.
func (w *Writer) Open(ctx context.Context, repo name.Repository, subject v1.Hash) (*Listing, error) {
	l := &Listing{writer: w, repo: repo, subject: subject}
	var absent, err error
	var reading sync.WaitGroup
	// The two reads are concurrent, because ghcr.io has only the fallback tag.
	reading.Go(func() { _, absent = w.Registry.Referrers(ctx, repo, subject) })
	reading.Go(func() { l.entries, l.annotations, err = w.read(ctx, repo, subject) })
	reading.Wait()
	switch {
	case absent == nil:
		l.hasAPI = true
		return l, nil
	case !registry.IsAbsent(absent):
		return nil, fmt.Errorf("listing the referrers of %q: %w", subject, absent)
	}
	return l, err
}

// read reads the index under the fallback tag. A refusal (401 or 403) is an error and no
// empty list, because a write would then remove the entries of other programs. The run has
// already pushed to the repository, so the registry hides nothing from its token.
func (w *Writer) read(ctx context.Context, repo name.Repository, subject v1.Hash) ([]v1.Descriptor, map[string]string, error) {
	return fallback(ctx, w.Registry, repo, subject, registry.IsNotFound)
}

// merge returns the entries of the first list in their order, and then the other entries of
// the second list.
func merge(first, second []v1.Descriptor) []v1.Descriptor {
	out := slices.Clone(first)
	for _, d := range second {
		if !contains(first, d.Digest) {
			out = append(out, d)
		}
	}
	return out
}

func contains(list []v1.Descriptor, digest v1.Hash) bool {
	return slices.ContainsFunc(list, func(d v1.Descriptor) bool { return d.Digest == digest })
}

// Add adds manifests to the list, as [Writer.Add] does.
func (l *Listing) Add(ctx context.Context, add []v1.Descriptor) error {
	if l.hasAPI {
		return nil
	}
	shown := l.entries
	// The next write also restores the entries that another writer removed since an earlier
	// read.
	for round := 0; ; round++ {
		complete := merge(shown, merge(l.entries, add))
		if len(complete) == len(shown) {
			return nil
		}
		if round == l.writer.rounds() {
			return &diag.Error{
				Code: CodeOverwritten, Side: diag.Registry,
				Title: fmt.Sprintf("The list of the referrers of %s is incomplete, because other runs overwrote the tag %s %d times", l.subject, Tag(l.subject), round),
				Hint:  "Run again, and add a concurrency group to the workflow so that only one run signs or attests at a time.",
			}
		}
		var err error
		if l.entries, err = l.putExisting(ctx, complete, add); err != nil {
			return err
		}
		if err := l.writer.pause(ctx, round); err != nil {
			return err
		}
		now, annotations, err := l.writer.read(ctx, l.repo, l.subject)
		if err != nil {
			return err
		}
		shown, l.annotations = now, annotations
	}
}

// putExisting writes the index, and returns its entries. A registry refuses an index with an
// entry whose manifest was deleted. putExisting then omits this entry, unless it is one of
// the entries to add.
func (l *Listing) putExisting(ctx context.Context, entries, add []v1.Descriptor) ([]v1.Descriptor, error) {
	err := l.put(ctx, entries)
	var refused *registry.Error
	if !errors.As(err, &refused) {
		return entries, err
	}
	missing := refused.Missing()
	left := slices.DeleteFunc(slices.Clone(entries), func(d v1.Descriptor) bool {
		return slices.Contains(missing, d.Digest.String()) && !contains(add, d.Digest)
	})
	if len(left) == len(entries) {
		return entries, err
	}
	return left, l.put(ctx, left)
}

// put writes the index. Entries of other programs stay unchanged and in their order.
func (l *Listing) put(ctx context.Context, entries []v1.Descriptor) error {
	raw, err := json.Marshal(v1.IndexManifest{SchemaVersion: 2, MediaType: types.OCIImageIndex, Annotations: l.annotations, Manifests: entries})
	if err != nil {
		return fmt.Errorf("writing the referrers of %q: %w", l.subject, err)
	}
	digest, size, err := v1.SHA256(bytes.NewReader(raw))
	if err != nil {
		return err
	}
	m := &image.Manifest{Raw: raw, Descriptor: v1.Descriptor{MediaType: types.OCIImageIndex, Digest: digest, Size: size}}
	if err := l.writer.Registry.PutManifest(ctx, l.repo.Tag(Tag(l.subject)), m); err != nil {
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
