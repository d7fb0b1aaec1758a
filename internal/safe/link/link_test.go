package link_test

import (
	"net/http"
	"testing"

	"github.com/ghcr-publish/ghcr-publish/internal/safe/link"
)

func TestTargetFollowsTheGrammar(t *testing.T) {
	t.Parallel()
	cases := map[string]string{
		``:                                  "",
		`</b>; rel="next"`:                  "/b",
		`</b>;rel=next`:                     "/b",
		`</b>; Rel="Next"`:                  "/b",
		`</b>; REL = NEXT`:                  "/b",
		`</b>; title="a"; rel="next"`:       "/b",
		`</b>; title="a, </c>; rel=next; "`: "",
		`</b>; title="\"; rel=next"; x`:     "",
		`</b>; title="a, \"b; c"; rel=next`: "/b",
		`</b?x=1,2;3>; rel="last next"`:     "/b?x=1,2;3",
		`</a>; rel=prev, </b>; rel="next"`:  "/b",
		`</a>, </b>; rel=next`:              "/b",
		`, ,</b> ; rel=next,`:               "/b",
		`</b>; rel=prev; rel=next`:          "",
		`</b>; rel="nextpage"`:              "",
		`</b>; x-rel="next"`:                "",
		`</b>; relation=next`:               "",
		`</b; rel=next`:                     "",
		`/b; rel=next`:                      "",
		`</b>; rel="next`:                   "/b",
		`</b>; title`:                       "",
		`</b>;;; rel=next`:                  "/b",
	}
	for text, want := range cases {
		if got := link.Target(http.Header{"Link": {text}}, "next"); got != want {
			t.Errorf("%s: got %q, want %q", text, got, want)
		}
	}
	if got := link.Target(http.Header{"Link": {`</a>; rel=prev`, `</b>; rel=next`}}, "next"); got != "/b" {
		t.Errorf("two headers: got %q", got)
	}
}

func FuzzTarget(f *testing.F) {
	f.Add(`</b>; title="a, \"b; c"; rel=next`)
	f.Add(`</a>, <b>;="`)
	f.Fuzz(func(_ *testing.T, text string) {
		link.Target(http.Header{"Link": {text}}, "next") // every text ends
	})
}
