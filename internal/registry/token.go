package registry

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"sort"
	"strings"
	"time"

	"github.com/google/go-containerregistry/pkg/authn"
	"github.com/google/go-containerregistry/pkg/v1/remote/transport"
	"golang.org/x/net/publicsuffix"
)

// defaultLife is how long a token without expires_in is used: the 60 s that
// the token specification names as default, less a margin (GHCR.md §3.1).
const defaultLife = 50 * time.Second

// errThrottled is the cause given while a session pauses.
var errThrottled = errors.New("the registry is throttling this run")

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
		if err == nil || len(all) == 1 {
			return g, err
		}
		if ctx.Err() != nil {
			return nil, context.Cause(ctx)
		}
	}
	s.alone[repo] = true
	return s.ask(ctx, []string{repo})
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
	var g *grant
	if header != "" {
		g = &grant{header: header, born: time.Now(), shared: len(repos) > 1}
		if life > 0 {
			g.expires = g.born.Add(life)
		}
	}
	for _, r := range repos {
		if g != nil {
			each := *g
			each.access = s.expected[r]
			s.grants[r] = &each
			continue
		}
		s.grants[r] = nil
	}
	return s.grants[repos[0]], nil
}

// prove gets an Authorization header for the repositories: unprompted at the
// host's own /token first, by the registry's challenge if that did not work.
func (s *session) prove(ctx context.Context, repos []string) (header string, life time.Duration, err error) {
	if s.challenge == nil {
		own := s.ownRealm()
		token, askErr := s.exchange(ctx, own, repos)
		if askErr == nil {
			s.challenge = own
			return bearer(token)
		}
		if ctx.Err() != nil {
			return "", 0, context.Cause(ctx)
		}
		if s.challenge, err = s.ping(ctx); err != nil {
			return "", 0, errors.Join(askErr, err)
		}
		if s.challenge.Parameters["realm"] == own.Parameters["realm"] && IsRefused(askErr) {
			return "", 0, askErr
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

func bearer(t *transport.Token) (string, time.Duration, error) {
	life := defaultLife
	if t.ExpiresIn > 0 {
		life = min(time.Duration(t.ExpiresIn)*time.Second, time.Hour)
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
		trip := &tokenTrip{client: s.client, attempt: st.attempts}
		token, err := transport.Exchange(ctx, s.reg, auth, trip, scopes, ch)
		if err == nil {
			return token, nil
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
	if _, local := loopback(host); local {
		return false
	}
	mine, err1 := publicsuffix.EffectiveTLDPlusOne(strings.Split(host, ":")[0])
	theirs, err2 := publicsuffix.EffectiveTLDPlusOne(u.Hostname())
	return err1 == nil && err2 == nil && mine == theirs
}

// ping asks for the challenge (distribution-spec, "Determining Support").
func (s *session) ping(ctx context.Context) (*transport.Challenge, error) {
	var st state
	for {
		st.attempts++
		trip := &tokenTrip{client: s.client, attempt: st.attempts}
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

// tokenTrip carries the requests of the handshake and remembers the answer
// that refused, for its request id and the wait it asked for.
type tokenTrip struct {
	client  *Client
	attempt int
	refusal *Error
}

func (t *tokenTrip) RoundTrip(req *http.Request) (*http.Response, error) {
	out := &outgoing{size: max(req.ContentLength, 0)}
	if req.Body != nil {
		out.body = req.Body
		req = req.Clone(req.Context())
		req.Body = out
	}
	resp, err := t.client.send(req, out, t.attempt)
	if err != nil {
		return nil, err
	}
	if resp.StatusCode >= http.StatusBadRequest {
		t.refusal = newError("the token request", resp)
	}
	return resp, nil
}

func (t *tokenTrip) explain(err error) error {
	if t.refusal != nil {
		return t.refusal
	}
	return err
}
