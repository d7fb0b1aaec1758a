// Package progress shows the transfer of blobs. At a terminal it updates one line for
// each blob in transfer. In the log of a workflow it prints a line every five seconds,
// without control characters.
package progress

import (
	"fmt"
	"io"
	"strings"
	"sync"
	"time"

	"github.com/google/go-containerregistry/pkg/name"

	"github.com/ghcr-publish/ghcr-publish/internal/image"
	"github.com/ghcr-publish/ghcr-publish/internal/registry"
)

// The intervals between two lines or updates, and the number of lines.
const (
	plainEvery = 5 * time.Second
	liveEvery  = 100 * time.Millisecond
	maxLines   = 8 // lines for blobs at a terminal; the total counts all blobs
)

// Format prints a number of bytes.
type Format func(bytes int64) string

// Progress counts and shows the transferred blobs. It implements push.Progress.
type Progress struct {
	out    io.Writer
	live   bool
	verb   string // sent or fetched
	format Format
	now    func() time.Time

	mu       sync.Mutex
	begin    time.Time
	expected int64 // number of bytes
	blobs    int   // number of expected blobs
	done     int
	sent     int64
	flights  []*flight
	drawn    int  // number of lines on the screen
	shown    bool // a plain line was printed, or Conclude wants one at the end
	stop     chan struct{}
	stopped  sync.WaitGroup
}

type flight struct {
	label string
	size  int64
	sent  int64
}

// New starts the display on out. If live is true, out must be a terminal.
func New(out io.Writer, live bool, format Format) *Progress {
	p := &Progress{out: out, live: live, verb: "sent", format: format, now: time.Now, stop: make(chan struct{})}
	p.begin = p.now()
	every := plainEvery
	if live {
		every = liveEvery
	}
	p.stopped.Go(func() { p.tick(every) })
	return p
}

func (p *Progress) tick(every time.Duration) {
	t := time.NewTicker(every)
	defer t.Stop()
	for {
		select {
		case <-t.C:
			p.show()
		case <-p.stop:
			return
		}
	}
}

// Fetching names the bytes fetched instead of sent, and returns p.
func (p *Progress) Fetching() *Progress {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.verb = "fetched"
	return p
}

// Expect sets the expected number of blobs and bytes.
func (p *Progress) Expect(blobs int, bytes int64) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.blobs, p.expected = blobs, bytes
}

// Begin implements push.Progress.
func (p *Progress) Begin(_ name.Repository, b *image.Blob) (advance func(int64), done func(registry.BlobOutcome, error)) {
	f := &flight{label: label(b), size: max(b.Descriptor.Size, 0)}
	p.mu.Lock()
	p.flights = append(p.flights, f)
	p.mu.Unlock()
	advance = func(n int64) {
		p.mu.Lock()
		f.sent += n
		p.sent += n
		p.mu.Unlock()
	}
	return advance, func(_ registry.BlobOutcome, err error) { p.finish(f, err) }
}

func (p *Progress) finish(f *flight, err error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for i, each := range p.flights {
		if each == f {
			p.flights = append(p.flights[:i], p.flights[i+1:]...)
			break
		}
	}
	if err == nil {
		p.done++
	}
}

// label returns at most twelve characters of a blob's digest.
func label(b *image.Blob) string {
	digest := b.Descriptor.Digest
	if b.Pending() {
		digest = b.DiffID
	}
	if len(digest.Hex) > 12 {
		return digest.Hex[:12]
	}
	return "layer"
}

// Conclude makes Close print a plain line, also if none was printed before.
func (p *Progress) Conclude() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.shown = true
}

// Close ends the display. It removes the updated lines, or prints the total as a plain
// line.
func (p *Progress) Close() {
	close(p.stop)
	p.stopped.Wait()
	p.mu.Lock()
	defer p.mu.Unlock()
	p.erase()
	if !p.live && p.shown {
		fmt.Fprintln(p.out, p.total())
	}
}

func (p *Progress) show() {
	p.mu.Lock()
	defer p.mu.Unlock()
	if len(p.flights) == 0 {
		p.erase()
		return
	}
	if !p.live {
		p.shown = true
		fmt.Fprintln(p.out, p.total())
		return
	}
	p.erase()
	lines := []string{p.total()}
	for i, f := range p.flights {
		if i == maxLines {
			break
		}
		lines = append(lines, p.line(f))
	}
	fmt.Fprint(p.out, strings.Join(lines, "\n")+"\n")
	p.drawn = len(lines)
}

// erase moves the cursor to the first of the updated lines and clears the screen from
// there.
func (p *Progress) erase() {
	if p.drawn > 0 {
		fmt.Fprintf(p.out, "\x1b[%dA\x1b[J", p.drawn)
		p.drawn = 0
	}
}

func (p *Progress) total() string {
	elapsed := p.now().Sub(p.begin)
	s := fmt.Sprintf("%s %s", p.format(p.sent), p.verb)
	if p.blobs > 0 {
		s = fmt.Sprintf("%d of %d blobs, %s", p.done, p.blobs, s)
	}
	if p.expected > 0 {
		s += " of " + p.format(p.expected)
	}
	if seconds := elapsed.Seconds(); seconds >= 1 {
		s += fmt.Sprintf(", %s/s", p.format(int64(float64(p.sent)/seconds)))
	}
	return s
}

const barWidth = 24

func (p *Progress) line(f *flight) string {
	if f.size <= 0 {
		return fmt.Sprintf("  %s  compressing, %s", f.label, p.format(f.sent))
	}
	full := int(min(barWidth, max(0, f.sent*barWidth/f.size)))
	return fmt.Sprintf("  %s  [%s%s]  %s of %s", f.label, strings.Repeat("=", full), strings.Repeat(" ", barWidth-full), p.format(f.sent), p.format(f.size))
}
