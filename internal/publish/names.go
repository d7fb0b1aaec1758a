package publish

import (
	"context"
	"strings"

	"github.com/google/go-containerregistry/pkg/name"

	"github.com/ghcr-publish/ghcr-publish/internal/diag"
	"github.com/ghcr-publish/ghcr-publish/internal/meta"
	"github.com/ghcr-publish/ghcr-publish/internal/publish/naming"
	"github.com/ghcr-publish/ghcr-publish/internal/publish/resolve"
	"github.com/ghcr-publish/ghcr-publish/internal/registry"
)

// name computes the tags, labels and annotations of the image. A push by digest has
// no tags. For such a push, name returns an empty result if the image gets neither
// labels nor annotations.
func (r *run) name(ctx context.Context) (meta.Result, error) {
	rules := r.request.Naming
	labelled := rules.Labels != "" || rules.Annotations != "" || r.request.Source.Traits().NeedsLabels
	if r.request.ByDigest && !labelled {
		return meta.Result{}, nil
	}
	images := ""
	for _, repo := range r.request.Destinations {
		images += repo.Name() + "\n"
	}
	result, err := r.Namer.Compute(ctx, naming.Request{
		Rules: rules, Images: images, Strict: true, Defaults: true,
		Registry: existingTags{r.Registry, r.request.Destinations[0]},
	})
	if err != nil {
		return meta.Result{}, err
	}
	result.Labels = r.Namer.Reproducible(result.Labels, rules)
	result.Annotations = r.Namer.Reproducible(result.Annotations, rules)
	if r.request.ByDigest {
		return meta.Result{Version: result.Version, Labels: result.Labels, Annotations: result.Annotations}, nil
	}
	r.outcome.notice(result.Warnings...)
	if len(result.Tags) == 0 {
		return result, r.noTags(result)
	}
	return result, nil
}

// existingTags lists the tags of the first destination. These tags decide whether a
// version is the highest. A repository that does not exist has no tags.
type existingTags struct {
	registry *registry.Client
	repo     name.Repository
}

// Tags implements [naming.Registry].
func (e existingTags) Tags(ctx context.Context) ([]string, error) {
	tags, err := e.registry.Tags(ctx, e.repo)
	return tags, registry.IgnoreAbsent(err)
}

// noTags returns an error that states the result of each rule.
func (r *run) noTags(result meta.Result) error {
	results := "The results of the rules are:\n    " + strings.Join(result.Explain(), "\n    ")
	hint := "Set the input tags, for example tags: latest. " + results
	if r.request.Naming.Tags != "" {
		return r.noRuleApplies(result, results)
	}
	if r.Config.GitHub.EventName == "" && r.request.Naming.Tags == "" {
		hint = "Set tags, for example --tags 1.2.3. Outside a workflow, there is no event that determines the tags."
	}
	return diag.Inputf("tags", CodeNoTags, hint, "The image has no tag")
}

// noRuleApplies returns the error for rules that give no tag. If the only rule has an
// empty value or a value that is not a version, the error replaces the notice with this
// cause and its cure.
func (r *run) noRuleApplies(result meta.Result, results string) error {
	title, hint := "No rule in the input tags gives a tag for this run", "Add a rule for this event, for example type=ref,event=branch for a branch. "+results
	if len(result.Explain()) == 1 {
		for _, n := range r.outcome.takeNotices(meta.CodeTagEmpty, meta.CodeNotSemver) {
			if title, hint = n.Title, n.Text; n.Code == meta.CodeNotSemver {
				title = "No rule in the input tags gives a tag, because " + n.Title
			}
		}
	}
	return diag.Inputf("tags", CodeNoTags, hint, "%s", title)
}

// resolve opens the source and reads the destinations. The result is never nil.
func (r *run) resolve(ctx context.Context) (*resolve.Found, error) {
	resolver := r.resolver()
	found, err := resolver.Destinations(ctx)
	if err != nil {
		return found, err
	}
	if resolver.Timing == resolve.OpenLast {
		if err := r.acceptBeforeOpen(found); err != nil {
			return found, err
		}
		if err := resolver.Open(ctx, found); err != nil {
			return found, err
		}
	}
	return found, resolver.Contents(ctx, found)
}

func (r *run) resolver() *resolve.Resolver {
	source := preparedSource{run: r, names: r.outcome.Names}
	traits := r.request.Source.Traits()
	request := resolve.Request{
		Destinations: r.request.Destinations, Tags: r.outcome.Names.Names(),
		Source: source, Timing: traits.Timing,
		Compressed: r.request.Changes.Compression.Chosen(),
		Overwrite:  r.request.Tags.Overwrite, DryRun: r.request.DryRun,
	}
	if traits.Published && !source.changed() {
		origin := traits.Reference.Context()
		request.Origin = &origin
	}
	return &resolve.Resolver{
		Request: request, Puller: anonymousPuller{r.Registry},
		Prober: &resolve.Prober{
			Config: r.Config, Registry: r.Registry, GitHub: r.GitHub,
			Visibility: r.request.Visibility.Want, Verify: r.request.Verify.Level,
		},
	}
}
