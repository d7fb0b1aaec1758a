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

// The registry and the REST API are eventually consistent. The run tries a read-back
// six times within about six seconds. The wait doubles after each try.
const (
	readTries = 6
	readWait  = 200 * time.Millisecond
)

// maxConcurrentReads is the maximum number of concurrent requests of a pull.
const maxConcurrentReads = 32

// Check selects the checks that Prove performs for one target.
type Check struct {
	// Pull is true if Prove tries an anonymous pull.
	Pull bool
	// Pulled is true if an anonymous pull has already succeeded in this run, because
	// the repository had the root before. If Pulled is true, Prove does not pull
	// again.
	Pulled bool
	// RootOnly limits the pull to the root manifest. RootOnly is for an index whose images
	// other runs have pushed and pulled. A pull of the root is enough, because
	// anonymous access applies to all content of a repository.
	RootOnly bool
	// Package is the package whose record Prove reads. Package is nil if the
	// repository has no package.
	Package Package
}

// Package is the record of a package at GitHub.
type Package interface {
	// Ensure reads the record, and changes the visibility if this is necessary.
	Ensure(context.Context, retry.Budget) github.EnsureResult
}

// Prove checks that Run succeeded. Prove reads back every tag and the digest, tries
// an anonymous pull, and reads GitHub's record of the package. Prove checks all
// targets concurrently and adds its findings to the result. The error of Prove is
// only about tags and digests. The caller decides if the record of the package is
// correct.
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
	if c.Package != nil {
		group.Go(func() error {
			e := c.Package.Ensure(gctx, p.readBudget())
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
	t.Anonymous = p.outcomeOf(ctx, t, root, c.RootOnly, <-pulled)
	return nil
}

// readBack reads every tag that the run has moved. readBack also reads the root by
// its digest.
func (p *Publisher) readBack(ctx context.Context, root *image.Manifest, t *TargetResult) error {
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(maxConcurrentWrites)
	digest, moved, kept := root.Descriptor.Digest, false, 0
	for _, tag := range t.Tags {
		if tag.State == Kept {
			kept++
			continue
		}
		if tag.State == Already {
			tag.Proven, t.Proven = true, true // Package resolve has read this tag in this run already.
			continue
		}
		moved = true
		group.Go(func() error {
			return p.proveTag(ctx, tag, root)
		})
	}
	if moved || kept == len(t.Tags) {
		group.Go(func() error {
			err := p.await(ctx, t.Repo.Digest(digest.String()), digest, wait)
			if err == nil {
				t.Proven = true
			}
			return err
		})
	}
	return group.Wait()
}

// If await gets the function "wait", await tries again while the reference points at
// another digest.
func wait(v1.Hash) (done bool, err error) { return false, nil }

// await reads a reference until the reference points at the wanted digest, or until no
// try is left. If the reference points at another digest, await calls the function
// onOther, which can end the wait.
func (p *Publisher) await(ctx context.Context, ref name.Reference, want v1.Hash, onOther func(v1.Hash) (done bool, err error)) error {
	return p.readBudget().Do(ctx, func() (again bool, err error) {
		got, err := p.Registry.Head(ctx, ref)
		switch {
		case err == nil && got.Digest == want:
			return false, nil
		case err != nil && !registry.IsAbsent(err):
			return false, fmt.Errorf("reading %q back: %w", ref, err)
		case err == nil:
			if done, err := onOther(got.Digest); done || err != nil {
				return false, err
			}
		}
		return true, notReadBack(ref, want, got, err)
	})
}

// readBudget is the retry budget of a read-back.
func (p *Publisher) readBudget() retry.Budget {
	return retry.Budget{Tries: readTries, Wait: readWait, Sleep: p.Sleep}
}

func notReadBack(ref name.Reference, want v1.Hash, got v1.Descriptor, err error) error {
	e := &diag.Error{
		Code: CodeNotReadBack, Side: diag.Registry, Err: err,
		Title: fmt.Sprintf("%s was written, but the registry does not show it", ref),
		Hint:  "Run the step again. The new run uploads only missing content. If the error repeats, send the request id to GitHub Support.",
	}
	if err == nil {
		e.Title = fmt.Sprintf("%s was pointed at %s, but now points at %s", ref, want, got.Digest)
		e.Hint = "Another run moved the tag at the same time. Add a concurrency group to the workflow, so that the runs wait for each other."
	}
	return e
}

// outcomeOf returns the outcome of an anonymous pull. If GitHub reports that the
// package is public, but the registry still refuses anonymous clients, outcomeOf
// repeats the pull.
func (p *Publisher) outcomeOf(ctx context.Context, t *TargetResult, root *image.Manifest, rootOnly bool, err error) Anonymous {
	public := t.Package != nil && t.Package.Package.Visibility == "public"
	first := true
	waitErr := p.readBudget().Do(ctx, func() (again bool, _ error) {
		switch {
		case first:
			first = false
		case rootOnly:
			err = p.pull(ctx, t.Repo, root, true)
		default: // The registry possibly still hides the root, so this pull reads the root first.
			err = PullTree(ctx, p.Registry.Anonymous(), t.Repo, root)
		}
		return public && registry.IsAbsent(err), nil
	})
	if waitErr != nil {
		return Unproven
	}
	switch {
	case err == nil:
		return Verified
	case registry.IsRefused(err) || (registry.IsAbsent(err) && !public):
		return Refused
	}
	return Unproven
}

// pull pulls the image without credentials. The run has written the root, so pull reads
// the root and the rest at the same time. But pull requests the token first, because a
// registry usually refuses an anonymous client in its response to the token request.
func (p *Publisher) pull(ctx context.Context, repo name.Repository, root *image.Manifest, rootOnly bool) error {
	client := p.Registry.Anonymous()
	if err := client.Authorize(ctx, repo); err != nil {
		return fmt.Errorf("pulling from %q without credentials: %w", repo, err)
	}
	if rootOnly {
		return pullConcurrently(ctx, client, repo, []*image.Manifest{root}, nil)
	}
	return pullConcurrently(ctx, client, repo, image.Manifests(root), image.Blobs(root))
}
