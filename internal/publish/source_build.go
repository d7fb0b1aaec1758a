package publish

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/ghcr-publish/ghcr-publish/internal/meta"
	"github.com/ghcr-publish/ghcr-publish/internal/publish/naming"
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
	// Labels is the input "labels". A label in the Dockerfile that describes the image is
	// kept, unless the input "labels" contains the key of the label.
	Labels string

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
	for _, l := range names.Labels {
		if naming.Describes(l.Key, s.Labels) && s.Request.SetsLabel(l.Key) {
			continue
		}
		request.Labels = append(request.Labels, l.Key+"="+l.Value)
	}
	m := &dockerfile.Machine{Environ: s.Environ, Temp: s.folder, Log: dockerfile.Log{Writer: log}}
	return dockerfile.Run(ctx, m, &request)
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
