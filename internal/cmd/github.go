package cmd

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"strings"

	"github.com/google/go-containerregistry/pkg/name"

	"github.com/ghcr-publish/ghcr-publish/internal/diag"
	"github.com/ghcr-publish/ghcr-publish/internal/github"
	"github.com/ghcr-publish/ghcr-publish/internal/image"
	"github.com/ghcr-publish/ghcr-publish/internal/input"
	"github.com/ghcr-publish/ghcr-publish/internal/publish/push"
	"github.com/ghcr-publish/ghcr-publish/internal/publish/resolve"
	"github.com/ghcr-publish/ghcr-publish/internal/registry"
	"github.com/ghcr-publish/ghcr-publish/internal/registry/refusal"
	"github.com/ghcr-publish/ghcr-publish/internal/registry/retry"
	"github.com/ghcr-publish/ghcr-publish/internal/report"
)

// puller pulls as a stranger while the registry is asked, so that a run with
// nothing to do is proven without a further wait; nil where that is not asked
// for.
func (r *publishing) puller() func(context.Context, name.Repository, *image.Manifest) error {
	if r.config.Verify != input.VerifyFull || r.config.DryRun {
		return nil
	}
	return func(ctx context.Context, repo name.Repository, root *image.Manifest) error {
		return push.See(ctx, r.registry.Anonymous(), repo, root)
	}
}

// checks says what is to be proven of each target. What was read in this run
// and cannot have changed since is not asked for again.
func (r *publishing) checks(found *resolve.Found, writes bool) []push.Check {
	checks := make([]push.Check, len(found.Targets))
	for i := range found.Targets {
		t := &found.Targets[i]
		if !t.Home {
			continue
		}
		pulled := t.HasRoot && t.Pulled != nil && *t.Pulled == nil
		checks[i].Pull, checks[i].Pulled, checks[i].RootOnly = r.config.Verify == input.VerifyFull, pulled, r.rootOnly
		if r.config.Verify == input.VerifyFull || r.config.Visibility != input.Keep {
			checks[i].Ensure = r.ensure(t, writes)
		}
	}
	return checks
}

func (r *publishing) ensure(t *resolve.Target, writes bool) func(context.Context, retry.Budget) github.EnsureResult {
	owner, pkg := resolve.Owner(r.config.GitHub, t.Repo)
	if t.Package.Owner.Kind != "" {
		owner = t.Package.Owner
	}
	return func(ctx context.Context, budget retry.Budget) github.EnsureResult {
		if !writes && t.Package.Name != "" {
			if e, ok := t.Package.Satisfies(string(r.config.Visibility)); ok {
				return e
			}
		}
		e := r.packages.Ensure(ctx, owner, pkg, string(r.config.Visibility), !t.Exists(), budget)
		if e.Err != nil {
			r.mu.Lock()
			r.unknown[t.Repo.Name()] = e.Err.Error()
			r.mu.Unlock()
		}
		return e
	}
}

// addURLs adds the pages of the packages and the wanted visibility to the report.
func (r *publishing) addURLs(found *resolve.Found, result *push.Result) {
	for i := range r.report.Images {
		t, image := &found.Targets[i], &r.report.Images[i]
		if !t.Home {
			continue
		}
		owner, pkg := resolve.Owner(r.config.GitHub, t.Repo)
		if e := result.Targets[i].Package; e != nil && e.Package.Owner.Kind != "" {
			owner = e.Package.Owner
		}
		image.PackageURL = r.packages.PageURL(owner, pkg)
		image.SettingsURL = r.packages.SettingsURL(owner, pkg)
		image.Wanted = string(r.config.Visibility)
	}
}

// reportNewPackages prints the visibility that a new package will have.
func (r *publishing) reportNewPackages(found *resolve.Found) {
	r.report.Notice(r.tokenNotices(found.Token())...)
	for i := range found.Targets {
		t := &found.Targets[i]
		if !t.Home || t.Exists() || t.Inherits == "" || !github.IsAbsent(t.PackageErr) {
			continue
		}
		r.say("%s does not exist yet; as this run creates it, it will be %s.", t.Repo, t.Inherits)
	}
}

// explain turns a registry's refusal into what the user can act on.
func (r *publishing) explain(err error, found *resolve.Found) error {
	if ref, in := r.sourceReference(); ref != nil && missing(err, ref) {
		err := r.explainReadError(err, ref)
		var told *diag.Error
		if errors.As(err, &told) && told.Input == "source" {
			told.Input = in
		}
		return err
	}
	repo, target := r.refused(err, found)
	ev := r.evidence(repo, target)
	ev.Reading = !slices.Contains(r.config.Images, repo)
	return refusal.Explain(err, ev)
}

// sourceReference is what is read from a registry, if anything is, and the
// input that names it: the source, the base of files, the subject of an
// artifact.
func (r *publishing) sourceReference() (ref name.Reference, in string) {
	switch {
	case r.config.Files != nil:
		return r.config.Files.Base, "base"
	case r.config.Artifact != nil:
		return r.config.Artifact.Subject, "subject"
	}
	text, ok := strings.CutPrefix(r.config.Source, "docker://")
	if !ok {
		return nil, ""
	}
	ref, err := name.ParseReference(text)
	if err != nil {
		return nil, ""
	}
	return ref, "source"
}

// missing reports whether the source is not there. Of a destination nobody
// minds: what is absent there comes to be.
func missing(err error, source name.Reference) bool {
	var answer *registry.Error
	return errors.As(err, &answer) && answer.Status == http.StatusNotFound &&
		answer.Host == source.Context().RegistryStr() && answer.Repository == source.Context().RepositoryStr()
}

// refused finds the repository that a registry's answer was about, and what
// was found of it if it is a destination.
func (r *publishing) refused(err error, found *resolve.Found) (name.Repository, *resolve.Target) {
	repo := r.config.Images[0]
	var answer *registry.Error
	if errors.As(err, &answer) {
		repo = r.about(answer)
	}
	if found == nil {
		return repo, nil
	}
	i := slices.IndexFunc(found.Targets, func(t resolve.Target) bool { return t.Repo.Name() == repo.Name() })
	if i < 0 {
		return repo, nil
	}
	return repo, &found.Targets[i]
}

// about chooses among the destinations and the source. A token request names
// no repository, and may go to another host than its registry.
func (r *publishing) about(answer *registry.Error) name.Repository {
	all := slices.Clone(r.config.Images)
	if ref, _ := r.sourceReference(); ref != nil {
		all = append(all, ref.Context())
	}
	for _, fits := range []func(name.Repository) bool{
		func(n name.Repository) bool {
			return n.RegistryStr() == answer.Host && n.RepositoryStr() == answer.Repository
		},
		func(n name.Repository) bool { return n.RegistryStr() == answer.Host },
		func(n name.Repository) bool { return answer.Host != r.config.Home && !r.config.AtHome(n) },
	} {
		if i := slices.IndexFunc(all, fits); i >= 0 {
			return all[i]
		}
	}
	return all[0]
}

// wireTotalsInto adds what went over the wire.
func (s *session) wireTotalsInto(r *report.Report) {
	m := s.registry.Counters
	r.Transfer.Requests, r.Transfer.Retries, r.Transfer.BytesSent = m.Requests.Load(), m.Retries.Load(), m.BytesSent.Load()
	s.tracer.mu.Lock()
	defer s.tracer.mu.Unlock()
	r.Transfer.RequestIDs = s.tracer.ids
}
