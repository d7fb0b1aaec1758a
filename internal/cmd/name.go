package cmd

import (
	"context"
	"fmt"
	"os/exec"
	"strings"
	"time"

	"github.com/ghcr-publish/ghcr-publish/internal/diag"
	"github.com/ghcr-publish/ghcr-publish/internal/input"
	"github.com/ghcr-publish/ghcr-publish/internal/meta"
	"github.com/ghcr-publish/ghcr-publish/internal/registry"
)

// namer computes tags, labels and annotations for a run.
type namer struct {
	*session
	naming input.Naming
	// existing lists the tags in the registry; nil if there is none to ask.
	existing func(context.Context) ([]string, error)
	fromGit  bool
}

// name computes publish's tags: by the user's rules, or by the event.
func (r *publishing) name(ctx context.Context) ([]string, error) {
	if r.config.ByDigest && r.config.Labels == "" && r.config.Annotations == "" && r.config.Build == nil {
		return nil, nil
	}
	n := &namer{session: r.session, naming: r.config.Naming, existing: r.existing}
	images := ""
	for _, repo := range r.config.Images {
		images += repo.Name() + "\n"
	}
	result, err := n.compute(ctx, meta.Inputs{Images: images, References: true}, meta.Defaults)
	if err != nil {
		return nil, err
	}
	if r.config.ByDigest {
		r.names = meta.Result{Version: result.Version, Labels: result.Labels, Annotations: result.Annotations}
		return nil, nil
	}
	r.report.Notice(result.Warnings...)
	r.report.Version, r.report.TagNames, r.report.Rules = result.Version, result.Names(), result.Explain()
	r.names = result
	if len(result.Tags) == 0 {
		return nil, r.noTags(result)
	}
	return result.Names(), nil
}

// compute applies the rules of the input tags, or byDefault without any.
func (n *namer) compute(ctx context.Context, in meta.Inputs, byDefault func(context.Context, meta.Inputs, meta.Context) (meta.Result, error)) (meta.Result, error) {
	in.Tags, in.Flavor, in.Version = n.naming.Tags, n.naming.Flavor, n.naming.Version
	in.Labels, in.Annotations = n.naming.Labels, n.naming.Annotations
	mc, err := n.context(ctx)
	if err != nil {
		return meta.Result{}, err
	}
	if in.Tags == "" {
		return byDefault(ctx, in, mc)
	}
	return meta.Compute(ctx, in, mc)
}

// context hands GitHub's environment to the tag language.
func (n *namer) context(ctx context.Context) (meta.Context, error) {
	gh, getenv := n.config.GitHub, n.process.Getenv
	payload, err := meta.ParsePayload(gh.Event.Raw)
	if err != nil {
		return meta.Context{}, err
	}
	c := meta.Context{
		Event:            meta.Event{Name: gh.EventName, Ref: gh.Ref, SHA: gh.SHA, Payload: payload},
		Now:              time.Now().UTC(),
		ShortSHALength:   getenv("DOCKER_METADATA_SHORT_SHA_LENGTH"),
		PRHeadSHA:        getenv("DOCKER_METADATA_PR_HEAD_SHA"),
		AnnotationLevels: getenv("DOCKER_METADATA_ANNOTATIONS_LEVELS"),
		Existing:         n.existing,
		CommitDate:       n.commitDate,
	}
	if c.Created, err = meta.ParseEpoch(getenv("SOURCE_DATE_EPOCH")); err != nil {
		return c, err
	}
	if gh.Repository != "" && gh.Event.Repository == nil {
		c.Repository = n.repository // the payload of a schedule has none
	}
	if n.fromGit {
		return meta.FromGit(ctx, c, git)
	}
	return c, nil
}

// git runs git in the working directory.
func git(ctx context.Context, args ...string) (string, error) {
	out, err := exec.CommandContext(ctx, "git", args...).Output()
	return string(out), err
}

// repository asks the API, which a run must not depend on: only a rule about
// the default branch needs the answer.
func (n *namer) repository(ctx context.Context) (meta.Repository, error) {
	repo, err := n.packages.Repository(ctx, n.config.GitHub.Repository)
	needed := strings.Contains(n.naming.Tags, "default_branch") || strings.Contains(n.naming.Tags, "type=edge")
	if err != nil && !needed {
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

func (n *namer) commitDate(ctx context.Context, sha string) (time.Time, error) {
	return n.packages.CommitDate(ctx, n.config.GitHub.Repository, sha)
}

// existing lists the tags of the first image, which decide whether this
// version is the highest. An image that is not there yet has none.
func (r *publishing) existing(ctx context.Context) ([]string, error) {
	r.resolver().Expect()
	tags, err := r.registry.Tags(ctx, r.config.Images[0])
	return tags, registry.IgnoreAbsent(err)
}

// noTags explains why no rule gave a tag, rule by rule.
func (r *publishing) noTags(result meta.Result) error {
	if r.config.GitHub.EventName == "" && r.config.Tags == "" {
		return diag.Inputf("tags", "no-tags", "Outside a workflow there is no event to take them from. Set tags, for example --tags 1.2.3.", "There is no tag to publish under")
	}
	return diag.Inputf("tags", "no-tags", fmt.Sprintf("Set tags, for example tags: latest. The rules were:\n    %s", strings.Join(result.Explain(), "\n    ")), "There is no tag to publish under")
}
