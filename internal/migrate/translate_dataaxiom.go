package migrate

import (
	"slices"
	"strings"
)

// translateDataaxiom translates the inputs of dataaxiom/ghcr-cleanup-action.
func translateDataaxiom(t *translation) {
	t.ignore("repository", "log-level", "registry-url", "github-api-url")
	t.dataaxiomImages()
	rules := []bool{t.dataaxiomTags(), t.dataaxiomUntagged(), t.dataaxiomBroken(), t.flag("delete-orphaned-images")}
	if rules[3] {
		t.set("orphans", "delete")
	}
	if !slices.Contains(rules, true) {
		t.dataaxiomDefault()
	}
	t.set("older-than", t.text("older-than"))
	if t.flag("validate") {
		t.set("verify", "full")
	}
	t.dryRun()
}

// dataaxiomImages translates the inputs that name packages. The default package has the name
// of the repository, which is also the default of this action.
func (t *translation) dataaxiomImages() {
	owner := t.packageOwner("owner")
	names := append(t.patterns("package", atComma, packagePattern()), t.patterns("packages", atComma, packagePattern())...)
	t.flag("expand-packages")
	var images []string
	for _, name := range names {
		images = append(images, t.image(owner, name))
	}
	if ours := t.p.tree.repo.Known().Owner; len(names) == 0 && !isReference(owner, "github.repository_owner") && !strings.EqualFold(owner, ours) {
		t.refuse("the package has the name of the repository and the owner %s. Name the package in the input image", owner)
	}
	t.set("image", images...)
}

// dataaxiomTags translates the inputs about tags, and reports whether the step deletes tags.
func (t *translation) dataaxiomTags() bool {
	list := t.globs
	if t.flag("use-regex") {
		list = func(name string, _ func(rune) bool) []string { return t.regexes(name) }
	}
	tags := append(list("delete-tags", atComma), list("tags", atComma)...)
	newest := t.number("keep-n-tagged")
	if newest != "" {
		t.differ(newestDiffers)
		if len(tags) == 0 {
			tags = []string{"*"}
		}
	}
	t.set("delete", tags...)
	t.set("keep-newest", newest)
	if keep := list("exclude-tags", atComma); len(keep) > 0 {
		t.set("keep", keep...)
		t.set("detach", "false")
		t.differ(detachDiffers)
	}
	return len(tags) > 0
}

// dataaxiomUntagged translates the inputs about untagged images, and reports whether the step
// deletes untagged images.
func (t *translation) dataaxiomUntagged() bool {
	number := t.number("keep-n-untagged")
	all := t.flag("delete-untagged")
	switch {
	case number != "":
		t.set("untagged", "keep="+number)
	case all:
		t.set("untagged", "delete")
	default:
		return false
	}
	t.differ(untaggedDiffers)
	return true
}

// dataaxiomDefault translates a step without a rule. Such a step deletes untagged images.
func (t *translation) dataaxiomDefault() {
	if t.step.Input("delete-untagged") != "" {
		t.refuse("no input of the step selects images")
	}
	t.set("untagged", "delete")
	t.differ(untaggedDiffers)
}

// dataaxiomBroken translates the inputs about indexes with missing platforms. If both inputs
// are true, the old step deletes only partial indexes.
func (t *translation) dataaxiomBroken() bool {
	ghost, partial := t.flag("delete-ghost-images"), t.flag("delete-partial-images")
	switch {
	case ghost && partial:
		t.set("broken", "all")
		t.differ("With both inputs, the old step deletes only indexes of which some platforms are missing. The new step also deletes indexes of which all platforms are missing.")
	case ghost:
		t.set("broken", "ghost")
	case partial:
		t.set("broken", "partial")
	}
	return ghost || partial
}
