package ghcrtest_test

import (
	"errors"
	"io"
	"net/http"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/ghcr-publish/ghcr-publish/internal/ghcrtest"
)

// pusher starts a server and returns it with a client that may push to acme/web.
func pusher(t *testing.T, answers ghcrtest.Answers) (*ghcrtest.Server, *client) {
	t.Helper()
	config := acme()
	config.Answers = answers
	s := start(t, config)
	return s, as(t, s, job).on("acme/web")
}

// wantBlob fails the test unless acme/web has the content.
func wantBlob(t *testing.T, s *ghcrtest.Server, content string) {
	t.Helper()
	got, err := s.Blob("acme/web", digestOf(content))
	if err != nil || string(got) != content {
		t.Fatalf("got %d bytes, %v, want the %d bytes of the upload", len(got), err, len(content))
	}
}

func TestUploadLocationIsRelativeAndSingular(t *testing.T) {
	t.Parallel()
	_, c := pusher(t, ghcrtest.Answers{})
	if got := c.openUpload("acme/web"); !strings.HasPrefix(got, "/v2/acme/web/blobs/upload/") {
		t.Errorf("got Location %s", got)
	}
}

func TestUploadLocationCanBeAbsolute(t *testing.T) {
	t.Parallel()
	s, c := pusher(t, ghcrtest.Answers{AbsoluteLocation: true})
	if got := c.openUpload("acme/web"); !strings.HasPrefix(got, s.URL()+"/v2/acme/web/blobs/upload/") {
		t.Errorf("got Location %s", got)
	}
}

func TestUploadByOnePut(t *testing.T) {
	t.Parallel()
	s, c := pusher(t, ghcrtest.Answers{})
	got := c.do(http.MethodPut, c.openUpload("acme/web")+"?digest="+digestOf("all"), "all")
	got.has(t, 201, "")
	if digest := got.header.Get("Docker-Content-Digest"); digest != digestOf("all") {
		t.Errorf("got digest %s", digest)
	}
	wantBlob(t, s, "all")
	if n := s.Uploads(); n != 0 {
		t.Errorf("%d sessions are still open", n)
	}
}

func TestUploadByOneStreamedPatch(t *testing.T) {
	t.Parallel()
	s, c := pusher(t, ghcrtest.Answers{})
	content := strings.Repeat("0123456789", 500_000) // larger than the limit of a chunk
	at := c.openUpload("acme/web")
	// The client sends a reader of unknown length in chunked encoding, without
	// Content-Length.
	got, err := c.send(http.MethodPatch, at, io.MultiReader(strings.NewReader(content)))
	if err != nil || got.status != 202 || got.header.Get("Range") != "0-4999999" {
		t.Fatalf("got %+v, %v", got, err)
	}
	c.do(http.MethodPut, got.header.Get("Location")+"?digest="+digestOf(content), "").has(t, 201, "")
	wantBlob(t, s, content)
}

func TestUploadByPatchesAndAFinalPut(t *testing.T) {
	t.Parallel()
	s, c := pusher(t, ghcrtest.Answers{})
	at := c.openUpload("acme/web")
	c.do(http.MethodPatch, at, "abc", "Content-Range", "0-2").has(t, 202, "")
	c.do(http.MethodPatch, at, "def", "Content-Range", "3-5").has(t, 202, "")
	if got := c.do(http.MethodGet, at, ""); got.status != 204 || got.header.Get("Range") != "0-5" {
		t.Errorf("status of the session: got %d %s", got.status, got.header.Get("Range"))
	}
	c.do(http.MethodPut, at+"?digest="+digestOf("abcdefg"), "g").has(t, 201, "")
	wantBlob(t, s, "abcdefg")
}

func TestChunkWithAGapIsRefused(t *testing.T) {
	t.Parallel()
	_, c := pusher(t, ghcrtest.Answers{})
	c.do(http.MethodPatch, c.openUpload("acme/web"), "abc", "Content-Range", "5-7").has(t, 416, "BLOB_UPLOAD_INVALID")
}

// The last chunk can be in the body of the PUT (distribution-spec, "Pushing a blob in
// chunks").
func TestTheLastChunkMustContinueTheUpload(t *testing.T) {
	t.Parallel()
	s, c := pusher(t, ghcrtest.Answers{})
	at := c.openUpload("acme/web")
	c.do(http.MethodPatch, at, "abc", "Content-Range", "0-2").has(t, 202, "")
	last := at + "?digest=" + digestOf("abcdef")
	c.do(http.MethodPut, last, "def", "Content-Range", "4-6").has(t, 416, "BLOB_UPLOAD_INVALID")
	if got := c.do(http.MethodGet, at, ""); got.status != 204 || got.header.Get("Range") != "0-2" {
		t.Errorf("session after the refusal: got %d %s", got.status, got.header.Get("Range"))
	}
	c.do(http.MethodPut, last, "def", "Content-Range", "3-5").has(t, 201, "")
	wantBlob(t, s, "abcdef")
}

func TestChunkAboveFourMebibytesIsRefused(t *testing.T) {
	t.Parallel() // docs/ghcr.md, Refused: chunk size
	_, c := pusher(t, ghcrtest.Answers{})
	at := c.openUpload("acme/web")
	largest := strings.Repeat("x", 4<<20)
	c.do(http.MethodPatch, at, largest, "Content-Range", "0-4194303").has(t, 202, "")
	c.do(http.MethodPatch, at, largest+"x", "Content-Range", "4194304-8388608").refused(t, 416, "REQUESTED_RANGE_NOT_SATISFIABLE",
		"the request body is too large and exceeds the maximum permissible limit of 4.00MiB")
}

func TestWrongDigestIsRefused(t *testing.T) {
	t.Parallel()
	s, c := pusher(t, ghcrtest.Answers{})
	for _, digest := range []string{digestOf("other"), "", "sha256:xyz"} {
		c.do(http.MethodPut, c.openUpload("acme/web")+"?digest="+digest, "content").has(t, 400, "DIGEST_INVALID")
	}
	if _, err := s.Blob("acme/web", digestOf("content")); err == nil {
		t.Error("the blob was stored")
	}
}

func TestUnknownSessionIsRefused(t *testing.T) {
	t.Parallel() // docs/ghcr.md, Refused: upload session
	_, c := pusher(t, ghcrtest.Answers{})
	for _, method := range []string{http.MethodPatch, http.MethodPut, http.MethodGet} {
		c.do(method, "/v2/acme/web/blobs/upload/0000?digest="+digestOf("x"), "").has(t, 404, "BLOB_UPLOAD_UNKNOWN")
	}
}

func TestSessionBelongsToItsRepository(t *testing.T) {
	t.Parallel()
	_, c := pusher(t, ghcrtest.Answers{})
	at := strings.Replace(c.openUpload("acme/web"), "acme/web", "acme/api", 1)
	c.on("acme/api").do(http.MethodPut, at+"?digest="+digestOf("x"), "x").has(t, 404, "BLOB_UPLOAD_UNKNOWN")
}

func TestCancellingAnUploadIsNotSupported(t *testing.T) {
	t.Parallel() // docs/ghcr.md, Refused: unsupported
	_, c := pusher(t, ghcrtest.Answers{})
	c.do(http.MethodDelete, c.openUpload("acme/web"), "").refused(t, 405, "UNSUPPORTED", "The operation is unsupported.")
}

// startPatch starts a PATCH whose body stays open. It returns after the server has
// started to read the body. The returned function waits for the end of the request.
func startPatch(t *testing.T, s *ghcrtest.Server, c *client, at string) (feed *io.PipeWriter, result func() (answer, error)) {
	t.Helper()
	type end struct {
		answer
		err error
	}
	ended := make(chan end, 1)
	body, feed := io.Pipe()
	go func() {
		got, err := c.send(http.MethodPatch, at, body)
		ended <- end{got, err}
	}()
	if _, err := feed.Write([]byte("half")); err != nil {
		t.Fatal(err)
	}
	for !slices.ContainsFunc(s.Requests(), func(r ghcrtest.Request) bool {
		return r.Class == ghcrtest.ClassPatchUpload && r.Received > 0
	}) {
		runtime.Gosched()
	}
	return feed, func() (answer, error) { e := <-ended; return e.answer, e.err }
}

func TestTruncatedBodyDropsTheSession(t *testing.T) {
	t.Parallel()
	s, c := pusher(t, ghcrtest.Answers{})
	at := c.openUpload("acme/web")
	feed, result := startPatch(t, s, c, at)
	feed.CloseWithError(errors.New("truncated"))
	if _, err := result(); err == nil {
		t.Fatal("a truncated body was sent without an error")
	}
	// The server detects the end of the connection later. Until then, the session
	// is busy, and the response also has status 404.
	c.do(http.MethodPut, at+"?digest="+digestOf("half"), "").has(t, 404, "BLOB_UPLOAD_")
	if _, err := s.Blob("acme/web", digestOf("half")); err == nil {
		t.Error("a part of a body was stored")
	}
}

func TestBusySessionRefusesASecondRequest(t *testing.T) {
	t.Parallel() // docs/ghcr.md, Refused: upload session: a retry during the first request
	s, c := pusher(t, ghcrtest.Answers{})
	at := c.openUpload("acme/web")
	feed, result := startPatch(t, s, c, at)
	c.do(http.MethodPatch, at, "xyz").has(t, 404, "BLOB_UPLOAD_INVALID")
	feed.Close()
	if got, err := result(); err != nil || got.status != 202 {
		t.Errorf("the first request: %+v, %v", got, err)
	}
}

func TestSinglePostOpensASessionAndIgnoresTheBody(t *testing.T) {
	t.Parallel()
	s, c := pusher(t, ghcrtest.Answers{})
	c.do(http.MethodPost, "/v2/acme/web/blobs/uploads/?digest="+digestOf("x"), "x").has(t, 202, "")
	if _, err := s.Blob("acme/web", digestOf("x")); err == nil {
		t.Error("the blob was stored")
	}
}

func TestSinglePostCanBeAccepted(t *testing.T) {
	t.Parallel()
	s, c := pusher(t, ghcrtest.Answers{SinglePost: true})
	c.do(http.MethodPost, "/v2/acme/web/blobs/uploads/?digest="+digestOf("x"), "x").has(t, 201, "")
	wantBlob(t, s, "x")
}

func TestMountNeedsAReadableSource(t *testing.T) {
	t.Parallel()
	cases := []struct {
		name    string
		answers ghcrtest.Answers
		scopes  []string
		from    string
		want    int
	}{
		{"readable source", ghcrtest.Answers{}, []string{"acme/web", "acme/source"}, "acme/source", 201},
		{"source outside of the token's scopes", ghcrtest.Answers{}, []string{"acme/web"}, "acme/source", 202},
		{"unreadable source", ghcrtest.Answers{}, []string{"acme/web", "acme/foreign"}, "acme/foreign", 202},
		{"no source", ghcrtest.Answers{}, []string{"acme/web"}, "", 202},
		{"mounts disabled", ghcrtest.Answers{NoMount: true}, []string{"acme/web", "acme/source"}, "acme/source", 202},
	}
	for _, tc := range cases {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			config := packages(acme())
			config.Answers = tc.answers
			s := start(t, config)
			for _, name := range []string{"acme/source", "acme/foreign"} {
				if _, err := s.AddBlob(name, []byte("shared")); err != nil {
					t.Fatal(err)
				}
			}
			s.AddPackage(ghcrtest.Package{Name: "acme/source", Visibility: ghcrtest.Public})
			c := as(t, s, job).on(tc.scopes...)
			got := c.do(http.MethodPost, "/v2/acme/web/blobs/uploads/?mount="+digestOf("shared")+"&from="+tc.from, "")
			if got.status != tc.want {
				t.Fatalf("got %d, want %d", got.status, tc.want)
			}
			if _, err := s.Blob("acme/web", digestOf("shared")); (err == nil) != (tc.want == 201) {
				t.Errorf("blob in the target: %v", err)
			}
		})
	}
}

func TestUploadsRunConcurrently(t *testing.T) {
	t.Parallel()
	s, c := pusher(t, ghcrtest.Answers{})
	// Each body waits until the server reads all the others. If the server
	// serializes uploads, the test does not end.
	const uploads = 8
	var all, done sync.WaitGroup
	all.Add(uploads)
	for i := range uploads {
		content := strings.Repeat(string(rune('a'+i)), 100)
		at := c.openUpload("acme/web")
		body, feed := io.Pipe()
		go func() {
			_, _ = feed.Write([]byte(content[:50]))
			all.Done()
			all.Wait()
			_, _ = feed.Write([]byte(content[50:]))
			feed.Close()
		}()
		done.Go(func() {
			got, err := c.send(http.MethodPut, at+"?digest="+digestOf(content), body)
			if err != nil || got.status != 201 {
				t.Errorf("got %+v, %v", got, err)
			}
		})
	}
	done.Wait()
	if n := s.Counts()[ghcrtest.ClassPutUpload]; n != uploads {
		t.Errorf("got %d uploads, want %d", n, uploads)
	}
}
