// Package attest makes and verifies attestations of images. An attestation is a statement
// (in-toto, "Statement" v1) about the digest of an image that Sigstore signed. The package
// makes two kinds of statements: the provenance of a job of GitHub Actions (SLSA
// provenance v1), and an SBOM.
//
// A [Signer] gets the identity token of the job, requests a certificate for a new key,
// signs the statements, and records the signatures in a log or with a timestamp. The
// Signer then verifies each bundle as a consumer does. A [Verifier] verifies bundles and
// compares their certificates with a [Policy].
//
// The package neither reads nor writes a registry. Verification is the work of
// sigstore-go, which only this package imports.
package attest
