// Package naming computes the tags, labels and annotations of a run. Package naming
// passes the facts of the event and of GitHub's API to package meta, which evaluates
// the rules. The commands "publish" and "metadata" use this package.
package naming

import (
	"context"
	"os/exec"
	"slices"
	"strings"
	"time"

	"github.com/ghcr-publish/ghcr-publish/internal/diag"
	"github.com/ghcr-publish/ghcr-publish/internal/github"
	"github.com/ghcr-publish/ghcr-publish/internal/input"
	"github.com/ghcr-publish/ghcr-publish/internal/meta"
)

// CodeDefaultBranchUnknown reports that a rule needs the default branch, but neither the
// event nor the API states the default branch.
const CodeDefaultBranchUnknown = "default-branch-unknown"

// Variables are the environment variables that the rules of the input "tags" use.
// docker/metadata-action uses the same names.
type Variables struct {
	ShortSHALength   string // DOCKER_METADATA_SHORT_SHA_LENGTH
	PRHeadSHA        string // DOCKER_METADATA_PR_HEAD_SHA
	AnnotationLevels string // DOCKER_METADATA_ANNOTATIONS_LEVELS
	SourceDateEpoch  string // SOURCE_DATE_EPOCH
}

// ReadVariables reads the variables from an environment.
func ReadVariables(getenv func(string) string) Variables {
	return Variables{
		ShortSHALength:   getenv("DOCKER_METADATA_SHORT_SHA_LENGTH"),
		PRHeadSHA:        getenv("DOCKER_METADATA_PR_HEAD_SHA"),
		AnnotationLevels: getenv("DOCKER_METADATA_ANNOTATIONS_LEVELS"),
		SourceDateEpoch:  getenv("SOURCE_DATE_EPOCH"),
	}
}

// Registry lists the existing tags. A rule for a version compares the version with
// the existing tags.
type Registry interface {
	Tags(context.Context) ([]string, error)
}

// NoRegistry is the registry of a run without a destination. NoRegistry has no tags.
type NoRegistry struct{}

// Tags implements [Registry].
func (NoRegistry) Tags(context.Context) ([]string, error) { return nil, nil }

// Request contains the facts for one call of Compute.
type Request struct {
	Rules  input.Naming
	Images string // Images contains one name per line.
	// Strict is true for a run that publishes the tags; see [meta.Inputs].
	Strict bool
	// Defaults is true if Compute may use the default tags of the event. Compute uses the
	// default tags if the input "tags" is empty.
	Defaults bool
	// Labelled is true if the caller writes the labels or the annotations. If the
	// payload lacks facts about the repository, Compute reads these facts from the
	// API.
	Labelled bool
	// Chart is the version of a Helm chart; see [meta.Inputs].
	Chart    string
	Registry Registry
}

// Namer computes names for one run.
type Namer struct {
	GitHub    *github.Client
	Run       input.GitHub
	Variables Variables
	// FromGit is true if the ref and the commit come from the Git checkout instead of
	// the event.
	FromGit bool
}

// Compute returns the tags, labels and annotations. An error in the rules is a
// *diag.Error.
func (n *Namer) Compute(ctx context.Context, q Request) (meta.Result, error) {
	in := meta.Inputs{
		Images: q.Images, Strict: q.Strict, Chart: q.Chart,
		Tags: q.Rules.Tags, Flavor: q.Rules.Flavor, Version: q.Rules.Version,
		Labels: q.Rules.Labels, Annotations: q.Rules.Annotations,
	}
	mc, err := n.context(ctx, q)
	if err != nil {
		return meta.Result{}, err
	}
	if in.Tags == "" && q.Defaults {
		return meta.Defaults(ctx, in, mc)
	}
	return meta.Compute(ctx, in, mc)
}

// context returns the facts that the rules of the input "tags" use.
func (n *Namer) context(ctx context.Context, q Request) (meta.Context, error) {
	payload, err := meta.ParsePayload(n.Run.Event.Raw)
	if err != nil {
		return meta.Context{}, err
	}
	c := meta.Context{
		Event:            meta.Event{Name: n.Run.EventName, Ref: n.Run.Ref, SHA: n.Run.SHA, Payload: payload},
		Now:              time.Now().UTC(),
		ShortSHALength:   n.Variables.ShortSHALength,
		PRHeadSHA:        n.Variables.PRHeadSHA,
		AnnotationLevels: n.Variables.AnnotationLevels,
		Existing:         q.Registry.Tags,
		CommitDate: func(ctx context.Context, sha string) (time.Time, error) {
			return n.GitHub.CommitDate(ctx, n.Run.Repository, sha)
		},
	}
	if c.Created, err = meta.ParseEpoch(n.Variables.SourceDateEpoch); err != nil {
		return c, err
	}
	known := n.Run.Event.Repository != nil // The payload of an event of type schedule has no repository.
	if n.Run.Repository != "" && (!known || q.Labelled && !payload.DescribesRepository()) {
		c.Repository = func(ctx context.Context) (meta.Repository, error) { return n.repository(ctx, q.Rules.Tags, payload) }
	}
	if n.FromGit {
		return meta.FromGit(ctx, c, git)
	}
	return c, nil
}

// git runs git in the working directory.
func git(ctx context.Context, args ...string) (string, error) {
	out, err := exec.CommandContext(ctx, "git", args...).Output()
	return string(out), err
}

// repository reads the repository from the API. If the API does not answer, repository
// returns an error only if a rule needs the default branch.
func (n *Namer) repository(ctx context.Context, rules string, payload meta.Payload) (meta.Repository, error) {
	repo, err := n.GitHub.Repository(ctx, n.Run.Repository)
	needed := strings.Contains(rules, "default_branch") || strings.Contains(rules, "type=edge")
	if known := payload.Repository(); err != nil && (!needed || known.DefaultBranch != "") {
		return known, nil
	}
	if err != nil {
		return meta.Repository{}, &diag.Error{
			Code: CodeDefaultBranchUnknown, Side: diag.API, Input: "tags", Err: err,
			Title: "A rule in the input tags needs the default branch, but GitHub's API did not return the default branch",
			Hint:  "Run the step again when the API answers. Instead, you can name the branch in the rule, for example enable=${{ github.ref == 'refs/heads/main' }}.",
		}
	}
	_, name, _ := strings.Cut(repo.FullName, "/")
	return meta.Repository{
		Name: name, FullName: repo.FullName, Description: repo.Description,
		HTMLURL: repo.URL, DefaultBranch: repo.DefaultBranch, License: repo.License,
	}, nil
}

// NoLabels reports whether the input "labels" contains only comments. An image that the
// run builds then gets no labels.
func NoLabels(rules input.Naming, labels []meta.Pair) bool {
	return rules.Labels != "" && !slices.ContainsFunc(labels, func(p meta.Pair) bool { return p.Written })
}

// Reproducible returns the labels and annotations that are the same in each run of one
// commit. Reproducible omits a pair with an empty value if the user did not write its key
// in a label or an annotation. The function also omits the time of the run, because this
// time would change the digest in each run. The function keeps a time that the user wrote
// or that SOURCE_DATE_EPOCH sets.
func (n *Namer) Reproducible(r meta.Result) (labels, annotations []meta.Pair) {
	written := map[string]bool{}
	for _, p := range slices.Concat(r.Labels, r.Annotations) {
		written[p.Key] = written[p.Key] || p.Written
	}
	differs := func(p meta.Pair) bool {
		dated := p.Key != meta.KeyCreated || n.Variables.SourceDateEpoch != ""
		return !written[p.Key] && (p.Value == "" || !dated)
	}
	return slices.DeleteFunc(slices.Clone(r.Labels), differs), slices.DeleteFunc(slices.Clone(r.Annotations), differs)
}
