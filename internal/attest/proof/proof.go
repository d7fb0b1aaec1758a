// Package proof finds an attestation of an image that is valid and meets a policy. The
// bundles come from the registry, where they are referrers of the image, from GitHub's API,
// or from a file. Package attest checks each bundle.
package proof

import (
	"context"
	"errors"
	"fmt"
	"io/fs"

	"github.com/google/go-containerregistry/pkg/name"
	v1 "github.com/google/go-containerregistry/pkg/v1"

	"github.com/ghcr-publish/ghcr-publish/internal/attest"
	"github.com/ghcr-publish/ghcr-publish/internal/attest/stored"
	"github.com/ghcr-publish/ghcr-publish/internal/diag"
	"github.com/ghcr-publish/ghcr-publish/internal/diag/missing"
	"github.com/ghcr-publish/ghcr-publish/internal/registry"
	"github.com/ghcr-publish/ghcr-publish/internal/safe/bounded"
)

// These codes report an image whose attestations do not meet a requirement.
const (
	// CodeMissing means that the image has no attestation.
	CodeMissing = "attestation-missing"
	// CodePolicyNotMet means that no attestation of the image is valid and meets the policy.
	CodePolicyNotMet = "policy-not-met"
	// CodeBundleFile means that the file with the bundles cannot be read.
	CodeBundleFile = "bundle-unreadable"
	// CodePolicyMet is the code of a notice, and means that an attestation meets the policy.
	CodePolicyMet = "policy-met"
)

// Image is the image whose attestation must meet a requirement.
type Image struct {
	Client     *registry.Client
	Repository name.Repository
	Digest     v1.Hash
	// More also contains attestations of the image. Find reads More only if no attestation
	// in the registry meets the requirement.
	More Store
	// Single is true if the image is no index. It can then be the image of one platform.
	Single bool
}

// Store contains attestations outside the registry. GitHub's API is a store.
type Store interface {
	// Attestations returns the bundles for a digest that a repository OWNER/NAME, or all
	// repositories of an owner, store.
	Attestations(ctx context.Context, of, digest string) ([][]byte, error)
}

// String returns the reference of the image.
func (i Image) String() string { return i.Repository.Name() + "@" + i.Digest.String() }

// NoStore contains no attestation.
type NoStore struct{}

// Attestations implements [Store].
func (NoStore) Attestations(context.Context, string, string) ([][]byte, error) { return nil, nil }

// Proof is a valid attestation that meets the policy.
type Proof struct {
	*attest.Result
	Bundle string // the digest of the manifest with the bundle, or the name of the file
}

// Notice returns a notice that names the signer.
func (p *Proof) Notice() diag.Notice {
	return diag.Notice{
		Code: CodePolicyMet, Level: diag.Info, Title: "The image has an attestation that meets the policy",
		Text: fmt.Sprintf("An attestation that %s signed meets the policy. It describes a build of the commit %s of %s.", p.Signer, p.Commit, p.Repository),
	}
}

// Find returns the first attestation of the image that is valid and meets the requirement.
// The error is a [diag.Error] if no attestation meets the requirement, or if a file of the
// requirement is wrong. Find returns the errors of the registry unchanged.
func Find(ctx context.Context, of Image, need *attest.Requirement) (*Proof, error) {
	verifier, err := verifierOf(need.Roots)
	if err != nil {
		return nil, err
	}
	bundles, err := read(ctx, of, need.Bundles)
	if err != nil {
		return nil, err
	}
	found, problems := first(bundles, verifier, of.Digest, need.Policy)
	if found == nil && need.Bundles == "" {
		var more []error
		bundles, err = readMore(ctx, of, need.Policy)
		found, more = first(bundles, verifier, of.Digest, need.Policy)
		problems = append(problems, more...)
	}
	if found != nil {
		return found, nil
	}
	return nil, of.refusal(problems, err)
}

// first returns the first bundle that is valid and meets the policy, or the problem of each
// bundle.
func first(bundles []bundle, verifier *attest.Verifier, digest v1.Hash, policy attest.Policy) (*Proof, []error) {
	var problems []error
	for _, b := range bundles {
		result, err := b.verify(verifier, digest, policy)
		if err == nil {
			return &Proof{Result: result, Bundle: b.name}, nil
		}
		problems = append(problems, &problem{b.name, err})
	}
	return nil, problems
}

// verifierOf returns a verifier for the trusted roots in a file. If the path is empty, the
// verifier uses the roots in the program.
func verifierOf(path string) (*attest.Verifier, error) {
	if path == "" {
		roots, err := attest.Roots()
		if err != nil {
			return nil, err
		}
		return attest.NewVerifier(roots)
	}
	roots, err := bounded.Text(path, attest.MaxRoots)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, &diag.Error{
			Code: attest.CodeRoot, Side: diag.Input, Input: "trusted-root", Title: fmt.Sprintf("The file %q in the input trusted-root does not exist", path),
			Hint: missing.Hint(path) + ` Write the output of "gh attestation trusted-root" to a file, and set the input trusted-root to this file.`,
		}
	}
	if err != nil {
		return nil, &diag.Error{
			Code: attest.CodeRoot, Side: diag.Input, Input: "trusted-root", Title: "The trusted root cannot be read", Err: err,
			Hint: "Set the input trusted-root to an existing file.",
		}
	}
	verifier, err := attest.NewVerifier(roots)
	return verifier, diag.Titled(err, fmt.Sprintf("The file %q in the input trusted-root is not a trusted root", path))
}

// read returns the bundles in a file, or the bundles in the registry if the path is empty.
func read(ctx context.Context, of Image, path string) ([]bundle, error) {
	if path != "" {
		return readFile(path)
	}
	list, err := stored.Read(ctx, of.Client, of.Repository, of.Digest)
	if err != nil {
		return nil, err
	}
	var out []bundle
	for _, b := range list {
		out = append(out, bundle{b.Manifest.String(), b.Raw, b.Err})
	}
	return out, nil
}

// readMore returns the bundles outside the registry.
func readMore(ctx context.Context, of Image, policy attest.Policy) ([]bundle, error) {
	from := policy.Repo
	if from == "" {
		from = policy.Owner
	}
	list, err := of.More.Attestations(ctx, from, of.Digest.String())
	if err != nil {
		return nil, err
	}
	var out []bundle
	for i, raw := range list {
		out = append(out, bundle{name: fmt.Sprintf("attestation %d of %s in GitHub's API", i+1, from), raw: raw})
	}
	return out, nil
}
