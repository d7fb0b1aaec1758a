package progress

import (
	"bytes"
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
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
	p := New(&out, live, func() int { return 80 }, report.Bytes)
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
	if len(p.done) != 1 || len(p.flights) > 0 {
		t.Errorf("%d done, %d in transfer", len(p.done), len(p.flights))
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
		line := p.line(&f, 1)
		if f.size > 0 && strings.Index(line, "]")-strings.Index(line, "[") != barWidth+1 {
			t.Errorf("%d of %d is %q", f.sent, f.size, line)
		}
		if f.size == 0 && !strings.Contains(line, "compressing") {
			t.Errorf("the line of a layer in compression is %q", line)
		}
	}
}

func repository(t *testing.T, text string) name.Repository {
	t.Helper()
	repo, err := name.NewRepository(text)
	if err != nil {
		t.Fatal(err)
	}
	return repo
}

func TestBlobCountsOnceInEachRegistry(t *testing.T) {
	t.Parallel()
	p, _ := stopped(t, false)
	p.Expect(2, 2000)
	b := blob(1000)
	for _, text := range []string{"ghcr.io/acme/web", "ghcr.io/acme/copy", "registry.example/acme/web"} {
		_, done := p.Begin(repository(t, text), b)
		done(registry.Uploaded, nil)
	}
	if got := p.total(); !strings.HasPrefix(got, "2 of 2 blobs") {
		t.Errorf("got %q", got)
	}
}

func TestTerminalNamesPlatformAndLayer(t *testing.T) {
	t.Parallel()
	p, out := stopped(t, true)
	layer := blob(1000)
	p.Label(&image.Manifest{Children: []*image.Manifest{
		{Platform: &v1.Platform{OS: "linux", Architecture: "amd64"}, Blobs: []*image.Blob{blob(10), layer, blob(10), blob(10)}},
	}})
	p.Begin(repository(t, "ghcr.io/acme/web"), layer)
	p.show()
	if want := "  linux/amd64 layer 1/3  ["; !strings.Contains(out.String(), want) {
		t.Errorf("no %q in\n%s", want, out)
	}
}

func TestTimeLeftNeedsAKnownRate(t *testing.T) {
	t.Parallel()
	cases := []struct {
		name           string
		expected, sent int64
		elapsed        time.Duration
		want           string
	}{
		{"half of the bytes", 1000, 500, 9 * time.Second, ", about 9 s left"},
		{"minutes", 1000, 10, 9 * time.Second, ", about 15 min left"},
		{"the first second", 1000, 500, time.Second, ""},
		{"no byte sent", 1000, 0, 9 * time.Second, ""},
		{"unknown size", 0, 500, 9 * time.Second, ""},
		{"more bytes than expected", 1000, 1500, 9 * time.Second, ""},
		{"less than a second", 1000, 999, 9 * time.Second, ""},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			p, _ := stopped(t, true)
			p.expected, p.sent = c.expected, c.sent
			p.now = func() time.Time { return p.begin.Add(c.elapsed) }
			if got := p.left(); got != c.want {
				t.Errorf("got %q, want %q", got, c.want)
			}
		})
	}
}

func TestLinesFitTheTerminal(t *testing.T) {
	t.Parallel()
	for _, width := range []int{80, 40, 20} {
		p, out := stopped(t, true)
		p.columns = func() int { return width }
		b := blob(1 << 50)
		p.Label(&image.Manifest{Platform: &v1.Platform{OS: "windows", Architecture: "amd64", OSVersion: "10.0.20348.2402"}, Blobs: []*image.Blob{blob(1), b}})
		p.Expect(1000, 1<<50)
		advance, _ := p.Begin(repository(t, "ghcr.io/acme/web"), b)
		advance(1 << 49)
		p.show()
		for line := range strings.Lines(out.String()) {
			if n := len([]rune(strings.TrimSuffix(line, "\n"))); n >= width {
				t.Errorf("a line has %d columns, want less than %d: %q", n, width, line)
			}
		}
	}
}

var update = flag.Bool("update", false, "write the expected frame")

// The frame is the source of a picture in docs/pictures.
func TestTerminalFrame(t *testing.T) {
	t.Parallel()
	p, out := stopped(t, true)
	repo, sent := repository(t, "ghcr.io/acme/web"), []int64{12_400_000, 3_100_000, 9_800_000}
	root := &image.Manifest{}
	for _, arch := range []string{"amd64", "arm64"} {
		layers := []*image.Blob{blob(900), blob(31_000_000), blob(14_200_000)}
		root.Children = append(root.Children, &image.Manifest{Platform: &v1.Platform{OS: "linux", Architecture: arch}, Blobs: layers})
	}
	p.Label(root)
	p.Expect(6, 90_400_000+1800)
	for i, b := range []*image.Blob{root.Children[0].Blobs[1], root.Children[0].Blobs[2], root.Children[1].Blobs[1]} {
		advance, _ := p.Begin(repo, b)
		advance(sent[i])
	}
	p.show()
	path := filepath.Join("testdata", "terminal.txt")
	if *update {
		if err := os.WriteFile(path, out.Bytes(), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil || out.String() != string(want) {
		t.Errorf("got\n%s\nwant (%v)\n%s", out, err, want)
	}
	for line := range strings.Lines(out.String()) {
		if len(line) > 80 {
			t.Errorf("the line %q is wider than 79 columns", line)
		}
	}
}

// screen returns the lines that a terminal shows after it prints text. It knows the
// control sequences of erase.
func screen(text string) string {
	lines := []string{}
	for line := range strings.Lines(text) {
		for {
			before, after, found := strings.Cut(line, "\x1b[")
			if !found {
				break
			}
			var up int
			if n, _ := fmt.Sscanf(after, "%dA", &up); n == 1 && before == "" {
				lines = lines[:max(0, len(lines)-up)]
			}
			line = after[strings.IndexAny(after, "AJ")+1:]
		}
		if line != "" {
			lines = append(lines, line)
		}
	}
	return strings.Join(lines, "")
}

// A request that waits prints a message while the display updates its lines.
func TestMessageStaysAboveTheUpdatedLines(t *testing.T) {
	t.Parallel()
	p, out := stopped(t, true)
	for range 3 {
		p.Begin(name.Repository{}, blob(1000))
	}
	p.show()
	fmt.Fprintln(p, "ghcr.io answered 503; trying again in 2 s")
	p.show()
	if got := screen(out.String()); !strings.HasPrefix(got, "ghcr.io answered 503") || strings.Count(got, "\n") != 5 {
		t.Errorf("the screen shows\n%s\nwant the message, the total and three blobs", got)
	}
	p.Close()
	if got, want := screen(out.String()), "ghcr.io answered 503; trying again in 2 s\n"; got != want {
		t.Errorf("after the end, the screen shows %q, want %q", got, want)
	}
}
