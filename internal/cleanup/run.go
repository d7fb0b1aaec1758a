// Package cleanup deletes the images that the rules select from a package on ghcr.io. A run
// reads the package, computes a plan, deletes versions, and proves that everything that
// stays is still complete. A run writes each version to an undo list before it deletes the
// version.
//
// The packages below this package have separate tasks: package rules parses the inputs,
// package graph connects versions, package plan decides, and package read sends the
// requests that change nothing.
package cleanup

import (
	"context"
	"slices"
	"time"

	"github.com/google/go-containerregistry/pkg/name"

	"github.com/ghcr-publish/ghcr-publish/internal/cleanup/graph"
	"github.com/ghcr-publish/ghcr-publish/internal/cleanup/plan"
	"github.com/ghcr-publish/ghcr-publish/internal/cleanup/read"
	"github.com/ghcr-publish/ghcr-publish/internal/cleanup/rules"
	"github.com/ghcr-publish/ghcr-publish/internal/github"
	"github.com/ghcr-publish/ghcr-publish/internal/registry"
	"github.com/ghcr-publish/ghcr-publish/internal/registry/retry"
)

// Verify selects the proof after the deletions.
type Verify int

// A run proves its result in one of these ways.
const (
	VerifyFull Verify = iota // VerifyFull resolves each version near a deleted version.
	VerifyTags               // VerifyTags lists the package again, and resolves only the versions that are missing.
	VerifyNone               // VerifyNone sends no requests.
)

// Request describes the cleanup of one package.
type Request struct {
	Repo  name.Repository
	Rules *rules.Rules
	Event plan.Event
	// Repository is the GitHub repository with the pull requests and branches, such as
	// acme/web.
	Repository string
	DryRun     bool
	Verify     Verify
}

// Cleaner runs requests.
type Cleaner struct {
	Registry *registry.Client
	GitHub   *github.Client
	Cache    *read.Cache
	Undo     *UndoList
	Now      Clock
	// Sleep waits for rate limits and for lists that are not up to date. If Sleep is nil,
	// the Cleaner waits on the real clock.
	Sleep retry.Sleeper
	// Progress receives the progress of the reads.
	Progress func(done, total int)
}

// Result is the result for one package. If a run fails, the result contains the changes
// that it made before.
type Result struct {
	Repo string
	// Time is the time at which the run read the package.
	Time time.Time
	// Plan is the plan before the first deletion. It is nil if the run has no plan.
	Plan     *plan.Plan
	DryRun   bool
	Deleted  []Entry
	Detached []Entry
	Left     []plan.Left
	// Kept contains the digests of the versions that the run leaves in the package.
	Kept []string
	// Freed is the size of the layers that only deleted versions contain, in bytes.
	Freed int64
	// Unreadable is the reason why a package was skipped, or nil.
	Unreadable error
	// Notices are facts about the end of the run, such as a used rate limit.
	Notices []string
}

// Run cleans up one package.
func (c *Cleaner) Run(ctx context.Context, req Request) (*Result, error) {
	out := &Result{Repo: req.Repo.Name(), DryRun: req.DryRun, Time: c.Now.time()}
	versions, err := c.versions(ctx, req.Repo)
	if err != nil {
		return out, c.explainList(ctx, req.Repo, err)
	}
	reader := &read.Reader{Registry: c.Registry, Versions: versions, Repo: req.Repo, Cache: c.Cache, Progress: c.Progress, Sleep: c.Sleep}
	var state *read.State
	err = c.send(ctx, func() (err error) { state, err = reader.Read(ctx); return err })
	if err != nil {
		return out, c.explainList(ctx, req.Repo, err)
	}
	p := state.Graph()
	facts, err := c.facts(ctx, req, p)
	if err != nil {
		return out, err
	}
	if state.Unreadable != "" {
		facts.Unreadable = []string{state.Unreadable}
	}
	made, err := plan.Make(p, req.Rules, facts)
	if err != nil {
		return c.withoutPlan(out, req, state, err)
	}
	out.Plan = made
	out.Kept, out.Left, out.Freed = digests(p), made.Left, 0
	if req.DryRun || len(made.Delete)+len(made.Detach) == 0 {
		return out, nil
	}
	r := &run{Cleaner: c, req: req, versions: versions, reader: reader, state: state, first: made, out: out}
	return out, r.execute(ctx)
}

// withoutPlan returns the result for a package without a plan. With the input
// "on-unreadable: keep", an unreadable manifest is no error.
func (c *Cleaner) withoutPlan(out *Result, req Request, state *read.State, err error) (*Result, error) {
	for _, v := range state.Versions {
		out.Kept = append(out.Kept, v.Digest)
	}
	if state.Unreadable == "" || !isUnreadable(err) {
		return out, err
	}
	err = withCause(err, state.Cause)
	if !req.Rules.KeepUnreadable {
		return out, err
	}
	out.Unreadable = err
	out.Left = []plan.Left{{Cause: plan.Unreadable}}
	return out, nil
}

func digests(p *graph.Package) []string {
	var out []string
	for i := range p.Nodes {
		out = append(out, p.Nodes[i].Digest)
	}
	return out
}

// facts reads the states of pull requests and the names of branches, if a rule needs them.
func (c *Cleaner) facts(ctx context.Context, req Request, p *graph.Package) (plan.Facts, error) {
	f := plan.Facts{Repository: req.Repo.Name(), Now: c.Now.time(), Event: req.Event, KeepUnreadable: req.Rules.KeepUnreadable}
	var numbers []string
	branches := false
	for _, s := range req.Rules.Delete {
		branches = branches || s.Kind == rules.Branch
		if s.Kind == rules.Pulls {
			numbers = append(numbers, pullNumbers(p, s.Prefix)...)
		}
	}
	var err error
	slices.Sort(numbers)
	if numbers = slices.Compact(numbers); len(numbers) > 0 {
		err = c.send(ctx, func() (err error) { f.Closed, err = c.GitHub.Closed(ctx, req.Repository, numbers); return err })
		if err != nil {
			return f, unreadFacts(err, "pull requests", "pull-requests: read", req.Repository)
		}
	}
	if branches {
		err = c.send(ctx, func() (err error) { f.Branches, err = c.GitHub.Branches(ctx, req.Repository); return err })
	}
	return f, unreadFacts(err, "branches", "contents: read", req.Repository)
}

// pullNumbers returns the numbers of pull requests in the tags of a package.
func pullNumbers(p *graph.Package, prefix string) []string {
	var out []string
	for i := range p.Nodes {
		for _, tag := range p.Nodes[i].Names {
			if number := plan.PullNumber(tag, prefix); number != "" {
				out = append(out, number)
			}
		}
	}
	return out
}
