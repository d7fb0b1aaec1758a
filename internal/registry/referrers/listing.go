package referrers

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"

	"github.com/google/go-containerregistry/pkg/name"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/types"

	"github.com/ghcr-publish/ghcr-publish/internal/diag"
	"github.com/ghcr-publish/ghcr-publish/internal/image"
	"github.com/ghcr-publish/ghcr-publish/internal/registry"
)

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

// read reads the index under the fallback tag. A refusal (401 or 403) is an error and no
// empty list, because a write would then remove the entries of other programs. The run has
// already pushed to the repository, so the registry hides nothing from its token.
func (l *Listing) read(ctx context.Context) (err error) {
	l.index, l.state, err = fallback(ctx, l.writer.Registry, l.repo, l.subject, registry.IsNotFound)
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

// progress is the state of an addition to an index.
type progress struct {
	known    []entry   // the entries of the last write, or of the first read
	writes   int       // the number of writes
	reads    int       // the number of reads since the last write
	replaced *document // the index that the last write replaced
}

// addToIndex adds entries to the index under the fallback tag.
func (l *Listing) addToIndex(ctx context.Context, add []entry) error {
	for p := (progress{known: l.index.entries}); ; p.reads++ {
		// The write also restores the entries that another writer removed since an earlier
		// read.
		complete := merge(l.index.entries, merge(p.known, add))
		if len(complete) == len(l.index.entries) {
			return nil
		}
		if err := l.rewrite(ctx, &p, complete, add); err != nil {
			return err
		}
		if p.reads == l.writer.rounds() {
			return l.incomplete(p.writes)
		}
		if err := l.writer.pause(ctx, p.writes, p.reads); err != nil {
			return err
		}
		if err := l.read(ctx); err != nil {
			return err
		}
	}
}

// rewrite writes the index. If the registry still shows the index that the last write
// replaced, rewrite writes nothing, because the write could remove the entries that other
// programs have added since.
func (l *Listing) rewrite(ctx context.Context, p *progress, complete, add []entry) error {
	if l.index.equal(p.replaced) {
		return nil
	}
	if p.writes == l.writer.rounds() {
		return l.incomplete(p.writes)
	}
	p.replaced, p.reads = l.index, 0
	p.writes++
	written, err := l.putExisting(ctx, complete, add)
	if registry.IsChanged(err) {
		p.replaced = nil // The next read shows what the write must contain.
		return nil
	}
	if err == nil {
		p.known = written
	}
	return err
}

// incomplete returns the error for a list that does not contain all entries after the last
// read.
func (l *Listing) incomplete(writes int) error {
	return &diag.Error{
		Code: CodeOverwritten, Side: diag.Registry,
		Title: fmt.Sprintf("The list of the referrers of %s is incomplete after %d writes of the tag %s, because the registry shows an old list, or because other runs overwrite the tag", l.subject, writes, Tag(l.subject)),
		Hint:  "Run again, and add a concurrency group to the workflow so that only one run signs or attests at a time.",
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
