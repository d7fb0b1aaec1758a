// Package progress shows blobs on their way: at a terminal a live line for
// each one in flight, in a workflow's log a plain line now and then, without
// control characters.
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

// The pace of both kinds.
const (
	plainEvery = 5 * time.Second
	liveEvery  = 100 * time.Millisecond
	maxLines   = 8 // blobs shown at once; the rest is in the total
)

// Format prints a number of bytes.
type Format func(bytes int64) string

// Progress counts and shows. It implements publish.Progress.
type Progress struct {
	out    io.Writer
	live   bool
	verb   string // what is done to bytes
	format Format
	now    func() time.Time

	mu       sync.Mutex
	begin    time.Time
	expected int64 // bytes
	blobs    int   // expected
	done     int
	sent     int64
	flights  []*flight
	drawn    int  // lines on the screen that are ours
	shown    bool // a plain line was printed, or one is wanted at the end
	stop     chan struct{}
	stopped  sync.WaitGroup
}

type flight struct {
	label string
	size  int64
	sent  int64
}

// New starts showing on out. Live lines need a terminal.
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

// Fetching makes it speak of bytes that come, and returns it.
func (p *Progress) Fetching() *Progress {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.verb = "fetched"
	return p
}

// Expect sets how much is to come.
func (p *Progress) Expect(blobs int, bytes int64) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.blobs, p.expected = blobs, bytes
}

// Begin implements publish.Progress.
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

// label names a blob in a dozen characters.
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

// Conclude asks for a plain line at the end also where none was due before.
func (p *Progress) Conclude() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.shown = true
}

// Close takes the live lines away, or says plainly what it came to, and stops.
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

// erase moves the cursor up over our lines and clears to the end of screen.
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
