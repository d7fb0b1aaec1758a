package action

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/ghcr-publish/ghcr-publish/internal/diag"
	"github.com/ghcr-publish/ghcr-publish/internal/input"
	"github.com/ghcr-publish/ghcr-publish/internal/meta"
)

// name computes the tags: by the user's rules, or by the event.
func (r *publishing) name(ctx context.Context) ([]string, error) {
	in := meta.Inputs{Tags: r.config.Tags, References: true}
	for _, repo := range r.config.Images {
		in.Images += repo.Name() + "\n"
	}
	mc, err := r.metaContext()
	if err != nil {
		return nil, err
	}
	compute := meta.Defaults
	if r.config.Tags != "" {
		compute = meta.Compute
	}
	result, err := compute(ctx, in, mc)
	if err != nil {
		return nil, err
	}
	r.report.Notice(result.Warnings...)
	r.report.Version, r.report.TagNames = result.Version, result.Names()
	if len(result.Tags) == 0 {
		return nil, noTags(result, r.config)
	}
	return result.Names(), nil
}

// metaContext hands GitHub's environment to the tag language.
func (r *publishing) metaContext() (meta.Context, error) {
	gh := r.config.GitHub
	payload, err := meta.ParsePayload(gh.Event.Raw)
	if err != nil {
		return meta.Context{}, err
	}
	getenv := r.process.Getenv
	c := meta.Context{
		Event:            meta.Event{Name: gh.EventName, Ref: gh.Ref, SHA: gh.SHA, Payload: payload},
		Now:              time.Now().UTC(),
		ShortSHALength:   getenv("DOCKER_METADATA_SHORT_SHA_LENGTH"),
		PRHeadSHA:        getenv("DOCKER_METADATA_PR_HEAD_SHA"),
		AnnotationLevels: getenv("DOCKER_METADATA_ANNOTATIONS_LEVELS"),
		Existing:         r.existing,
	}
	if gh.Repository != "" && gh.Event.Repository == nil {
		c.Repository = r.repository // the payload of a schedule has none
	}
	return c, nil
}

// repository asks the API, which publishing must not depend on: only a rule
// about the default branch needs the answer.
func (r *publishing) repository(ctx context.Context) (meta.Repository, error) {
	repo, err := r.packages.Repository(ctx, r.config.GitHub.Repository)
	if err != nil && !strings.Contains(r.config.Tags, "is_default_branch") {
		return meta.Repository{}, nil
	}
	if err != nil {
		return meta.Repository{}, &diag.Error{
			Code: "default-branch-unknown", Side: diag.API, Input: "tags", Err: err,
			Title: "A rule in tags asks for the default branch, and GitHub's API does not tell it",
			Hint:  "Run it again when the API answers, or name the branch in the rule: enable=${{ github.ref == 'refs/heads/main' }}.",
		}
	}
	_, name, _ := strings.Cut(repo.FullName, "/")
	return meta.Repository{
		Name: name, FullName: repo.FullName, Description: repo.Description,
		HTMLURL: repo.URL, DefaultBranch: repo.DefaultBranch, License: repo.License,
	}, nil
}

// existing lists the tags of the first image, which decide whether this
// version is the highest. An image that is not there yet has none.
func (r *publishing) existing(ctx context.Context) ([]string, error) {
	r.resolver().Expect()
	tags, err := r.registry.Tags(ctx, r.config.Images[0])
	if isAbsent(err) {
		return nil, nil
	}
	return tags, err
}

// noTags explains why no rule gave a tag, rule by rule.
func noTags(result meta.Result, c *input.Config) error {
	var b strings.Builder
	for _, rule := range result.Rules {
		fmt.Fprintf(&b, "\n    %s: %s", rule.Text, rule.Note)
	}
	hint := "Set tags, for example tags: latest." + b.String()
	if c.GitHub.EventName == "" && c.Tags == "" {
		hint = "Outside a workflow there is no event to take them from. Set tags, for example --tags 1.2.3."
	}
	return diag.Inputf("tags", "no-tags", hint, "There is no tag to publish under")
}
