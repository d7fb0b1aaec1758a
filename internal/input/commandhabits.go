package input

// commandHabits contains the advice for inputs that other actions have for the same task
// as one command of this action. The other actions are
// dataaxiom/ghcr-cleanup-action, actions/delete-package-versions and
// snok/container-retention-policy for "cleanup", and the flags of cosign for "verify".
var commandHabits = map[Command]map[string]habit{
	Cleanup: {
		"delete-tags":                      advice("Write the tags in the input delete, for example delete: pr-*."),
		"image-tags":                       advice("Write the tags in the input delete, for example delete: pr-*."),
		"exclude-tags":                     advice("Write the tags in the input keep, for example keep: latest."),
		"ignore-versions":                  advice("Write the tags in the input keep. Write a regular expression between slashes, for example keep: /^v[0-9]+$/."),
		"skip-tags":                        advice("Write the tags in the input keep, for example keep: latest."),
		"skip-shas":                        advice("Write the digests in the input keep, one per line."),
		"delete-untagged":                  advice("Set untagged: delete."),
		"keep-n-untagged":                  advice("Set untagged: keep=N, where N is the number of images that stay."),
		"cut-off":                          advice("Set the input older-than to the minimum age, for example older-than: 30d."),
		"validate":                         advice("Remove the input. The command cleanup checks the package after each deletion, unless verify: none is set."),
		"package-type":                     advice("Remove the input. The command cleanup deletes only container images."),
		"use-regex":                        advice("Write a regular expression between slashes in the input delete, for example delete: /^pr-[0-9]+$/."),
		"account":                          cleanupImage,
		"package":                          cleanupImage,
		"packages":                         cleanupImage,
		"package-name":                     cleanupImage,
		"package-names":                    cleanupImage,
		"image-names":                      cleanupImage,
		"repository":                       cleanupImage,
		"keep-n-tagged":                    keepNewest,
		"keep-n-most-recent":               keepNewest,
		"min-versions-to-keep":             keepNewest,
		"num-old-versions-to-delete":       advice("Set the input keep-newest to the number of images that stay. The command cleanup has no number of images to delete."),
		"delete-ghost-images":              advice("Set broken: ghost."),
		"delete-partial-images":            advice("Set broken: partial."),
		"delete-orphaned-images":           advice("Set orphans: delete."),
		"delete-only-untagged-versions":    advice("Set untagged: delete, and remove the input delete."),
		"delete-only-pre-release-versions": advice("Write the pre-releases in the input delete, for example delete: /-(alpha|beta|rc)/."),
	},
	Verify: {
		"repository":                  advice("Set the input repo to OWNER/NAME."),
		"certificate-identity":        advice("Set the input cert-identity to the name in the certificate."),
		"certificate-identity-regexp": advice("Set the input cert-identity-regex to the pattern of the name in the certificate."),
		"certificate-oidc-issuer":     advice("Set the input cert-oidc-issuer to the issuer."),
		"digest":                      advice("Set the input source to the reference of the image with its digest, such as ghcr.io/acme/web@sha256:…."),
		"key":                         advice("Remove the input. The command verify accepts only signatures with a certificate of Sigstore, and no keys."),
	},
	Promote: {
		"from": advice("Set the input source to the tag, the digest or the reference of the image."),
		"to":   advice("Set the input tags to the new tags, and the input image to another repository if the image must be copied."),
	},
	Diff: {"old": diffSource, "new": diffSource, "from": diffSource, "to": diffSource},
}

// advice returns a habit that ends the run.
func advice(text string) habit { return habit{advice: text, stops: true} }

var (
	cleanupImage = advice("Set the input image to the repositories, one per line, for example ghcr.io/acme/web.")
	keepNewest   = advice("Set the input keep-newest to the number of images that stay. This number counts only images that the input delete selects, for example delete: \"*\".")
	diffSource   = advice("Set the input source to two lines: the old image, and then the new image.")
)

// stopsAtUnknown reports whether any unknown input ends a run of the command. Without the
// ignored input, "cleanup" could delete an image that must stay, and "verify" could accept
// an image that the policy of the user refuses.
func (c Command) stopsAtUnknown() bool { return c == Cleanup || c == Verify }
