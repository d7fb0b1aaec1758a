// Package migrate moves workflows from a personal access token to GITHUB_TOKEN.
// The package automates the steps of GitHub's documentation ("Upgrading a
// workflow that accesses a registry using a personal access token";
// docs/ghcr.md, Moving from a personal access token).
//
// Scan reads checkouts and returns a Report. The Report contains the findings,
// the old and the new content of each edited file, and the reason for each
// login that does not change. Only Write changes files. An edit replaces only
// the bytes of one YAML node, so all other bytes of a file stay the same. A
// second run finds nothing to change.
//
// Each kind of finding has its own finder. The file finder.go describes how to
// add a finder. The packages in the subfolders contain no rules about
// registries. Package text edits YAML, package expr evaluates expressions,
// package shell parses scripts, and package flow models jobs and steps.
package migrate

import (
	"context"
	"fmt"
	"runtime"
	"slices"

	"golang.org/x/sync/errgroup"

	"github.com/ghcr-publish/ghcr-publish/internal/migrate/flow"
)

// Options contains the settings for the findings and the edits.
type Options struct {
	// Registry is the host of the registry whose logins Scan migrates. Default:
	// ghcr.io.
	Registry string
	// Token is the expression that replaces a personal access token, without
	// "${{ }}". Default: secrets.GITHUB_TOKEN. In an action.yml, the expression
	// is always github.token, because an action.yml has no secrets context.
	Token string
	// ToAction is the value of the key "uses:" in a new step that replaces the
	// login, metadata and push steps. Scan merges these steps only if the new step
	// would push the same tags to the same images. If ToAction is empty, Scan merges no
	// steps.
	ToAction string
	// Workers is the number of files that Scan reads concurrently. Default: the
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
	// Dir is the directory of the checkout, in the form that messages show.
	Dir string
	// Repository is the repository of the checkout, as OWNER/NAME. If
	// Repository is empty, Scan reads the repository from the Git remote
	// "origin". If the repository is unknown, Scan does not check the owners of
	// images.
	Repository string
	// Paths lists the files and directories to read. The paths are relative to
	// Dir and slash-separated. If Paths is empty, Scan reads all workflows and
	// actions that GitHub would find.
	Paths []string
}

// Scan reads the workflows and actions of the checkouts. The field
// Report.Skipped lists the files that Scan cannot read or parse. Scan returns
// an error if it cannot open a checkout, or if ctx ends.
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
	reportUnusedSecrets(results, t.unscanned(paths))
	for _, r := range results {
		report.add(r)
	}
	return nil
}

// result is the result of the migration of one file.
type result struct {
	path     string // The path has the form that the user would type.
	file     *File
	skip     *SkippedFile
	findings []Finding
	images   []Image
	unnamed  []string
	replaced map[string]Finding // For each replaced secret, replaced contains a finding without a text.
	hidden   []string           // The list "hidden" contains sentences about uses of secrets without their names.
	secrets  map[string]bool    // secrets contains the names of the secrets in the edited file in upper case.
}

// migrate reads one file and computes the edits of the file.
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
	r.replaced, r.secrets, r.hidden = p.replacedSecrets(), secretNames(src), t.hiddenUses(path, doc, src)
	if len(edits) == 0 {
		return r
	}
	r.file = &File{Path: t.display(path), Before: src, After: p.edits.Apply(src), Edits: edits, tree: t.dir, name: path}
	r.secrets = secretNames(r.file.After)
	after, err := flow.Parse(r.file.After)
	if err != nil {
		return result{skip: t.skip(path, errUnsafe(err))}
	}
	r.hidden = t.hiddenUses(path, after, r.file.After)
	return r
}

// locatedImages returns the images of the file. locatedImages sets the
// registry, the repository and the checkout of each image.
func (p *pass) locatedImages() []Image {
	for i := range p.images {
		p.images[i].Registry, p.images[i].Repository, p.images[i].Checkout = p.opts.Registry, p.tree.repository(), p.tree.dir
	}
	return p.images
}

// unnamedJobs returns the file and the line of each migrated job whose packages
// are unknown.
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
