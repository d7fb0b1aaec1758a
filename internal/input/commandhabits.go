package input

// commandHabits contains the advice for inputs that other actions have for the same task
// as one command of this action, for example the flags of cosign for "verify". The inputs
// of other cleanup actions are in cleanupHabits.
var commandHabits = map[Command]map[string]habit{
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
	diffSource = advice("Set the input source to two lines: the old image, and then the new image.")
)

// stopsAtUnknown reports whether any unknown input ends a run of the command. Without the
// ignored input, "verify" could accept an image that the policy of the user refuses. The
// function refuseUnknownRules stops the command "cleanup".
func (c Command) stopsAtUnknown() bool { return c == Verify }
