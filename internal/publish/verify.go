package publish

import (
	"context"
	"fmt"

	"github.com/google/go-containerregistry/pkg/name"
	v1 "github.com/google/go-containerregistry/pkg/v1"

	"github.com/ghcr-publish/ghcr-publish/internal/diag"
	"github.com/ghcr-publish/ghcr-publish/internal/github"
	"github.com/ghcr-publish/ghcr-publish/internal/image"
	"github.com/ghcr-publish/ghcr-publish/internal/input"
	"github.com/ghcr-publish/ghcr-publish/internal/publish/plan"
	"github.com/ghcr-publish/ghcr-publish/internal/publish/push"
	"github.com/ghcr-publish/ghcr-publish/internal/publish/resolve"
	"github.com/ghcr-publish/ghcr-publish/internal/registry"
	"github.com/ghcr-publish/ghcr-publish/internal/registry/referrers"
	"github.com/ghcr-publish/ghcr-publish/internal/registry/retry"
	"github.com/ghcr-publish/ghcr-publish/internal/source/files"
)

// verify checks the result of the push. The run lists an artifact as a referrer,
// reads the tags and digests back, and compares the visibility of the packages with
// the wanted visibility.
func (r *run) verify(ctx context.Context, publisher *push.Publisher) error {
	result := r.outcome.Result
	err := r.listArtifact(ctx)
	if err == nil && r.request.Verify.Level != input.VerifyNone {
		err = publisher.Prove(ctx, result, r.checks())
	}
	r.outcome.Pages = r.pages()
	if err != nil {
		return err
	}
	r.outcome.Status = Unchanged
	if result.Changed() || len(r.outcome.Attached) > 0 || r.outcome.Attestations.Made() {
		r.outcome.Status = Published
	}
	return r.compareVisibility()
}

// firstReference returns the first destination with its first tag.
func (r *run) firstReference() string {
	for _, s := range r.outcome.Plan.Of(plan.PointTag) {
		return r.outcome.Plan.Targets[s.Target].Repo.Tag(s.Tag).Name()
	}
	return r.request.Destinations[0].Name()
}

// listArtifact adds an artifact to the list of referrers of its subject.
func (r *run) listArtifact(ctx context.Context) error {
	if !r.request.Source.Traits().Artifact {
		return nil
	}
	subject, entry, ok := files.Describe(r.outcome.Found.Root)
	if !ok {
		return nil
	}
	writer := &referrers.Writer{Registry: r.Registry}
	for _, repo := range r.request.Destinations {
		if err := writer.Add(ctx, repo, subject, []v1.Descriptor{entry}); err != nil {
			return err
		}
	}
	return nil
}

// anonymousPuller implements [resolve.Puller].
type anonymousPuller struct{ registry *registry.Client }

// Pull pulls an image without credentials.
func (a anonymousPuller) Pull(ctx context.Context, repo name.Repository, root *image.Manifest) error {
	return push.PullTree(ctx, a.registry.Anonymous(), repo, root)
}

// checks returns the checks that the run performs for each destination. The run does not
// repeat a check whose result cannot have changed since the push.
func (r *run) checks() []push.Check {
	full := r.request.Verify.Level == input.VerifyFull
	targets := r.outcome.Found.Targets
	checks := make([]push.Check, len(targets))
	for i := range targets {
		t := &targets[i]
		if !t.Home {
			continue
		}
		checks[i] = push.Check{
			Pull: full, RootOnly: r.request.Verify.RootOnly,
			Pulled: t.HasRoot && t.Pulled != nil && *t.Pulled == nil,
		}
		if full || r.request.Visibility.Want != input.Keep {
			checks[i].Package = &packageRecord{run: r, target: t}
		}
	}
	return checks
}

// anonymousPulls returns the repositories that the run will pull from without credentials
// after the push, and that are probably public.
func (r *run) anonymousPulls() []name.Repository {
	var out []name.Repository
	for i, c := range r.checks() {
		t := &r.outcome.Found.Targets[i]
		if c.Pull && !c.Pulled && (t.Package.Visibility == string(input.Public) || t.Inherits == string(input.Public)) {
			out = append(out, t.Repo)
		}
	}
	return out
}

// planTargets returns the targets for the plan. A run that creates a public package of
// one image writes the image by digest while it reads the tag for the last time. The run
// can then request the anonymous token while it writes the tag. Without this write,
// GitHub would refuse the token, because the package would not exist yet. The children of
// an index already create the package. A run with a gate and a run of several images also
// write each image by digest first, because all images must be complete before a tag moves.
func (r *run) planTargets() []plan.Target {
	targets := r.outcome.Found.Plan()
	for i, c := range r.checks() {
		t := &r.outcome.Found.Targets[i]
		targets[i].RootFirst = c.Pull && t.CreatesPackage() && t.Inherits == string(input.Public) && !r.outcome.Found.Root.Index() || r.digestFirst
	}
	return targets
}

// packageRecord reads the package of a destination after the push. It implements
// [push.Package].
type packageRecord struct {
	*run
	target *resolve.Target
}

// Ensure implements [push.Package].
func (p *packageRecord) Ensure(ctx context.Context, budget retry.Budget) github.EnsureResult {
	want := string(p.request.Visibility.Want)
	if !p.outcome.Plan.Writes() && p.target.Package.Name != "" {
		if e, ok := p.target.Package.Satisfies(want); ok {
			return e
		}
	}
	owner, pkg := p.target.Owner(p.Config.GitHub)
	return p.GitHub.Ensure(ctx, owner, pkg, want, !p.target.Exists(), budget)
}

// pages returns the web pages of the packages.
func (r *run) pages() []Pages {
	targets := r.outcome.Found.Targets
	out := make([]Pages, len(targets))
	for i := range targets {
		t := targets[i]
		if !t.Home {
			continue
		}
		if e := r.outcome.Result.Targets[i].Package; e != nil && e.Package.Owner.Kind != "" {
			t.Package.Owner = e.Package.Owner
		}
		owner, pkg := t.Owner(r.Config.GitHub)
		out[i] = Pages{Package: r.GitHub.PageURL(owner, pkg), Settings: r.GitHub.SettingsURL(owner, pkg)}
	}
	return out
}

// compareVisibility returns an error, or adds a notice, for each package whose
// visibility is not the wanted visibility.
func (r *run) compareVisibility() error {
	policy := r.request.Visibility
	for i, t := range r.outcome.Result.Targets {
		n, ok := r.visibilityNotice(t, r.outcome.Pages[i])
		switch {
		case !ok:
		case policy.FailOnMismatch && policy.Want != input.Keep:
			return &diag.Error{Code: n.Code, Side: diag.API, Input: "visibility", Title: n.Title, Hint: n.Text}
		default:
			r.outcome.notice(n)
		}
	}
	return nil
}

func (r *run) visibilityNotice(t *push.TargetResult, pages Pages) (diag.Notice, bool) {
	if t.Package == nil {
		return diag.Notice{}, false
	}
	visibility := t.Package.Package.Visibility
	switch t.Package.Outcome {
	case github.NeedsOwner:
		return diag.Notice{
			Code: CodeVisibilityNeedsOwner, Level: diag.Warning, Title: fmt.Sprintf("%s is published, but it is %s and not %s", t.Repo.Name(), visibility, r.request.Visibility.Want),
			Text: fmt.Sprintf("Ask an owner to open %s → Danger Zone → Change visibility, to type the name of the package, and to confirm. GitHub's API cannot change the visibility.", pages.Settings),
		}, true
	case github.Unknown:
		return diag.Notice{
			Code: resolve.CodeVisibilityUnknown, Level: diag.Warning, Title: "The visibility of the package is unknown",
			Text: visibilityUnknown(t, pages),
		}, true
	}
	return diag.Notice{}, false
}

// visibilityUnknown explains why the run does not know the visibility of a package.
func visibilityUnknown(t *push.TargetResult, pages Pages) string {
	if github.IsForbidden(t.Package.Err) {
		return fmt.Sprintf("The token may not read the package of %s. Add packages: read to the permissions of the job, or packages: write if the job also pushes. The visibility is on %s.", t.Repo.Name(), pages.Package)
	}
	return fmt.Sprintf("GitHub's API did not return the visibility of %s: %v. See %s.", t.Repo.Name(), t.Package.Err, pages.Package)
}
