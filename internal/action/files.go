package action

import (
	"context"

	"github.com/ghcr-publish/ghcr-publish/internal/assembly"
	"github.com/ghcr-publish/ghcr-publish/internal/meta"
	"github.com/ghcr-publish/ghcr-publish/internal/registry"
	"github.com/ghcr-publish/ghcr-publish/internal/source"
)

// assembler makes an image of the files that content names. The base is said
// at once, so that the first token is for it, too.
func (r *publishing) assembler() func(context.Context) (*source.Source, error) {
	if base := r.config.Files.Base; base != nil {
		r.registry.Expect(base.Context(), registry.Pull)
	}
	return func(ctx context.Context) (*source.Source, error) {
		epoch, err := meta.ParseEpoch(r.process.Getenv("SOURCE_DATE_EPOCH"))
		if err != nil {
			return nil, err
		}
		return assembly.Open(ctx, assembly.Options{
			Name: r.config.Source, Files: r.config.Files, Remote: r.registry, Epoch: epoch,
		})
	}
}
