package cmd

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/google/go-containerregistry/pkg/name"

	"github.com/ghcr-publish/ghcr-publish/internal/cleanup"
	"github.com/ghcr-publish/ghcr-publish/internal/cleanup/plan"
	"github.com/ghcr-publish/ghcr-publish/internal/cleanup/rules"
	"github.com/ghcr-publish/ghcr-publish/internal/diag"
	"github.com/ghcr-publish/ghcr-publish/internal/input"
	"github.com/ghcr-publish/ghcr-publish/internal/publish"
	"github.com/ghcr-publish/ghcr-publish/internal/report"
)

// publishConfig is the configuration of the command "publish" with the parsed rules of the
// input "cleanup". The rules are nil if the input is empty.
type publishConfig struct {
	*input.Config
	rules *rules.Set
}

// mergeConfig is the configuration of the command "merge" with the parsed rules.
type mergeConfig struct {
	*input.MergeConfig
	rules *rules.Set
}

func parsePublish(env input.Environment) (*publishConfig, error) {
	config, err := input.ParsePublish(env)
	set, setErr := parseSet(config)
	return &publishConfig{config, set}, errors.Join(err, withoutInputs(setErr, err))
}

func parseMerge(env input.Environment) (*mergeConfig, error) {
	config, err := input.ParseMerge(env)
	set, setErr := parseSet(&config.Config)
	return &mergeConfig{config, set}, errors.Join(err, withoutInputs(setErr, err))
}

// parseSet parses the input "cleanup". A wrong rule ends the run before the push.
func parseSet(config *input.Config) (*rules.Set, error) {
	set, err := rules.ParseSet(config.Cleanup, rules.Disk{}, config.Registry)
	if set == nil || err != nil {
		return nil, err
	}
	return set, rules.InSet(plan.CheckRules(set.Rules, plan.Event{}))
}

// cleanPublished applies the rules of the input "cleanup" to the packages that the run just
// pushed. The image of the run always stays. A failure is a warning, because the
// publication succeeded.
func (s *session) cleanPublished(ctx context.Context, outcomes []*publish.Outcome, set *rules.Set, r *report.Report) {
	images, kept := s.published(outcomes)
	if set == nil || len(images) == 0 {
		return
	}
	all := *set.Rules
	all.Keep = slices.Concat(all.Keep, kept)
	out := report.NewCleanup(false, runOf(s.config.GitHub))
	err := s.cleanPackages(ctx, cleanupJob{
		images: images, rules: &all, repository: s.config.GitHub.Repository, verify: cleanup.VerifyFull, cache: set.Cache,
	}, out)
	out.Fail(err)
	r.Cleanup = out
	for _, one := range diag.All(rules.InSet(err)) {
		text := one.Hint
		if one.Err != nil {
			text = fmt.Sprintf("%s. %s", one.Err, one.Hint)
		}
		r.Notice(diag.Notice{Code: one.Code, Level: diag.Warning, Title: "The image is published, but its cleanup failed: " + one.Heading(), Text: text})
	}
}

// published returns the packages on the registry of this GitHub server to which the run
// published, and a protection for each published image.
func (s *session) published(outcomes []*publish.Outcome) (images []name.Repository, kept []rules.Protection) {
	for _, o := range outcomes {
		if o.Result == nil || o.Found == nil || o.Found.Root == nil || o.Status != publish.Published && o.Status != publish.Unchanged {
			continue
		}
		kept = append(kept, rules.Protection{Source: "published by this run", Digest: o.Found.Root.Descriptor.Digest.String()})
		for _, t := range o.Result.Targets {
			if s.config.AtHome(t.Repo) && !slices.Contains(images, t.Repo) {
				images = append(images, t.Repo)
			}
		}
	}
	return images, kept
}
