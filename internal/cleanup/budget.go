package cleanup

import (
	"context"
	"fmt"
	"time"

	"github.com/ghcr-publish/ghcr-publish/internal/cleanup/plan"
	"github.com/ghcr-publish/ghcr-publish/internal/github"
)

// usedUp is the reason of a stop after GitHub refused a request because of a rate limit.
const usedUp = "the rate limit of the token is used up"

// outOfTime returns the reason why the run begins nothing more, or "".
func outOfTime(ctx context.Context) string {
	if end, ok := ctx.Deadline(); ok && time.Until(end) < endMargin {
		return "the time of the run is nearly over"
	}
	return ""
}

// outOfRequests returns the reason why the token cannot send a number of requests, or "". The
// run keeps the requests of its proof.
func (r *run) outOfRequests(requests int) string {
	pages := 0
	if r.req.Verify == VerifyTags {
		pages = len(r.known)/github.PageSize + 1
	}
	if rate, ok := r.versions.Rate(); ok && rate.Remaining < requests+pages+reserve {
		return fmt.Sprintf("the token can send only %d more requests until %s", rate.Remaining, rate.Reset.UTC().Format("15:04 MST"))
	}
	return ""
}

// stopDetaching records the tags that the run does not detach, and ends the run without an
// error.
func (r *run) stopDetaching(tags []plan.Detachment, why string) error {
	for _, d := range tags {
		r.out.Left = append(r.out.Left, plan.Left{Digest: r.current.Package.Nodes[d.Node].Digest, Tag: d.Tag, Cause: plan.Budget})
	}
	r.out.Notices = append(r.out.Notices, fmt.Sprintf("%d tags stay, because %s. The next run continues.", len(tags), why))
	return errStop
}
