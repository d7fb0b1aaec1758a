package cmd

import (
	"context"
	"fmt"

	"github.com/ghcr-publish/ghcr-publish/internal/input"
	"github.com/ghcr-publish/ghcr-publish/internal/publish"
	"github.com/ghcr-publish/ghcr-publish/internal/report"
	"github.com/ghcr-publish/ghcr-publish/internal/source/merge"
)

var mergeCommand = &command{
	name: input.Merge, many: true, run: execute(parseMerge, runMerge), post: postGate,
	short: "Join images that several runners pushed by digest into one index",
	long: `merge reads the outputs of the jobs that pushed one platform each (publish with
push-by-digest: true). merge publishes one index of these images under every tag,
and verifies the result as publish does. merge transfers no layer. The same digests
always give the same index.`,
	example: `  ghcr-publish merge sha256:0a1b… sha256:2c3d… --image ghcr.io/acme/web --tags 1
  ghcr-publish merge "$OUTPUTS" --tags latest
  ghcr-publish merge "$OUTPUTS" --expect-platforms linux/amd64,linux/arm64`,
}

func runMerge(ctx context.Context, s *session, config *mergeConfig) error {
	r := newReport(&config.Config)
	s.rules = config.rules
	images, err := merge.Find(config.Digests, config.DigestName, config.Expect)
	if err != nil {
		return s.finishPublish(r, err)
	}
	if len(images) == 0 {
		r.Outcome, r.Reason = report.Skipped, "no matrix job pushed an image, because the tokens of all jobs are read-only"
		return s.finishPublish(r, nil)
	}
	r.Source = fmt.Sprintf("%d platform images", len(images))
	request := s.request(&config.Config)
	request.Source = publish.IndexSource{
		Name: r.Source, Images: images, Registry: s.registry, Repository: config.Images[0],
		Options: merge.Options{Docker: config.Docker, Attestations: config.Attestations, Expect: config.Expect},
	}
	request.Verify.RootOnly = true // The matrix jobs have verified their images.
	return s.publish(ctx, request, r)
}
