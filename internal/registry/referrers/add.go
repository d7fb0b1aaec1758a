package referrers

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"time"

	"github.com/google/go-containerregistry/pkg/name"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/types"

	"github.com/ghcr-publish/ghcr-publish/internal/diag"
	"github.com/ghcr-publish/ghcr-publish/internal/image"
	"github.com/ghcr-publish/ghcr-publish/internal/registry"
)

// rounds is how often the list is written before it is given up.
const rounds = 12

// Wait is the least time before the list is looked at again; the most is three
// times as much. It has to be long beside a request and its answer.
const Wait = 250 * time.Millisecond

// Writer adds to lists of referrers.
type Writer struct {
	Registry *registry.Client
	// Wait is the least time before the list is read again; zero is [Wait].
	Wait time.Duration
	// Sleep waits; nil waits for real.
	Sleep func(context.Context, time.Duration) error
}

// Add lists manifests, which are in the repository already, as referrers of
// the subject. It does nothing where the registry has the API. It returns once
// the list was seen with all of them, a wait after they were written.
func (w *Writer) Add(ctx context.Context, repo name.Repository, subject v1.Hash, add []v1.Descriptor) error {
	if _, err := w.Registry.Referrers(ctx, repo, subject); err == nil {
		return nil
	} else if !registry.IsAbsent(err) {
		return fmt.Errorf("listing what refers to %s: %w", subject, err)
	}
	want := map[v1.Hash]v1.Descriptor{}
	for _, d := range add {
		want[d.Digest] = d
	}
	for range rounds {
		list, annotations, err := fallback(ctx, w.Registry, repo, subject)
		if err != nil {
			return err
		}
		if !lacks(list, want) {
			return nil
		}
		if err := w.put(ctx, repo, subject, annotations, want); err != nil {
			return err
		}
		if err := w.pause(ctx); err != nil {
			return err
		}
	}
	return &diag.Error{
		Code: "referrers-contested", Side: diag.Registry,
		Title: fmt.Sprintf("What refers to %s could not be listed: other runs overwrote the tag %s %d times", subject, Tag(subject), rounds),
		Hint:  "Run it again, and let such runs wait for each other with a concurrency group.",
	}
}

// lacks reports whether the list is not complete, and adds to want what others
// wrote: so that it comes back if yet another overwrites it.
func lacks(list []v1.Descriptor, want map[v1.Hash]v1.Descriptor) bool {
	here := map[v1.Hash]bool{}
	for _, d := range list {
		here[d.Digest] = true
	}
	missing := false
	for digest := range want {
		missing = missing || !here[digest]
	}
	for _, d := range list {
		if _, ours := want[d.Digest]; !ours {
			want[d.Digest] = d
		}
	}
	return missing
}

// put writes the index, sorted: writers that know the same write the same.
func (w *Writer) put(ctx context.Context, repo name.Repository, subject v1.Hash, annotations map[string]string, all map[v1.Hash]v1.Descriptor) error {
	doc := v1.IndexManifest{SchemaVersion: 2, MediaType: types.OCIImageIndex, Annotations: annotations}
	for _, d := range all {
		doc.Manifests = append(doc.Manifests, d)
	}
	slices.SortFunc(doc.Manifests, func(a, b v1.Descriptor) int { return strings.Compare(a.Digest.String(), b.Digest.String()) })
	raw, err := json.Marshal(doc)
	if err != nil {
		return fmt.Errorf("writing what refers to %s: %w", subject, err)
	}
	digest, size, err := v1.SHA256(bytes.NewReader(raw))
	if err != nil {
		return err
	}
	m := &image.Manifest{Raw: raw, Descriptor: v1.Descriptor{MediaType: types.OCIImageIndex, Digest: digest, Size: size}}
	if err := w.Registry.PutManifest(ctx, repo.Tag(Tag(subject)), m); err != nil {
		return fmt.Errorf("writing what refers to %s: %w", subject, err)
	}
	return nil
}

func (w *Writer) pause(ctx context.Context) error {
	wait := w.Wait
	if wait == 0 {
		wait = Wait
	}
	wait += rand.N(2 * wait) //nolint:gosec // spreads writers; nobody gains by guessing it
	if w.Sleep != nil {
		return w.Sleep(ctx, wait)
	}
	t := time.NewTimer(wait)
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}
