// Package secret holds a credential so that it cannot be shown by accident: it
// prints, formats and marshals as a placeholder and leaves only through
// Reveal, for an Authorization header.
package secret

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"strings"
)

// Secret is a credential that cannot be printed by accident. Its value is
// behind a pointer, because fmt prints the fields of a struct, and a bad verb,
// past every method. Secrets cannot be compared with ==.
type Secret struct {
	_     [0]func()
	value *string
}

// New wraps a value, blanks around it taken off: a newline at the end
// of a pasted token is the commonest reason for "denied".
func New(value string) Secret {
	value = strings.TrimSpace(value)
	return Secret{value: &value}
}

// Empty reports whether there is no secret.
func (s Secret) Empty() bool { return s.Reveal() == "" }

// Reveal returns the secret, for an Authorization header.
func (s Secret) Reveal() string {
	if s.value == nil {
		return ""
	}
	return *s.value
}

// Forms lists the spellings in which the secret could show up in a log: as it
// is, and in base64 alone and with the user name before it (docs/ghcr.md, Token
// endpoint).
func (s Secret) Forms(username string) []string {
	if s.Empty() {
		return nil
	}
	encode := base64.StdEncoding.EncodeToString
	return []string{s.Reveal(), encode([]byte(s.Reveal())), encode([]byte(username + ":" + s.Reveal()))}
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

// Kind is what a token's prefix says of it (docs/ghcr.md, Kinds of token).
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
// (docs/ghcr.md, New installation token format).
func (s Secret) Kind() Kind {
	for _, p := range prefixes {
		if strings.HasPrefix(s.Reveal(), p.prefix) {
			return p.kind
		}
	}
	return Unknown
}
