package migrate

// translateVlaurin translates the inputs of vlaurin/action-ghcr-prune.
func translateVlaurin(t *translation) {
	owner := t.packageOwner("organization", "user")
	t.text("user")
	t.set("image", t.image(owner, t.text("container")))
	tags := append(t.regexes("tag-regex"), t.regexes("prune-tags-regexes")...)
	untagged := t.flag("untagged")
	untagged = t.flag("prune-untagged") || untagged
	last := t.number("keep-last")
	if last == "0" {
		last = ""
	}
	if len(tags) > 0 {
		t.set("delete", tags...)
		t.set("keep-newest", last)
		t.differ("The old step deletes a version with all its tags if one tag matches. The new step deletes a version only if all its tags match, and removes only the matching tags otherwise.")
	}
	if untagged {
		t.vlaurinUntagged(last)
	}
	if len(tags) == 0 && !untagged {
		t.refuse("no input of the step selects images")
	}
	if last != "" {
		t.differ("The old step counts all selected versions as the newest versions, by their creation. The new step counts images with a selected tag and untagged images separately.")
	}
	if keep := append(t.globs("keep-tags", atComma), t.regexes("keep-tags-regexes")...); len(keep) > 0 {
		t.set("keep", keep...)
		t.set("detach", "false")
		t.differ(detachDiffers)
	}
	if days := t.number("older-than"); days != "" && days != "0" {
		t.set("older-than", days+"d")
		t.set("age-from", "created")
	}
	t.dryRun()
}

// vlaurinUntagged translates the selection of untagged versions.
func (t *translation) vlaurinUntagged(last string) {
	if last == "" {
		t.set("untagged", "delete")
	} else {
		t.set("untagged", "keep="+last)
	}
	t.differ("The old step deletes the platforms of images that stay, because they have no tags. The new step keeps these platforms.")
	t.differ(untaggedDiffers)
}
