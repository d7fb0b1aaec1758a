// Package auth holds the run's credentials: one token with its kind, a
// go-containerregistry keychain for registries, and an oauth2 client for
// GitHub's API.
//
// A secret enters here and leaves only in an Authorization header: [Secret]
// prints, formats and marshals as a placeholder. The default token is given
// to the registry and the API of GITHUB_SERVER_URL and to no other host.
package auth

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"

	"github.com/google/go-containerregistry/pkg/authn"
	"golang.org/x/oauth2"
)

// Secret is a credential that cannot be printed by accident.
type Secret struct{ value string }

// NewSecret wraps a value, blanks around it taken off: a newline at the end
// of a pasted token is the commonest reason for "denied".
func NewSecret(value string) Secret { return Secret{strings.TrimSpace(value)} }

// Empty reports whether there is no secret.
func (s Secret) Empty() bool { return s.value == "" }

// Reveal returns the secret, for an Authorization header.
func (s Secret) Reveal() string { return s.value }

// Forms lists the spellings in which the secret could show up in a log: as
// it is, and in base64 alone and with the user name before it (GHCR.md §3.1).
func (s Secret) Forms(username string) []string {
	if s.Empty() {
		return nil
	}
	encode := base64.StdEncoding.EncodeToString
	return []string{s.value, encode([]byte(s.value)), encode([]byte(username + ":" + s.value))}
}

const hidden = "[hidden]"

// String never shows the secret.
func (s Secret) String() string { return hidden }

// GoString never shows the secret.
func (s Secret) GoString() string { return hidden }

// Format never shows the secret, whatever the verb.
func (s Secret) Format(f fmt.State, _ rune) { _, _ = f.Write([]byte(hidden)) }

// MarshalJSON never shows the secret.
func (s Secret) MarshalJSON() ([]byte, error) { return json.Marshal(hidden) }

// Kind is what a token's prefix says of it (GHCR.md §5).
type Kind string

// The kinds. An installation token is either a job's GITHUB_TOKEN or one of
// another GitHub App: the prefix cannot tell.
const (
	ClassicPAT     Kind = "classic personal access token"
	FineGrainedPAT Kind = "fine-grained personal access token"
	OAuth          Kind = "OAuth token"
	UserToServer   Kind = "GitHub App user token"
	Installation   Kind = "installation token"
	Refresh        Kind = "refresh token"
	Unknown        Kind = "token of unknown kind"
)

var prefixes = []struct {
	prefix string
	kind   Kind
}{
	{"ghp_", ClassicPAT}, {"github_pat_", FineGrainedPAT}, {"gho_", OAuth},
	{"ghu_", UserToServer}, {"ghs_", Installation}, {"ghr_", Refresh},
}

// Kind tells by prefix alone: lengths and alphabets of tokens change
// (GHCR.md §5, new ghs_ format).
func (s Secret) Kind() Kind {
	for _, p := range prefixes {
		if strings.HasPrefix(s.value, p.prefix) {
			return p.kind
		}
	}
	return Unknown
}

// Client returns an HTTP client that sends the token with every request; with
// no token, base as it is. Use it for one API host only.
func (s Secret) Client(base http.RoundTripper) *http.Client {
	if s.Empty() {
		return &http.Client{Transport: base}
	}
	source := oauth2.StaticTokenSource(&oauth2.Token{AccessToken: s.value})
	return &http.Client{Transport: &oauth2.Transport{Source: source, Base: base}}
}

// Login is a user name and its secret at one registry.
type Login struct {
	Username string
	Secret   Secret
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
	return authn.FromConfig(authn.AuthConfig{Username: l.Username, Password: l.Secret.value})
}
