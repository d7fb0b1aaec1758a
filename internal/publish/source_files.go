package publish

import (
	"context"

	"github.com/google/go-containerregistry/pkg/name"

	"github.com/ghcr-publish/ghcr-publish/internal/meta"
	"github.com/ghcr-publish/ghcr-publish/internal/publish/resolve"
	"github.com/ghcr-publish/ghcr-publish/internal/source"
	"github.com/ghcr-publish/ghcr-publish/internal/source/files"
)

// FilesSource is an image that is made of files.
type FilesSource struct {
	Options files.Options
	Epoch   string // Epoch is the value of the variable SOURCE_DATE_EPOCH.
}

// Traits implements [Source].
func (s FilesSource) Traits() Traits {
	t := Traits{Timing: resolve.OpenConcurrently}
	if base := s.Options.Files.Base; base != nil {
		t.Reference, t.Input = base, "base"
		t.Repositories = []name.Repository{base.Context()}
	}
	return t
}

// Open implements [Source].
func (s FilesSource) Open(ctx context.Context, _ meta.Result) (*source.Source, error) {
	epoch, err := meta.ParseEpoch(s.Epoch)
	if err != nil {
		return nil, err
	}
	options := s.Options
	options.Epoch = epoch
	return files.Open(ctx, options)
}

// Close implements [Source].
func (FilesSource) Close() error { return nil }

// ArtifactSource is an artifact that is made of files.
type ArtifactSource struct {
	Options files.ArtifactOptions
}

// Traits implements [Source].
func (s ArtifactSource) Traits() Traits {
	return Traits{
		Timing: resolve.OpenConcurrently, Artifact: true,
		Reference: s.Options.Artifact.Subject, Input: "subject",
	}
}

// Open implements [Source].
func (s ArtifactSource) Open(ctx context.Context, _ meta.Result) (*source.Source, error) {
	return files.OpenArtifact(ctx, s.Options)
}

// Close implements [Source].
func (ArtifactSource) Close() error { return nil }
