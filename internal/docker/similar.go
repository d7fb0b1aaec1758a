package docker

import (
	"context"
	"maps"
	"slices"
	"strings"

	"github.com/ghcr-publish/ghcr-publish/internal/diag"
	"github.com/ghcr-publish/ghcr-publish/internal/diag/nearest"
)

// maxSimilar is the maximum number of similar names in an error. maxCompared
// is the maximum number of names of images in the engine that similar
// compares. maxLength is the maximum length of a compared name, in bytes.
const (
	maxSimilar  = 5
	maxCompared = 10_000
	maxLength   = 256
)

// notFound returns the error for an image that the engine does not have. The
// error lists similar names.
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
			hint = "No image in this engine has a name. To check that the build used this engine, run docker context ls and read DOCKER_HOST. If buildx builds the image, load the image into the engine with load: true or --load."
		}
	}
	return diag.New(codeNotFound, diag.Source, hint, err, "the Docker engine at %q has no image %q", c.host, image)
}

// similar returns the names that are similar to the argument "image". The list
// starts with other tags of the same repository, and ends with tags of
// repositories that have a similar name.
func similar(image string, names []string) []string {
	want := bare(image)
	tags := map[string][]string{} // maps the last part of a repository to the full names of images
	var same []string
	for _, n := range names[:min(len(names), maxCompared)] {
		switch repo := bare(n); {
		case n == "<none>:<none>" || len(n) > maxLength:
		case repo == want:
			same = append(same, n)
		default:
			tags[base(repo)] = append(tags[base(repo)], n)
		}
	}
	out := slices.Sorted(slices.Values(same))
	for _, like := range nearest.Of(base(want), slices.Sorted(maps.Keys(tags))) {
		out = append(out, slices.Sorted(slices.Values(tags[like]))...)
	}
	return out[:min(len(out), maxSimilar)]
}

// bare returns the name of an image without its tag and digest.
func bare(image string) string {
	repo, _, _ := strings.Cut(image, "@")
	if i := strings.LastIndex(repo, ":"); i > strings.LastIndex(repo, "/") {
		return repo[:i]
	}
	return repo
}

// base returns the last part of a repository, without the registry and the
// owner.
func base(repo string) string { return repo[strings.LastIndex(repo, "/")+1:] }
