package input

// cleanupHabits maps inputs of other actions that delete images to the inputs of the
// command "cleanup".
var cleanupHabits = map[string]string{
	"delete-tags": adviceDelete, "image-tags": adviceDelete, "prune-tags-regexes": adviceDelete, "tag-regex": adviceDelete,
	"exclude-tags": adviceKeep, "keep-tags": adviceKeep, "keep-tags-regexes": adviceKeep, "skip-tags": adviceKeep, "skip-shas": adviceKeep, "ignore-versions": adviceKeep,
	"keep-n-tagged": adviceNewest, "keep-n-most-recent": adviceNewest, "keep-last": adviceNewest, "keep-at-least": adviceNewest, "min-versions-to-keep": adviceNewest,
	"num-old-versions-to-delete": adviceNewest,
	"delete-untagged":            adviceUntagged, "prune-untagged": adviceUntagged, "untagged-only": adviceUntagged, "untagged_only": adviceUntagged,
	"delete-only-untagged-versions": adviceUntagged, "tag-selection": adviceUntagged, "except_untagged_multiplatform": adviceUntagged,
	"keep-n-untagged": "Write untagged: keep=5 to keep the newest five images without a tag.",
	"cut-off":         adviceAge, "keep-younger-than": adviceAge, "older_than": adviceAge, "min-age-days": adviceAge,
	"timestamp-to-use": "Write age-from: created or age-from: updated.",
	"package":          adviceImage, "packages": adviceImage, "package-name": adviceImage, "package_name": adviceImage, "package-names": adviceImage,
	"image-name": adviceImage, "image-names": adviceImage, "container": adviceImage, "owner": adviceImage, "account": adviceImage, "organization": adviceImage,
	"user": adviceImage, "repository_owner": adviceImage, "owner_type": adviceImage, "expand-packages": adviceImage,
	"delete-ghost-images":    "Write broken: ghost.",
	"delete-partial-images":  "Write broken: partial.",
	"delete-orphaned-images": "Write orphans: delete.",
	"use-regex":              "Write each regular expression between slashes, for example delete: /^pr-[0-9]+$/.",
	"validate":               "Remove the input, because verify: full is the default.",
	"package-type":           "Remove the input, because the command cleanup only knows container images.",
	"package-version-ids":    "Write the digests of the versions in the input delete.",
}

const (
	adviceDelete   = "Write the tags in the input delete, one pattern per line."
	adviceKeep     = "Write the images in the input keep, one pattern or digest per line."
	adviceNewest   = "Write keep-newest: 5 and delete: \"*\" to keep the newest five images. For releases, write delete: type=semver,keep=3,per=minor."
	adviceUntagged = "Write untagged: delete. Platforms of an index are never untagged images."
	adviceAge      = "Write the age in the input older-than, for example older-than: 30d."
	adviceImage    = "Write the owner and the package in the input image, for example ghcr.io/acme/web."
)

// refuseUnknownRules refuses all unknown inputs of the command "cleanup". If a run ignored an
// unknown input that should protect images, the run would delete these images.
func (r *reader) refuseUnknownRules(names []string) {
	for _, name := range names {
		hint := cleanupHabits[name]
		if hint == "" {
			hint = r.question(name)
		}
		if hint == "" {
			hint = "Remove the input. docs/cleanup.md lists the inputs of the command cleanup."
		}
		r.fail(name, CodeUnknown, hint, "This action has no input %q, so the run deletes nothing", name)
	}
}
