package cmd

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/google/go-containerregistry/pkg/name"

	"github.com/ghcr-publish/ghcr-publish/internal/diag"
	"github.com/ghcr-publish/ghcr-publish/internal/github"
	"github.com/ghcr-publish/ghcr-publish/internal/input"
	"github.com/ghcr-publish/ghcr-publish/internal/report"
	"github.com/ghcr-publish/ghcr-publish/internal/workflow"
)

// cleanupImages returns the packages to clean up: the names in the input "image", and the
// packages that its globs match.
func (s *session) cleanupImages(ctx context.Context, config *cleanupConfig) ([]name.Repository, error) {
	out := slices.Clone(config.Images)
	for _, glob := range config.Globs {
		found, err := s.matching(ctx, glob)
		if err != nil {
			return nil, err
		}
		for _, repo := range found {
			if !slices.Contains(out, repo) {
				out = append(out, repo)
			}
		}
	}
	return out, nil
}

// matching lists the packages of an owner that a glob matches, in the order of their names.
func (s *session) matching(ctx context.Context, glob input.Glob) ([]name.Repository, error) {
	list, err := s.packages.Packages(ctx, github.Owner{Login: glob.Owner})
	switch {
	case github.ReasonOf(err) == github.CannotList:
		return nil, &diag.Error{
			Code: input.CodeGlobToken, Side: diag.API, Input: "image", Err: github.Cause(err),
			Title: fmt.Sprintf("GITHUB_TOKEN cannot list the packages of %s, so the run cannot expand %q", glob.Owner, glob.Text),
			Hint:  "Write the name of each package under the input image, one per line. As an alternative, set the input token to a classic token with the scopes write:packages and delete:packages, or to the token of a GitHub App.",
		}
	case err != nil:
		return nil, fmt.Errorf("expanding %q: %w", glob.Text, explainEnd(ctx, err))
	}
	slices.Sort(list)
	var out []name.Repository
	for _, pkg := range list {
		if repo, ok := glob.Match(pkg); ok {
			out = append(out, repo)
		}
	}
	if len(out) == 0 {
		return nil, diag.Inputf("image", input.CodeGlobEmpty, packagesHint(list), "No package of %s matches %q", glob.Owner, glob.Text)
	}
	return out, nil
}

// packagesHint returns a hint with the first packages of an owner.
func packagesHint(list []string) string {
	const most = 10
	if len(list) == 0 {
		return "The token sees no packages of this owner. Check the name of the owner and the scopes of the token."
	}
	names := strings.Join(list[:min(len(list), most)], ", ")
	if more := len(list) - most; more > 0 {
		names += fmt.Sprintf(" and %d more", more)
	}
	return "Correct the glob. The owner has these packages: " + names + "."
}

// readEvery is the interval between two lines about the progress of the reads.
const readEvery = 5 * time.Second

// manyReads is the number of manifests from which the run recommends a cache.
const manyReads = 500

// readPlan returns the line before the run reads manifests. The function says why a cache
// is useful if the run reads many manifests without a cache.
func (s *session) readPlan(repo, cache string, total int) string {
	line := fmt.Sprintf("Reading %s of %s", report.Count(total, "manifest"), workflow.Line(repo))
	switch {
	case cache != "":
		return line + " that the cache does not contain"
	case total >= manyReads:
		return line + s.words(". Each read counts as a download of the package. Set the input cache, so that the next run reads only new manifests.")
	}
	return line
}

// readProgress returns a function that shows how many manifests the run reads. At a
// terminal, standard output contains only the result.
func (s *session) readProgress(repo, cache string) func(done, total int) {
	out := s.process.Stdout
	if s.config.Terminal {
		out = s.process.Stderr
	}
	var mu sync.Mutex
	var last time.Time
	return func(done, total int) {
		mu.Lock()
		defer mu.Unlock()
		switch {
		case done == 0:
			last = time.Now()
			fmt.Fprintln(out, s.readPlan(repo, cache, total))
		case time.Since(last) >= readEvery && done < total:
			last = time.Now()
			fmt.Fprintf(out, "Read %d of %d manifests\n", done, total)
		}
	}
}
