package cmd

import (
	"context"

	"github.com/google/go-containerregistry/pkg/name"
	v1 "github.com/google/go-containerregistry/pkg/v1"

	"github.com/ghcr-publish/ghcr-publish/internal/attest/proof"
	"github.com/ghcr-publish/ghcr-publish/internal/input"
	"github.com/ghcr-publish/ghcr-publish/internal/pull"
	"github.com/ghcr-publish/ghcr-publish/internal/report"
	"github.com/ghcr-publish/ghcr-publish/internal/workflow"
)

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

func runVerify(ctx context.Context, s *session, config *input.VerifyConfig) error {
	s.announce()
	out, err := s.verify(ctx, config)
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

// verify finds an attestation of the image that meets the policy.
func (s *session) verify(ctx context.Context, config *input.VerifyConfig) (*report.Verify, error) {
	of, err := s.imageToVerify(ctx, config)
	if err != nil {
		return nil, err
	}
	got, err := proof.Find(ctx, *of, &config.Requirement)
	if err != nil {
		return nil, s.explainer().Read(err, config.Reference)
	}
	return report.NewVerify(of.String(), of.Digest.String(), got.Bundle, got.Result), nil
}

// imageToVerify resolves the reference. A digest whose attestation is in a file needs no
// request, so that a user can verify an image without access to the registry.
func (s *session) imageToVerify(ctx context.Context, config *input.VerifyConfig) (*proof.Image, error) {
	ref := config.Reference
	if digest, ok := ref.(name.Digest); ok && config.Requirement.Bundles != "" {
		hash, err := v1.NewHash(digest.DigestStr())
		return &proof.Image{Repository: ref.Context(), Digest: hash}, err
	}
	puller, err := s.puller(ref.Context())
	if err != nil {
		return nil, err
	}
	found, err := puller.Resolve(ctx, pull.Query{Reference: ref})
	if err != nil {
		return nil, s.explainer().Read(err, ref)
	}
	return &proof.Image{
		Client: found.Client, Repository: found.Repository, Digest: found.Root.Descriptor.Digest, More: s.packages,
		Single: !found.Root.Descriptor.MediaType.IsIndex(),
	}, nil
}
