package migrate

// translateDeletePackageVersions translates the inputs of actions/delete-package-versions.
func translateDeletePackageVersions(t *translation) {
	if kind := t.text("package-type"); kind != "" && kind != "container" {
		t.foreign = true
		return
	}
	t.refuseOldVersions()
	t.set("image", t.packageOf("owner", "package-name")...)
	least := t.text("min-versions-to-keep")
	if least == "-1" {
		least = ""
	}
	if least != "" && !wholeNumber().MatchString(least) && !isOneExpression(least) {
		t.refuse("the input \"min-versions-to-keep\" has the value %q, which is not a number", least)
	}
	switch {
	case t.flag("delete-only-untagged-versions") && (least == "" || least == "0"):
		t.set("untagged", "delete")
	case t.flag("delete-only-untagged-versions"):
		t.set("untagged", "keep="+least)
		t.differ(versionsDiffer)
	case least == "":
		t.refuse("the step deletes the oldest version (num-old-versions-to-delete), which can be a platform of an image that stays. Choose a rule, such as keep-newest")
	default:
		t.refuse("the old step counts each platform as a version, so %s versions can be few images. If the new step may keep %s images, set delete: \"*\", keep-newest: %s and untagged: delete", least, least, least)
	}
	t.differ("The old step deletes at most 100 versions in a run, and also the platforms of images that stay. The new step keeps these platforms.")
	t.differ(untaggedDiffers)
	if t.step.Input("ignore-versions") != "" {
		t.set("keep", t.regexes("ignore-versions")...)
		t.differ("The old step compares ignore-versions with digests, so the expression never protected a tag. The new step compares the expression with tags.")
	}
}

// refuseOldVersions records a reason for inputs that select single versions.
func (t *translation) refuseOldVersions() {
	for _, input := range []string{"package-version-ids", "num-old-versions-to-delete"} {
		if t.text(input) != "" {
			t.refuse("the input %q selects versions and not images, and a version can be a platform of an image that stays", input)
		}
	}
	if t.flag("delete-only-pre-release-versions") {
		t.refuse("the input \"delete-only-pre-release-versions\" compares digests with version numbers, so it has no meaning for container images. To delete old pre-releases, use a rule type=semver,keep=N,prerelease=superseded in the input delete")
	}
}

// packageOf returns the reference of the package in two inputs, or no reference if the name
// of the package is empty.
func (t *translation) packageOf(owner, name string) []string {
	login := t.packageOwner(owner)
	if name := t.text(name); name != "" {
		return []string{t.image(login, name)}
	}
	return nil
}
