package cmd

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"

	v1 "github.com/google/go-containerregistry/pkg/v1"

	"github.com/ghcr-publish/ghcr-publish/internal/attest"
	"github.com/ghcr-publish/ghcr-publish/internal/attest/stored"
	"github.com/ghcr-publish/ghcr-publish/internal/diag"
	"github.com/ghcr-publish/ghcr-publish/internal/input"
	"github.com/ghcr-publish/ghcr-publish/internal/pull"
	"github.com/ghcr-publish/ghcr-publish/internal/report"
	"github.com/ghcr-publish/ghcr-publish/internal/workflow"
)

// These codes report an image whose attestations do not meet a policy.
const (
	// CodeNoAttestation means that the image has no attestation.
	CodeNoAttestation = "attestation-missing"
	// CodePolicyNotMet means that no attestation of the image is valid and meets the policy.
	CodePolicyNotMet = "policy-not-met"
	// CodeBundleFile means that the file with the bundles cannot be read.
	CodeBundleFile = "bundle-unreadable"
)

// maxFileBundles is the maximum number of bundles in a file.
const maxFileBundles = 1000

var verifyCommand = &command{
	name: input.Verify, run: execute(input.ParseVerify, runVerify),
	short: "Verify with a policy who built an image, and from what",
	long: `verify reads the attestations of an image, which Sigstore signed, and checks their
signatures. verify then compares the certificate with the policy: the repository, the
workflow, the commit and the runner. The exit status is 0 only if one attestation is valid
and meets every requirement. The flags have the names and meanings of the flags of
"gh attestation verify".`,
	example: `  ghcr-publish verify ghcr.io/acme/web:1.2.3 --repo acme/web
  ghcr-publish verify ghcr.io/acme/web:1.2.3 --owner acme --json
  ghcr-publish verify acme/web:1.2.3 --owner acme --source-ref refs/tags/v1.2.3`,
}

// verifyRun holds the state of one run of the command "verify".
type verifyRun struct {
	*session
	config   *input.VerifyConfig
	verifier *attest.Verifier
}

func runVerify(ctx context.Context, s *session, config *input.VerifyConfig) error {
	s.announce()
	verifier, err := verifierOf(config.Root)
	if err != nil {
		return err
	}
	out, err := (&verifyRun{s, config, verifier}).verify(ctx)
	if err != nil {
		return readEnd(ctx, err)
	}
	text := workflow.Lines(out.Text())
	if config.JSON {
		if text, err = out.JSON(); err != nil {
			return err
		}
	}
	return s.finish(out, s.process.Stdout, text)
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
	roots, err := inputFile{
		input: "trusted-root", named: "the input trusted-root", path: path, code: attest.CodeRoot,
		hint: `Write the output of "gh attestation trusted-root" to a file, and set the input trusted-root to this file.`,
	}.read(attest.MaxRoots)
	if err != nil {
		return nil, err
	}
	return attest.NewVerifier(roots)
}

// verify finds the attestations of the image, and returns the first attestation that is valid
// and meets the policy.
func (r *verifyRun) verify(ctx context.Context) (*report.Verify, error) {
	ref := r.config.Reference
	puller, err := r.puller(ref.Context())
	if err != nil {
		return nil, err
	}
	found, err := puller.Resolve(ctx, pull.Query{Reference: ref})
	if err != nil {
		return nil, r.explainer().Read(err, ref)
	}
	digest := found.Root.Descriptor.Digest
	bundles, err := r.bundles(ctx, found, digest)
	if err != nil {
		return nil, err
	}
	name := found.Repository.Name() + "@" + digest.String()
	if len(bundles) == 0 {
		return nil, &diag.Error{
			Code: CodeNoAttestation, Side: diag.Sigstore, Title: fmt.Sprintf("The image %s has no attestation in the registry", name),
			Hint: "Check that the workflow attests this digest and stores the attestation in the registry. If you have the attestation in a file, set the input bundle to this file.",
		}
	}
	var problems []error
	for _, b := range bundles {
		var result *attest.Result
		err := b.err
		if err == nil {
			result, err = r.verifier.Verify(b.raw, digest, r.config.Policy)
		}
		if err == nil {
			return report.NewVerify(name, digest.String(), b.name, result), nil
		}
		problems = append(problems, fmt.Errorf("%s: %w", b.name, err))
	}
	return nil, &diag.Error{
		Code: CodePolicyNotMet, Side: diag.Sigstore, Err: errors.Join(problems...),
		Title: fmt.Sprintf("No attestation of the image %s meets the policy", name),
		Hint:  "Do not use the image, unless the requirements of the policy are wrong.",
	}
}

// namedBundle is a bundle with the name of its source.
type namedBundle struct {
	name string
	raw  []byte
	err  error // the reason why the bundle could not be read, or nil
}

// bundles returns the bundles of the image from the registry, or from the file in the input.
func (r *verifyRun) bundles(ctx context.Context, found *pull.Found, digest v1.Hash) ([]namedBundle, error) {
	if r.config.Bundle != "" {
		return fileBundles(r.config.Bundle)
	}
	list, err := stored.Read(ctx, found.Client, found.Repository, digest)
	if err != nil {
		return nil, r.explainer().Read(err, r.config.Reference)
	}
	var out []namedBundle
	for _, b := range list {
		out = append(out, namedBundle{b.Manifest.String(), b.Raw, b.Err})
	}
	return out, nil
}

// fileBundles reads one bundle, or one bundle per line.
func fileBundles(path string) ([]namedBundle, error) {
	file := inputFile{
		input: "bundle", named: "the input bundle", path: path, code: CodeBundleFile,
		hint: `Set the input bundle to a file with one bundle as JSON, or with one bundle per line. "gh attestation download" writes such a file.`,
	}
	raw, err := file.read(attest.MaxBundle)
	if err != nil {
		return nil, err
	}
	var out []namedBundle
	for decoder := json.NewDecoder(bytes.NewReader(raw)); err == nil; {
		var one json.RawMessage
		if err = decoder.Decode(&one); err == nil {
			out = append(out, namedBundle{name: fmt.Sprintf("bundle %d of %s", len(out)+1, path), raw: one})
		}
		if len(out) > maxFileBundles {
			err = fmt.Errorf("the file contains more than %d bundles", maxFileBundles)
		}
	}
	if errors.Is(err, io.EOF) && len(out) > 0 {
		return out, nil
	}
	return nil, file.unreadable(diag.NotJSON(err))
}
