package ghcrtest_test

import (
	"encoding/json"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/ghcr-publish/ghcr-publish/internal/ghcrtest"
)

func TestTagsHavePagesWithLinks(t *testing.T) {
	t.Parallel()
	_, c := pusher(t, ghcrtest.Answers{})
	want := []string{"v2", "V10", "latest", "a", "b"}
	for _, tag := range want {
		c.pushManifest("acme/web", tag, imageType, "{}")
	}
	var got []string
	pages := 0
	for next := "/v2/acme/web/tags/list?n=2"; next != ""; pages++ {
		a := c.do(http.MethodGet, next, "")
		var body struct{ Tags []string }
		if err := json.Unmarshal([]byte(a.body), &body); err != nil {
			t.Fatal(err)
		}
		got = append(got, body.Tags...)
		next, _ = strings.CutSuffix(a.header.Get("Link"), `>; rel="next"`)
		next = strings.TrimPrefix(next, "<")
	}
	if !slices.Equal(got, want) || pages != 3 {
		t.Errorf("got %v on %d pages, want %v on 3 pages, in the order of creation", got, pages, want)
	}
}

func TestTagsAfterTheLastPageAreNull(t *testing.T) {
	t.Parallel()
	_, c := pusher(t, ghcrtest.Answers{})
	c.pushManifest("acme/web", "1", imageType, "{}")
	c.do(http.MethodGet, "/v2/acme/web/tags/list?last=1", "").has(t, 200, `"tags":null`)
	c.do(http.MethodGet, "/v2/acme/web/tags/list?last=missing", "").has(t, 200, `"tags":null`)
}

func TestTagPageSizeMustBeANumber(t *testing.T) {
	t.Parallel()
	_, c := pusher(t, ghcrtest.Answers{})
	c.pushManifest("acme/web", "1", imageType, "{}")
	c.do(http.MethodGet, "/v2/acme/web/tags/list?n=many", "").has(t, 400, "PAGINATION_NUMBER_INVALID")
}
