package referrers

// CosignTag is a kind of tag under which cosign stores a manifest that belongs
// to an image.
type CosignTag struct {
	// Suffix is the end of the tag, for example ".sig". The start of the tag is
	// the [Tag] of the image's digest.
	Suffix string
	// Content is the kind of the content. Content is a signature, an attestation
	// or an SBOM.
	Content string
}

// CosignTags lists the kinds of tags that cosign uses for an image if it does
// not use the list of referrers. The file specs/SIGNATURE_SPEC.md of cosign,
// "Tag-based Discovery", defines the tag of a signature. The tags of
// attestations and SBOMs have the same form as the tag of a signature.
var CosignTags = []CosignTag{
	{".sig", "signature"},
	{".att", "attestation"},
	{".sbom", "SBOM"},
}
