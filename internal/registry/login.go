package registry

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"strings"

	"github.com/google/go-containerregistry/pkg/name"
)

// Prove shows the registry the credentials that the keychain has for it, as
// `docker login` does: a token request without a scope, then GET /v2/ with
// what came of it. The error is nil if they are taken. That they allow
// anything is not proven by it (docs/ghcr.md, Token endpoint); see ProbePush.
func (c *Client) Prove(ctx context.Context, reg name.Registry) error {
	s := c.session(reg)
	header, err := s.login(ctx)
	if err != nil {
		return err
	}
	target := url.URL{Scheme: s.scheme, Host: reg.RegistryStr(), Path: "/v2/"}
	var st state
	for {
		st.attempts++
		err := c.knock(ctx, target.String(), header, st.attempts)
		v := st.judge(err, 0)
		if err == nil || !v.retry || v.refresh || ctx.Err() != nil {
			return err
		}
		if err := c.retry.wait(ctx, v.wait, err); err != nil {
			return err
		}
	}
}

// login returns the Authorization header that the credentials give.
func (s *session) login(ctx context.Context) (string, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := s.start(ctx); err != nil {
		return "", err
	}
	header, _, err := s.prove(ctx, nil)
	if ch := s.challenge; err == nil && ch != nil && strings.EqualFold(ch.Scheme, "bearer") && !s.trusts(ch.Parameters["realm"]) {
		return "", &ForeignRealm{Host: s.reg.RegistryStr(), Realm: clean(ch.Parameters["realm"])}
	}
	return header, err
}

// knock is GET /v2/ with a header.
func (c *Client) knock(ctx context.Context, target, header string, n int) error {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, target, nil)
	if err != nil {
		return err
	}
	if header != "" {
		req.Header.Set("Authorization", header)
	}
	resp, err := c.send(req, &outgoing{}, n)
	if err != nil {
		return fmt.Errorf("the login: %w", &unreachable{err})
	}
	if resp.StatusCode != http.StatusOK {
		return newError("the login", resp)
	}
	_ = discard(resp) // the status is the answer
	return resp.Body.Close()
}

// ForeignRealm says that a registry sends logins to a host that is not its
// own, which gets none from us.
type ForeignRealm struct{ Host, Realm string }

// Error names both.
func (e *ForeignRealm) Error() string {
	return fmt.Sprintf("logging in to %q: it names %q to log in at, which is another owner's and gets no login", e.Host, e.Realm)
}
