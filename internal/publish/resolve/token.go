package resolve

import (
	"context"
	"sync"

	"github.com/google/go-containerregistry/pkg/name"

	"github.com/ghcr-publish/ghcr-publish/internal/github"
	"github.com/ghcr-publish/ghcr-publish/internal/secret"
)

// standing is what the API says of the token, asked for once a run at most.
type standing struct {
	once sync.Once
	mu   sync.Mutex
	told *github.TokenStatus // nil: it said nothing, or was not asked yet
}

// known is what the API said so far.
func (s *standing) known() *github.TokenStatus {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.told
}

// Token asks the API about the token. It is not needed for publishing: what
// cannot be read is not there.
func (r *Resolver) Token(ctx context.Context) *github.TokenStatus {
	r.standing.once.Do(func() {
		s, err := r.Packages.TokenStatus(ctx)
		if err != nil {
			return
		}
		r.standing.mu.Lock()
		defer r.standing.mu.Unlock()
		r.standing.told = &s
	})
	return r.standing.known()
}

// scoped reports whether the token is one whose scopes are worth a look
// before anything is refused: classic tokens alone have them, and are often
// too wide.
func (r *Resolver) scoped() bool { return r.Config.Token.Kind() == secret.ClassicPAT }

// why gathers what explains a refusal: whether the API knows the token, and
// whether an organization wants it authorised (docs/ghcr.md, Kinds of token:
// ghcr.io itself says no more than "denied" there).
func (r *Resolver) why(ctx context.Context, t *Target) {
	if !t.Home {
		return
	}
	if s := r.Token(ctx); r.scoped() && (s == nil || !s.Invalid) {
		owner, _ := Owner(r.Config.GitHub, t.Repo)
		t.SSO = r.Packages.SSOURL(ctx, owner.Login)
	}
}

// Look reads what is known of one destination without a source or tags: may
// the token push there, what GitHub's record says, is a stranger let in.
func (r *Resolver) Look(ctx context.Context, repo name.Repository) (*Target, error) {
	t := &Target{Home: r.Config.AtHome(repo)}
	t.Repo = repo
	return t, r.target(ctx, t, nil)
}
