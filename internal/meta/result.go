package meta

import (
	"github.com/ghcr-publish/ghcr-publish/internal/diag"
)

// Inputs are what the user wrote, unparsed.
type Inputs struct {
	// Images, Tags, Flavor, Labels and Annotations are lists, one item a line.
	Images, Tags, Flavor, Labels, Annotations string
	// Version stands in for the git tag in semver and pep440 rules, whatever
	// the event.
	Version string
	// References lets tags hold full references to one of the images, as
	// docker/metadata-action's own output tags does.
	References bool
}

// Result is what an image is to be called, and why.
type Result struct {
	// Version is the first tag found, or empty if no rule gave one.
	Version string
	// Tags are valid and each occurs once, in the order of the rules. Latest
	// comes last.
	Tags []Tag
	// Images are the enabled ones, in lower case.
	Images []string
	// Latest is set if the tag latest came from the flavor or a rule's own
	// custom, and not from a rule that spells it.
	Latest bool
	// Labels and Annotations are sorted; annotations have no level yet.
	Labels, Annotations []Pair
	// Levels are where annotations go: manifest, index, …
	Levels []string
	// Rules explain every rule, in the order in which they counted.
	Rules []Rule
	// Warnings are surprises, in the order in which they came up.
	Warnings []diag.Notice
}

// Pair is a label or an annotation.
type Pair struct{ Key, Value string }

// Rule is what became of one line of the input tags.
type Rule struct {
	// Text is the rule as it was written.
	Text string
	// Tag is what it gave, empty if nothing.
	Tag string
	// Note says why there is no tag, or that another rule gave the same.
	Note string
}

// Names are the tags alone.
func (r Result) Names() []string {
	names := make([]string, len(r.Tags))
	for i, t := range r.Tags {
		names[i] = t.Name
	}
	return names
}

// Refs are the full references: each image with each tag, or the bare tags if
// there is no image.
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
