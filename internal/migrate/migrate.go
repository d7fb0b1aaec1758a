// Package migrate moves workflows from a personal access token to GITHUB_TOKEN.
// It automates the steps of GitHub's documentation ("Upgrading a workflow that
// accesses a registry using a personal access token"; docs/ghcr.md, Moving from
// a personal access token).
//
// Scan reads checkouts and returns a Report with the findings, the edited files
// together with the originals, and the reason for each login that does not
// change. Only Write changes files. An edit replaces only the bytes of one YAML
// node, so all other bytes of a file stay the same. A second run finds nothing
// to change.
//
// Each kind of finding has its own finder; finder.go describes how to add a
// finder. The packages below this one know nothing about registries: text edits
// YAML, expr evaluates expressions, shell parses scripts, and flow models jobs
// and steps.
package migrate

import (
	"context"
	"fmt"
	"runtime"
	"slices"

	"golang.org/x/sync/errgroup"

	"github.com/ghcr-publish/ghcr-publish/internal/migrate/flow"
)

// Options select the findings and the form of the edits.
type Options struct {
	// Registry is the host to migrate. Default: ghcr.io.
	Registry string
	// Token is the expression that replaces a personal access token, without
	// "${{ }}". Default: secrets.GITHUB_TOKEN. In an action.yml, which has no
	// secrets context, the expression is always github.token.
	Token string
	// ToAction is the "uses:" value of one step that replaces the login,
	// metadata and push steps. Scan merges these steps only if their result
	// stays the same. If ToAction is empty, Scan merges no steps.
	ToAction string
	// Workers is the number of files that are read concurrently. Default: the
	// number of CPUs.
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

// Root is one checkout to scan.
type Root struct {
	// Dir is the directory of the checkout, as messages show it.
	Dir string
	// Repository is OWNER/NAME. If Repository is empty, Scan reads it from the
	// Git remote "origin" of the checkout. If the remote does not give the
	// repository either, Scan does not check the owner of an image.
	Repository string
	// Paths are the files and directories to read, relative to Dir and with
	// slashes. If Paths is empty, Scan reads all workflows and actions that
	// GitHub would find.
	Paths []string
}

// Scan reads the workflows and actions of the checkouts. Report.Skipped lists
// the files that Scan cannot read or parse. Scan returns an error if a checkout
// cannot be opened, or if ctx ends.
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
	reportUnusedSecrets(results)
	for _, r := range results {
		report.add(r)
	}
	return nil
}

// result is the outcome for one file.
type result struct {
	path     string // as the caller would type it
	file     *File
	skip     *SkippedFile
	findings []Finding
	images   []Image
	unnamed  []string
	replaced map[string]Finding // a note without text for each replaced secret
	secrets  map[string]bool    // names of the secrets in the edited file, in upper case
}

// migrate reads one file and computes its edits.
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
	r := result{path: t.display(path), findings: p.findings, images: p.locatedImages(), unnamed: p.unnamedJobs()}
	r.replaced, r.secrets = p.replacedSecrets(), secretNames(src)
	if len(edits) == 0 {
		return r
	}
	r.file = &File{Path: t.display(path), Before: src, After: p.edits.Apply(src), Edits: edits, tree: t.dir, name: path}
	r.secrets = secretNames(r.file.After)
	if _, err := flow.Parse(r.file.After); err != nil {
		return result{skip: t.skip(path, errUnsafe(err))}
	}
	return r
}

// locatedImages returns the images of the file with their registry and
// checkout.
func (p *pass) locatedImages() []Image {
	for i := range p.images {
		p.images[i].Registry, p.images[i].Repository, p.images[i].Checkout = p.opts.Registry, p.tree.repository(), p.tree.dir
	}
	return p.images
}

// unnamedJobs returns the positions of the migrated jobs whose packages are
// unknown.
func (p *pass) unnamedJobs() []string {
	var out []string
	for _, job := range p.unnamed {
		if job.Key != nil {
			out = append(out, fmt.Sprintf("%s:%d", p.tree.display(p.path), job.Key.Line))
		}
	}
	return out
}

func (r *Report) add(x result) {
	if x.skip != nil {
		r.Skipped = append(r.Skipped, *x.skip)
	}
	if x.file != nil {
		r.Files = append(r.Files, *x.file)
	}
	r.Findings = append(r.Findings, x.findings...)
	r.Unnamed = append(r.Unnamed, x.unnamed...)
	for _, image := range x.images {
		if !slices.ContainsFunc(r.Images, image.same) {
			r.Images = append(r.Images, image)
		}
	}
	r.FilesRead++
}
