package registry

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"net/http"
	"net/netip"
	"net/url"
	"sort"
	"strings"
	"time"

	"github.com/google/go-containerregistry/pkg/authn"
	"github.com/google/go-containerregistry/pkg/v1/remote/transport"
	"golang.org/x/net/publicsuffix"
)

// defaultLife is how long a token without expires_in is used: the 60 s that the
// token specification names as default, less a margin (docs/ghcr.md, Token
// endpoint).
const defaultLife = 50 * time.Second

// authorize returns what to send for one repository, asking for a token if
// there is none that lasts.
func (s *session) authorize(ctx context.Context, repo string, a Access) (*grant, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := s.start(ctx); err != nil {
		return nil, err
	}
	s.expect(repo, a)
	if g, known := s.grants[repo]; known && (g == nil || g.covers(a)) {
		return g, nil
	}
	if s.client.opts.RawBearer && !s.rawOff && s.config.Password != "" {
		secret := base64.StdEncoding.EncodeToString([]byte(s.config.Password))
		return &grant{header: "Bearer " + secret, access: Push, born: time.Now(), raw: true}, nil
	}
	return s.acquire(ctx, repo)
}

// acquire asks for one token for all that the run expects to use here, and
// for this repository alone if that is refused.
func (s *session) acquire(ctx context.Context, repo string) (*grant, error) {
	if !s.alone[repo] {
		all := s.together(repo)
		g, err := s.ask(ctx, all)
		if err == nil || len(all) == 1 || !declined(err) {
			return g, err
		}
		if ctx.Err() != nil {
			return nil, context.Cause(ctx)
		}
	}
	s.alone[repo] = true
	return s.ask(ctx, []string{repo})
}

// declined reports whether a token request was refused for what it asks. An
// answer about the server's own state says nothing of the scopes.
func declined(err error) bool {
	var e *Error
	return errors.As(err, &e) && e.Status < http.StatusInternalServerError && e.Status != http.StatusTooManyRequests
}

// together lists the repositories a shared token would cover, this one first.
func (s *session) together(repo string) []string {
	all := []string{repo}
	for r := range s.expected {
		if r != repo && !s.alone[r] {
			all = append(all, r)
		}
	}
	sort.Strings(all[1:])
	return all
}

func (s *session) ask(ctx context.Context, repos []string) (*grant, error) {
	header, life, err := s.prove(ctx, repos)
	if err != nil {
		return nil, err
	}
	born := time.Now()
	for _, r := range repos {
		s.grants[r] = nil
		if header != "" {
			s.grants[r] = &grant{header: header, access: s.expected[r], born: born, shared: len(repos) > 1}
			if life > 0 {
				s.grants[r].expires = born.Add(life)
			}
		}
	}
	return s.grants[repos[0]], nil
}

// prove gets an Authorization header for the repositories: unprompted at the
// host's own /token first, by the registry's challenge if that did not work.
func (s *session) prove(ctx context.Context, repos []string) (header string, life time.Duration, err error) {
	if s.challenge == nil && !s.misled {
		own := s.ownRealm()
		token, askErr := s.exchange(ctx, own, repos)
		if askErr == nil {
			s.challenge, s.guessed = own, true
			return bearer(token)
		}
		if err := s.prompted(ctx, own, askErr); err != nil {
			return "", 0, err
		}
	}
	if s.challenge == nil {
		if s.challenge, err = s.ping(ctx); err != nil {
			return "", 0, err
		}
	}
	switch strings.ToLower(s.challenge.Scheme) {
	case "":
		return "", 0, nil
	case "basic":
		return s.basic(), 0, nil
	case "bearer":
		token, err := s.exchange(ctx, s.challenge, repos)
		if err != nil {
			return "", 0, err
		}
		return bearer(token)
	}
	return "", 0, fmt.Errorf("authenticating to %q: it asks for %q, which no container registry uses", s.reg, clean(s.challenge.Scheme))
}

// prompted asks for the challenge after the unprompted request failed. The
// error is that failure again where the challenge offers no other way; one
// answered with 401 is worth a second try (docs/ghcr.md, Refused: unknown token).
func (s *session) prompted(ctx context.Context, own *transport.Challenge, askErr error) error {
	var e *Error
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	if errors.As(askErr, new(*unreachable)) {
		return askErr
	}
	ch, err := s.ping(ctx)
	if err != nil {
		return fmt.Errorf("%w; and its challenge could not be read: %w", askErr, err)
	}
	s.challenge = ch
	same := ch.Parameters["realm"] == own.Parameters["realm"] && ch.Parameters["service"] == own.Parameters["service"]
	if same && !(errors.As(askErr, &e) && e.Status == http.StatusUnauthorized) {
		return askErr
	}
	return nil
}

func bearer(t *transport.Token) (string, time.Duration, error) {
	life := defaultLife
	if t.ExpiresIn > 0 {
		life = time.Duration(min(t.ExpiresIn, 3600)) * time.Second
		life -= min(life/5, 10*time.Second)
	}
	token := t.Token
	if token == "" {
		token = t.AccessToken
	}
	return "Bearer " + token, life, nil
}

func (s *session) basic() string {
	if s.config.Username == "" && s.config.Password == "" {
		return ""
	}
	return "Basic " + base64.StdEncoding.EncodeToString([]byte(s.config.Username+":"+s.config.Password))
}

func (s *session) ownRealm() *transport.Challenge {
	host := s.reg.RegistryStr()
	return &transport.Challenge{
		Scheme:     "bearer",
		Insecure:   s.scheme == "http",
		Parameters: map[string]string{"realm": s.scheme + "://" + host + "/token", "service": host},
	}
}

// exchange asks the realm for a token, with the credentials if the realm is
// the registry's own, else as a stranger.
func (s *session) exchange(ctx context.Context, ch *transport.Challenge, repos []string) (*transport.Token, error) {
	auth := s.auth
	if !s.trusts(ch.Parameters["realm"]) {
		auth = authn.Anonymous
	}
	scopes := make([]string, len(repos))
	for i, r := range repos {
		scopes[i] = "repository:" + r + ":" + string(s.expected[r])
	}
	var st state
	for {
		st.attempts++
		trip := &tokenTrip{session: s, attempt: st.attempts}
		token, err := transport.Exchange(ctx, s.reg, auth, trip, scopes, ch)
		if err == nil {
			return token, nil
		}
		err = trip.explain(err)
		v := st.judge(err, 0)
		if !v.retry || v.refresh || trip.hopeless() || ctx.Err() != nil {
			return nil, err
		}
		if err := s.client.retry.wait(ctx, v.wait, err); err != nil {
			return nil, err
		}
	}
}

// trusts reports whether a realm may be shown the registry's credentials: the
// same host, or the same registrable domain (auth.docker.io for docker.io),
// and never plain HTTP for a registry that speaks HTTPS.
func (s *session) trusts(realm string) bool {
	u, err := url.Parse(realm)
	if err != nil || (u.Scheme != "https" && u.Scheme != s.scheme) {
		return false
	}
	host := s.reg.RegistryStr()
	if u.Host == host {
		return true
	}
	mine, theirs := site(strings.Split(host, ":")[0]), site(u.Hostname())
	return mine != "" && mine == theirs
}

// site is the registrable domain of a host name; "" for an address or a name
// without a dot, which have no neighbours that belong to the same owner.
func site(host string) string {
	if _, err := netip.ParseAddr(host); err == nil {
		return ""
	}
	domain, err := publicsuffix.EffectiveTLDPlusOne(strings.ToLower(host))
	if err != nil {
		return ""
	}
	return domain
}

// ping asks for the challenge (distribution-spec, "Determining Support").
func (s *session) ping(ctx context.Context) (*transport.Challenge, error) {
	var st state
	for {
		st.attempts++
		trip := &tokenTrip{session: s, attempt: st.attempts}
		ch, err := transport.Ping(ctx, s.reg, schemed{s.scheme, trip})
		if err == nil {
			ch.Insecure = s.scheme == "http"
			return ch, nil
		}
		err = trip.explain(err)
		v := st.judge(err, 0)
		if !v.retry || v.refresh || ctx.Err() != nil {
			return nil, err
		}
		if err := s.client.retry.wait(ctx, v.wait, err); err != nil {
			return nil, err
		}
	}
}

// schemed keeps ping to the scheme the session found out: the library would
// try both.
type schemed struct {
	scheme string
	next   http.RoundTripper
}

func (t schemed) RoundTrip(req *http.Request) (*http.Response, error) {
	if req.URL.Scheme != t.scheme {
		return nil, fmt.Errorf("%s is not spoken here", req.URL.Scheme)
	}
	return t.next.RoundTrip(req)
}
