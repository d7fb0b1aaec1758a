package publish

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/google/go-containerregistry/pkg/name"

	"github.com/ghcr-publish/ghcr-publish/internal/diag"
	"github.com/ghcr-publish/ghcr-publish/internal/meta"
	"github.com/ghcr-publish/ghcr-publish/internal/publish/naming"
	"github.com/ghcr-publish/ghcr-publish/internal/publish/resolve"
	"github.com/ghcr-publish/ghcr-publish/internal/registry"
	"github.com/ghcr-publish/ghcr-publish/internal/registry/refusal"
	"github.com/ghcr-publish/ghcr-publish/internal/source/files"
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
	chart, err := r.chartVersion()
	if err != nil {
		return meta.Result{}, err
	}
	result, err := r.Namer.Compute(ctx, naming.Request{
		Rules: rules, Images: images, Strict: true, Defaults: true, Chart: chart, Labelled: labelled,
		Registry: existingTags{r.Registry, r.request.Destinations[0]},
	})
	if err != nil {
		return meta.Result{}, err
	}
	result.Labels, result.Annotations = r.Namer.Reproducible(result)
	if r.request.Source.Traits().NeedsLabels && naming.NoLabels(rules, result.Labels) {
		result.Labels = nil
	}
	if r.request.ByDigest {
		return meta.Result{Version: result.Version, Labels: result.Labels, Annotations: result.Annotations, Placed: result.Placed}, nil
	}
	r.outcome.notice(result.Warnings...)
	if len(result.Tags) == 0 && result.Skip == nil {
		result.Skip, err = r.noTags(result)
	}
	return result, err
}

// chartVersion returns the version of the Helm chart that the run publishes with
// tags. chartVersion returns "" for other content.
func (r *run) chartVersion() (string, error) {
	if source, ok := r.request.Source.(ArtifactSource); ok && !r.request.ByDigest {
		return files.ChartVersion(source.Options.Artifact)
	}
	return "", nil
}

// existingTags lists the tags of the first destination. Package naming compares a
// version with these tags to find out if the version is the highest. A repository
// that does not exist has no tags.
type existingTags struct {
	registry *registry.Client
	repo     name.Repository
}

// Tags implements [naming.Registry].
func (e existingTags) Tags(ctx context.Context) ([]string, error) {
	tags, err := e.registry.Tags(ctx, e.repo)
	return tags, registry.IgnoreAbsent(err)
}

// withoutTagList adds a cure to the explanation of an error if the registry possibly
// cannot list tags. The argument "err" is the error without its explanation.
func withoutTagList(err, explained error) error {
	var e *diag.Error
	if errors.As(err, new(*meta.TagListError)) && errors.As(explained, &e) && e.Code == refusal.CodeRegistryRefused {
		e.Hint += " The run needs the list of the tags, because a branch must not move the tag of a release, and a version must not move the tag of a higher version. If this registry cannot list tags, set the input tags, for example tags: type=ref,event=branch."
	}
	return explained
}

// noTags returns an error that states the result of each rule. Some events do not
// determine the commit that is built. In a dry run for an event that does not determine
// the commit, noTags returns a reason to publish nothing instead of an error. A workflow
// can set dry-run for these events.
func (r *run) noTags(result meta.Result) (*meta.Skip, error) {
	event := r.Config.GitHub.EventName
	hint := cmp.Or(result.Hint, rulesHint(event, r.Config.GitHub.Ref))
	switch {
	case event == "" && r.request.Naming.Tags == "":
		return nil, diag.Inputf("tags", CodeNoTags, "Set the input tags, for example --tags 1.2.3. Outside a workflow, there is no event that determines the tags.", "The image has no tag")
	case r.request.DryRun && !meta.NamesItsBuild(event):
		return &meta.Skip{Reason: "no rule gives a tag for the event " + event, Hint: "The input dry-run is set, so the step succeeds. To publish for this event, list the tags in the input tags.", Build: true}, nil
	}
	hint += " The results of the rules are:\n    " + strings.Join(result.Explain(), "\n    ")
	if r.request.Naming.Tags != "" {
		return nil, r.noRuleApplies(result, hint)
	}
	return nil, diag.Inputf("tags", CodeNoTags, hint, "The image has no tag")
}

// rulesHint returns a hint for a user whose rules in the input "tags" give no tag.
// rulesHint never proposes a tag such as latest, because the commit of an event can be
// from a fork.
func rulesHint(event, ref string) string {
	if !meta.NamesItsBuild(event) {
		return fmt.Sprintf("Add a rule that applies to this event to the input tags. To publish nothing for this event, set dry-run: ${{ github.event_name == '%s' }}.", event)
	}
	rule := "type=ref,event=branch"
	switch {
	case strings.HasPrefix(event, "pull_request"):
		rule = "type=ref,event=pr"
	case strings.Contains(event, "schedule"):
		rule = "type=schedule"
	case strings.HasPrefix(ref, "refs/tags/"):
		rule = "type=ref,event=tag"
	case event == "":
		return "Add a tag to the input tags, or set the input version."
	}
	return fmt.Sprintf("Add a rule that applies to this event to the input tags, for example %s.", rule)
}

// noRuleApplies returns the error for rules that give no tag. If the only rule has an
// empty value or a value that is not a version, the outcome has a notice about this
// value. If this notice exists, the error contains the text of the notice, and
// noRuleApplies removes the notice.
func (r *run) noRuleApplies(result meta.Result, hint string) error {
	title := "No rule in the input tags gives a tag for this run"
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
	if r.looksForPublished() {
		resolver.Timing = resolve.OpenLast // The tags of the destinations decide whether the run opens the source.
	}
	found, err := resolver.Destinations(ctx)
	if err != nil {
		return found, err
	}
	if resolver.Timing == resolve.OpenLast {
		if err := r.openLast(ctx, resolver, found); err != nil {
			return found, err
		}
	}
	return found, resolver.Contents(ctx, found)
}

// openLast opens the source after the run has read the destinations. If the image of the
// run is already published, openLast opens the published image instead of the source.
func (r *run) openLast(ctx context.Context, resolver *resolve.Resolver, found *resolve.Found) error {
	used, err := r.usePublished(ctx, found)
	if err != nil {
		return err
	}
	if used {
		resolver.Request.Source, resolver.Compressed = preparedSource{run: r, names: r.outcome.Names}, false
	} else if err := r.acceptBeforeOpen(found); err != nil {
		return err
	}
	return r.open(ctx, resolver, found)
}

// open opens a source that is possibly expensive, one after the other.
func (r *run) open(ctx context.Context, resolver *resolve.Resolver, found *resolve.Found) error {
	r.opening.Lock()
	defer r.opening.Unlock()
	return resolver.Open(ctx, found)
}

func (r *run) resolver() *resolve.Resolver {
	source := preparedSource{run: r, names: r.outcome.Names}
	traits := r.request.Source.Traits()
	request := resolve.Request{
		Destinations: r.request.Destinations, Tags: r.outcome.Names.Names(),
		Source: source, Timing: traits.Timing,
		Compressed: r.request.Changes.Compression.Chosen(),
		Overwrite:  r.request.Tags.Overwrite, DryRun: r.request.DryRun,
		ReadTags: r.request.Losses.needsPrevious(),
	}
	if traits.Published && !source.changed() {
		origin := traits.Reference.Context()
		request.Origin = &origin
	}
	return &resolve.Resolver{
		Request: request, Puller: anonymousPuller{r.Registry}, Pushed: r.Pushed,
		Prober: &resolve.Prober{
			Config: r.Config, Registry: r.Registry, GitHub: r.GitHub,
			Visibility: r.request.Visibility.Want, Verify: r.request.Verify.Level,
		},
	}
}
