package cmd

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"

	"github.com/google/go-containerregistry/pkg/name"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"golang.org/x/sync/errgroup"

	"github.com/ghcr-publish/ghcr-publish/internal/diag"
	"github.com/ghcr-publish/ghcr-publish/internal/image"
	"github.com/ghcr-publish/ghcr-publish/internal/input"
	"github.com/ghcr-publish/ghcr-publish/internal/publish/protect"
	"github.com/ghcr-publish/ghcr-publish/internal/publish/push"
	"github.com/ghcr-publish/ghcr-publish/internal/publish/resolve"
	"github.com/ghcr-publish/ghcr-publish/internal/registry"
)

// maxConcurrentTags is the number of tags that are checked concurrently.
const maxConcurrentTags = 8

// tagPolicy decides which tags of one run may move, also if another run writes the
// same tags at the same time.
type tagPolicy struct {
	*publishing
	found *resolve.Found

	once sync.Once
	ours protect.Stamp

	mu    sync.Mutex
	known map[v1.Hash]protect.Finding // by the digest that a tag points at
}

// checkTags returns an error if the input overwrite protects a tag that exists. It
// keeps moving tags that would move to an older image.
func (r *publishing) checkTags(ctx context.Context, found *resolve.Found) (*tagPolicy, error) {
	w := &tagPolicy{publishing: r, found: found, known: map[v1.Hash]protect.Finding{}}
	if err := w.forbidden(); err != nil || !w.monotonic() {
		return w, err
	}
	group, gctx := errgroup.WithContext(ctx)
	group.SetLimit(maxConcurrentTags)
	for i := range found.Targets {
		t := &found.Targets[i]
		t.Held = map[string]string{}
		for tag, now := range t.Now {
			if now == found.Root.Descriptor.Digest || !protect.Moves(tag) {
				continue
			}
			group.Go(func() error {
				w.judge(gctx, t, tag, now)
				return nil
			})
		}
	}
	return w, group.Wait()
}

// monotonic reports whether moving tags may move only to newer images. With
// verify: none, the run does not read the images that tags point at.
func (w *tagPolicy) monotonic() bool {
	return w.config.Monotonic && w.config.Verify != input.VerifyNone
}

// protects reports whether the input overwrite protects a tag.
func (r *publishing) protects(tag string) bool {
	return protect.Forbids(r.config.Overwrite, tag, false)
}

// forbidden returns an error for each tag that exists and that the input overwrite
// protects. If the digest is known only after compression, and could be the digest
// in the registry, recheckTags decides.
func (w *tagPolicy) forbidden() error {
	var errs []error
	root := w.found.Root
	for i := range w.found.Targets {
		t := &w.found.Targets[i]
		for _, tag := range t.Tags {
			now, exists := t.Now[tag]
			same := now == root.Descriptor.Digest || root.Pending() && !w.found.Differs(now)
			if exists && protect.Forbids(w.config.Overwrite, tag, same) {
				errs = append(errs, protected(t.Repo.Tag(tag), now))
			}
		}
	}
	return errors.Join(errs...)
}

func protected(tag name.Tag, now v1.Hash) error {
	class := "versions"
	if protect.Moves(tag.TagStr()) {
		class = "moving"
	}
	return diag.Inputf("overwrite", "tag-exists",
		fmt.Sprintf("What others rely on should not change under its name: publish under another one. To do it all the same, set overwrite: %s=allow.", class),
		"No tag was written: %s exists, and points at %s", tag, now)
}

// judge keeps a tag that would move to an older image.
func (w *tagPolicy) judge(ctx context.Context, t *resolve.Target, tag string, now v1.Hash) {
	f := w.compare(ctx, t.Repo, now)
	if f.Order != protect.Older && (f.Order != protect.Unknown || !w.config.OnlyNewer) {
		return
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	if t.Held[tag] == "" {
		t.Held[tag] = f.Words
		w.report.Notice(held(t.Repo.Tag(tag), now, f))
	}
}

func held(tag name.Tag, now v1.Hash, f protect.Finding) diag.Notice {
	n := diag.Notice{Code: "tag-held", Level: diag.Warning, Title: tag.TagStr() + " was not moved back"}
	n.Text = fmt.Sprintf("%s stays at %s: %s. To move it all the same, as for a rollback, set monotonic: false.", tag, now, f.Words)
	if f.Order == protect.Unknown {
		n.Title = tag.TagStr() + " was not moved"
		n.Text = fmt.Sprintf("%s stays at %s, and only-newer is set: %s.", tag, now, f.Words)
	}
	return n
}

// compare returns the order of this run's image and another image in time.
func (w *tagPolicy) compare(ctx context.Context, repo name.Repository, other v1.Hash) protect.Finding {
	w.mu.Lock()
	f, met := w.known[other]
	w.mu.Unlock()
	if met {
		return f
	}
	w.once.Do(func() { w.ours = w.origin(ctx, w.found.Root) })
	theirs, err := protect.Read(ctx, w.registry, repo, other)
	if err != nil {
		f = protect.Finding{Words: err.Error()}
	} else {
		f = protect.Compare(ctx, w.ours, theirs, w.history())
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.known[other] = f
	return f
}

// history returns the history of the repository that the image is built from.
func (w *tagPolicy) history() protect.History {
	full, ok := strings.CutPrefix(w.ours.Source, w.config.GitHub.ServerURL+"/")
	if !ok {
		return nil
	}
	return func(ctx context.Context, base, head string) (protect.Ancestry, error) {
		c, err := w.packages.Compare(ctx, strings.TrimSuffix(full, ".git"), base, head)
		return protect.Ancestry{Status: c.Status, Ahead: c.AheadBy, Behind: c.BehindBy}, err
	}
}

// origin returns the source, revision and version of an image. The image of a
// build comes from the commit of the workflow; an image in a registry names its
// origin in its labels.
func (r *publishing) origin(ctx context.Context, root *image.Manifest) protect.Stamp {
	gh := r.config.GitHub
	if gh.Active && gh.SHA != "" && !strings.HasPrefix(r.config.Source, "docker://") {
		return protect.Stamp{Source: gh.ServerURL + "/" + gh.Repository, Revision: gh.SHA, Version: r.report.Version}
	}
	s, err := protect.Of(ctx, root)
	if err != nil {
		return protect.Stamp{} // without an origin, images cannot be ordered
	}
	return s
}

// recheckTags reads the tags again after the uploads, because another run may have
// moved them in the meantime.
func (w *tagPolicy) recheckTags(ctx context.Context) (map[string]string, error) {
	if err := w.forbidden(); err != nil || w.config.Verify == input.VerifyNone {
		return nil, err
	}
	out := map[string]string{}
	group, gctx := errgroup.WithContext(ctx)
	group.SetLimit(maxConcurrentTags)
	for i := range w.found.Targets {
		t := &w.found.Targets[i]
		if t.Now == nil {
			continue // the run has not read the tags
		}
		for _, tag := range t.Tags {
			if !w.protects(tag) && (!w.monotonic() || !protect.Moves(tag)) {
				continue
			}
			group.Go(func() error { return w.recheckTag(gctx, t, tag, out) })
		}
	}
	return out, group.Wait()
}

func (w *tagPolicy) recheckTag(ctx context.Context, t *resolve.Target, tag string, out map[string]string) error {
	ref := t.Repo.Tag(tag)
	desc, err := w.registry.Head(ctx, ref)
	if registry.IsAbsent(err) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("reading %q: %w", ref, err)
	}
	if protect.Forbids(w.config.Overwrite, tag, desc.Digest == w.found.Root.Descriptor.Digest) {
		return protected(ref, desc.Digest)
	}
	if w.monotonic() && protect.Moves(tag) && desc.Digest != t.Now[tag] && desc.Digest != w.found.Root.Descriptor.Digest {
		w.judge(ctx, t, tag, desc.Digest)
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	if t.Held[tag] != "" {
		out[ref.String()] = t.Held[tag]
	}
	return nil
}

// resolveConflict decides about a tag that another run wrote after this run.
func (w *tagPolicy) resolveConflict(ctx context.Context, tag name.Tag, shown v1.Hash) push.Verdict {
	if !w.monotonic() || !protect.Moves(tag.TagStr()) {
		return push.Dispute
	}
	switch f := w.compare(ctx, tag.Context(), shown); f.Order {
	case protect.Older:
		w.note(held(tag, shown, f))
		return push.Yield
	case protect.Newer:
		w.note(diag.Notice{
			Code: "tag-mended", Level: diag.Info, Title: tag.TagStr() + " was moved back, and is mended",
			Text: fmt.Sprintf("Another run pointed %s at %s at the same time: %s. It was written again. A concurrency group lets such runs wait for each other.", tag, shown, f.Words),
		})
		return push.Insist
	case protect.Same, protect.Unknown:
	}
	return push.Dispute
}

func (w *tagPolicy) note(n diag.Notice) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.report.Notice(n)
}
