package meta

import (
	"github.com/ghcr-publish/ghcr-publish/internal/diag"
)

// Inputs holds the inputs as the user wrote them.
type Inputs struct {
	// Images, Tags, Flavor, Labels and Annotations are lists with one item per
	// line.
	Images, Tags, Flavor, Labels, Annotations string
	// Version replaces the Git tag in semver and pep440 rules, for any event.
	Version string
	// Chart is the version in the Chart.yaml of a Helm chart. It is empty for an image
	// and for another artifact.
	Chart string
	// Strict is true for a run that publishes the tags. Tags may then contain full
	// references to one of the images, as the output "tags" of
	// docker/metadata-action does. Text that docker/metadata-action ignores or changes
	// without a message is an error: an unknown attribute, an unknown expression, a
	// plain tag with an invalid character, and a label without a value. If the text is
	// sometimes intended, it gives a notice.
	Strict bool
}

// Result holds the computed names of an image and their explanations.
type Result struct {
	// Version is the first tag, or empty if no rule gave a tag.
	Version string
	// Tags are valid and unique, in the order of the rules. Latest is the last
	// tag.
	Tags []Tag
	// Images are the enabled images, in lower case.
	Images []string
	// Latest is true if the flavor or the type of a rule added the tag latest.
	// Latest is false if the tag comes only from a rule with the value
	// latest.
	Latest bool
	// Labels and Annotations are sorted. The keys of Annotations have no level.
	Labels, Annotations []Pair
	// Levels are the levels of the annotations, such as manifest and index.
	Levels []string
	// Rules explains each rule, in the order of evaluation.
	Rules []Rule
	// Warnings are in the order in which they occurred.
	Warnings []diag.Notice
	// Skip is set by [Defaults] if the event publishes nothing, and the run must
	// succeed. Otherwise it is nil.
	Skip *Skip
	// Hint is set by [Defaults]. It states the step that the user can carry out if no
	// default rule gives a tag.
	Hint string
}

// Skip is the reason why an event publishes nothing.
type Skip struct {
	Reason string
	Hint   string
	// Build is true if the run still builds or opens the image, so that a broken image
	// is found.
	Build bool
}

// Pair is a label or an annotation.
type Pair struct{ Key, Value string }

// Rule is the result of one line of the input tags.
type Rule struct {
	// Text is the rule as it was written.
	Text string
	// Tag is the resulting tag, or empty.
	Tag string
	// Note is the reason why the rule gives no tag, or states that another rule
	// gave the same tag.
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

// Refs returns the full references: each image with each tag, or the tags alone
// if no image is set.
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
