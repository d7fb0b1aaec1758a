package registry_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/ghcr-publish/ghcr-publish/internal/ghcrtest"
	"github.com/ghcr-publish/ghcr-publish/internal/registry"
)

// rangeSize is the size of a range in these tests. Ranges begin after the first two
// ranges of a blob, which the first request downloads.
const (
	rangeSize  = 64 << 10
	firstRange = 2 * rangeSize
)

// large is a blob with ten ranges and a shorter last range.
var large = randomBytes(firstRange + 10*rangeSize + 100)

func randomBytes(n int) []byte {
	out := make([]byte, n)
	_, _ = rand.NewChaCha8([32]byte{1}).Read(out) // never returns an error
	return out
}

// rangeOf returns the header Range of a range, counted from 0.
func rangeOf(n int) string {
	first := firstRange + n*rangeSize
	return fmt.Sprintf("bytes=%d-%d", first, min(first+rangeSize, len(large))-1)
}

// allRanges returns the headers of all ranges, and "" for the first request.
func allRanges() []string {
	out := []string{""}
	for n := range 11 {
		out = append(out, rangeOf(n))
	}
	slices.Sort(out)
	return out
}

// slow makes every read of a response take a second of the client's clock.
func slow(o *registry.Options) {
	var seconds atomic.Int64
	o.RangeSize = rangeSize
	o.Now = func() time.Time { return time.Unix(seconds.Add(1), 0) }
}

// fast makes every read of a response take no time.
func fast(o *registry.Options) {
	o.RangeSize = rangeSize
	o.Now = func() time.Time { return time.Unix(0, 0) }
}

func newDownload(t *testing.T, config ghcrtest.Config, content []byte, change ...func(*registry.Options)) *fixture {
	t.Helper()
	f := newFixture(t, config, change...)
	f.ghcr.AddPackage(ghcrtest.Package{Name: "acme/web", Visibility: ghcrtest.Private, Repository: "acme/web"})
	if _, err := f.ghcr.AddBlob("acme/web", content); err != nil {
		t.Fatal(err)
	}
	f.client.Expect(f.repo, registry.Pull)
	return f
}

// download reads a blob in small steps, so that the ranges begin at firstRange.
func (r *fixture) download(ctx context.Context, content []byte) ([]byte, error) {
	body, err := r.client.Blob(ctx, r.repo, descriptor(content))
	if err != nil {
		return nil, err
	}
	var got bytes.Buffer
	_, err = io.CopyBuffer(struct{ io.Writer }{&got}, struct{ io.Reader }{body}, make([]byte, 4<<10))
	return got.Bytes(), errors.Join(err, body.Close())
}

// mustDownload fails the test if the download fails or has other content.
func (r *fixture) mustDownload(content []byte) {
	r.t.Helper()
	got, err := r.download(r.t.Context(), content)
	if err != nil || !bytes.Equal(got, content) {
		r.t.Fatalf("got %d bytes, %v, want the %d bytes of the blob", len(got), err, len(content))
	}
}

// ranges returns the sorted headers Range of all requests to the storage.
func (r *fixture) ranges() (out []string) {
	for _, each := range r.ghcr.Requests() {
		if each.Class == ghcrtest.ClassDownload {
			out = append(out, each.Range)
		}
	}
	slices.Sort(out)
	return out
}

func TestLargeBlobFromASlowConnectionIsReadAsRanges(t *testing.T) {
	t.Parallel()
	f := newDownload(t, openWorld(), large, slow)
	f.mustDownload(large)
	if got := f.ranges(); !slices.Equal(got, allRanges()) {
		t.Errorf("got the ranges %q\nwant each range once: %q", got, allRanges())
	}
	for _, each := range f.ghcr.Requests() {
		if each.Class == ghcrtest.ClassDownload && each.Authorized {
			t.Errorf("the storage received credentials with the range %q", each.Range)
		}
	}
	if got := f.counts()[ghcrtest.ClassGetBlob]; got > 7 { // the first request, and at most one request per connection
		t.Errorf("%d requests to the registry for the address of the blob, want at most 7", got)
	}
}

// The server sends no byte of a range until it has requests for six ranges. With fewer
// connections, the download would never end.
func TestRangesUseSixConnectionsAtTheSameTime(t *testing.T) {
	t.Parallel()
	f := newDownload(t, openWorld(), large, slow)
	var waiting atomic.Int64
	all := make(chan struct{})
	f.before = func(_ http.ResponseWriter, req *http.Request) bool {
		if req.Header.Get("Range") == "" || !strings.HasPrefix(req.URL.Path, "/ghcr1/") {
			return false
		}
		if waiting.Add(1) == 6 {
			close(all)
		}
		select {
		case <-all:
		case <-req.Context().Done():
		}
		return false
	}
	f.mustDownload(large)
	if got := f.ranges(); !slices.Equal(got, allRanges()) {
		t.Errorf("got the ranges %q\nwant each range once: %q", got, allRanges())
	}
}

func TestBlobIsReadWithOneRequest(t *testing.T) {
	t.Parallel()
	cases := []struct {
		name    string
		content []byte
		change  func(*registry.Options)
	}{
		{"large blob, fast connection", large, fast},
		{"small blob, slow connection", large[:firstRange+4*rangeSize-1], slow},
	}
	for _, tc := range cases {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			f := newDownload(t, openWorld(), tc.content, tc.change)
			f.mustDownload(tc.content)
			if got := f.ranges(); !slices.Equal(got, []string{""}) {
				t.Errorf("got the ranges %q, want one request for the whole blob", got)
			}
		})
	}
}

// A slow reader, such as an upload, does not show that the connection is slow.
func TestSlowReaderCausesNoRanges(t *testing.T) {
	t.Parallel()
	var seconds atomic.Int64
	f := newDownload(t, openWorld(), large, func(o *registry.Options) {
		o.RangeSize = rangeSize
		o.Now = func() time.Time { return time.Unix(seconds.Load(), 0) }
	})
	body, err := f.client.Blob(t.Context(), f.repo, descriptor(large))
	if err != nil {
		t.Fatal(err)
	}
	defer body.Close()
	for buf := make([]byte, 4<<10); err == nil; seconds.Add(1) {
		_, err = body.Read(buf)
	}
	if got := f.ranges(); !errors.Is(err, io.EOF) || !slices.Equal(got, []string{""}) {
		t.Errorf("got the ranges %q, %v, want one request", got, err)
	}
}

func TestServerThatDoesNotHonourARangeGetsOneMoreRequestAtMost(t *testing.T) {
	t.Parallel()
	effects := []struct {
		name   string
		effect ghcrtest.Effect
	}{
		{"whole blob", ghcrtest.IgnoreRange{}},
		{"another range", ghcrtest.WrongContentRange{}},
		{"another length", ghcrtest.Truncate{Bytes: 10}},
		{"range not satisfiable", ghcrtest.Answer{Status: http.StatusRequestedRangeNotSatisfiable}},
	}
	cases := []struct {
		name, ranges string
		whole        []string // the requests for the blob without ranges
	}{
		{"all ranges", "bytes=", []string{""}},
		{"first range", rangeOf(0), []string{""}},
		{"later range", rangeOf(7), []string{"", fmt.Sprintf("bytes=%d-", firstRange+7*rangeSize)}},
	}
	for _, e := range effects {
		for _, tc := range cases {
			t.Run(e.name+", "+tc.name, func(t *testing.T) {
				t.Parallel()
				f := newDownload(t, openWorld(), large, slow)
				f.ghcr.Inject(ghcrtest.Fault{Path: "/ghcr1/", Range: tc.ranges, Times: ghcrtest.Always, Effect: e.effect})
				f.mustDownload(large)
				whole := slices.DeleteFunc(f.ranges(), func(r string) bool { return r != "" && !strings.HasSuffix(r, "-") })
				if !slices.Equal(whole, tc.whole) {
					t.Errorf("got %q without a last byte, want %q", whole, tc.whole)
				}
				if waits := f.recordedWaits(); len(waits) > 0 {
					t.Errorf("waited %v", waits)
				}
			})
		}
	}
}

func TestServerThatStopsToSupportRangesSendsTheWholeBlob(t *testing.T) {
	t.Parallel()
	f := newDownload(t, openWorld(), large, slow)
	f.ghcr.Inject(ghcrtest.Fault{Path: "/ghcr1/", Range: "bytes=", After: 5, Times: ghcrtest.Always, Effect: ghcrtest.IgnoreRange{}})
	f.mustDownload(large)
}

func TestInterruptedRangeRepeatsOnlyItsMissingBytes(t *testing.T) {
	t.Parallel()
	f := newDownload(t, openWorld(), large, slow)
	f.ghcr.Inject(ghcrtest.Fault{Path: "/ghcr1/", Range: rangeOf(3), Effect: ghcrtest.Reset{ResponseBytes: 1000}})
	f.mustDownload(large)
	got := slices.DeleteFunc(f.ranges(), func(r string) bool { return slices.Contains(allRanges(), r) })
	last := strings.TrimPrefix(rangeOf(3), fmt.Sprintf("bytes=%d", firstRange+3*rangeSize))
	if len(got) > 1 || (len(got) == 1 && !strings.HasSuffix(got[0], last)) {
		t.Errorf("got more ranges: %q, want only the rest of %q", got, rangeOf(3))
	}
	if waits := f.recordedWaits(); len(waits) != 1 {
		t.Errorf("waited %v, want one wait", waits)
	}
}

func TestFailingRangeIsDownloadedWithoutRanges(t *testing.T) {
	t.Parallel()
	f := newDownload(t, openWorld(), large, slow)
	f.ghcr.Inject(ghcrtest.Fault{Path: "/ghcr1/", Range: rangeOf(3), Times: ghcrtest.Always, Effect: ghcrtest.Answer{Status: http.StatusInternalServerError}})
	f.mustDownload(large)
	if want := fmt.Sprintf("bytes=%d-", firstRange+3*rangeSize); !slices.Contains(f.ranges(), want) {
		t.Errorf("got the ranges %q, want %q in them", f.ranges(), want)
	}
}

func TestRangeWithOtherContentIsAnError(t *testing.T) {
	t.Parallel()
	for _, n := range []int{0, 5, 10} {
		f := newDownload(t, openWorld(), large, slow)
		f.ghcr.Inject(ghcrtest.Fault{Path: "/ghcr1/", Range: rangeOf(n), Effect: ghcrtest.WrongContent{}})
		got, err := f.download(t.Context(), large)
		if wrong := new(registry.WrongContent); !errors.As(err, &wrong) || wrong.Want.Digest != hashOf(large) || wrong.GotDigest == "" {
			t.Errorf("range %d: got %v, want the error of the digest", n, err)
		}
		if len(got) >= len(large) {
			t.Errorf("range %d: got all %d bytes, want fewer", n, len(got))
		}
	}
}

func TestExpiredAddressOfTheStorageIsRequestedAgain(t *testing.T) {
	t.Parallel()
	var elapsed atomic.Int64
	config := openWorld()
	config.Clock = func() time.Time { return time.Unix(1e9+elapsed.Load(), 0) }
	config.TokenTTL, config.DownloadTTL = 24*time.Hour, time.Minute
	f := newDownload(t, config, large, slow)
	f.before = func(_ http.ResponseWriter, req *http.Request) bool {
		if req.Header.Get("Range") == rangeOf(7) {
			elapsed.CompareAndSwap(0, 3600) // all earlier addresses expire
		}
		return false
	}
	f.mustDownload(large)
	refused := 0
	for _, each := range f.ghcr.Requests() {
		if each.Status == http.StatusForbidden {
			refused++
		}
	}
	if refused == 0 || refused > 6 { // at most one request per connection
		t.Errorf("%d requests with an expired address, want 1 to 6", refused)
	}
	if waits := f.recordedWaits(); len(waits) > 0 {
		t.Errorf("waited %v", waits)
	}
}

func TestCancelledDownloadOfRangesEnds(t *testing.T) {
	t.Parallel()
	f := newDownload(t, openWorld(), large, slow)
	ctx, cancel := context.WithCancelCause(t.Context())
	cause := errors.New("the test ends")
	f.ghcr.Inject(ghcrtest.Fault{Path: "/ghcr1/", Range: rangeOf(2), Effect: ghcrtest.BeforeAnswer{Do: func() { cancel(cause) }}})
	if _, err := f.download(ctx, large); !errors.Is(err, context.Canceled) && !errors.Is(err, cause) {
		t.Errorf("got %v, want the cause of the cancellation", err)
	}
	f.ghcr.Reset()
	f.mustDownload(large)
	f.wantRangesAfterReset()
}

// wantRangesAfterReset fails the test if the latest download was not read as ranges.
// Requests of an earlier download can arrive after the Reset of the server.
func (r *fixture) wantRangesAfterReset() {
	r.t.Helper()
	if got := slices.Compact(r.ranges()); !slices.Equal(got, allRanges()) {
		r.t.Errorf("the next download: got the ranges %q", got)
	}
}

func TestClosedDownloadOfRangesReleasesItsMemory(t *testing.T) {
	t.Parallel()
	f := newDownload(t, openWorld(), large, slow)
	body, err := f.client.Blob(t.Context(), f.repo, descriptor(large))
	if err == nil {
		_, err = io.CopyN(io.Discard, body, firstRange+5000)
	}
	if err := errors.Join(err, body.Close()); err != nil {
		t.Fatal(err)
	}
	f.ghcr.Reset()
	f.mustDownload(large)
	f.wantRangesAfterReset()
}

// The body of an upload can be a download. A transport can close this body during a Read.
func TestCloseEndsAReadOfRanges(t *testing.T) {
	t.Parallel()
	f := newDownload(t, openWorld(), large, slow)
	var held atomic.Int64
	arrived := make(chan struct{})
	f.before = func(_ http.ResponseWriter, req *http.Request) bool {
		if req.Header.Get("Range") == "" || !strings.HasPrefix(req.URL.Path, "/ghcr1/") {
			return false
		}
		switch n := held.Add(1); {
		case n > 6:
			return false
		case n == 6:
			close(arrived)
		}
		<-req.Context().Done()
		return true
	}
	body, err := f.client.Blob(t.Context(), f.repo, descriptor(large))
	if err != nil {
		t.Fatal(err)
	}
	ended := make(chan error)
	go func() {
		_, err := io.CopyBuffer(struct{ io.Writer }{io.Discard}, struct{ io.Reader }{body}, make([]byte, 4<<10))
		ended <- err
	}()
	<-arrived
	if err := body.Close(); err != nil {
		t.Error(err)
	}
	if err := <-ended; err == nil {
		t.Error("the Read reported the whole blob")
	}
	f.ghcr.Reset()
	f.mustDownload(large)
	f.wantRangesAfterReset()
}

// The memory of the program stays limited, because one blob at a time has ranges.
func TestOnlyOneBlobAtATimeIsReadAsRanges(t *testing.T) {
	t.Parallel()
	f := newDownload(t, openWorld(), large, slow)
	body, err := f.client.Blob(t.Context(), f.repo, descriptor(large))
	if err != nil {
		t.Fatal(err)
	}
	first := make([]byte, firstRange+1)
	if _, err := io.ReadFull(body, first); err != nil {
		t.Fatal(err)
	}
	f.mustDownload(large)
	if got := len(slices.DeleteFunc(f.ranges(), func(r string) bool { return r != "" })); got != 2 {
		t.Errorf("%d requests for the whole blob, want 2", got)
	}
	rest, err := io.ReadAll(body)
	if err := errors.Join(err, body.Close()); err != nil || !bytes.Equal(append(first, rest...), large) {
		t.Errorf("the first download: got %d bytes, %v", len(first)+len(rest), err)
	}
	if got := f.ranges(); len(got) != len(allRanges())+1 {
		t.Errorf("got the ranges %q, want each range once", got)
	}
}
