package publish

import (
	"context"

	"github.com/ghcr-publish/ghcr-publish/internal/diag"
	"github.com/ghcr-publish/ghcr-publish/internal/meta"
	"github.com/ghcr-publish/ghcr-publish/internal/publish/resolve"
)

// skip ends the run of an event that publishes nothing. skip sends no request to a
// destination. If the event tests the image, skip opens the source, so that a failed
// build also fails the run.
func (r *run) skip(ctx context.Context, s *meta.Skip) error {
	if s.Build {
		found := &resolve.Found{}
		if err := r.open(ctx, r.resolver(), found); err != nil {
			return err
		}
		r.outcome.notice(found.Source.Notices...)
		defer found.Source.Close() // The source is only read, so an error of Close loses no data.
	}
	r.outcome.Status, r.outcome.Expected = Skipped, s.Reason
	r.outcome.Refusal = diag.New(CodeEventSkipped, diag.Input, s.Hint, nil, "%s", s.Reason)
	return nil
}
