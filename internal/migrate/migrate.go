// Package migrate moves workflows from a personal access token to GITHUB_TOKEN,
// as GitHub's docs describe it by hand ("Upgrading a workflow that accesses a
// registry using a personal access token", docs/ghcr.md, Moving from a personal
// access token).
//
// Scan reads checkouts and returns a Report: what was found, the edited files
// beside the originals, what was left and why. Nothing is written before Write.
// Edits are replacements of bytes that a yaml.Node came from, so everything
// else in a file stays as it was, and a second run finds nothing to change.
//
// Each kind of finding is one finder (finder.go says how to add one). The
// packages below know no registry: text edits YAML, expr evaluates
// expressions, shell reads scripts, flow knows jobs and steps.
package migrate

import (
	"context"
	"runtime"
	"slices"

	"golang.org/x/sync/errgroup"

	"github.com/ghcr-publish/ghcr-publish/internal/migrate/flow"
)

// Options say what to find and how to write it.
type Options struct {
	// Registry is the host to migrate; "" is ghcr.io.
	Registry string
	// Token is what replaces a personal access token, without "${{ }}"; "" is
	// secrets.GITHUB_TOKEN. Where the secrets context is not available it is
	// github.token in any case.
	Token string
	// ToAction folds login, metadata and push steps into one step with this
	// "uses:", where that is exact. "" folds nothing.
	ToAction string
	// Workers is how many files are read at once; 0 is one for each CPU.
	Workers int
}

func (o Options) withDefaults() Options {
	if o.Registry == "" {
		o.Registry = "ghcr.io"
	}
	if o.Token == "" {
		o.Token = "secrets.GITHUB_TOKEN"
	}
	if o.Workers <= 0 {
		o.Workers = runtime.GOMAXPROCS(0)
	}
	return o
}

// Root is one checkout.
type Root struct {
	// Dir is its directory, as messages show it.
	Dir string
	// Repository is OWNER/NAME. "" takes it from the checkout's Git remote
	// "origin"; where that says nothing, no owner is held against an image.
	Repository string
	// Paths are the files and directories to read, relative to Dir and with
	// slashes. None: all workflows and actions GitHub would find.
	Paths []string
}

// Scan reads the workflows and actions of the checkouts. Files it cannot read
// or understand are in Report.Skipped; the error is only for a checkout that
// cannot be opened, and for ctx.
func Scan(ctx context.Context, roots []Root, opts Options) (*Report, error) {
	opts = opts.withDefaults()
	trees, err := openTrees(roots)
	if err != nil {
		return nil, err
	}
	defer closeTrees(trees)
	report := &Report{}
	for _, t := range trees {
		if err := t.scan(ctx, opts, report); err != nil {
			return nil, err
		}
	}
	report.sort()
	return report, nil
}

func (t *tree) scan(ctx context.Context, opts Options, report *Report) error {
	paths, skipped := t.list()
	report.Skipped = append(report.Skipped, skipped...)
	results := make([]result, len(paths))
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(opts.Workers)
	for i, path := range paths {
		group.Go(func() error {
			if err := ctx.Err(); err != nil {
				return err
			}
			results[i] = t.migrate(path, opts)
			return nil
		})
	}
	if err := group.Wait(); err != nil {
		return err
	}
	for _, r := range results {
		report.add(r)
	}
	return nil
}

// result is what one file gave.
type result struct {
	file     *File
	skip     *Skip
	findings []Finding
	images   []Image
}

// migrate reads one file and works out its edits.
func (t *tree) migrate(path string, opts Options) result {
	src, err := t.read(path)
	if err != nil {
		return result{skip: t.skip(path, err)}
	}
	doc, err := flow.Parse(src)
	if err != nil {
		return result{skip: t.skip(path, err)}
	}
	p := newPass(t, path, doc, opts)
	p.run()
	if p.budget < 0 {
		return result{skip: t.skip(path, errTooComplex)}
	}
	edits := p.edits.List()
	r := result{findings: p.findings, images: p.images}
	if len(edits) == 0 {
		return r
	}
	r.file = &File{Path: t.display(path), Before: src, After: p.edits.Apply(src), Edits: edits, tree: t.dir, name: path}
	if _, err := flow.Parse(r.file.After); err != nil {
		return result{skip: t.skip(path, errUnsafe(err))}
	}
	return r
}

func (r *Report) add(x result) {
	if x.skip != nil {
		r.Skipped = append(r.Skipped, *x.skip)
	}
	if x.file != nil {
		r.Files = append(r.Files, *x.file)
	}
	r.Findings = append(r.Findings, x.findings...)
	for _, image := range x.images {
		if !slices.ContainsFunc(r.Images, image.same) {
			r.Images = append(r.Images, image)
		}
	}
	r.Read++
}
