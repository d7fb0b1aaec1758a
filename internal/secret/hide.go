package secret

import (
	"net/url"
	"slices"
	"strings"
)

// minHidden is the minimum length of a form of a secret that Hide replaces,
// in bytes. Hide does not replace a shorter form, because a short password
// such as "web" can also be a part of other words.
const minHidden = 8

// minPrefix is the minimum length of the beginning of a secret that Hide
// replaces, in bytes. A message can contain only the beginning of a secret,
// because long messages are truncated.
const minPrefix = 16

// Hide replaces each form of a secret in a text by a placeholder. The
// argument "forms" is the result of [Secret.Forms]. Hide also replaces a form
// with URL escapes, a form in URL-safe base64, and a form whose end is
// missing. Hide also replaces the credentials in each URL, see hideUserinfo.
func Hide(text string, forms []string) string {
	var b strings.Builder
	all := variants(forms)
	for {
		from, to := find(text, all)
		if from < 0 {
			return hideUserinfo(b.String() + text)
		}
		b.WriteString(text[:from] + placeholder)
		text = text[to:]
	}
}

// hideUserinfo replaces the user information in each URL of a text. The URL of a source
// or of a build context can contain a password or a token. Such a URL has the form
// https://USER:PASSWORD@HOST (RFC 3986, section 3.2.1). hideUserinfo keeps a short user
// name without a password.
func hideUserinfo(text string) string {
	var b strings.Builder
	for {
		before, rest, found := strings.Cut(text, "://")
		b.WriteString(before)
		if !found {
			return b.String()
		}
		b.WriteString("://")
		authority, _, _ := strings.Cut(rest, "${") // An expression of a workflow, for example ${{ github.actor }}, is not a credential.
		if end := strings.IndexAny(authority, "/?# \t\r\n\"'`<>"); end >= 0 {
			authority = authority[:end]
		}
		at := strings.LastIndex(authority, "@")
		if at >= 0 && isCredential(authority[:at], authority[at+1:]) {
			b.WriteString(placeholder)
			rest = rest[at:]
		}
		text = rest
	}
}

// isCredential reports whether the user information of a URL contains a password, or a
// token in place of the user name. In a reference with a digest, the text before "@" is
// not user information.
func isCredential(userinfo, host string) bool {
	isDigest := strings.HasPrefix(host, "sha256:") || strings.HasPrefix(host, "sha512:")
	return !isDigest && (len(userinfo) >= minPrefix || strings.Contains(userinfo, ":"))
}

// find returns the position of the first secret in a text. If only the beginning of a
// form is in the text, find accepts the beginning if it has at least minPrefix bytes. If
// several forms start at the same position, find returns the longest match. If the text
// contains no secret, the result "from" is -1.
func find(text string, forms []string) (from, to int) {
	from = -1
	for _, form := range forms {
		at := strings.Index(text, form[:min(len(form), minPrefix)])
		if at < 0 || from >= 0 && at > from {
			continue
		}
		end := at
		for end < len(text) && end-at < len(form) && text[end] == form[end-at] {
			end++
		}
		if at < from || from < 0 {
			to = end
		}
		from, to = at, max(to, end)
	}
	return from, to
}

// variants returns the forms of a secret, and the same forms with URL escapes
// and in URL-safe base64.
func variants(forms []string) []string {
	var out []string
	for _, form := range forms {
		if len(form) < minHidden {
			continue
		}
		unpadded := strings.TrimRight(form, "=")
		out = append(out, form, url.QueryEscape(form), unpadded, strings.NewReplacer("+", "-", "/", "_").Replace(unpadded))
	}
	slices.Sort(out)
	return slices.Compact(out)
}
