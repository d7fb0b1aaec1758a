package publish

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"

	"github.com/google/go-containerregistry/pkg/name"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"golang.org/x/sync/errgroup"

	"github.com/ghcr-publish/ghcr-publish/internal/diag"
	"github.com/ghcr-publish/ghcr-publish/internal/github"
	"github.com/ghcr-publish/ghcr-publish/internal/image"
	"github.com/ghcr-publish/ghcr-publish/internal/image/rules"
	"github.com/ghcr-publish/ghcr-publish/internal/input"
	"github.com/ghcr-publish/ghcr-publish/internal/publish/plan"
	"github.com/ghcr-publish/ghcr-publish/internal/publish/protect"
	"github.com/ghcr-publish/ghcr-publish/internal/publish/push"
	"github.com/ghcr-publish/ghcr-publish/internal/publish/resolve"
	"github.com/ghcr-publish/ghcr-publish/internal/registry"
)

// maxConcurrentTags is the maximum number of tags that the run checks concurrently.
const maxConcurrentTags = 8

// tagPolicy decides which tags of one run may move. tagPolicy also decides about a
// tag that another run writes at the same time. The type implements [push.Conflicts].
type tagPolicy struct {
	*run
	// origin returns the origin of this run's image, and reads the image only once.
	origin func(context.Context) protect.Origin

	mu   sync.Mutex
	kept plan.Kept
	now  map[string]v1.Hash // the tags that Recheck has read
	// known maps the digests of other images to the findings about these images.
	known map[v1.Hash]protect.Finding
}

func newTagPolicy(r *run) *tagPolicy {
	p := &tagPolicy{run: r, kept: plan.Kept{}, now: map[string]v1.Hash{}, known: map[v1.Hash]protect.Finding{}}
	var once sync.Once
	var origin protect.Origin
	p.origin = func(ctx context.Context) protect.Origin {
		once.Do(func() { origin = r.origin(ctx) })
		return origin
	}
	return p
}

// check returns an error if a tag exists and the input "overwrite" does not allow the run
// to move the tag. check also returns the moving tags that must not move, because the
// image of this run is older.
func (p *tagPolicy) check(ctx context.Context) (plan.Kept, error) {
	if err := errors.Join(p.technical(), p.forbidden()); err != nil || !p.monotonic() {
		return nil, err
	}
	root := p.outcome.Found.Root.Descriptor.Digest
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(maxConcurrentTags)
	for i := range p.outcome.Found.Targets {
		t := &p.outcome.Found.Targets[i]
		for tag, now := range t.Now {
			if now == root || !protect.Moves(tag) {
				continue
			}
			group.Go(func() error {
				p.keepIfOlder(ctx, t.Repo.Tag(tag), now)
				return nil
			})
		}
	}
	err := group.Wait()
	return p.keptTags(), err
}

// keptTags returns a copy of the tags that must not move.
func (p *tagPolicy) keptTags() plan.Kept {
	p.mu.Lock()
	defer p.mu.Unlock()
	return maps.Clone(p.kept)
}

// monotonic reports whether moving tags may move only to newer images. With verify:
// none, the run does not read the images that tags point at.
func (p *tagPolicy) monotonic() bool {
	return p.request.Tags.Monotonic && p.request.Verify.Level != input.VerifyNone
}

// forbids reports whether the input "overwrite" prevents the run from writing an existing
// tag. The parameter "same" is true if the tag already points at the digest of this run.
func (p *tagPolicy) forbids(tag string, same bool) bool {
	return protect.Forbids(p.request.Tags.Overwrite, tag, same)
}

// forbidden returns an error for each tag that exists and that the input "overwrite"
// protects. If the digest of the root is known only after compression, the tag possibly
// already points at this digest. The method Recheck decides about such a tag after the
// compression.
func (p *tagPolicy) forbidden() error {
	var errs []error
	found := p.outcome.Found
	for i := range found.Targets {
		t := &found.Targets[i]
		for _, tag := range t.Tags {
			now, exists := t.Now[tag]
			same := now == found.Root.Descriptor.Digest || found.Root.Pending() && !found.Differs(now)
			if exists && p.forbids(tag, same) {
				errs = append(errs, protectedTag(t.Repo.Tag(tag), now, p.request.Tags.Overwrite))
			}
		}
	}
	return errors.Join(errs...)
}

// technical returns an error if an image would get a technical tag. Clients read the
// manifest of such a tag as the list of referrers or as a signature of another image.
// Signatures and other artifacts can have a technical tag.
func (p *tagPolicy) technical() error {
	if !isImage(p.outcome.Found.Root) {
		return nil
	}
	for _, t := range p.outcome.Found.Targets {
		for _, tag := range t.Tags {
			if subject := image.TechnicalSubject(tag); subject != "" {
				return diag.Inputf("tags", CodeTagTechnical,
					fmt.Sprintf("Use another tag, for example 1.2.3. Under this tag, clients search for the signatures, the attestations or the list of referrers of the image %.19s, and would find this image instead.", subject),
					"The tag %s is reserved for data about an image, and cannot be the tag of an image", tag)
			}
		}
	}
	return nil
}

// isImage reports whether the tree contains an image with layers that clients extract. If
// the run did not read an entry of an index, only the platform of the entry is known.
func isImage(root *image.Manifest) bool {
	return slices.ContainsFunc(image.Manifests(root), func(m *image.Manifest) bool {
		return m.Unread() && m.Platform != nil && m.Platform.OS != "unknown" || len(rules.Layers(m)) > 0
	})
}

func protectedTag(tag name.Tag, now v1.Hash, overwrite input.Overwrite) error {
	if protect.Moves(tag.TagStr()) {
		return diag.Inputf("overwrite", CodeTagExists,
			"To move the tag, set overwrite: moving=allow.",
			"%s exists with the digest %.19s, and the input overwrite forbids to move this tag (moving=%s)", tag, now, overwrite.Moving)
	}
	return diag.Inputf("overwrite", CodeTagExists,
		"Publish under another tag, because users rely on the content of this tag. To overwrite the tag, set overwrite: versions=allow.",
		"%s exists with another digest (%.19s)", tag, now)
}

// keepIfOlder keeps a tag that would move to an older image. With only-newer,
// keepIfOlder also keeps a tag if the order of the two images is unknown.
func (p *tagPolicy) keepIfOlder(ctx context.Context, tag name.Tag, now v1.Hash) {
	f := p.compare(ctx, tag.Context(), now)
	if f.Order != protect.Older && (f.Order != protect.Unknown || !p.request.Tags.OnlyNewer) {
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.kept[tag.String()] == "" {
		p.kept[tag.String()] = f.Reason
		p.outcome.notice(keptNotice(tag, now, f))
	}
}

func keptNotice(tag name.Tag, now v1.Hash, f protect.Finding) diag.Notice {
	n := diag.Notice{Code: CodeTagKept, Level: diag.Warning, Title: fmt.Sprintf("The tag %s was not moved back", tag.TagStr())}
	n.Text = fmt.Sprintf("%s still points at %s. Reason: %s. To move the tag to the older image, for example for a rollback, set monotonic: false.", tag, now, f.Reason)
	if f.Order == protect.Unknown {
		n.Title = fmt.Sprintf("The tag %s was not moved", tag.TagStr())
		n.Text = fmt.Sprintf("%s still points at %s, because the input only-newer is set and the order of the two images is unknown. Reason: %s.", tag, now, f.Reason)
	}
	return n
}

// compare returns the order of the image of this run relative to another image.
func (p *tagPolicy) compare(ctx context.Context, repo name.Repository, other v1.Hash) protect.Finding {
	p.mu.Lock()
	f, known := p.known[other]
	p.mu.Unlock()
	if known {
		return f
	}
	ours := p.origin(ctx)
	theirs, err := protect.Read(ctx, p.run.known, repo, other)
	if err != nil {
		f = protect.Finding{Reason: err.Error()}
	} else {
		f = protect.Compare(ctx, ours, theirs, p.history(ours))
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.known[other] = f
	return f
}

// history returns the history of the Git repository from which the image is built.
func (r *run) history(ours protect.Origin) protect.History {
	full, ok := strings.CutPrefix(ours.Source, r.Config.GitHub.ServerURL+"/")
	if !ok {
		return protect.NoHistory{}
	}
	return history{r.GitHub, strings.TrimSuffix(full, ".git")}
}

// history asks GitHub's API for the order of commits. The type implements
// [protect.History].
type history struct {
	github     *github.Client
	repository string // owner/name
}

// Compare implements [protect.History].
func (h history) Compare(ctx context.Context, base, head string) (protect.Ancestry, error) {
	c, err := h.github.Compare(ctx, h.repository, base, head)
	return protect.Ancestry{Status: c.Status, Ahead: c.AheadBy, Behind: c.BehindBy}, err
}

// origin returns the source, revision and version of this run's image. The annotations or
// labels of an image in a registry state its origin. In a workflow, every other image
// comes from the commit of the workflow.
func (r *run) origin(ctx context.Context) protect.Origin {
	gh := r.Config.GitHub
	traits := r.request.Source.Traits()
	if gh.Active && gh.SHA != "" && !traits.Published {
		return protect.Origin{Source: gh.ServerURL + "/" + gh.Repository, Revision: gh.SHA, Version: r.outcome.Names.Version}
	}
	o, err := protect.Of(ctx, r.outcome.Found.Root)
	if err != nil {
		return protect.Origin{} // The order of images without an origin is unknown.
	}
	return o
}

// Recheck implements [push.Conflicts]. Recheck reads the tags again after the
// uploads, because another run may have moved a tag during the uploads. If the tags of
// several images move together, Recheck reads every tag, so that a failed release restores
// the image of the other run.
func (p *tagPolicy) Recheck(ctx context.Context) (push.Recheck, error) {
	if err := p.forbidden(); err != nil || p.request.Verify.Level == input.VerifyNone {
		return push.Recheck{}, err
	}
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(maxConcurrentTags)
	for i := range p.outcome.Found.Targets {
		t := &p.outcome.Found.Targets[i]
		if t.Now == nil {
			continue // The run has not read the tags of this destination.
		}
		for _, tag := range t.Tags {
			if p.together || p.forbids(tag, false) || p.monotonic() && protect.Moves(tag) {
				group.Go(func() error { return p.recheckTag(ctx, t, tag) })
			}
		}
	}
	err := group.Wait()
	kept := p.keptTags()
	p.mu.Lock()
	defer p.mu.Unlock()
	return push.Recheck{Kept: kept, Now: maps.Clone(p.now)}, err
}

// read reads the digest of a tag, and remembers it. The digest is the zero Hash if the tag
// does not exist.
func (p *tagPolicy) read(ctx context.Context, ref name.Tag) (v1.Hash, error) {
	desc, err := p.Registry.Head(ctx, ref)
	if err != nil && !registry.IsAbsent(err) {
		return v1.Hash{}, fmt.Errorf("reading %q: %w", ref, err)
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.now[ref.String()] = desc.Digest
	return desc.Digest, nil
}

func (p *tagPolicy) recheckTag(ctx context.Context, t *resolve.Target, tag string) error {
	ref := t.Repo.Tag(tag)
	now, err := p.read(ctx, ref)
	if err != nil || now == (v1.Hash{}) {
		return err
	}
	root := p.outcome.Found.Root.Descriptor.Digest
	if p.forbids(tag, now == root) {
		return protectedTag(ref, now, p.request.Tags.Overwrite)
	}
	if p.monotonic() && protect.Moves(tag) && now != t.Now[tag] && now != root {
		p.keepIfOlder(ctx, ref, now)
	}
	return nil
}

// Resolve implements [push.Conflicts].
func (p *tagPolicy) Resolve(ctx context.Context, tag name.Tag, shown v1.Hash) push.Resolution {
	if !p.monotonic() || !protect.Moves(tag.TagStr()) {
		return push.Unknown
	}
	switch f := p.compare(ctx, tag.Context(), shown); f.Order {
	case protect.Older:
		p.outcome.notice(keptNotice(tag, shown, f))
		return push.KeepTheirs
	case protect.Newer:
		p.outcome.notice(diag.Notice{
			Code: CodeTagRewritten, Level: diag.Info, Title: fmt.Sprintf("Another run moved the tag %s back, and this run moved the tag forward again", tag.TagStr()),
			Text: fmt.Sprintf("Another run pointed %s at %s at the same time. Reason for the second write: %s. Add a concurrency group to the workflow, so that the runs wait for each other.", tag, shown, f.Reason),
		})
		return push.RewriteOurs
	case protect.Same, protect.Unknown:
	}
	return push.Unknown
}
