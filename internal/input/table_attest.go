package input

import "github.com/ghcr-publish/ghcr-publish/internal/attest"

// attestTable returns the inputs for the attestations that a run makes.
func attestTable() []Input {
	return []Input{
		{
			Name: "attest", Group: GroupSafety, Kind: Choice, Commands: building, Values: []string{string(AttestAuto), string(AttestTrue), string(AttestFalse)}, Default: string(AttestAuto),
			Help:    "Sign the provenance of the image with Sigstore before any tag moves. This needs the permission id-token: write. With `auto`, the run publishes without an attestation if the job does not have the permission, or if Sigstore is down. With `true`, the run then fails.",
			Short:   "Sign the provenance of the image before any tag moves. This needs the permission id-token: write, without which `auto` publishes without an attestation.",
			Example: "true",
		},
		{
			Name: "sbom", Group: GroupSafety, Commands: attesting,
			Help:    "Path of an SBOM of the image, in the format SPDX or CycloneDX as JSON, of at most 16 MiB. The run signs the SBOM together with the provenance. Default: no SBOM.",
			Short:   "Path of an SBOM of the image, as SPDX or CycloneDX JSON, that the run signs. Default: no SBOM.",
			Example: "sbom.spdx.json",
		},
		{
			Name: "attest-store", Group: GroupSafety, Commands: attesting, Default: storeAuto,
			Help:    "Places that store the attestation, separated by commas: registry (a referrer of the image) and github (GitHub's API, which needs the permission attestations: write). `auto` stores the attestation in both places, and in the registry alone if GitHub's API refuses it.",
			Short:   "Places that store the attestation: registry, github (needs attestations: write), or both, separated by a comma. `auto` means both where allowed.",
			Example: "registry",
		},
		{
			Name: "sigstore", Group: GroupSafety, Commands: attesting, Default: attest.Auto,
			Help:    "Sigstore that signs: `public-good` (sigstore.dev, with a public log), `github` (GitHub's own, for private repositories), or a folder with trusted_root.json and signing_config.json. `auto` selects public-good for a public repository, and otherwise github.",
			Short:   "Sigstore that signs: `public-good`, `github`, or a folder with trusted_root.json and signing_config.json. `auto` depends on the visibility of the repository.",
			Example: "public-good",
		},
	}
}
