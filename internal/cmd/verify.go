package cmd

import (
	"context"

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

// verify resolves the reference, and finds an attestation that meets the policy.
func (s *session) verify(ctx context.Context, config *input.VerifyConfig) (*report.Verify, error) {
	ref := config.Reference
	puller, err := s.puller(ref.Context())
	if err != nil {
		return nil, err
	}
	found, err := puller.Resolve(ctx, pull.Query{Reference: ref})
	if err != nil {
		return nil, s.explainer().Read(err, ref)
	}
	of := proof.Image{Client: found.Client, Repository: found.Repository, Digest: found.Root.Descriptor.Digest, More: s.packages}
	got, err := proof.Find(ctx, of, &config.Requirement)
	if err != nil {
		return nil, s.explainer().Read(err, ref)
	}
	return report.NewVerify(of.String(), of.Digest.String(), got.Bundle, got.Result), nil
}
