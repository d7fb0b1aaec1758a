// Package keychain holds the run's credentials: one token with its kind, a
// go-containerregistry keychain for registries, and an oauth2 client for
// GitHub's API.
//
// The default token is given to the registry and the API of GITHUB_SERVER_URL
// and to no other host.
package keychain

import (
	"errors"
	"fmt"
	"net/http"

	"github.com/google/go-containerregistry/pkg/authn"
	"golang.org/x/oauth2"

	"github.com/ghcr-publish/ghcr-publish/internal/secret"
)

// Client returns an HTTP client that sends the token with every request; with
// no token, base as it is. Use it for one API host only.
func Client(token secret.Secret, base http.RoundTripper) *http.Client {
	if token.Empty() {
		return &http.Client{Transport: base}
	}
	source := oauth2.StaticTokenSource(&oauth2.Token{AccessToken: token.Reveal()})
	return &http.Client{Transport: &oauth2.Transport{Source: source, Base: base}, CheckRedirect: stay}
}

// maxRedirects bounds how often one request is sent on, as net/http does.
const maxRedirects = 10

// stay refuses redirects to another host: oauth2 adds the token to every
// request, whatever it was that led there.
func stay(req *http.Request, via []*http.Request) error {
	if first := via[0].URL; req.URL.Host != first.Host || req.URL.Scheme != first.Scheme {
		return fmt.Errorf("following a redirect from %q to %q: the token stays with the first", first.Host, req.URL.Host)
	}
	if len(via) >= maxRedirects {
		return errors.New("following redirects: there is no end to them")
	}
	return nil
}

// Login is a user name and its secret at one registry.
type Login struct {
	Username string
	Secret   secret.Secret
}

// Keychain resolves the registry of GitHub to the token, registries with
// credentials of their own to those, and every other one through Fallback
// (the host's login file). It implements authn.Keychain.
type Keychain struct {
	Host     string // the registry that belongs to GITHUB_SERVER_URL
	Token    Login
	Others   map[string]Login
	Fallback authn.Keychain // nil: other hosts are anonymous
}

// Resolve implements authn.Keychain.
func (k *Keychain) Resolve(r authn.Resource) (authn.Authenticator, error) {
	host := r.RegistryStr()
	if login, ok := k.Others[host]; ok {
		return login.authenticator(), nil
	}
	if host == k.Host && !k.Token.Secret.Empty() {
		return k.Token.authenticator(), nil
	}
	if k.Fallback != nil {
		return k.Fallback.Resolve(r)
	}
	return authn.Anonymous, nil
}

func (l Login) authenticator() authn.Authenticator {
	return authn.FromConfig(authn.AuthConfig{Username: l.Username, Password: l.Secret.Reveal()})
}
