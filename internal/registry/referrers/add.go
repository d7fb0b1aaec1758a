package referrers

import (
	"context"
	"math/rand/v2"
	"time"

	"github.com/google/go-containerregistry/pkg/name"
	v1 "github.com/google/go-containerregistry/pkg/v1"

	"github.com/ghcr-publish/ghcr-publish/internal/registry"
	"github.com/ghcr-publish/ghcr-publish/internal/registry/retry"
)

// maxRounds limits how often Add writes the list of referrers, and how often Add reads the
// list after one write.
const maxRounds = 12

// Rereads are the waits for a registry that shows an old list for some seconds. ghcr.io has
// shown an old list for five seconds.
var Rereads = []time.Duration{0, time.Second, 2 * time.Second, 3 * time.Second}

// Wait is the shortest wait before Add reads the list again. The longest wait is
// three times as long as Wait. Wait must be much longer than the time of one
// request.
const Wait = 250 * time.Millisecond

// CodeOverwritten reports that the list of referrers does not contain the entries that the
// run wrote.
const CodeOverwritten = "referrers-overwritten"

// Writer adds manifests to lists of referrers.
type Writer struct {
	Registry *registry.Client
	// Wait is the shortest wait before Add reads the list again. If Wait is
	// zero, Add uses the constant [Wait].
	Wait time.Duration
	// Waits are the waits before each read after a write, without the random part. If
	// Waits is not nil, it replaces Wait, and its length is the maximum number of reads. If the first wait
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

// rounds returns the maximum number of writes, and of reads after one write.
func (w *Writer) rounds() int {
	if w.Waits != nil {
		return len(w.Waits)
	}
	return maxRounds
}

// pause waits before the next read. Writes is the number of writes, and reads is the number
// of reads since the last write. Only the first read after the first write is immediate.
func (w *Writer) pause(ctx context.Context, writes, reads int) error {
	wait := w.Wait
	if wait == 0 {
		wait = Wait
	}
	random := 2 * wait
	if w.Waits != nil {
		if writes > 1 {
			reads++
		}
		if wait = w.Waits[min(reads, len(w.Waits)-1)]; wait == 0 {
			return nil
		}
		random = wait / 2
	}
	return w.Sleep.Wait(ctx, wait+rand.N(random)) //nolint:gosec // a random wait separates the writers; it needs no secrecy
}
