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
