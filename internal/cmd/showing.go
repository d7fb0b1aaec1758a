package cmd

import (
	"fmt"

	"github.com/ghcr-publish/ghcr-publish/internal/cmd/progress"
	"github.com/ghcr-publish/ghcr-publish/internal/image"
	"github.com/ghcr-publish/ghcr-publish/internal/publish/plan"
	"github.com/ghcr-publish/ghcr-publish/internal/report"
)

// showing is progress on its way: live lines at a terminal, a group of plain
// ones in a workflow's log.
type showing struct {
	*progress.Progress
	end func()
}

// Close takes the live lines away, or closes the group.
func (s *showing) Close() {
	s.Progress.Close()
	s.end()
}

// progress starts showing what the plan will move. How many bytes layers will
// have that are still to be compressed nobody knows: then only those sent are
// shown, and not of how many.
func (s *session) progress(steps *plan.Plan) *showing {
	blobs, known, plain := 0, int64(0), int64(0)
	seen := map[*image.Blob]bool{}
	for _, step := range steps.Of(plan.PushBlob) {
		if step.Needed && !seen[step.Blob] {
			seen[step.Blob] = true
			blobs++
			known += step.Blob.Descriptor.Size
			if step.Blob.Pending() {
				plain += step.Blob.PlainSize
			}
		}
	}
	size := report.Bytes(known + plain)
	if plain > 0 {
		known, size = 0, size+" before compression"
	}
	bar := s.show(fmt.Sprintf("Sending %s (%s)", report.Count(blobs, "blob"), size), blobs > 0)
	bar.Expect(blobs, known)
	return bar
}

// show starts an empty one. What has nothing to show opens no group.
func (s *session) show(title string, anything bool) *showing {
	if !s.workflow.Active() {
		return &showing{progress.New(s.process.Stderr, s.process.Terminal, report.Bytes), func() {}}
	}
	bar := &showing{progress.New(s.process.Stdout, false, report.Bytes), func() {}}
	if anything {
		bar.end = s.workflow.Group(title)
		bar.Conclude()
	}
	return bar
}
