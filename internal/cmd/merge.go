package cmd

import (
	"context"
	"fmt"

	"github.com/ghcr-publish/ghcr-publish/internal/input"
	"github.com/ghcr-publish/ghcr-publish/internal/publish/resolve"
	"github.com/ghcr-publish/ghcr-publish/internal/registry"
	"github.com/ghcr-publish/ghcr-publish/internal/report"
	"github.com/ghcr-publish/ghcr-publish/internal/source"
	"github.com/ghcr-publish/ghcr-publish/internal/source/merge"
)

var mergeCommand = &command{
	name: input.Merge, argument: "digests", run: execute(input.ParseMerge, runMerge),
	short: "Join images that several runners pushed by digest into one index",
	long: `merge takes the outputs of the jobs that pushed one platform each
(publish with push-by-digest: true), reads the images behind the digests in
them, and publishes one index of them all: under every tag, with the proof that
publish gives. No layer is moved. The same digests give the same index.`,
	example: `  ghcr-publish merge sha256:0a1b… --image ghcr.io/acme/web --tags 1.2.3
  ghcr-publish merge "$OUTPUTS" --tags latest --expect-platforms linux/amd64 --expect-platforms linux/arm64`,
}

// merging holds the state of one run of merge, which publishes an index of the
// images of other jobs.
type merging struct {
	*publishing
	config *input.MergeConfig
	legs   []merge.Leg
	joined *merge.Joined
}

func runMerge(ctx context.Context, s *session, config *input.MergeConfig) error {
	run := &merging{publishing: newPublishing(s, &config.Config), config: config}
	run.source, run.stamped, run.rootOnly, run.attachments = run.open, true, true, run.attached
	return run.show(run.do(ctx))
}

// do finds the legs, then goes publish's way.
func (r *merging) do(ctx context.Context) (err error) {
	if r.legs, err = merge.Find(r.config.Digests, r.config.Leg); err != nil {
		return err
	}
	if len(r.legs) == 0 {
		r.report.Outcome, r.report.Why = report.Skipped, "every leg was skipped, since its token may only read."
		return nil
	}
	r.report.Source = fmt.Sprintf("%d legs", len(r.legs))
	for _, leg := range r.legs {
		if leg.Repo != nil {
			r.registry.Expect(*leg.Repo, registry.Pull)
		}
	}
	return r.publishing.do(ctx)
}

// open reads the legs and joins them.
func (r *merging) open(ctx context.Context) (*source.Source, error) {
	images, err := merge.Read(ctx, r.registry, r.config.Images[0], r.legs, registry.IsNotFound)
	if err != nil {
		return nil, err
	}
	r.joined, err = merge.Join(images, merge.Options{
		Docker: r.config.Docker, Attestations: r.config.Attestations,
		Annotations: r.lasting(r.names.Annotations), Expect: r.config.Expect,
	})
	if err != nil {
		return nil, err
	}
	return &source.Source{Name: r.report.Source, Kind: source.Registry, Root: r.joined.Root, Notices: r.joined.Notices}, nil
}

// attached returns the attestations that became manifests of their own.
func (r *merging) attached(context.Context, *resolve.Found) ([]attachment, error) {
	var out []attachment
	for _, ref := range r.joined.Referrers {
		entry := ref.Manifest.Descriptor
		entry.ArtifactType, entry.Annotations = ref.ArtifactType, ref.Annotations
		for _, repo := range r.config.Images {
			out = append(out, attachment{repo: repo, root: ref.Manifest, subject: ref.Subject.Digest, entry: entry})
		}
	}
	return out, nil
}
