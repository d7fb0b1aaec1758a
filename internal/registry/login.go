package registry

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"strings"

	"github.com/google/go-containerregistry/pkg/name"
)

// CheckLogin sends the keychain's credentials to the registry. CheckLogin sends
// a token request without a scope, and then GET /v2/ with the token, as `docker
// login` does. CheckLogin returns nil if the registry accepts the credentials. A
// successful login does not prove any permission (docs/ghcr.md, Token endpoint).
// Use ProbePush to check the permission to push.
func (c *Client) CheckLogin(ctx context.Context, reg name.Registry) error {
	s := c.session(reg)
	header, err := s.login(ctx)
	if err != nil {
		return err
	}
	return c.retry.repeat(ctx, func(n attempt) (permanent bool, err error) {
		return false, c.getBase(ctx, s, header, n)
	})
}

// login returns the value of the header Authorization for the credentials.
func (s *session) login(ctx context.Context) (string, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := s.start(ctx); err != nil {
		return "", err
	}
	header, _, err := s.negotiate(ctx, nil)
	if ch := s.challenge; err == nil && ch != nil && strings.EqualFold(ch.Scheme, "bearer") && !s.trusts(ch.Parameters["realm"]) {
		return "", &UntrustedRealm{Host: s.reg.RegistryStr(), Realm: sanitize(ch.Parameters["realm"])}
	}
	return header, err
}

// getBase sends GET /v2/ with the header Authorization, and follows redirects.
func (c *Client) getBase(ctx context.Context, s *session, header string, n attempt) error {
	const operation = "the login"
	to := &route{session: s, operation: operation, method: http.MethodGet, url: &url.URL{Scheme: s.scheme, Host: s.reg.RegistryStr(), Path: "/v2/"}}
	for {
		resp, err := c.sendBase(ctx, s, to, header, n)
		if err != nil {
			return err
		}
		if isRedirect(resp.StatusCode) {
			if err := to.follow(resp); err != nil {
				return err
			}
			continue
		}
		if resp.StatusCode != http.StatusOK || isLoginPage(call{}, resp) {
			return newError(operation, resp)
		}
		closeBody(resp) // The caller needs only the status.
		return nil
	}
}

// sendBase sends one request of getBase. sendBase sends the header Authorization
// only to the registry.
func (c *Client) sendBase(ctx context.Context, s *session, to *route, header string, n attempt) (*http.Response, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, to.url.String(), nil)
	if err != nil {
		return nil, err
	}
	if header != "" && s.isHome(to.url) {
		req.Header.Set("Authorization", header)
	}
	resp, err := c.send(s, req, &requestBody{}, to.operation, n)
	if err != nil {
		if refused := refusedAddress(err, to.url, to.operation, to.from, "Location"); refused != nil {
			return nil, refused
		}
		return nil, fmt.Errorf("logging in: %w", &unreachableError{err})
	}
	return resp, nil
}

// UntrustedRealm is the error of a login to a registry whose token realm belongs
// to another owner. The client sends no credentials to such a realm.
type UntrustedRealm struct{ Host, Realm string }

// Error returns the registry and the realm.
func (e *UntrustedRealm) Error() string {
	return fmt.Sprintf("logging in to %q: the token realm %q belongs to another owner, so the client did not send the credentials", e.Host, e.Realm)
}
