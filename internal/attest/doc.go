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
// The package neither reads nor writes a registry.
//
// sigstore-go would add 13 MB to the program, because its verification imports the client
// of the log, an interpreter of templates and a server for gRPC. The package therefore
// verifies bundles with smaller libraries, and its tests compare each verdict with the
// verdict of sigstore-go.
package attest
