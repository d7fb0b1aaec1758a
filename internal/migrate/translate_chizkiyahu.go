package migrate

import "strings"

// translateChizkiyahu translates the inputs of Chizkiyahu/delete-untagged-ghcr-action.
func translateChizkiyahu(t *translation) {
	t.ignore("owner_type", "repository")
	owner := t.packageOwner("repository_owner", "owner_name")
	name := t.text("package_name")
	switch {
	case name == "":
		t.refuse("the step deletes from all packages of %s. Name the packages in the input image", allPackages(t.step.Input("repository")))
	case strings.Contains(name, "*"):
		t.refuse("the input \"package_name\" contains a pattern")
	}
	if t.step.Input("untagged_only") != "" && !t.flag("untagged_only") {
		t.refuse("the step deletes complete packages (untagged_only: false), and the command \"cleanup\" does not delete packages")
	}
	if strings.Count(name, "/") == 2 {
		_, name, _ = strings.Cut(name, "/") // The old step accepts OWNER/REPOSITORY/NAME.
	}
	t.set("image", t.image(owner, name))
	t.set("untagged", "delete")
	t.differ(untaggedDiffers)
	if t.step.Input("except_untagged_multiplatform") != "" && !t.flag("except_untagged_multiplatform") {
		t.differ("The old step deletes the platforms of images that stay (except_untagged_multiplatform: false). The new step keeps these platforms.")
	}
	t.ignore("untagged_only", "except_untagged_multiplatform")
}

// allPackages returns the text that names the packages of a step without a package name.
func allPackages(repository string) string {
	if repository != "" {
		return "the repository"
	}
	return "the owner"
}
