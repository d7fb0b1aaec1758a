package progress

import (
	"bytes"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-containerregistry/pkg/name"
	v1 "github.com/google/go-containerregistry/pkg/v1"

	"github.com/ghcr-publish/ghcr-publish/internal/image"
	"github.com/ghcr-publish/ghcr-publish/internal/registry"
	"github.com/ghcr-publish/ghcr-publish/internal/report"
)

// stopped returns a progress with a stopped clock. The test calls show.
func stopped(t *testing.T, live bool) (*Progress, *bytes.Buffer) {
	t.Helper()
	var out bytes.Buffer
	p := New(&out, live, report.Bytes)
	close(p.stop) // the ticker would call show, too
	p.stopped.Wait()
	p.stop = make(chan struct{})
	at := time.Unix(0, 0)
	p.begin, p.now = at, func() time.Time { return at.Add(2 * time.Second) }
	return p, &out
}

func blob(size int64) *image.Blob {
	return &image.Blob{Descriptor: v1.Descriptor{Size: size, Digest: v1.Hash{Algorithm: "sha256", Hex: strings.Repeat("a", 64)}}}
}

func TestLogShowsPlainLines(t *testing.T) {
	t.Parallel()
	p, out := stopped(t, false)
	p.Expect(2, 3000)
	p.show()
	if out.Len() > 0 {
		t.Errorf("without a transfer the output is %q", out.String())
	}
	advance, done := p.Begin(name.Repository{}, blob(2000))
	advance(1500)
	advance(-500)
	p.show()
	if want := "0 of 2 blobs, 1.00 kB sent of 3.00 kB, 500 B/s\n"; out.String() != want {
		t.Errorf("got %q, want %q", out.String(), want)
	}
	done(registry.Uploaded, nil)
	_, failed := p.Begin(name.Repository{}, blob(1000))
	failed("", errors.New("x"))
	if p.done != 1 || len(p.flights) > 0 {
		t.Errorf("%d done, %d in transfer", p.done, len(p.flights))
	}
	p.Close()
	if strings.ContainsAny(out.String(), "\x1b\r") {
		t.Errorf("the log contains control characters: %q", out.String())
	}
}

func TestTerminalShowsLiveLines(t *testing.T) {
	t.Parallel()
	p, out := stopped(t, true)
	p.Expect(20, 0)
	for range 20 {
		advance, _ := p.Begin(name.Repository{}, blob(1000))
		advance(500)
	}
	p.show()
	if n := strings.Count(out.String(), "\n"); n != maxLines+1 {
		t.Errorf("%d lines, want the total and %d lines of blobs", n, maxLines)
	}
	if want := "  aaaaaaaaaaaa  [============            ]  500 B of 1.00 kB\n"; !strings.Contains(out.String(), want) {
		t.Errorf("no line %q in\n%s", want, out.String())
	}
	out.Reset()
	p.show()
	if !strings.HasPrefix(out.String(), "\x1b[9A\x1b[J") {
		t.Errorf("the previous lines are not removed: %q", out.String())
	}
	out.Reset()
	p.Close()
	if out.String() != "\x1b[9A\x1b[J" {
		t.Errorf("Close does not remove all lines: %q", out.String())
	}
}

func TestBarHasAFixedWidth(t *testing.T) {
	t.Parallel()
	p, _ := stopped(t, true)
	for _, f := range []flight{{size: 10, sent: -5}, {size: 10, sent: 100}, {size: 1 << 62, sent: 1 << 61}, {size: 0, sent: 5}, {size: 10}} {
		f.label = "x"
		line := p.line(&f)
		if f.size > 0 && strings.Index(line, "]")-strings.Index(line, "[") != barWidth+1 {
			t.Errorf("%d of %d is %q", f.sent, f.size, line)
		}
		if f.size == 0 && !strings.Contains(line, "compressing") {
			t.Errorf("the line of a layer in compression is %q", line)
		}
	}
}
