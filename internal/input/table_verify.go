package input

import (
	"github.com/ghcr-publish/ghcr-publish/internal/attest"
)

// verifyTable returns the inputs for the policy that an attestation must meet.
func verifyTable() []Input {
	return []Input{
		{
			Name: "repo", Group: GroupSafety, Commands: verify,
			Help:    "Repository, as OWNER/NAME, whose workflow must have made the attestation. `repo` or `owner` is required. Without `signer-repo`, `signer-workflow` and `cert-identity`, the workflow file that signed must also be in this repository.",
			Short:   "Repository, as OWNER/NAME, whose workflow must have made the attestation that `verify` checks.",
			Example: "acme/web",
		},
		{
			Name: "owner", Group: GroupSafety, Commands: verify,
			Help:    "Owner of the repository whose workflow must have made the attestation.",
			Example: "acme",
		},
		{
			Name: "signer-repo", Group: GroupSafety, Commands: verify,
			Help:    "Repository, as OWNER/NAME, that contains the workflow file that signed. This input is necessary if a reusable workflow of another repository attested the image.",
			Short:   "Repository, as OWNER/NAME, that contains the workflow file that signed the attestation.",
			Example: "acme/workflows",
		},
		{
			Name: "signer-workflow", Group: GroupSafety, Commands: verify,
			Help:    "Workflow file that signed, as OWNER/NAME/PATH.",
			Example: "acme/web/.github/workflows/release.yml",
		},
		{
			Name: "source-ref", Group: GroupSafety, Commands: verify,
			Help:    "Git reference that the workflow must have built.",
			Example: "refs/tags/v1.2.3",
		},
		{
			Name: "source-digest", Group: GroupSafety, Commands: verify,
			Help:    "Commit that the workflow must have built.",
			Example: "7fd1a60b01f91b314f59955a4e4d4e80d8edf11d",
		},
		{
			Name: "predicate-type", Group: GroupSafety, Commands: verify, Default: attest.Provenance,
			Help:    "Type of the statement that the attestation must contain.",
			Example: "https://spdx.dev/Document/v2.3",
		},
		{
			Name: "cert-identity", Group: GroupSafety, Commands: verify,
			Help:    "Name that the certificate of the signer must have. In a workflow, the name is the URL of the workflow file, an @ and the Git reference.",
			Example: "https://github.com/acme/web/.github/workflows/release.yml@refs/heads/main",
		},
		{
			Name: "cert-identity-regex", Group: GroupSafety, Commands: verify,
			Help:    "Regular expression (RE2) that the name in the certificate of the signer must match.",
			Example: "^https://github.com/acme/",
		},
		{
			Name: "cert-oidc-issuer", Group: GroupSafety, Commands: verify,
			Help:    "Issuer of the identity token of the signer. Default: the issuer of GitHub Actions.",
			Example: "https://token.actions.githubusercontent.com/acme-corp",
		},
		{
			Name: "deny-self-hosted-runners", Group: GroupSafety, Kind: Bool, Commands: verify, Default: "false",
			Help:    "Refuse an attestation that was made on a self-hosted runner.",
			Example: "true",
		},
		{
			Name: "require", Group: GroupSafety, Kind: Lines, Commands: requiring,
			Help:    "Attestation that the image must have before the run writes anything: one requirement per line as NAME=VALUE. The names are inputs of `verify`, for example repo=acme/web. `repo` or `owner` is required.",
			Short:   "Attestation that the image must have before the run writes anything: one NAME=VALUE per line. The names are inputs of `verify`.",
			Example: "repo=acme/web",
		},
		{
			Name: "bundle", Group: GroupSafety, Commands: []Command{Verify, Pull, Promote},
			Help:    "File with attestations of the image: a bundle, or one per line. With a digest, the command verify then sends no request. Default: the attestations in the registry and in GitHub's API.",
			Example: "attestations.jsonl",
		},
		{
			Name: "trusted-root", Group: GroupSafety, Commands: []Command{Verify, Pull, Promote},
			Help:    "File with the keys of Sigstore that the run trusts, as \"gh attestation trusted-root\" writes it. Default: the keys of sigstore.dev, which the program contains.",
			Example: "trusted_root.jsonl",
		},
	}
}
