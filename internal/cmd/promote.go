package cmd

import (
	"context"
	"fmt"

	"github.com/ghcr-publish/ghcr-publish/internal/diag"
	"github.com/ghcr-publish/ghcr-publish/internal/input"
	"github.com/ghcr-publish/ghcr-publish/internal/publish/resolve"
)

var promoteCommand = &command{
	name: input.Promote, argument: "source", run: execute(input.ParsePromote, runPromote),
	short: "Point more tags, or another repository, at bytes that exist: the digest stays",
	long: `promote takes an image from a registry and gives it more tags, or another
repository, with the proof that publish gives. It builds and changes nothing: the
digest stays what it is. Signatures, attestations and all else that refers to the
image go along to another repository, before the image has a tag there.`,
	example: `  ghcr-publish promote rc --image ghcr.io/acme/web --tags stable
  ghcr-publish promote ghcr.io/acme/web-dev:1.2.3 --image ghcr.io/acme/web --expected-digest sha256:0a1b…
  ghcr-publish promote sha256:9f8e… --image ghcr.io/acme/web --tags latest --monotonic=false   # a rollback`,
}

// promoting holds the state of one run of promote, which publishes an image that
// a registry has.
type promoting struct {
	*publishing
	config *input.PromoteConfig
}

func runPromote(ctx context.Context, s *session, config *input.PromoteConfig) error {
	run := &promoting{publishing: newPublishing(s, &config.Config), config: config}
	run.accept, run.attachments = run.expected, run.attached
	run.rootOnly = true // unless a destination is another repository
	for _, repo := range config.Images {
		run.rootOnly = run.rootOnly && repo.Name() == config.From.Context().Name()
	}
	return run.show(run.do(ctx))
}

// expected returns an error if the image does not have the expected digest.
func (r *promoting) expected(found *resolve.Found) error {
	got := found.Root.Descriptor.Digest
	if r.config.Expected.Hex == "" || got == r.config.Expected {
		return nil
	}
	return diag.Inputf("expected-digest", "digest-differs",
		"Somebody moved the source's tag since. Look at what it is now; then promote by digest, or change expected-digest.",
		"Nothing was promoted: %s is %s, not %s", r.config.From, got, r.config.Expected)
}

// attached finds the attachments of the image for each destination that is another
// repository.
func (r *promoting) attached(ctx context.Context, found *resolve.Found) ([]attachment, error) {
	from := r.config.From.Context()
	var out []attachment
	for i := range found.Targets {
		repo := found.Targets[i].Repo
		if repo.Name() == from.Name() {
			continue
		}
		all, err := r.referring(ctx, from, repo, found.Root)
		if err != nil {
			return nil, fmt.Errorf("reading the referrers of %s: %w", r.config.From, err)
		}
		out = append(out, all...)
	}
	return out, nil
}
