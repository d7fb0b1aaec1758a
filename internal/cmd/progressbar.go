package cmd

import (
	"fmt"
	"io"

	"github.com/google/go-containerregistry/pkg/name"

	"github.com/ghcr-publish/ghcr-publish/internal/cmd/progress"
	"github.com/ghcr-publish/ghcr-publish/internal/image"
	"github.com/ghcr-publish/ghcr-publish/internal/publish"
	"github.com/ghcr-publish/ghcr-publish/internal/publish/plan"
	"github.com/ghcr-publish/ghcr-publish/internal/report"
	"github.com/ghcr-publish/ghcr-publish/internal/workflow"
)

// observer shows the progress of a pipeline. It implements [publish.Observer].
type observer struct{ session *session }

// NewPackage implements [publish.Observer].
func (o observer) NewPackage(repo name.Repository, visibility string) {
	o.session.say("No package %s is visible to this token. If this run creates the package, its visibility is %s.", repo, visibility)
}

// Uploads implements [publish.Observer].
func (o observer) Uploads(plans []*plan.Plan) publish.Display { return o.session.progress(plans) }

// ReadingBack implements [publish.Observer]. The run removes the line at the end,
// because the report contains the result.
func (o observer) ReadingBack(reference string) (end func()) {
	p := o.session.process
	if !p.Terminal || o.session.workflow.Active() {
		return func() {}
	}
	line := []rune("Reading back " + workflow.Line(reference) + "…")
	line = line[:min(len(line), max(1, p.columns()-1))]
	out, attach := p.screen()
	shown := newTransient(out, string(line))
	detach := attach(shown)
	return func() { shown.erase(); detach() }
}

// screen returns the writer on which a display updates lines, and the function that
// sends all other messages to standard error through the display.
func (p Process) screen() (out io.Writer, attach func(display io.Writer) (detach func())) {
	if w, ok := p.Stderr.(*lockedWriter); ok {
		return w.out, w.attach
	}
	return p.Stderr, func(io.Writer) func() { return func() {} }
}

// terminalProgress starts a display of the progress on standard error. The caller must
// call the function "detach" after the method Close.
func (s *session) terminalProgress() (bar *progress.Progress, detach func()) {
	live := s.process.Terminal && !s.workflow.Active()
	if !live {
		return progress.New(s.process.Stderr, false, s.process.columns, report.Bytes), func() {}
	}
	out, attach := s.process.screen()
	bar = progress.New(out, true, s.process.columns, report.Bytes)
	return bar, attach(bar)
}

// uploadDisplay displays the progress of uploads. At a terminal, uploadDisplay
// updates lines in place. In a workflow log, uploadDisplay prints lines in a group.
type uploadDisplay struct {
	*progress.Progress
	end func()
}

// Close removes the updated lines at a terminal, or closes the group in a workflow
// log.
func (s *uploadDisplay) Close() {
	s.Progress.Close()
	s.end()
}

// progress displays the uploads of the plans. The size of a layer is unknown before
// its compression, so the display shows only the number of bytes that the run sent.
func (s *session) progress(plans []*plan.Plan) *uploadDisplay {
	known, plain := int64(0), int64(0)
	blobs := sentBlobs(plans)
	for _, b := range blobs {
		known += b.Descriptor.Size
		if b.Pending() {
			plain += b.PlainSize
		}
	}
	size := report.Bytes(known + plain)
	if plain > 0 {
		known, size = 0, size+" before compression"
	}
	bar := s.show(fmt.Sprintf("Uploading %s (%s)", report.Count(len(blobs), "blob"), size), len(blobs) > 0)
	bar.Expect(len(blobs), known)
	for _, steps := range plans {
		bar.Label(steps.Root)
	}
	return bar
}

// sentBlobs returns the blobs that the run sends. The run uploads a blob only once for
// several repositories of one registry, also if the blob belongs to several images.
func sentBlobs(plans []*plan.Plan) []*image.Blob {
	type key struct {
		registry string
		content  image.Identity
		record   *image.Blob // set only if the content is unknown
	}
	var out []*image.Blob
	seen := map[key]bool{}
	for _, steps := range plans {
		for _, step := range steps.Of(plan.PushBlob) {
			k := key{registry: steps.Targets[step.Target].Repo.RegistryStr(), content: step.Blob.Identity()}
			if !k.content.Known() {
				k.record = step.Blob
			}
			if step.Needed && !seen[k] {
				seen[k] = true
				out = append(out, step.Blob)
			}
		}
	}
	return out
}

// show starts a display of uploads. If the argument "anything" is false, show opens no
// group in the log.
func (s *session) show(title string, anything bool) *uploadDisplay {
	if !s.workflow.Active() {
		bar, detach := s.terminalProgress()
		return &uploadDisplay{bar, detach}
	}
	bar := &uploadDisplay{progress.New(s.process.Stdout, false, s.process.columns, report.Bytes), func() {}}
	if anything {
		bar.end = s.workflow.Group(title)
		bar.Conclude()
	}
	return bar
}
