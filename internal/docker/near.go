package docker

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/ghcr-publish/ghcr-publish/internal/diag"
)

// maxNear is how many names an error lists; maxCompared how many of the
// engine's are looked at, and maxLength the longest, in bytes.
const (
	maxNear     = 5
	maxCompared = 10_000
	maxLength   = 256
)

// unknown says that there is no such image, and what there is by a like name.
func (c *client) unknown(ctx context.Context, image string) error {
	var all []struct{ RepoTags []string }
	hint := "Check the name against docker images."
	err := c.ask(ctx, "/images/json", &all)
	if err == nil {
		var names []string
		for _, one := range all {
			names = append(names, one.RepoTags...)
		}
		if like := near(image, names); len(like) > 0 {
			hint = "Did you mean " + strings.Join(like, ", or ") + "?"
		} else if len(names) == 0 {
			hint = "It has no image with a name at all: check that the build ran on this engine (docker context ls, DOCKER_HOST) and, with buildx, that it loaded its result (load: true, or --load)."
		}
	}
	return &diag.Error{
		Code: codeNotFound, Side: diag.Source, Hint: hint, Err: err,
		Title: fmt.Sprintf("the Docker engine at %q has no image %q", c.host, image),
	}
}

// near picks the names that may have been meant, best first: other tags of
// the same image, then those a few letters away.
func near(image string, names []string) []string {
	type scored struct {
		name string
		away int
	}
	var found []scored
	want := bare(image)
	for _, n := range names[:min(len(names), maxCompared)] {
		if len(n) > maxLength || len(image) > maxLength || n == "<none>:<none>" {
			continue
		}
		repo := bare(n)
		away := distance(base(want), base(repo))
		if repo == want {
			away = -1
		}
		if away <= max(1, len(base(want))/3) {
			found = append(found, scored{n, away})
		}
	}
	slices.SortFunc(found, func(a, b scored) int {
		return cmp.Or(cmp.Compare(a.away, b.away), cmp.Compare(a.name, b.name))
	})
	var out []string
	for _, f := range found[:min(len(found), maxNear)] {
		out = append(out, f.name)
	}
	return out
}

// bare is an image's name without tag or digest.
func bare(image string) string {
	repo, _, _ := strings.Cut(image, "@")
	if i := strings.LastIndex(repo, ":"); i > strings.LastIndex(repo, "/") {
		return repo[:i]
	}
	return repo
}

// base is a name without registry and owner.
func base(repo string) string { return repo[strings.LastIndex(repo, "/")+1:] }

// distance is how many letters have to be written, struck or replaced to make
// one word the other (Levenshtein).
func distance(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			cost := diagonal
			if a[i] != b[j] {
				cost = 1 + min(diagonal, row[j], row[j+1])
			}
			diagonal, row[j+1] = row[j+1], cost
		}
	}
	return row[len(b)]
}
