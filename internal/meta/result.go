package meta

import (
	"github.com/ghcr-publish/ghcr-publish/internal/diag"
	"github.com/ghcr-publish/ghcr-publish/internal/image"
)

// Inputs holds the texts of the inputs exactly as the user wrote them.
type Inputs struct {
	// Images, Tags, Flavor, Labels and Annotations are lists with one item per
	// line.
	Images, Tags, Flavor, Labels, Annotations string
	// Version replaces the Git tag in rules of the types "semver" and "pep440"
	// for every event.
	Version string
	// Chart is the version in the Chart.yaml of a Helm chart. Chart is empty for
	// an image and for an artifact that is not a chart.
	Chart string
	// Strict is true for a run that publishes the tags. If Strict is true, the input
	// "tags" can contain full references to the images, as the output "tags" of
	// docker/metadata-action does. If Strict is true, text that docker/metadata-action
	// ignores or silently changes causes an error. Examples are an unknown attribute, an
	// unknown expression, an invalid character in a tag, and a label without a value.
	// Text that is possibly correct causes only a notice.
	Strict bool
}

// Result holds the computed tags, labels and annotations of an image, and the
// explanations of the tags.
type Result struct {
	// Version is the first tag. Version is empty if no rule gave a tag.
	Version string
	// Tags contains valid and unique tags in the order of the rules. The tag "latest", if
	// it was added, is the last element.
	Tags []Tag
	// Images contains the enabled images in lower case.
	Images []string
	// Latest is true if the flavor or the type of a rule added the tag "latest".
	// Latest is false if only a rule with the value "latest" gave this tag.
	Latest bool
	// Labels and Annotations are sorted by key. The keys of Annotations have no
	// level.
	Labels, Annotations []Pair
	// Placed contains the annotations whose keys the user wrote with a level, in the order
	// of the user. Only a strict computation sets Placed.
	Placed []image.PlacedAnnotation
	// Levels contains the levels of the annotations, such as "manifest" and
	// "index".
	Levels []string
	// Rules contains the result of each rule in the order of evaluation.
	Rules []Rule
	// Warnings contains the warnings and notices in the order in which they
	// occurred.
	Warnings []diag.Notice
	// Skip is the reason why the event publishes nothing. Such a run is not a failure.
	// [Defaults] sets Skip. Skip is nil if the event can publish an image.
	Skip *Skip
	// Hint is the hint for the user if no default rule gives a tag. [Defaults]
	// sets Hint.
	Hint string
}

// Skip is the reason why an event publishes nothing.
type Skip struct {
	Reason string
	Hint   string
	// Build is true if the run still builds or opens the image, so that a broken image
	// fails the run.
	Build bool
}

// Pair is a label or an annotation.
type Pair struct {
	Key, Value string
	// Written is true if the user wrote the key in the input. Written is false for a
	// default.
	Written bool
}

// Rule is the result of one line of the input "tags".
type Rule struct {
	// Text is the text of the rule in the input.
	Text string
	// Tag is the tag that the rule gives. Tag is empty if the rule gives no tag.
	Tag string
	// Note is the reason why the rule gives no tag. If another rule gave the
	// same tag, Note states this fact.
	Note string
}

// Names returns the names of the tags.
func (r Result) Names() []string {
	names := make([]string, len(r.Tags))
	for i, t := range r.Tags {
		names[i] = t.Name
	}
	return names
}

// Refs returns the full references, which combine each image with each tag. If
// no image is set, Refs returns the tags.
func (r Result) Refs() []string {
	images := r.Images
	if len(images) == 0 {
		images = []string{""}
	}
	refs := make([]string, 0, len(images)*len(r.Tags))
	for _, image := range images {
		for _, t := range r.Tags {
			refs = append(refs, reference(image, t.Name))
		}
	}
	return refs
}

func reference(image, tag string) string {
	if image == "" {
		return tag
	}
	return image + ":" + tag
}
