package cmd

import (
	"context"

	v1 "github.com/google/go-containerregistry/pkg/v1"

	"github.com/ghcr-publish/ghcr-publish/internal/meta"
	"github.com/ghcr-publish/ghcr-publish/internal/publish/resolve"
	"github.com/ghcr-publish/ghcr-publish/internal/registry"
	"github.com/ghcr-publish/ghcr-publish/internal/registry/referrers"
	"github.com/ghcr-publish/ghcr-publish/internal/source"
	"github.com/ghcr-publish/ghcr-publish/internal/source/files"
)

// maker makes what content names, an image or an artifact; nil where a source
// is there already.
func (r *publishing) maker() func(context.Context) (*source.Source, error) {
	switch {
	case r.config.Artifact != nil:
		return r.makeArtifact
	case r.config.Files != nil:
		if base := r.config.Files.Base; base != nil { // at once: the first token is for it, too
			r.registry.Expect(base.Context(), registry.Pull)
		}
		return r.makeImage
	}
	return nil
}

func (r *publishing) makeImage(ctx context.Context) (*source.Source, error) {
	epoch, err := meta.ParseEpoch(r.process.Getenv("SOURCE_DATE_EPOCH"))
	if err != nil {
		return nil, err
	}
	return files.Open(ctx, files.Options{
		Name: r.config.Source, Files: r.config.Files, Remote: r.registry, Epoch: epoch,
		Compression: r.config.Compression,
	})
}

func (r *publishing) makeArtifact(ctx context.Context) (*source.Source, error) {
	return files.OpenArtifact(ctx, files.ArtifactOptions{
		Name: r.config.Source, Artifact: r.config.Artifact, Remote: r.registry,
	})
}

// refer lists an artifact that was pushed among the referrers of its subject.
func (r *publishing) refer(ctx context.Context, found *resolve.Found) error {
	if r.config.Artifact == nil {
		return nil
	}
	subject, entry, ok := files.Describe(found.Root)
	if !ok {
		return nil
	}
	writer := &referrers.Writer{Registry: r.registry}
	for _, repo := range r.config.Images {
		if err := writer.Add(ctx, repo, subject, []v1.Descriptor{entry}); err != nil {
			return err
		}
	}
	return nil
}
