package ghcrtest_test

import (
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/ghcr-publish/ghcr-publish/internal/ghcrtest"
)

func TestFaultAffectsOnlyMatchingRequests(t *testing.T) {
	t.Parallel()
	s, c := pusher(t, ghcrtest.Answers{})
	s.Inject(ghcrtest.Fault{
		Method: http.MethodPost, Path: "/acme/web/blobs/", After: 1, Times: 2, Effect: ghcrtest.Answer{Status: 503},
	})
	c.on("acme/web", "acme/api").openUpload("acme/api") // another path
	var got []int
	for range 4 {
		got = append(got, c.do(http.MethodPost, "/v2/acme/web/blobs/uploads/", "").status)
	}
	if want := [...]int{202, 503, 503, 202}; [4]int(got) != want {
		t.Errorf("got %v, want %v", got, want)
	}
}

func TestFaultsCanBeCleared(t *testing.T) {
	t.Parallel()
	s, c := pusher(t, ghcrtest.Answers{})
	s.Inject(ghcrtest.Fault{Times: ghcrtest.Always, Effect: ghcrtest.Answer{Status: 500}})
	c.do(http.MethodGet, "/v2/", "").has(t, 500, "")
	c.do(http.MethodGet, "/v2/", "").has(t, 500, "")
	s.ClearFaults()
	c.do(http.MethodGet, "/v2/", "").has(t, 200, "")
}

func TestErrorAnswersHaveTheTextsOfGitHub(t *testing.T) {
	t.Parallel()
	date := "Wed, 21 Oct 2026 07:28:00 GMT"
	cases := []struct {
		name, path       string
		effect           ghcrtest.Answer
		status           int
		body, retryAfter string
	}{
		{"too many requests", "/v2/", ghcrtest.TooManyRequests("10.305464ms"), 429, `"TOOMANYREQUESTS","message":"retry-after: 10.305464ms, allowed: 2000/minute"`, ""},
		{"secondary rate limit", "/v2/", ghcrtest.SecondaryRateLimit(), 403, `"You have exceeded a secondary rate limit"`, ""},
		{"seconds", "/v2/", ghcrtest.Answer{Status: 503, RetryAfter: "3"}, 503, "", "3"},
		{"date", "/v2/", ghcrtest.Answer{Status: 503, RetryAfter: date}, 503, "", date},
		{"api", "/api/v3/user", ghcrtest.Answer{Status: 401, Message: "Bad credentials"}, 401, `"message":"Bad credentials"`, ""},
	}
	s, c := pusher(t, ghcrtest.Answers{})
	for _, tc := range cases {
		s.Inject(ghcrtest.Fault{Path: tc.path, Effect: tc.effect})
		got := c.do(http.MethodGet, tc.path, "")
		got.has(t, tc.status, tc.body)
		if header := got.header.Get("Retry-After"); header != tc.retryAfter {
			t.Errorf("%s: got Retry-After %q, want %q", tc.name, header, tc.retryAfter)
		}
	}
}

func TestErrorAnswerHasTheGivenHeaders(t *testing.T) {
	t.Parallel()
	s, c := pusher(t, ghcrtest.Answers{})
	s.Inject(ghcrtest.Fault{Effect: ghcrtest.Answer{Status: 502, Header: http.Header{"x-served-by": {"cache"}}}})
	if got := c.do(http.MethodGet, "/v2/", ""); got.status != 502 || got.header.Get("X-Served-By") != "cache" {
		t.Errorf("got %d %v", got.status, got.header)
	}
}

func TestAnswerCanContainAChallenge(t *testing.T) {
	t.Parallel()
	s, c := pusher(t, ghcrtest.Answers{})
	at := c.openUpload("acme/web")
	s.Inject(ghcrtest.Fault{Method: http.MethodPut, Effect: ghcrtest.Answer{Status: 401, Code: ghcrtest.CodeUnauthorized, Challenge: true}})
	got := c.do(http.MethodPut, at+"?digest="+digestOf("x"), "x")
	if header := got.header.Get("WWW-Authenticate"); got.status != 401 || !strings.HasSuffix(header, `scope="repository:acme/web:pull,push"`) {
		t.Errorf("got %d %s", got.status, header)
	}
	c.do(http.MethodPut, at+"?digest="+digestOf("x"), "x").has(t, 201, "") // the fault occurs only once
}

func TestClientThatStillSendsReceivesAnEarlyRefusal(t *testing.T) {
	t.Parallel()
	s, c := pusher(t, ghcrtest.Answers{})
	at := c.openUpload("acme/web")
	s.Inject(ghcrtest.Fault{Method: http.MethodPut, Effect: ghcrtest.Answer{Status: 503}})
	c.do(http.MethodPut, at+"?digest="+digestOf("x"), strings.Repeat("x", 8<<20)).has(t, 503, "")
	all := s.Requests()
	if got := all[len(all)-1].Received; got != 8<<20 {
		t.Errorf("the server read only %d bytes of the body", got)
	}
}

func TestDroppedUploadIsUnknown(t *testing.T) {
	t.Parallel()
	s, c := pusher(t, ghcrtest.Answers{})
	s.Inject(ghcrtest.Fault{Method: http.MethodPut, Effect: ghcrtest.DropUpload{}})
	c.do(http.MethodPut, c.openUpload("acme/web")+"?digest="+digestOf("x"), "x").has(t, 404, "BLOB_UPLOAD_UNKNOWN")
	c.pushBlob("acme/web", "x") // a new session works
}

func TestDroppedBlobMustBeSentAgain(t *testing.T) {
	t.Parallel() // docs/ghcr.md, Refused: unknown blob
	s, c := pusher(t, ghcrtest.Answers{})
	s.Inject(ghcrtest.Fault{Method: http.MethodPut, Path: "/manifests/", Effect: ghcrtest.DropBlob{}})
	raw := c.image("acme/web", "a", nil)
	c.do(http.MethodPut, "/v2/acme/web/manifests/1", raw, "Content-Type", imageType).
		refused(t, 404, "BLOB_UNKNOWN", "unknown blob")
	layer := digestOf("layer of a")
	c.do(http.MethodHead, "/v2/acme/web/blobs/"+layer, "").has(t, 404, "")
	c.do(http.MethodPut, "/v2/acme/web/manifests/1", raw, "Content-Type", imageType).has(t, 400, layer)
	c.pushBlob("acme/web", "layer of a")
	c.pushManifest("acme/web", "1", imageType, raw)
}

func TestLagHidesANewPackageFromEveryReader(t *testing.T) {
	t.Parallel()
	s, c := pusher(t, ghcrtest.Answers{})
	s.Inject(ghcrtest.Fault{Method: http.MethodPut, Path: "/manifests/", Effect: ghcrtest.Lag{Reads: 2}})
	raw := c.pushImage("acme/web", "1", "a")
	readers := map[string]func() int{
		"tag":    func() int { return c.do(http.MethodGet, "/v2/acme/web/manifests/1", "").status },
		"digest": func() int { return c.do(http.MethodHead, "/v2/acme/web/manifests/"+digestOf(raw), "").status },
		"api":    func() int { return c.api(http.MethodGet, "/orgs/acme/packages/container/web", "").status },
		"anonymous": func() int {
			if as(t, s, anonymous).ask("repository:acme/web:pull").status == 403 {
				return 404
			}
			return 200
		},
	}
	for name, read := range readers {
		if got, want := [3]int{read(), read(), read()}, [3]int{404, 404, 200}; got != want {
			t.Errorf("%s: got %v, want %v", name, got, want)
		}
	}
}

func TestLagShowsThePreviousDigestOfATag(t *testing.T) {
	t.Parallel()
	s, c := pusher(t, ghcrtest.Answers{})
	first := c.pushImage("acme/web", "1", "a")
	s.Inject(ghcrtest.Fault{Method: http.MethodPut, Path: "/manifests/", Effect: ghcrtest.Lag{Reads: 1}})
	second := c.pushImage("acme/web", "1", "b")
	if got := len(versions(t, c, "")); got != 1 {
		t.Errorf("the API showed %d versions, want 1", got)
	}
	c.do(http.MethodGet, "/v2/acme/web/manifests/1", "").has(t, 200, first)
	c.do(http.MethodGet, "/v2/acme/web/manifests/1", "").has(t, 200, second)
}

func TestAnswerCanContainAWrongDigest(t *testing.T) {
	t.Parallel()
	s, c := pusher(t, ghcrtest.Answers{})
	s.Inject(ghcrtest.Fault{Method: http.MethodPut, Path: "/manifests/", Effect: ghcrtest.WrongDigest{}})
	got := c.do(http.MethodPut, "/v2/acme/web/manifests/1", "{}", "Content-Type", imageType)
	if digest := got.header.Get("Docker-Content-Digest"); got.status != 201 || digest == digestOf("{}") || len(digest) != 71 {
		t.Errorf("got %d %s, want 201 with a wrong digest", got.status, digest)
	}
}

func TestTruncatedDownloadLooksComplete(t *testing.T) {
	t.Parallel()
	s, c := pusher(t, ghcrtest.Answers{})
	at := redirected(t, c, c.pushBlob("acme/web", "content"))
	s.Inject(ghcrtest.Fault{Path: "/ghcr1/", Effect: ghcrtest.Truncate{Bytes: 3}})
	if got := as(t, s, anonymous).do(http.MethodGet, at, ""); got.status != 200 || got.body != "con" {
		t.Errorf("got %d %q, want 200 and the first three bytes", got.status, got.body)
	}
}

func TestClosedConnectionIsAnnounced(t *testing.T) {
	t.Parallel()
	s, c := pusher(t, ghcrtest.Answers{})
	s.Inject(ghcrtest.Fault{Effect: ghcrtest.CloseConnection{}})
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, s.URL()+"/v2/", nil)
	if err != nil {
		t.Fatal(err)
	}
	resp, err := c.http.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	if !resp.Close {
		t.Error("the connection stayed open")
	}
}

func TestResetEndsTheConnection(t *testing.T) {
	t.Parallel()
	for _, secured := range []*ghcrtest.TLS{nil, {}, {HTTP2: true}} {
		config := acme()
		config.TLS = secured
		s := start(t, config)
		c := over(t, s, job).on("acme/web")
		content := strings.Repeat("x", 1<<20)
		digest := c.pushBlob("acme/web", content)
		at := c.openUpload("acme/web")
		download := redirected(t, c, digest)

		s.Inject(ghcrtest.Fault{Path: "/v2/", Effect: ghcrtest.Reset{}})
		if got, err := c.send(http.MethodPatch, at, strings.NewReader("x")); err == nil {
			t.Errorf("before the response: got %d", got.status)
		}
		s.Inject(ghcrtest.Fault{Path: "/v2/", Effect: ghcrtest.Reset{RequestBytes: 1000}})
		if got, err := c.send(http.MethodPatch, at, io.MultiReader(strings.NewReader(content))); err == nil {
			t.Errorf("in the request: got %d", got.status)
		}
		s.Inject(ghcrtest.Fault{Path: "/ghcr1/", Effect: ghcrtest.Reset{ResponseBytes: 1000}})
		c.bearer = ""
		got, err := c.send(http.MethodGet, download, nil)
		if err == nil || len(got.body) > 1000 {
			t.Errorf("in the response: got %d bytes, %v", len(got.body), err)
		}
	}
}

func TestStallEndsWithTheServer(t *testing.T) {
	t.Parallel()
	s, c := pusher(t, ghcrtest.Answers{})
	s.Inject(ghcrtest.Fault{Effect: ghcrtest.Stall{}})
	stalled := make(chan error, 1)
	go func() {
		_, err := c.send(http.MethodGet, "/v2/", nil)
		stalled <- err
	}()
	for s.Counts()[ghcrtest.ClassPing] == 0 {
		select {
		case err := <-stalled:
			t.Fatalf("the request ended before the server closed: %v", err)
		default:
		}
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	if err := <-stalled; err == nil {
		t.Error("a stalled request got a response")
	}
}

func TestFaultsOfOneRange(t *testing.T) {
	t.Parallel()
	cases := []struct {
		name         string
		effect       ghcrtest.Effect
		status       int
		body         string
		contentRange string
	}{
		{"range ignored", ghcrtest.IgnoreRange{}, 200, "content", ""},
		{"wrong Content-Range", ghcrtest.WrongContentRange{}, 206, "tent", "bytes 0-0/1"},
		{"wrong content", ghcrtest.WrongContent{}, 206, "\x8b\x9a\x91\x8b", "bytes 3-6/7"},
	}
	for _, tc := range cases {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			s, c := pusher(t, ghcrtest.Answers{})
			at := redirected(t, c, c.pushBlob("acme/web", "content"))
			s.Inject(ghcrtest.Fault{Range: "bytes=3-", Effect: tc.effect})
			reader := as(t, s, anonymous)
			if got := reader.do(http.MethodGet, at, "", "Range", "bytes=0-2"); got.status != 206 || got.body != "con" {
				t.Errorf("another range: got %d %q", got.status, got.body)
			}
			got := reader.do(http.MethodGet, at, "", "Range", "bytes=3-6")
			if got.status != tc.status || got.body != tc.body || got.header.Get("Content-Range") != tc.contentRange {
				t.Errorf("got %d %q %v", got.status, got.body, got.header)
			}
			requests := s.Requests()
			if got := requests[len(requests)-1].Range; got != "bytes=3-6" {
				t.Errorf("recorded the range %q", got)
			}
		})
	}
}
