package referrers

// CosignTag is a kind of tag under which cosign stores a manifest that belongs
// to an image.
type CosignTag struct {
	// Suffix follows the [Tag] of the image's digest: sha256-….sig.
	Suffix string
	// Content is the kind of the content: signature, attestation or SBOM.
	Content string
}

// CosignTags lists the tags that cosign uses for an image if it does not use
// the list of referrers (cosign, specs/SIGNATURE_SPEC.md, "Tag-based
// Discovery", for signatures; the other kinds have tags of the same form).
var CosignTags = []CosignTag{
	{".sig", "signature"},
	{".att", "attestation"},
	{".sbom", "SBOM"},
}
