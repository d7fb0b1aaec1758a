package publish

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"

	"github.com/ghcr-publish/ghcr-publish/internal/image"
	"github.com/ghcr-publish/ghcr-publish/internal/meta"
	"github.com/ghcr-publish/ghcr-publish/internal/publish/resolve"
	"github.com/ghcr-publish/ghcr-publish/internal/safe/locked"
	"github.com/ghcr-publish/ghcr-publish/internal/source"
	"github.com/ghcr-publish/ghcr-publish/internal/source/dockerfile"
)

// ProgramLog shows the output of another program, such as a builder.
type ProgramLog interface {
	// Begin starts the log. The caller closes the writer to end the log.
	Begin() io.WriteCloser
}

// BuildSource is an image that a builder makes from a Dockerfile.
type BuildSource struct {
	Request dockerfile.Request
	Environ []string
	// Temp is the folder in which Open creates a temporary folder. If Temp is empty,
	// Open uses the default folder of the operating system.
	Temp    string
	Log     ProgramLog
	Options source.Options
	// Annotations is the input "annotations".
	Annotations string
	// Strip is true if the run removes the attestations of the image.
	Strip bool

	folder string // the temporary folder
}

// Traits implements [Source].
func (s *BuildSource) Traits() Traits {
	return Traits{Timing: resolve.OpenLast, NeedsLabels: true, Authored: true}
}

// Open implements [Source]. Open runs the builder.
func (s *BuildSource) Open(ctx context.Context, names meta.Result) (*source.Source, error) {
	folder, err := os.MkdirTemp(s.Temp, "ghcr-publish-build-")
	if err != nil {
		return nil, fmt.Errorf("creating a folder for the build: %w", err)
	}
	s.folder = folder
	text, err := s.build(ctx, names)
	if err != nil {
		return nil, err
	}
	return source.Open(ctx, text, s.Options)
}

// build runs the builder and returns the name of the image that the builder made.
func (s *BuildSource) build(ctx context.Context, names meta.Result) (text string, err error) {
	log := s.Log.Begin()
	defer func() { err = errors.Join(err, log.Close()) }()
	request := s.Request
	for _, l := range names.Labels { // The image keeps a description from a label in the Dockerfile.
		if l.Describes() && s.Request.SetsLabel(l.Key) {
			continue
		}
		request.Labels = append(request.Labels, l.Key+"="+l.Value)
	}
	request.Annotations, request.NoAttestations = s.annotations(names, request.Labels), s.Strip
	m := &dockerfile.Machine{Environ: s.Environ, Temp: s.folder, Log: dockerfile.Log{Writer: log}}
	return dockerfile.Run(ctx, m, &request)
}

// annotations returns the annotations that a builder writes to the same places as this
// program, with their levels. An image whose annotations come from the builder has the
// same bytes as an image of docker/build-push-action. The run adds the other annotations
// after the build. The argument "labels" contains the labels of the build.
func (s *BuildSource) annotations(names meta.Result, labels []string) []string {
	if s.Annotations == "" {
		return nil
	}
	several := len(s.Request.Platforms) > 1
	var out []string
	for _, a := range names.Placed {
		if !several && a.Level != image.LevelManifest {
			continue // The builder refuses the annotation if the image has no index.
		}
		if a.Platform != nil && !slices.Contains(s.Request.Platforms, image.PlatformString(a.Platform)) {
			return nil // The run reports this annotation after the build.
		}
		out = append(out, levelOf(a)+":"+a.Key+"="+a.Value)
	}
	root := image.LevelIndex
	if !several {
		root = image.LevelManifest
	}
	if !several && !s.Strip {
		return out // It depends on the builder whether the root is an index with an attestation.
	}
	for _, a := range names.Annotations {
		pair := a.Key + "=" + a.Value
		if a.Describes() && !slices.Contains(labels, pair) {
			continue // The annotation can get the value of a label in the Dockerfile or the base image.
		}
		out = append(out, string(root)+":"+pair)
	}
	return out
}

// levelOf returns the level and the platform of an annotation in the form of buildx.
func levelOf(a image.PlacedAnnotation) string {
	if a.Platform == nil || a.Level == image.LevelIndex || a.Level == image.LevelIndexDescriptor {
		return string(a.Level)
	}
	return string(a.Level) + "[" + image.PlatformString(a.Platform) + "]"
}

// Close implements [Source].
func (s *BuildSource) Close() error {
	if s.folder == "" {
		return nil
	}
	// The removal is repeated, because a virus scanner can have a file of the image
	// open.
	return locked.Retry(func() error { return os.RemoveAll(s.folder) })
}
