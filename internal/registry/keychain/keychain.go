// Package keychain holds the credentials of a run. The package provides a
// go-containerregistry keychain for registries and an oauth2 client for GitHub's
// API.
//
// The program sends the default token only to the registry and the API of the
// server in GITHUB_SERVER_URL.
package keychain

import (
	"fmt"
	"net/http"

	"github.com/google/go-containerregistry/pkg/authn"
	"golang.org/x/oauth2"

	"github.com/ghcr-publish/ghcr-publish/internal/secret"
)

// Client returns an HTTP client that sends the token with every request. If the token is
// empty, the requests are anonymous. Use the returned client for only one API host,
// because this client sends the token to every host.
func Client(token secret.Secret, base http.RoundTripper) *http.Client {
	if token.Empty() {
		return &http.Client{Transport: base}
	}
	source := oauth2.StaticTokenSource(&oauth2.Token{AccessToken: token.Reveal()})
	return &http.Client{Transport: &oauth2.Transport{Source: source, Base: base}, CheckRedirect: checkRedirect}
}

// maxRedirects limits the redirects of one request. The value is the default
// limit of net/http.
const maxRedirects = 10

// checkRedirect refuses redirects to another host, because oauth2 adds the token
// to every request.
func checkRedirect(req *http.Request, via []*http.Request) error {
	if first := via[0].URL; req.URL.Host != first.Host || req.URL.Scheme != first.Scheme {
		return fmt.Errorf("following a redirect from %q to %q: the client must not send the token to another host", first.Host, req.URL.Host)
	}
	if len(via) >= maxRedirects {
		return fmt.Errorf("following redirects: the request has more than %d redirects", maxRedirects)
	}
	return nil
}

// Login contains a user name and the secret of this user for one registry.
type Login struct {
	Username string
	Secret   secret.Secret
}

// Keychain implements authn.Keychain. Keychain returns the token for GitHub's
// registry, and the logins in Others for the registries in Others. For all other
// registries, Keychain asks Fallback, which reads the Docker config file of the
// machine.
type Keychain struct {
	Host     string // Host is the host of the registry that belongs to GITHUB_SERVER_URL.
	Token    Login
	Others   map[string]Login
	Fallback authn.Keychain // If Fallback is nil, requests to all other hosts are anonymous.
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
