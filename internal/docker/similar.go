package docker

import (
	"cmp"
	"context"
	"slices"
	"strings"

	"github.com/ghcr-publish/ghcr-publish/internal/diag"
)

// maxSimilar is the maximum number of names in an error. maxCompared is the
// maximum number of the engine's names that are compared. maxLength is the
// maximum length of a compared name, in bytes.
const (
	maxSimilar  = 5
	maxCompared = 10_000
	maxLength   = 256
)

// notFound reports that the engine does not have the image, and lists similar
// names.
func (c *client) notFound(ctx context.Context, image string) error {
	var all []struct{ RepoTags []string }
	hint := "Compare the name with the output of docker images."
	err := c.getJSON(ctx, "/images/json", &all)
	if err == nil {
		var names []string
		for _, one := range all {
			names = append(names, one.RepoTags...)
		}
		if like := similar(image, names); len(like) > 0 {
			hint = "Did you mean " + strings.Join(like, ", or ") + "?"
		} else if len(names) == 0 {
			hint = "This engine has no image with a name. Check that the build used this engine (docker context ls, DOCKER_HOST). With buildx, load the result into the engine (load: true, or --load)."
		}
	}
	return diag.New(codeNotFound, diag.Source, hint, err, "the Docker engine at %q has no image %q", c.host, image)
}

// similar returns the names that resemble image, the best first: other tags of
// the same image, and then names with a small edit distance.
func similar(image string, names []string) []string {
	type scored struct {
		name  string
		edits int
	}
	var found []scored
	want := bare(image)
	for _, n := range names[:min(len(names), maxCompared)] {
		if len(n) > maxLength || len(image) > maxLength || n == "<none>:<none>" {
			continue
		}
		repo := bare(n)
		edits := distance(base(want), base(repo))
		if repo == want {
			edits = -1
		}
		if edits <= max(1, len(base(want))/3) {
			found = append(found, scored{n, edits})
		}
	}
	slices.SortFunc(found, func(a, b scored) int {
		return cmp.Or(cmp.Compare(a.edits, b.edits), cmp.Compare(a.name, b.name))
	})
	var out []string
	for _, f := range found[:min(len(found), maxSimilar)] {
		out = append(out, f.name)
	}
	return out
}

// bare returns an image's name without tag and digest.
func bare(image string) string {
	repo, _, _ := strings.Cut(image, "@")
	if i := strings.LastIndex(repo, ":"); i > strings.LastIndex(repo, "/") {
		return repo[:i]
	}
	return repo
}

// base returns a name without registry and owner.
func base(repo string) string { return repo[strings.LastIndex(repo, "/")+1:] }

// distance returns the Levenshtein distance of two words in bytes: the number
// of insertions, deletions and replacements that turn one into the other.
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
