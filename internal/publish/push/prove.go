package push

import (
	"context"
	"fmt"
	"time"

	"github.com/google/go-containerregistry/pkg/name"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"golang.org/x/sync/errgroup"

	"github.com/ghcr-publish/ghcr-publish/internal/diag"
	"github.com/ghcr-publish/ghcr-publish/internal/github"
	"github.com/ghcr-publish/ghcr-publish/internal/image"
	"github.com/ghcr-publish/ghcr-publish/internal/registry"
	"github.com/ghcr-publish/ghcr-publish/internal/registry/retry"
)

// The patience with a registry, and a REST API, that do not show yet what was
// written: six tries over about six seconds.
const (
	readTries = 6
	readWait  = 200 * time.Millisecond
)

// strangers is how many requests of an anonymous pull run at a time.
const strangers = 32

// Check says what is proven of one target.
type Check struct {
	// Pull tries an anonymous pull.
	Pull bool
	// Pulled says that such a pull succeeded in this run, of a root that was
	// there before it: it is not tried again.
	Pulled bool
	// RootOnly limits that pull to the root: where all below it was pulled so
	// by the runs that pushed it, and strangers may read a whole repository or
	// nothing of it.
	RootOnly bool
	// Ensure reads GitHub's record and sees to the wanted visibility; nil
	// where there is none.
	Ensure func(context.Context, retry.Budget) github.EnsureResult
}

// Prove reads back what Run wrote, target by target and side by side: every
// tag and the digest, a pull as a stranger, and the package. It completes
// result. The error is about tags and digests alone: what GitHub's record
// says is for the caller to judge.
func (p *Publisher) Prove(ctx context.Context, result *Result, checks []Check) error {
	group, ctx := errgroup.WithContext(ctx)
	for i, t := range result.Targets {
		group.Go(func() error { return p.proveTarget(ctx, result.Root, t, checks[i]) })
	}
	return group.Wait()
}

func (p *Publisher) proveTarget(ctx context.Context, root *image.Manifest, t *TargetResult, c Check) error {
	group, gctx := errgroup.WithContext(ctx)
	group.Go(func() error { return p.readBack(gctx, root, t) })
	pulled := make(chan error, 1)
	if c.Pull && !c.Pulled {
		group.Go(func() error { pulled <- p.pull(gctx, t.Repo, root, c.RootOnly); return nil })
	}
	if c.Ensure != nil {
		group.Go(func() error {
			e := c.Ensure(gctx, retry.Budget{Tries: readTries, Wait: readWait, Sleep: p.pause})
			t.Package = &e
			return nil
		})
	}
	if err := group.Wait(); err != nil || !c.Pull {
		return err
	}
	if c.Pulled {
		t.Anonymous = Verified
		return nil
	}
	t.Anonymous = p.judge(ctx, t, root, c.RootOnly, <-pulled)
	return nil
}

// readBack asks for every tag that was moved, and for the digest.
func (p *Publisher) readBack(ctx context.Context, root *image.Manifest, t *TargetResult) error {
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(writes)
	digest, moved, held := root.Descriptor.Digest, false, 0
	for _, tag := range t.Tags {
		if tag.State == Held {
			held++
			continue
		}
		if tag.State == Already {
			tag.Proven, t.Proven = true, true // resolve read it in this run
			continue
		}
		moved = true
		group.Go(func() error {
			return p.hold(ctx, tag, root)
		})
	}
	if moved || held == len(t.Tags) {
		group.Go(func() error {
			err := p.await(ctx, t.Repo.Digest(digest.String()), digest, nil)
			if err == nil {
				t.Proven = true
			}
			return err
		})
	}
	return group.Wait()
}

// await reads a reference until it shows the digest, within the patience. What
// else it shows is put to odd, if there is one, which may end the wait.
func (p *Publisher) await(ctx context.Context, ref name.Reference, want v1.Hash, odd func(v1.Hash) (done bool, err error)) error {
	wait := readWait
	for try := 1; ; try++ {
		got, err := p.Registry.Head(ctx, ref)
		switch {
		case err == nil && got.Digest == want:
			return nil
		case err != nil && !registry.IsAbsent(err):
			return fmt.Errorf("reading %q back: %w", ref, err)
		case err == nil && odd != nil:
			if done, err := odd(got.Digest); done || err != nil {
				return err
			}
		}
		if try == readTries {
			return notReadBack(ref, want, got, err)
		}
		if err := p.pause(ctx, wait); err != nil {
			return err
		}
		wait *= 2
	}
}

func notReadBack(ref name.Reference, want v1.Hash, got v1.Descriptor, err error) error {
	e := &diag.Error{
		Code: "not-read-back", Side: diag.Registry, Err: err,
		Title: fmt.Sprintf("%s was written, but the registry does not show it", ref),
		Hint:  "Run the step again: it sends only what is missing. If it stays so, ask GitHub Support with the request id.",
	}
	if err == nil {
		e.Title = fmt.Sprintf("%s was pointed at %s, but now shows %s", ref, want, got.Digest)
		e.Hint = "Another run moved the tag meanwhile. Let the runs wait for each other with a concurrency group in the workflow."
	}
	return e
}

// judge turns the outcome of a pull into a word, waiting for a package that
// GitHub says is public and that strangers do not see yet.
func (p *Publisher) judge(ctx context.Context, t *TargetResult, root *image.Manifest, rootOnly bool, err error) Anonymous {
	public := t.Package != nil && t.Package.Package.Visibility == "public"
	wait := readWait
	for try := 2; public && registry.IsAbsent(err) && try <= readTries; try++ {
		if p.pause(ctx, wait) != nil {
			break
		}
		wait *= 2
		err = p.pull(ctx, t.Repo, root, rootOnly)
	}
	switch {
	case err == nil:
		return Verified
	case registry.IsRefused(err) || (registry.IsAbsent(err) && !public):
		return Refused
	}
	return Unproven
}

// pull fetches what was published without credentials.
func (p *Publisher) pull(ctx context.Context, repo name.Repository, root *image.Manifest, rootOnly bool) error {
	if rootOnly {
		_, _, err := p.Registry.Anonymous().Manifest(ctx, repo.Digest(root.Descriptor.Digest.String()))
		return err
	}
	return See(ctx, p.Registry.Anonymous(), repo, root)
}
