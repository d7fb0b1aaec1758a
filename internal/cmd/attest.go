package cmd

import (
	"context"

	"github.com/ghcr-publish/ghcr-publish/internal/input"
)

var attestCommand = &command{
	name: input.Attest, run: execute(input.ParseAttest, runAttest),
	short: "Sign the provenance of an image that is in the registry",
	long: `attest signs the provenance of an image in the registry, as publish does for the image
that it pushes. attest is for an image that was published while Sigstore was down, and
for an image that another program pushed in the same job. The job needs the permission
id-token: write. attest moves no tag. If the image has an attestation of this workflow
for the same commit, attest signs nothing.`,
	example: `  ghcr-publish attest ghcr.io/acme/web:1.2.3
  ghcr-publish attest ghcr.io/acme/web@sha256:9f8e… --sbom sbom.spdx.json`,
}

// runAttest runs the pipeline for an image that its repository already has, without tags.
func runAttest(ctx context.Context, s *session, config *input.Config) error {
	request := s.request(config)
	request.ByDigest = true
	return s.publish(ctx, request, newReport(config))
}
