package report

import (
	"slices"
	"time"

	v1 "github.com/google/go-containerregistry/pkg/v1"

	"github.com/ghcr-publish/ghcr-publish/internal/diag"
	"github.com/ghcr-publish/ghcr-publish/internal/image"
	"github.com/ghcr-publish/ghcr-publish/internal/meta"
	"github.com/ghcr-publish/ghcr-publish/internal/publish/push"
	"github.com/ghcr-publish/ghcr-publish/internal/registry"
)

// New returns an empty report of a command. The outcome of the report is Failed
// until [Report.Fill] sets another outcome.
func New(command, source string, run Run) *Report {
	return &Report{Schema: SchemaID, Command: command, Outcome: Failed, Source: source, Run: run, TagNames: []string{}, Platforms: []Platform{}, Images: []Image{}}
}

// setTree sets the facts about the image: the digest, the media type and the
// platforms.
func (r *Report) setTree(root *image.Manifest) {
	r.MediaType = string(root.Descriptor.MediaType)
	if !root.Pending() {
		r.Digest = root.Descriptor.Digest.String()
		r.root = v1.Descriptor{MediaType: root.Descriptor.MediaType, Digest: root.Descriptor.Digest, Size: root.Descriptor.Size}
	}
	r.content = contentOf(root)
	r.Platforms = r.Platforms[:0]
	for _, m := range image.Images(root) {
		r.Platforms = append(r.Platforms, platform(m))
	}
}

// content is the kind of the published content. This kind determines the command that
// pulls the content.
type content int

const (
	runnable  content = iota // runnable means an image, or an index with an image.
	artifact                 // artifact means one manifest that is not an image.
	chart                    // chart means a Helm chart.
	artifacts                // artifacts means an index without an image.
)

// chartConfig is the media type of the config of a Helm chart.
const chartConfig = "application/vnd.cncf.helm.config.v1+json"

func contentOf(root *image.Manifest) content {
	switch {
	case slices.ContainsFunc(image.Manifests(root), isRunnable):
		return runnable
	case root.Index():
		return artifacts
	case len(root.Blobs) > 0 && root.Blobs[0].Descriptor.MediaType == chartConfig:
		return chart
	}
	return artifact
}

// isRunnable reports whether a manifest is an image that can run. If the run did not read
// an image, only the platform of the image is known.
func isRunnable(m *image.Manifest) bool {
	if m.Unread() {
		return m.Platform != nil && m.Platform.OS != "unknown"
	}
	return m.IsRunnable()
}

// platform returns the platform, the digest, the size and the layers of an
// image.
func platform(m *image.Manifest) Platform {
	p := Platform{Platform: image.PlatformString(m.Platform), Version: m.Platform.OSVersion, Features: m.Platform.OSFeatures, Layers: []Layer{}}
	if !m.Pending() {
		p.Digest = m.Descriptor.Digest.String()
	}
	for i, b := range m.Blobs {
		size := b.Descriptor.Size
		if b.Pending() {
			size = b.PlainSize // The compressed size is not known yet.
		}
		p.Size += size
		if i == 0 {
			continue
		}
		l := Layer{Size: size}
		if !b.Pending() {
			l.Digest = b.Descriptor.Digest.String()
		}
		p.Layers = append(p.Layers, l)
	}
	return p
}

// setResult sets the facts about the destinations. The caller also calls setResult after
// a failed push.
func (r *Report) setResult(res *push.Result, names meta.Result) {
	r.setTree(res.Root)
	r.Transfer.Seconds = res.Transfer.Round(time.Millisecond).Seconds()
	r.Images = r.Images[:0]
	for _, t := range res.Targets {
		i := imageOf(res, t, names)
		i.content = r.content
		r.Images = append(r.Images, i)
	}
}

// imageOf returns the facts about one destination.
func imageOf(res *push.Result, t *push.TargetResult, names meta.Result) Image {
	out := Image{
		Image: t.Repo.Name(), Complete: t.Complete, Proven: t.Proven, Tags: []Tag{},
		Uploaded: tally(t, registry.Uploaded), Mounted: tally(t, registry.Mounted), Present: tally(t, registry.Present),
		AnonymousPull: string(t.Anonymous), Manifests: t.Manifests,
	}
	if t.Complete && !res.Root.Pending() {
		out.Reference = t.Repo.Digest(res.Root.Descriptor.Digest.String()).String()
	}
	for _, tag := range t.Tags {
		each := Tag{Name: tag.Tag.TagStr(), Reference: tag.Tag.String(), State: tag.State, New: tag.New, Proven: tag.Proven, Reason: reasonFor(tag.Tag.TagStr(), names)}
		if tag.Before != nil {
			each.Previous = tag.Before.String()
		}
		if tag.Now != (v1.Hash{}) {
			each.Now = tag.Now.String()
		}
		out.Tags = append(out.Tags, each)
	}
	if e := t.Package; e != nil {
		out.Visibility, out.VisibilityOutcome = e.Package.Visibility, e.Outcome
		if out.Visibility == "" {
			out.Visibility = "unknown"
		}
		out.Repository, out.Linked = e.Package.Repository, linked(e.Package.Repository, e.Err != nil && e.Package.Visibility == "")
	}
	return out
}

// linked returns "yes" if a package is linked to a repository, and "no" if the package
// has no link. If the package could not be read, the result is "unknown".
func linked(repository string, unreadable bool) string {
	switch {
	case unreadable:
		return "unknown"
	case repository == "":
		return "no"
	}
	return "yes"
}

func tally(t *push.TargetResult, way registry.BlobOutcome) Tally {
	b := t.Blobs[way]
	return Tally{b.Count, b.Bytes}
}

// Notice adds notices to the report.
func (r *Report) Notice(notices ...diag.Notice) {
	for _, n := range notices {
		r.Notices = append(r.Notices, Message{Code: n.Code, Level: string(n.Level), Title: n.Title, Text: n.Text})
	}
}

// Fail adds each error in err to the report. If err is not nil, Fail sets the
// outcome to Failed, unless the outcome is Gated.
func (r *Report) Fail(err error) {
	r.Errors = append(r.Errors, errorMessages(err)...)
	if err != nil && r.Outcome != Gated {
		r.Outcome = Failed
	}
}

// errorMessages returns a message for each error in err.
func errorMessages(err error) []Message {
	var out []Message
	for _, e := range diag.All(err) {
		m := Message{Code: e.Code, Level: "error", Title: e.Heading(), Input: e.Input, Hint: e.Hint}
		if e.Err != nil {
			m.Text = e.Cause()
		}
		out = append(out, m)
	}
	return out
}

// name returns the platform for display, with the version and the features of its
// operating system.
func (p Platform) name() string {
	return image.PlatformTitle(p.Platform, p.Version, p.Features)
}

// digests returns a map from platform names to digests.
func (r *Report) digests() map[string]string {
	images := make([]image.PlatformDigest, len(r.Platforms))
	for i, p := range r.Platforms {
		images[i] = image.PlatformDigest{Platform: p.Platform, OSVersion: p.Version, OSFeatures: p.Features, Digest: p.Digest}
	}
	return image.ByPlatform(images)
}

// ambiguous reports whether several images have the given platform.
func (r *Report) ambiguous(platform string) bool {
	n := 0
	for _, p := range r.Platforms {
		if p.Platform == platform {
			n++
		}
	}
	return n > 1
}
