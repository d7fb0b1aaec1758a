package publish

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/google/go-containerregistry/pkg/name"

	"github.com/ghcr-publish/ghcr-publish/internal/diag"
	"github.com/ghcr-publish/ghcr-publish/internal/github"
	"github.com/ghcr-publish/ghcr-publish/internal/input"
	"github.com/ghcr-publish/ghcr-publish/internal/publish/resolve"
	"github.com/ghcr-publish/ghcr-publish/internal/pull"
	"github.com/ghcr-publish/ghcr-publish/internal/registry"
	"github.com/ghcr-publish/ghcr-publish/internal/registry/refusal"
	"github.com/ghcr-publish/ghcr-publish/internal/workflow"
)

// expiryWarning is the period before the expiry of a token in which the run adds a
// warning.
const expiryWarning = 7 * 24 * time.Hour

// Explainer explains the refusals of registries with the facts of a run. All commands
// use an Explainer.
type Explainer struct {
	Config *input.Common
	GitHub *github.Client
	// OnReadOnly is the input on-readonly, or "" for a command that does not push.
	OnReadOnly input.ReadOnlyPolicy
}

// Evidence returns the facts about a run and a repository. The target is nil if the
// run has not read the repository as a destination.
func (e Explainer) Evidence(repo name.Repository, t *resolve.Target) refusal.Evidence {
	gh := e.Config.GitHub
	ev := refusal.Evidence{
		LoginUser: e.loginUser(repo), Repo: repo, InWorkflow: gh.Active, Repository: gh.Repository, ReadOnly: gh.ReadOnly(),
		Kind: e.Config.Token.Kind(), Home: e.Config.AtHome(repo), OnReadOnly: string(e.OnReadOnly), Promote: e.Config.Command == input.Promote,
		TokensURL: e.GitHub.TokensURL(), NewTokenURL: e.GitHub.NewTokenURL(),
	}
	if !ev.Home && repo.RegistryStr() == e.Config.Registry || e.Config.Command == input.Login {
		ev.HostInput = "registry"
	}
	grant := workflow.PackagesGrant(gh.Workspace, gh.WorkflowRef, gh.Repository, gh.Job)
	ev.Grants, ev.GrantsFile = grant.Level, grant.File
	if !ev.Home {
		return ev
	}
	known := resolve.Target{}
	if t != nil {
		known = *t
	}
	known.Repo = repo
	owner, pkg := known.Owner(gh)
	ev.SettingsURL, ev.OrganizationURL = e.settings(owner, pkg), e.GitHub.OrganizationURL(owner)
	if t == nil {
		return ev
	}
	ev.Inherits, ev.SSOURL = t.Inherits, t.SSO
	if exists := t.Exists(); exists || github.IsAbsent(t.PackageErr) {
		ev.Exists = &exists
	}
	if t.Token != nil {
		ev.Scoped, ev.Scopes, ev.TokenInvalid = t.Token.Scoped, t.Token.Scopes, t.Token.Invalid
	}
	return ev
}

// settings returns the address of the settings of a package. The addresses of
// organizations and of users differ, so settings returns both addresses if the kind of
// the owner is unknown.
func (e Explainer) settings(owner github.Owner, pkg string) string {
	if owner.Kind != "" {
		return e.GitHub.SettingsURL(owner, pkg)
	}
	org, user := owner, owner
	org.Kind, user.Kind = "Organization", "User"
	return fmt.Sprintf("%s (if %s is a user: %s)", e.GitHub.SettingsURL(org, pkg), owner.Login, e.GitHub.SettingsURL(user, pkg))
}

// loginUser returns the user name of the input "credentials" for the registry of a
// repository. loginUser returns "" if the run uses another login for this registry.
func (e Explainer) loginUser(repo name.Repository) string {
	for _, c := range e.Config.Credentials {
		if c.Host == repo.RegistryStr() {
			return c.Username
		}
	}
	return ""
}

// Refusal explains an error about a destination. Refusal does not change other
// errors, or errors that have an explanation already.
func (e Explainer) Refusal(err error, repo name.Repository, t *resolve.Target) error {
	return refusal.Explain(err, e.Evidence(repo, t))
}

// Read explains why a reference could not be read.
func (e Explainer) Read(err error, ref name.Reference) error {
	var answer *registry.Error
	var diagErr *diag.Error
	if err == nil || errors.As(err, &diagErr) {
		return err
	}
	repo := ref.Context()
	if errors.As(err, &answer) {
		switch {
		case registry.IsNotFound(err) && !answer.Lacks(ref):
			return &diag.Error{
				Code: pull.CodeNotFound, Side: diag.Registry, Err: answer, Title: fmt.Sprintf("A part of %s does not exist", ref.Name()),
				Hint: "Run again. If the part is still missing, ask the publisher of the image to push the image again, because other tools also cannot pull the complete image.",
			}
		case answer.Lacks(ref):
			return &diag.Error{
				Code: pull.CodeNotFound, Side: diag.Registry, Input: "source", Err: answer, Title: fmt.Sprintf("%s does not exist", ref.Name()),
				Hint: e.notFoundHint(ref),
			}
		case e.Config.Token.Empty() && e.Config.AtHome(repo) && registry.IsRefused(err):
			return &diag.Error{
				Code: pull.CodeNotFound, Side: diag.Registry, Input: "token", Err: answer, Title: fmt.Sprintf("%s does not exist, or is not public", repo),
				Hint: "Check the name. For a private image, use a token that may read the image. In a workflow, add packages: read to the job's permissions and remove the input token. At a terminal, set GITHUB_TOKEN to the output of gh auth token.",
			}
		}
	}
	ev := e.Evidence(repo, nil)
	ev.Reading = true
	return refusal.Explain(err, ev)
}

// notFoundHint returns a hint for a reference that the registry does not find.
func (e Explainer) notFoundHint(ref name.Reference) string {
	hint := "Check the name and the tag. Tags are case-sensitive."
	if _, isDigest := ref.(name.Digest); isDigest {
		hint = "Check the name and the digest. The image was possibly deleted, or it is in another repository."
	}
	if !e.Config.AtHome(ref.Context()) {
		return hint
	}
	hint += " The registry also answers 404 for a private image that the token may not read."
	if e.Config.GitHub.Active {
		return hint + " In this case, grant this repository access to the package."
	}
	return hint + " In this case, use a token with read:packages of a user who may read the image."
}

// IsReadOnly reports whether a refusal means that the token is read-only. A read-only
// token is expected for pull requests. An invalid token, and a token without access to
// the package, are not read-only.
func (e Explainer) IsReadOnly(refusalErr error) bool {
	return e.Config.GitHub.ReadOnly() != "" || diag.Is(refusalErr, refusal.CodeCreatePackage) || diag.Is(refusalErr, refusal.CodeWriteDenied)
}

// TokenNotices returns notices about the scopes and the expiry of a token.
func (e Explainer) TokenNotices(t *github.TokenStatus) []diag.Notice {
	if t == nil {
		return nil
	}
	var out []diag.Notice
	if beyond := t.UnneededScopes(); len(beyond) > 0 && slices.Contains(t.Scopes, "write:packages") {
		text := fmt.Sprintf("The token has the scopes %s, which publishing does not need. ", strings.Join(beyond, ", "))
		if e.Config.GitHub.Active {
			text += "Remove the input token and add packages: write to the job's permissions. The run then uses the job's GITHUB_TOKEN, which expires with the job. If GITHUB_TOKEN has no access because another owner has the image, create a token with only the scope write:packages: "
		} else {
			text += "Create a token with only the scope write:packages: "
		}
		out = append(out, diag.Notice{
			Code: CodeTokenTooWide, Level: diag.Info, Title: "The token has more scopes than publishing needs",
			Text: text + e.GitHub.NewTokenURL(),
		})
	}
	if left := time.Until(t.Expires); !t.Expires.IsZero() && left > 0 && left < expiryWarning {
		out = append(out, diag.Notice{
			Code: CodeTokenExpires, Level: diag.Warning, Title: "The token expires soon",
			Text: fmt.Sprintf("The token expires on %s. Create a new token: %s. A job's GITHUB_TOKEN needs no renewal.", t.Expires.UTC().Format("2 January 2006, 15:04 MST"), e.GitHub.NewTokenURL()),
		})
	}
	return out
}

func (r *run) explainer() Explainer {
	return Explainer{Config: r.Config, GitHub: r.GitHub, OnReadOnly: r.request.OnReadOnly}
}

// explain explains an error of the run.
func (r *run) explain(err error) error { return r.explainFound(err, r.outcome.Found) }

// nameTags adds the tags that resemble a missing tag of the source to an error.
func (r *run) nameTags(ctx context.Context, err error) error {
	if traits := r.request.Source.Traits(); err != nil && traits.Reference != nil {
		return NameTags(ctx, r.Registry, err, traits.Reference)
	}
	return err
}

func (r *run) explainFound(err error, found *resolve.Found) error {
	if err == nil {
		return nil
	}
	if traits := r.request.Source.Traits(); traits.Reference != nil && isMissing(err, traits.Reference) {
		err := r.explainer().Read(err, traits.Reference)
		var diagErr *diag.Error
		if errors.As(err, &diagErr) && diagErr.Input == "source" {
			diagErr.Input = traits.Input
		}
		return err
	}
	repo := r.refusedRepository(err)
	ev := r.explainer().Evidence(repo, targetOf(found, repo))
	ev.Reading = !slices.Contains(r.request.Destinations, repo)
	return withoutTagList(err, refusal.Explain(err, ev))
}

// isMissing reports whether an error means that the source does not exist. A
// destination that does not exist causes no error.
func isMissing(err error, source name.Reference) bool {
	var answer *registry.Error
	return errors.As(err, &answer) && answer.Status == http.StatusNotFound &&
		answer.Host == source.Context().RegistryStr() && answer.Repository == source.Context().RepositoryStr()
}

// targetOf returns the target of a repository. targetOf returns nil if the repository
// is not a destination.
func targetOf(found *resolve.Found, repo name.Repository) *resolve.Target {
	if found == nil {
		return nil
	}
	i := slices.IndexFunc(found.Targets, func(t resolve.Target) bool { return t.Repo.Name() == repo.Name() })
	if i < 0 {
		return nil
	}
	return &found.Targets[i]
}

// repositoryOf returns the repository on the host that did not respond. If no
// repository is on this host, repositoryOf returns the first repository.
func repositoryOf(err error, all []name.Repository) name.Repository {
	host := refusal.UnreachableHost(err)
	if i := slices.IndexFunc(all, func(n name.Repository) bool { return n.RegistryStr() == host }); i >= 0 {
		return all[i]
	}
	return all[0]
}

// refusedRepository returns the destination or the source that caused an error
// response. The error of a token request contains no repository, and may come from
// another host than the registry.
func (r *run) refusedRepository(err error) name.Repository {
	all := slices.Clone(r.request.Destinations)
	if ref := r.request.Source.Traits().Reference; ref != nil {
		all = append(all, ref.Context())
	}
	var answer *registry.Error
	if !errors.As(err, &answer) {
		return repositoryOf(err, all)
	}
	for _, matches := range []func(name.Repository) bool{
		func(n name.Repository) bool {
			return n.RegistryStr() == answer.Host && n.RepositoryStr() == answer.Repository
		},
		func(n name.Repository) bool { return n.RegistryStr() == answer.Host },
		func(n name.Repository) bool { return answer.Host != r.Config.Home && !r.Config.AtHome(n) },
	} {
		if i := slices.IndexFunc(all, matches); i >= 0 {
			return all[i]
		}
	}
	return all[0]
}
