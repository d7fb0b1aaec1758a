package referrers

// CosignTag is a kind of tag under which cosign stores a manifest that belongs
// to an image.
type CosignTag struct {
	// Suffix is the part of the tag after the [Tag] of the image's digest, as in
	// sha256-….sig.
	Suffix string
	// Content names the content: a signature, an attestation or an SBOM.
	Content string
}

// CosignTags lists the tags that cosign uses for an image if cosign does not use
// the list of referrers. The source for signatures is cosign,
// specs/SIGNATURE_SPEC.md, "Tag-based Discovery". Attestations and SBOMs have tags
// of the same form.
var CosignTags = []CosignTag{
	{".sig", "signature"},
	{".att", "attestation"},
	{".sbom", "SBOM"},
}
