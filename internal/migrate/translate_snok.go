package migrate

import (
	"strings"

	"github.com/ghcr-publish/ghcr-publish/internal/safe/lazy"
)

// cutOff matches the durations that both actions understand.
var cutOff = lazy.Regexp(`^(\d+ ?(s|m|h|d|w|y|seconds?|minutes?|hours?|days?|weeks?|months?|years?) ?)+$`)

// translateSnok translates the inputs of snok/container-retention-policy.
func translateSnok(t *translation) {
	t.ignore("rust-log")
	for _, input := range []string{"account-type", "org-name", "untagged-only", "skip-tags", "keep-at-least", "filter-tags", "filter-include-untagged"} {
		if t.step.Input(input) != "" {
			t.refuse("the step has the input %q of version 2. Update the step to version 3 first, and run migrate again", input)
		}
	}
	t.snokImages()
	selection := t.known("tag-selection")
	newest := t.number("keep-n-most-recent")
	tagged := t.snokTags(selection, newest)
	t.snokUntagged(selection, newest, tagged)
	if keep := t.globs("skip-shas", atBlank); len(keep) > 0 {
		t.set("keep", keep...)
	}
	t.snokAge()
	t.dryRun()
}

// snokImages translates the inputs "account" and "image-names".
func (t *translation) snokImages() {
	owner := t.packageOwner("account")
	if owner == "user" {
		owner = "${{ github.repository_owner }}"
		t.differ("The old step uses the packages of the user to whom the token belongs (account: user). The new step uses the packages of the owner of the repository.")
	}
	var images []string
	for _, name := range t.patterns("image-names", atBlank, packagePattern()) {
		if strings.HasPrefix(name, "!") {
			t.refuse("the input \"image-names\" excludes packages (%s). List the other packages in the input image", name)
		}
		images = append(images, t.image(owner, name))
	}
	t.set("image", images...)
}

// snokTags translates the selection of tags. A pattern with "!" protects tags.
func (t *translation) snokTags(selection, newest string) bool {
	var tags, keep []string
	for _, pattern := range t.globs("image-tags", atBlank) {
		if protected, ok := strings.CutPrefix(pattern, "!"); ok {
			keep = append(keep, protected)
		} else {
			tags = append(tags, pattern)
		}
	}
	if selection == "untagged" {
		return false
	}
	if len(tags) == 0 {
		tags = []string{"*"}
	}
	t.set("delete", tags...)
	if newest != "" && newest != "0" {
		t.set("keep-newest", newest)
		t.differ("The old step ranks only images that are older than the cut-off. The new step ranks all images, so the new step keeps fewer old images.")
	}
	if len(keep) > 0 {
		t.set("keep", keep...)
		if t.step.Input("skip-shas") != "" {
			t.refuse("the step protects tags and digests. Write both in the input keep")
		}
	}
	return true
}

// snokUntagged translates the selection of untagged images.
func (t *translation) snokUntagged(selection, newest string, tagged bool) {
	switch {
	case selection == "tagged":
		return
	case newest != "" && newest != "0":
		t.set("untagged", "keep="+newest)
		if tagged {
			t.differ("The old step keeps the newest versions, tagged or untagged. The new step keeps this number of tagged images, and this number of untagged images.")
		}
	default:
		t.set("untagged", "delete")
	}
	t.differ(untaggedDiffers)
}

// snokAge translates the inputs "cut-off" and "timestamp-to-use".
func (t *translation) snokAge() {
	if age := t.known("cut-off"); age != "" && !cutOff().MatchString(strings.ToLower(age)) || strings.Contains(age, "M") {
		t.refuse("the input \"cut-off\" has the value %q, which the command \"cleanup\" does not understand", age)
	} else {
		t.set("older-than", age)
	}
	switch from := t.known("timestamp-to-use"); from {
	case "", "updated_at":
	case "created_at":
		t.set("age-from", "created")
	default:
		t.refuse("the input \"timestamp-to-use\" has the unknown value %q", from)
	}
}
