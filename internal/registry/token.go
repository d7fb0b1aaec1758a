package registry

import (
	"cmp"
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
	"github.com/google/go-containerregistry/pkg/name"
	"github.com/google/go-containerregistry/pkg/v1/remote/transport"
	"golang.org/x/net/publicsuffix"
)

// defaultLife is the lifetime of a token without expires_in. The value is the
// default of the token specification (60 s) minus a margin (docs/ghcr.md, Token
// endpoint).
const defaultLife = 50 * time.Second

// authorize returns the grant for one repository. If no valid token covers the
// access, authorize requests a token.
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
	if s.client.opts.RawBearer && !s.rawRejected && s.config.Password != "" {
		secret := base64.StdEncoding.EncodeToString([]byte(s.config.Password))
		return &grant{header: "Bearer " + secret, access: Push, issued: time.Now(), raw: true}, nil
	}
	return s.acquire(ctx, repo)
}

// Authorize requests a token to read the repository, unless the client has a token. A
// later read then does not wait for the token.
func (c *Client) Authorize(ctx context.Context, repo name.Repository) error {
	_, err := c.session(repo.Registry).authorize(ctx, repo.RepositoryStr(), Pull)
	return err
}

// acquire requests one token for all expected repositories of the host. If the
// registry refuses the request, acquire requests a token for only the given
// repository.
func (s *session) acquire(ctx context.Context, repo string) (*grant, error) {
	if !s.singleScope[repo] {
		all := s.sharedScope(repo)
		g, err := s.requestGrant(ctx, all)
		if err == nil || len(all) == 1 || !isRejection(err) {
			return g, err
		}
		if ctx.Err() != nil {
			return nil, context.Cause(ctx)
		}
	}
	s.singleScope[repo] = true
	return s.requestGrant(ctx, []string{repo})
}

// isRejection reports whether the registry rejected the content of a request. A
// response about the state of the server (5xx, 429) is not a rejection.
func isRejection(err error) bool {
	var e *Error
	return errors.As(err, &e) && e.Status < http.StatusInternalServerError && e.Status != http.StatusTooManyRequests
}

// sharedScope lists the repositories of a shared token. The given repository is
// the first element.
func (s *session) sharedScope(repo string) []string {
	all := []string{repo}
	for r := range s.expected {
		if r != repo && !s.singleScope[r] {
			all = append(all, r)
		}
	}
	sort.Strings(all[1:])
	return all
}

func (s *session) requestGrant(ctx context.Context, repos []string) (*grant, error) {
	header, life, err := s.negotiate(ctx, repos)
	if err != nil {
		return nil, err
	}
	issued := time.Now()
	for _, r := range repos {
		s.grants[r] = nil
		if header != "" {
			s.grants[r] = &grant{header: header, access: s.expected[r], issued: issued, shared: len(repos) > 1}
			if life > 0 {
				s.grants[r].expires = issued.Add(life)
			}
		}
	}
	return s.grants[repos[0]], nil
}

// negotiate returns the value of the header Authorization for the repositories.
// To save a request, negotiate first assumes that the realm is /token on the
// registry's host. If the token request to the assumed realm fails, negotiate
// reads the challenge.
func (s *session) negotiate(ctx context.Context, repos []string) (header string, life time.Duration, err error) {
	if s.challenge == nil && !s.realmChanged {
		assumed := s.assumedChallenge()
		token, tokenErr := s.exchange(ctx, assumed, repos)
		if tokenErr == nil {
			s.challenge, s.assumedRealm = assumed, true
			return bearerHeader(token)
		}
		if err := s.readChallenge(ctx, assumed, tokenErr); err != nil {
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
		return s.basicHeader(), 0, nil
	case "bearer":
		token, err := s.exchange(ctx, s.challenge, repos)
		if err != nil {
			return "", 0, err
		}
		return bearerHeader(token)
	}
	return "", 0, fmt.Errorf("authenticating to %q: the challenge has the scheme %q, but the client supports only Basic and Bearer", s.reg, sanitize(s.challenge.Scheme))
}

// readChallenge reads the registry's challenge after a token request to the
// assumed realm failed with tokenErr. If the challenge contains the assumed
// realm and service, readChallenge returns tokenErr. After status 401,
// readChallenge returns nil, so that the caller repeats the token request
// (docs/ghcr.md, Refused: unknown token). readChallenge also returns nil after
// status 404, because the challenge shows that the token endpoint exists.
func (s *session) readChallenge(ctx context.Context, assumed *transport.Challenge, tokenErr error) error {
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	if errors.As(tokenErr, new(*unreachableError)) {
		return tokenErr
	}
	ch, err := s.ping(ctx)
	if err != nil {
		return fmt.Errorf("%w; reading the challenge: %w", tokenErr, err)
	}
	s.challenge = ch
	same := ch.Parameters["realm"] == assumed.Parameters["realm"] && ch.Parameters["service"] == assumed.Parameters["service"]
	if same && !hasStatus(tokenErr, http.StatusUnauthorized, http.StatusNotFound) {
		return tokenErr
	}
	return nil
}

func bearerHeader(t *transport.Token) (string, time.Duration, error) {
	life := defaultLife
	if t.ExpiresIn > 0 {
		life = time.Duration(min(t.ExpiresIn, 3600)) * time.Second
		life -= min(life/5, 10*time.Second)
	}
	return "Bearer " + cmp.Or(t.Token, t.AccessToken), life, nil
}

func (s *session) basicHeader() string {
	if s.config.Username == "" && s.config.Password == "" {
		return ""
	}
	return "Basic " + base64.StdEncoding.EncodeToString([]byte(s.config.Username+":"+s.config.Password))
}

func (s *session) assumedChallenge() *transport.Challenge {
	host := s.reg.RegistryStr()
	return &transport.Challenge{
		Scheme:     "bearer",
		Insecure:   s.scheme == "http",
		Parameters: map[string]string{"realm": s.scheme + "://" + host + "/token", "service": host},
	}
}

// exchange requests a token from the realm. If the realm does not belong to the
// registry, exchange sends an anonymous request.
func (s *session) exchange(ctx context.Context, ch *transport.Challenge, repos []string) (*transport.Token, error) {
	auth := s.auth
	if !s.trusts(ch.Parameters["realm"]) {
		auth = authn.Anonymous
	}
	scopes := make([]string, len(repos))
	for i, r := range repos {
		scopes[i] = "repository:" + r + ":" + string(s.expected[r])
	}
	var token *transport.Token
	err := s.repeat(ctx, "token", func(n attempt) (permanent bool, err error) {
		h := &handshake{session: s, attempt: n}
		if token, err = transport.Exchange(ctx, s.reg, auth, h, scopes, ch); err != nil {
			err = h.explain(err)
		}
		return h.permanent(), err
	})
	if err != nil {
		return nil, err
	}
	if received := s.client.opts.OnToken; received != nil {
		received(cmp.Or(token.Token, token.AccessToken))
	}
	return token, nil
}

// trusts reports whether the client may send the registry's credentials to a
// realm. The realm must have the host or the registrable domain of the registry
// (auth.docker.io for docker.io). The realm must use HTTPS if the registry uses
// HTTPS.
func (s *session) trusts(realm string) bool {
	u, err := url.Parse(realm)
	if err != nil || (u.Scheme != "https" && u.Scheme != s.scheme) {
		return false
	}
	host := s.reg.RegistryStr()
	if u.Host == host {
		return true
	}
	own, other := registrableDomain(strings.Split(host, ":")[0]), registrableDomain(u.Hostname())
	return own != "" && own == other
}

// registrableDomain returns the registrable domain of a host name. registrableDomain
// returns "" for an IP address and for a name without a dot, because such a name does not
// show which other hosts have the same owner.
func registrableDomain(host string) string {
	if _, err := netip.ParseAddr(host); err == nil {
		return ""
	}
	domain, err := publicsuffix.EffectiveTLDPlusOne(strings.ToLower(host))
	if err != nil {
		return ""
	}
	return domain
}

// ping reads the challenge of the registry (distribution-spec, "Determining
// Support").
func (s *session) ping(ctx context.Context) (*transport.Challenge, error) {
	var ch *transport.Challenge
	err := s.repeat(ctx, "challenge", func(n attempt) (permanent bool, err error) {
		h := &handshake{session: s, attempt: n}
		if ch, err = transport.Ping(ctx, s.reg, schemeTransport{s.scheme, h}); err != nil {
			return false, h.explain(err)
		}
		return false, nil
	})
	if err != nil {
		return nil, err
	}
	ch.Insecure = s.scheme == "http"
	realm := s.assumedChallenge().Parameters["realm"]
	if "https://"+strings.TrimPrefix(ch.Parameters["realm"], "http://") == realm {
		// A proxy that terminates TLS often does not tell the registry about TLS. The
		// client requests the token from the same address with TLS.
		ch.Parameters["realm"] = realm
	}
	return ch, nil
}

// schemeTransport accepts only requests with the scheme of the session. Without
// schemeTransport, the function Ping of go-containerregistry would try both
// schemes.
type schemeTransport struct {
	scheme string
	next   http.RoundTripper
}

func (t schemeTransport) RoundTrip(req *http.Request) (*http.Response, error) {
	if req.URL.Scheme != t.scheme {
		return nil, fmt.Errorf("refusing a URL with the scheme %s: all requests to this registry must have the scheme %s", req.URL.Scheme, t.scheme)
	}
	return t.next.RoundTrip(req)
}
