package cmd

import (
	"fmt"

	"github.com/google/go-containerregistry/pkg/name"

	"github.com/ghcr-publish/ghcr-publish/internal/cmd/progress"
	"github.com/ghcr-publish/ghcr-publish/internal/image"
	"github.com/ghcr-publish/ghcr-publish/internal/publish"
	"github.com/ghcr-publish/ghcr-publish/internal/publish/plan"
	"github.com/ghcr-publish/ghcr-publish/internal/report"
)

// observer shows the progress of a pipeline. It implements [publish.Observer].
type observer struct{ session *session }

// NewPackage implements [publish.Observer].
func (o observer) NewPackage(repo name.Repository, visibility string) {
	o.session.say("No package %s is visible to this token. If this run creates it, its visibility is %s.", repo, visibility)
}

// Uploads implements [publish.Observer].
func (o observer) Uploads(steps *plan.Plan) publish.Display { return o.session.progress(steps) }

// uploadDisplay displays progress: updated lines at a terminal, a group of plain lines
// in a workflow log.
type uploadDisplay struct {
	*progress.Progress
	end func()
}

// Close removes the updated lines, or closes the group.
func (s *uploadDisplay) Close() {
	s.Progress.Close()
	s.end()
}

// progress displays the uploads of the plan. The size of a layer is unknown before its
// compression, so the display then shows only the bytes that were sent.
func (s *session) progress(steps *plan.Plan) *uploadDisplay {
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
	bar := s.show(fmt.Sprintf("Uploading %s (%s)", report.Count(blobs, "blob"), size), blobs > 0)
	bar.Expect(blobs, known)
	return bar
}

// show starts a display. A run without uploads opens no group.
func (s *session) show(title string, anything bool) *uploadDisplay {
	if !s.workflow.Active() {
		return &uploadDisplay{progress.New(s.process.Stderr, s.process.Terminal, report.Bytes), func() {}}
	}
	bar := &uploadDisplay{progress.New(s.process.Stdout, false, report.Bytes), func() {}}
	if anything {
		bar.end = s.workflow.Group(title)
		bar.Conclude()
	}
	return bar
}
