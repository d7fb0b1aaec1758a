// Package secret defines [Secret], a credential that cannot be printed by accident.
//
// A Secret prints, formats and marshals as a placeholder. Only two methods return
// the value: [Secret.Reveal], for an Authorization header, and [Secret.Forms], for
// masks in the log.
package secret

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"strings"
)

// Secret is a credential that cannot be printed by accident. A Secret has a pointer
// to its value, because fmt does not call the methods of unexported fields or of
// values with a wrong verb. Without the pointer, fmt would print the value in these
// cases. Secrets cannot be compared with ==.
type Secret struct {
	_     [0]func()
	value *string
}

// New returns a Secret without leading and trailing white space. A newline at the end
// of a pasted token is the most common cause of the refusal "denied".
func New(value string) Secret {
	value = strings.TrimSpace(value)
	return Secret{value: &value}
}

// Empty reports whether the value is empty.
func (s Secret) Empty() bool { return s.Reveal() == "" }

// Reveal returns the value, for an Authorization header.
func (s Secret) Reveal() string {
	if s.value == nil {
		return ""
	}
	return *s.value
}

// Forms lists the encodings of the secret that can appear in a log: the plain value,
// its base64 encoding, and the base64 encoding of username:value (docs/ghcr.md, Token
// endpoint).
func (s Secret) Forms(username string) []string {
	if s.Empty() {
		return nil
	}
	encode := base64.StdEncoding.EncodeToString
	return []string{s.Reveal(), encode([]byte(s.Reveal())), encode([]byte(username + ":" + s.Reveal()))}
}

const placeholder = "[hidden]"

// String returns a placeholder.
func (s Secret) String() string { return placeholder }

// GoString returns a placeholder.
func (s Secret) GoString() string { return placeholder }

// Format writes a placeholder for every verb.
func (s Secret) Format(f fmt.State, _ rune) { _, _ = f.Write([]byte(placeholder)) }

// MarshalJSON returns a placeholder.
func (s Secret) MarshalJSON() ([]byte, error) { return json.Marshal(placeholder) }

// Kind is a kind of token (docs/ghcr.md, Kinds of token).
type Kind string

// The kinds of token. An installation token is the GITHUB_TOKEN of a job or a token
// of another GitHub App. The tokens of both kinds have the same prefix.
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

// Kind returns the kind of the token. It uses only the prefix, because the length and
// the alphabet of tokens change (docs/ghcr.md, New installation token format).
func (s Secret) Kind() Kind {
	for _, p := range prefixes {
		if strings.HasPrefix(s.Reveal(), p.prefix) {
			return p.kind
		}
	}
	return Unknown
}
