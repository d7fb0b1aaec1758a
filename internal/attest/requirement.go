package attest

// Requirement is an attestation that an image must have before a run uses the image.
type Requirement struct {
	Policy  Policy
	Bundles string // the file with the bundles, or "" to read the bundles from the registry
	Roots   string // the file with the trusted roots, or "" for the roots in the program
}
