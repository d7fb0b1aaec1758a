package cmd

import (
	"context"
	"slices"

	"github.com/google/go-containerregistry/pkg/name"
	v1 "github.com/google/go-containerregistry/pkg/v1"

	"github.com/ghcr-publish/ghcr-publish/internal/attest/proof"
	"github.com/ghcr-publish/ghcr-publish/internal/diag"
	"github.com/ghcr-publish/ghcr-publish/internal/input"
	"github.com/ghcr-publish/ghcr-publish/internal/publish"
)

var promoteCommand = &command{
	name: input.Promote, run: execute(input.ParsePromote, runPromote), post: postGate,
	short: "Add tags to an existing image, or copy it to another repository, with the same digest",
	long: `promote adds tags to an image in a registry, or copies the image to another
repository, and verifies the result as publish does. promote does not change the
image, so the digest stays the same. Before the image gets a tag in another
repository, promote copies its signatures, attestations and other referrers.
Only --platforms changes the digest, because promote then publishes a new index.`,
	example: `  ghcr-publish promote rc --image ghcr.io/acme/web --tags stable
  ghcr-publish promote ghcr.io/acme/web-dev:1.2.3 --image ghcr.io/acme/web
  ghcr-publish promote sha256:9f8e… --tags latest --monotonic=false # rollback`,
}

func runPromote(ctx context.Context, s *session, config *input.PromoteConfig) error {
	request := s.request(&config.Config)
	request.Attachments = publish.Referrers{Registry: s.registry, From: config.From}
	request.Digest = config.Expected
	if config.Require != nil {
		request.Proof = requiredProof{s, config}
	}
	// The run pulls only the root, because the image was verified when it was pushed
	// to this repository.
	request.Verify.RootOnly = !slices.ContainsFunc(config.Images, func(repo name.Repository) bool {
		return repo.Name() != config.From.Context().Name()
	})
	return s.publish(ctx, request, newReport(&config.Config))
}

// requiredProof implements [publish.Proof] with the attestations of the source.
type requiredProof struct {
	session *session
	config  *input.PromoteConfig
}

// Check implements [publish.Proof].
func (p requiredProof) Check(ctx context.Context, digest v1.Hash) ([]diag.Notice, error) {
	from := p.config.From
	got, err := proof.Find(ctx, proof.Image{Client: p.session.registry, Repository: from.Context(), Digest: digest, More: p.session.packages}, p.config.Require)
	if err != nil {
		return nil, p.session.explainer().Read(err, from)
	}
	return []diag.Notice{got.Notice()}, nil
}
