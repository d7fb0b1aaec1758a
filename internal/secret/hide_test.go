package secret_test

import (
	"encoding/base64"
	"net/url"
	"strings"
	"testing"

	"github.com/ghcr-publish/ghcr-publish/internal/secret"
)

func TestHideRemovesEveryForm(t *testing.T) {
	t.Parallel()
	const value = "ghs_a.b-c_d+e/f??>>~~"
	forms := secret.New(value).Forms("octocat")
	for name, form := range map[string]string{
		"value": value, "base64": base64.StdEncoding.EncodeToString([]byte(value)), "login": base64.StdEncoding.EncodeToString([]byte("octocat:" + value)),
		"URL": url.QueryEscape(value), "base64 of URLs": base64.RawURLEncoding.EncodeToString([]byte("octocat:" + value)),
	} {
		if got := secret.Hide("a "+form+"\n"+form+" b", forms); got != "a [hidden]\n[hidden] b" {
			t.Errorf("%s: got %q", name, got)
		}
	}
	long := secret.New(strings.Repeat("ghs_long.", 60)).Forms("octocat")
	for _, form := range long {
		if got := secret.Hide("a \""+form[:300]+"…", long); got != "a \"[hidden]…" {
			t.Errorf("a truncated secret: got %q", got)
		}
	}
	if got := secret.Hide("the web is open", []string{"web", ""}); got != "the web is open" {
		t.Errorf("a short password was removed from other words: %q", got)
	}
	if text := strings.Repeat("sha256:0123 ", 3); secret.Hide(text, forms) != text {
		t.Error("a text without secrets was changed")
	}
}

func TestHideRemovesTheCredentialsOfURLs(t *testing.T) {
	t.Parallel()
	cases := []struct{ name, text, want string }{
		{"a password", "the source \"https://me:hunter2@host/x.tar\" failed", "the source \"https://[hidden]@host/x.tar\" failed"},
		{"a token as the user name", "https://ghp_0123456789abcdefghij@github.com/acme/web.git#main", "https://[hidden]@github.com/acme/web.git#main"},
		{"a password with special characters", "ftp://me:a$b@c@host", "ftp://[hidden]@host"},
		{"two URLs", "http://a:b@c and http://d:e@f/", "http://[hidden]@c and http://[hidden]@f/"},
		{"a user name", "ssh://git@github.com/acme/web", "ssh://git@github.com/acme/web"},
		{"an expression", "https://x:${{ secrets.TOKEN }}@github.com", "https://x:${{ secrets.TOKEN }}@github.com"},
		{"a port and a path with @", "http://127.0.0.1:5000/a@b", "http://127.0.0.1:5000/a@b"},
		{"a digest", "docker://a-long-name-of-an-image:1@sha256:abc", "docker://a-long-name-of-an-image:1@sha256:abc"},
		{"no URL", "a:b@c", "a:b@c"},
	}
	for _, c := range cases {
		if got := secret.Hide(c.text, nil); got != c.want {
			t.Errorf("%s: got %s, want %s", c.name, got, c.want)
		}
	}
}
