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
	// Sleep waits between two writes of the list. If Sleep is nil, Add waits on
	// the real clock.
	Sleep retry.Sleeper
}

// Add adds manifests to the list of the referrers of the subject. The manifests
// must already be in the repository. Add does nothing if the registry has the
// referrers API. After each write, Add waits and reads the list again. Add
// returns when the list contains all manifests.
func (w *Writer) Add(ctx context.Context, repo name.Repository, subject v1.Hash, add []v1.Descriptor) error {
	if _, err := w.Registry.Referrers(ctx, repo, subject); err == nil {
		return nil
	} else if !registry.IsAbsent(err) {
		return fmt.Errorf("listing the referrers of %q: %w", subject, err)
	}
	want := map[v1.Hash]v1.Descriptor{}
	for _, d := range add {
		want[d.Digest] = d
	}
	for range maxRounds {
		list, annotations, err := fallback(ctx, w.Registry, repo, subject)
		if err != nil {
			return err
		}
		if !mergeInto(want, list) {
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
		Code: CodeOverwritten, Side: diag.Registry,
		Title: fmt.Sprintf("The list of the referrers of %s is incomplete, because other runs overwrote the tag %s %d times", subject, Tag(subject), maxRounds),
		Hint:  "Run again, and add a concurrency group to the workflow so that only one run signs or attests at a time.",
	}
}

// mergeInto reports whether a wanted entry is missing in the list. mergeInto also adds
// all other entries of the list to the wanted entries. The next write can then restore
// all entries that another writer removed.
func mergeInto(want map[v1.Hash]v1.Descriptor, list []v1.Descriptor) (incomplete bool) {
	listed := map[v1.Hash]bool{}
	for _, d := range list {
		listed[d.Digest] = true
	}
	for digest := range want {
		incomplete = incomplete || !listed[digest]
	}
	for _, d := range list {
		if _, known := want[d.Digest]; !known {
			want[d.Digest] = d
		}
	}
	return incomplete
}

// put writes the index with sorted entries, so that writers with the same
// entries write the same bytes.
func (w *Writer) put(ctx context.Context, repo name.Repository, subject v1.Hash, annotations map[string]string, all map[v1.Hash]v1.Descriptor) error {
	doc := v1.IndexManifest{SchemaVersion: 2, MediaType: types.OCIImageIndex, Annotations: annotations}
	for _, d := range all {
		doc.Manifests = append(doc.Manifests, d)
	}
	slices.SortFunc(doc.Manifests, func(a, b v1.Descriptor) int { return strings.Compare(a.Digest.String(), b.Digest.String()) })
	raw, err := json.Marshal(doc)
	if err != nil {
		return fmt.Errorf("writing the referrers of %q: %w", subject, err)
	}
	digest, size, err := v1.SHA256(bytes.NewReader(raw))
	if err != nil {
		return err
	}
	m := &image.Manifest{Raw: raw, Descriptor: v1.Descriptor{MediaType: types.OCIImageIndex, Digest: digest, Size: size}}
	if err := w.Registry.PutManifest(ctx, repo.Tag(Tag(subject)), m); err != nil {
		return fmt.Errorf("writing the referrers of %q: %w", subject, err)
	}
	return nil
}

func (w *Writer) pause(ctx context.Context) error {
	wait := w.Wait
	if wait == 0 {
		wait = Wait
	}
	wait += rand.N(2 * wait) //nolint:gosec // a random wait separates the writers; it needs no secrecy
	return w.Sleep.Wait(ctx, wait)
}
