package meta

import (
	"context"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/ghcr-publish/ghcr-publish/internal/diag"
	"github.com/ghcr-publish/ghcr-publish/internal/safe/lazy"
)

// Git runs git with the arguments in the checkout and returns its standard
// output.
type Git func(ctx context.Context, args ...string) (string, error)

// FromGit replaces the ref and the SHA of the event by the values of the
// checkout, as context: git requires. FromGit also sets CommitDate to a function
// that reads the date from git. If git fails, FromGit returns an error.
func FromGit(ctx context.Context, c Context, git Git) (Context, error) {
	ref, err := gitRef(ctx, git)
	if err != nil {
		return c, noCheckout(fmt.Errorf("reading the ref of the checkout: %w", err))
	}
	sha, err := git.line(ctx, "show", "--format=%H", "HEAD", "--quiet", "--")
	if err != nil {
		return c, noCheckout(fmt.Errorf("reading the commit of the checkout: %w", err))
	}
	c.FromCheckout = true
	c.Event.Ref, c.Event.SHA = ref, sha
	c.CommitDate = func(ctx context.Context, sha string) (time.Time, error) {
		text, err := git.line(ctx, "show", "-s", "--format=%cI", sha)
		if err != nil {
			return time.Time{}, err
		}
		return time.Parse(time.RFC3339, text)
	}
	return c, nil
}

// noCheckout returns the error for a working directory that Git cannot read.
func noCheckout(err error) error {
	return diag.New(CodeNoCheckout, diag.Source,
		"Run actions/checkout before this step, run the step in the folder of the checkout, or take the ref from the event: remove context: git and ref-context: git.",
		err, "The working directory is not a Git checkout with a commit")
}

func (g Git) line(ctx context.Context, args ...string) (string, error) {
	out, err := g(ctx, args...)
	return strings.TrimSpace(out), err
}

// lines runs git and returns the lines of its output that are not empty.
func (g Git) lines(ctx context.Context, args ...string) ([]string, error) {
	out, err := g(ctx, args...)
	if err != nil {
		return nil, err
	}
	var lines []string
	for line := range strings.Lines(out) {
		if line = strings.TrimSpace(line); line != "" {
			lines = append(lines, line)
		}
	}
	return lines, nil
}

// gitRef returns the branch of HEAD. If HEAD is detached, gitRef returns a ref
// from the decoration of HEAD.
func gitRef(ctx context.Context, git Git) (string, error) {
	branch, err := git.line(ctx, "branch", "--show-current")
	if err != nil {
		return "", err
	}
	if branch != "" {
		return git.line(ctx, "symbolic-ref", "HEAD")
	}
	decoration, err := git.line(ctx, "show", "-s", "--pretty=%D")
	if err != nil {
		return "", err
	}
	at := strings.TrimSpace(strings.TrimPrefix(decoration, "grafted, "))
	if at == "HEAD" {
		return refContainingHead(ctx, git)
	}
	name, ok := strings.CutPrefix(at, "HEAD, ")
	if !ok || name == "" {
		return "", fmt.Errorf("the decoration %q of the detached HEAD contains no ref", decoration)
	}
	if strings.HasPrefix(name, "tag: ") {
		return decoratedTag(ctx, git, name)
	}
	return decoratedRef(name)
}

var (
	pullName   = lazy.Regexp(`^pull/\d+/(head|merge)$`)
	bothNames  = lazy.Regexp(`^[^/]+/[^/]+, (.+)$`)
	remoteName = lazy.Regexp(`^[^/]+/(.+)$`)
)

// decoratedRef parses the names that git shows for a detached HEAD. Examples are
// "pull/5/merge", "origin/main, main" and "origin/main". The action
// actions/checkout creates names such as "pull/5/merge".
func decoratedRef(name string) (string, error) {
	if pullName().MatchString(name) {
		return "refs/" + name, nil
	}
	for _, form := range []func() *regexp.Regexp{bothNames, remoteName} {
		if m := form().FindStringSubmatch(name); m != nil {
			return "refs/heads/" + strings.TrimSpace(m[1]), nil
		}
	}
	return "", fmt.Errorf("the name %q of the detached HEAD is not a ref", name)
}

// decoratedTag finds the tag at the start of a decoration. The longest tag that
// matches is correct, because the name of a tag may contain commas.
func decoratedTag(ctx context.Context, git Git, decoration string) (string, error) {
	refs, err := git.lines(ctx, "for-each-ref", "--format=%(refname)", "--points-at", "HEAD", "refs/tags/")
	if err != nil {
		return "", err
	}
	slices.SortStableFunc(refs, func(a, b string) int { return len(b) - len(a) })
	for _, ref := range refs {
		full := "tag: " + strings.TrimPrefix(ref, "refs/tags/")
		if decoration == full || strings.HasPrefix(decoration, full+", ") {
			return ref, nil
		}
	}
	if len(refs) == 1 {
		return refs[0], nil
	}
	return "", fmt.Errorf("the decoration %q of the detached HEAD contains no tag", decoration)
}

// refContainingHead returns the first local branch, remote branch or tag that
// contains the commit. If no ref contains the commit, as in a shallow clone of a
// commit, refContainingHead returns "".
func refContainingHead(ctx context.Context, git Git) (string, error) {
	for _, scope := range []string{"refs/heads/", "refs/remotes/"} {
		refs, err := git.lines(ctx, "for-each-ref", "--format=%(refname)", "--contains", "HEAD", "--sort=-committerdate", scope)
		if err != nil {
			return "", err
		}
		if len(refs) > 0 {
			return localName(refs[0]), nil
		}
	}
	tags, err := git.lines(ctx, "tag", "--contains", "HEAD")
	if err != nil || len(tags) == 0 {
		return "", err
	}
	return "refs/tags/" + tags[0], nil
}

// localName converts refs/remotes/origin/x into refs/heads/x.
func localName(ref string) string {
	rest, ok := strings.CutPrefix(ref, "refs/remotes/")
	if _, name, cut := strings.Cut(rest, "/"); ok && cut && name != "" {
		return "refs/heads/" + name
	}
	return ref
}
