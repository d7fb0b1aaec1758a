// Package secret defines the type [Secret], which contains a credential. A program cannot
// print this credential by accident.
//
// If a program prints, formats or encodes a Secret, the output is a
// placeholder. Only two methods return the value. The method [Secret.Reveal]
// returns the value for an Authorization header, and the method
// [Secret.Forms] returns the value for masks in the log.
package secret

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"strings"
)

// Secret contains a credential and does not print it. A Secret has a pointer to its
// value. Package fmt does not call the methods of a Secret in an unexported field or with
// a wrong verb. Without the pointer, fmt would print the value of such a Secret. The
// operator == does not compile for a Secret.
type Secret struct {
	_     [0]func()
	value *string
}

// New returns a Secret with the given value, and removes white space at the
// start and the end of the value. A newline at the end of a pasted token is
// the most common cause of the error "denied" of a registry.
func New(value string) Secret {
	value = strings.TrimSpace(value)
	return Secret{value: &value}
}

// Empty reports whether the value is empty.
func (s Secret) Empty() bool { return s.Reveal() == "" }

// Reveal returns the value for an Authorization header.
func (s Secret) Reveal() string {
	if s.value == nil {
		return ""
	}
	return *s.value
}

// Forms lists the encodings of the secret that a log can contain. The list contains the
// plain value, its base64 encoding, and the base64 encoding of username:value
// (docs/ghcr.md, Token endpoint).
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

// These constants are the kinds of tokens. An installation token is the GITHUB_TOKEN of a
// job or a token of another GitHub App, because these tokens have the same prefix.
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

// Kind returns the kind of the token. Kind compares only the prefix of the
// token, because GitHub changes the length and the characters of tokens
// (docs/ghcr.md, New installation token format).
func (s Secret) Kind() Kind {
	for _, p := range prefixes {
		if strings.HasPrefix(s.Reveal(), p.prefix) {
			return p.kind
		}
	}
	return Unknown
}
