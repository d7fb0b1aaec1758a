package cmd

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/google/go-containerregistry/pkg/name"

	"github.com/ghcr-publish/ghcr-publish/internal/diag"
	"github.com/ghcr-publish/ghcr-publish/internal/input"
	"github.com/ghcr-publish/ghcr-publish/internal/publish"
	"github.com/ghcr-publish/ghcr-publish/internal/source"
)

// releaseImages returns one request for each image of the input "sources".
func (s *session) releaseImages(ctx context.Context, config *input.Config) ([]*publish.Request, error) {
	var all []input.ImageSource
	for _, one := range config.Sources {
		if one.Name != input.AllImages {
			all = append(all, one)
			continue
		}
		found, err := bundledImages(ctx, config, one.Source)
		if err != nil {
			return nil, err
		}
		all = append(all, found...)
	}
	if err := namedTwice(all); err != nil {
		return nil, err
	}
	var out []*publish.Request
	for _, one := range all {
		own := *config
		own.Source, own.Build, own.Images = one.Source, one.Build, one.Images
		out = append(out, s.request(&own))
	}
	return out, nil
}

// bundledImages returns the images of a source that contains several images.
func bundledImages(ctx context.Context, config *input.Config, file string) ([]input.ImageSource, error) {
	images, err := source.Images(ctx, file)
	if err != nil {
		return nil, err
	}
	var out []input.ImageSource
	for _, names := range images {
		one := input.ImageSource{Name: names[0], Source: file + "#" + names[0]}
		for _, text := range names {
			repo, err := config.BundledImage(text)
			if err != nil {
				return nil, err
			}
			if !slices.Contains(one.Images, repo) {
				one.Images = append(one.Images, repo)
			}
		}
		out = append(out, one)
	}
	return out, nil
}

// namedTwice returns an error if two images have the same repository, because a tag can
// point at only one of the images.
func namedTwice(all []input.ImageSource) error {
	seen := map[name.Repository]string{}
	for _, one := range all {
		for _, repo := range one.Images {
			if before, ok := seen[repo]; ok {
				return diag.Inputf("sources", input.CodeSourcesInvalid, "Give each image its own name, for example with one line for each image: NAME=FILE#IMAGE.",
					"The images %s and %s have the same name %s", before, one.Name, repo)
			}
			seen[repo] = one.Name
		}
	}
	return nil
}

// sourceText returns the sources of a release for the report.
func sourceText(config *input.Config) string {
	if len(config.Sources) == 0 {
		return config.Source
	}
	var out []string
	for _, one := range config.Sources {
		out = append(out, fmt.Sprintf("%s=%s", one.Name, one.Source))
	}
	return strings.Join(out, ", ")
}

// useSourcesWords changes the titles and the hints of the errors about one source of the input "sources".
// The packages that read sources name the inputs of one image, and these inputs and the
// input "sources" exclude each other.
func useSourcesWords(err error) {
	for _, e := range diag.All(err) {
		e.Title, e.Hint = input.SourcesHint(e.Title), input.SourcesHint(e.Hint)
	}
}
