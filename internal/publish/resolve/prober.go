package resolve

import (
	"context"
	"fmt"
	"sync"

	"github.com/google/go-containerregistry/pkg/name"
	"golang.org/x/sync/errgroup"

	"github.com/ghcr-publish/ghcr-publish/internal/github"
	"github.com/ghcr-publish/ghcr-publish/internal/input"
	"github.com/ghcr-publish/ghcr-publish/internal/registry"
	"github.com/ghcr-publish/ghcr-publish/internal/secret"
)

// Prober checks whether a repository accepts a push with the token of the run. A
// Prober does not need an image or tags. The commands "check" and "login" use a
// Prober without a Resolver.
type Prober struct {
	Config   *input.Common
	Registry *registry.Client
	GitHub   *github.Client
	// Visibility is the wanted visibility of the package.
	Visibility input.Visibility
	Verify     input.Verification

	token tokenStatus
}

// Probe returns all facts about one repository that Probe can read. The target is never
// nil. An error means that the registry did not answer. If the registry refused the push,
// the target contains the refusal.
func (p *Prober) Probe(ctx context.Context, repo name.Repository) (*Target, error) {
	t := &Target{Home: p.Config.AtHome(repo)}
	t.Repo = repo
	if err := p.probe(ctx, t); err != nil {
		return t, fmt.Errorf("resolving %q: %w", t.Repo, err)
	}
	t.Token = p.token.known()
	return t, nil
}

// probe sends all requests about one repository concurrently.
func (p *Prober) probe(ctx context.Context, t *Target) error {
	group, ctx := errgroup.WithContext(ctx)
	if p.Verify != input.VerifyNone {
		group.Go(func() error { return p.push(ctx, t) })
	}
	if t.Home && p.scoped() && p.Verify != input.VerifyNone {
		group.Go(func() error { p.Token(ctx); return nil })
	}
	if t.Home && (p.Verify == input.VerifyFull || p.Visibility != input.Keep) {
		group.Go(func() error { p.pkg(ctx, t); return nil })
		group.Go(func() error { return p.anonymous(ctx, t) })
	}
	return group.Wait()
}

// push checks whether the token may push (docs/ghcr.md, Push probe).
func (p *Prober) push(ctx context.Context, t *Target) error {
	err := p.Registry.ProbePush(ctx, t.Repo)
	if registry.IsRefused(err) {
		t.PushRefusal = err
		p.explainRefusal(ctx, t)
		return nil
	}
	t.MayPush = err == nil
	return err
}

// explainRefusal reads two facts from the API that explain a refusal. The first fact
// is the status of the token. The second fact is whether an organization requires
// that the user authorizes the token. For a token without this authorization, ghcr.io
// answers only "denied" (docs/ghcr.md, Kinds of token).
func (p *Prober) explainRefusal(ctx context.Context, t *Target) {
	if !t.Home {
		return
	}
	if s := p.Token(ctx); p.scoped() && (s == nil || !s.Invalid) {
		owner, _ := Owner(p.Config.GitHub, t.Repo)
		t.SSO = p.GitHub.SSOURL(ctx, owner.Login)
	}
}

// anonymous checks whether the registry allows anonymous clients to pull. The check is
// necessary only if the package must not be public. A request to the REST API cannot
// replace the anonymous pull, because the API may hide a public package from this token.
func (p *Prober) anonymous(ctx context.Context, t *Target) error {
	if p.Visibility != input.Private && p.Visibility != input.Internal {
		return nil
	}
	_, err := p.Registry.Anonymous().Tags(ctx, t.Repo)
	t.Public = err == nil
	return registry.IgnoreAbsent(err)
}

// tokenStatus contains the answer of the API about the token. A run asks the API
// about the token at most once.
type tokenStatus struct {
	once   sync.Once
	mu     sync.Mutex
	status *github.TokenStatus // status is nil until the API answers.
}

func (s *tokenStatus) known() *github.TokenStatus {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.status
}

// Token returns the answer of the API about the token, or nil if the API did not
// answer. Token returns no error, because a run can publish without the API.
func (p *Prober) Token(ctx context.Context) *github.TokenStatus {
	p.token.once.Do(func() {
		s, err := p.GitHub.TokenStatus(ctx)
		if err != nil {
			return
		}
		p.token.mu.Lock()
		defer p.token.mu.Unlock()
		p.token.status = &s
	})
	return p.token.known()
}

// scoped reports whether the token has scopes. Only classic tokens have scopes. A
// classic token often has too many scopes, so the run reads the scopes even if the
// registry accepts the token.
func (p *Prober) scoped() bool { return p.Config.Token.Kind() == secret.ClassicPAT }
