// Package progress shows the transfer of blobs. At a terminal, the package updates
// one line for each blob in transfer. In the log of a workflow, the package prints a
// line every five seconds, without control characters.
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

// These constants are the intervals between two lines or updates, and the maximum
// number of lines.
const (
	plainEvery = 5 * time.Second
	liveEvery  = 100 * time.Millisecond
	// maxLines is the maximum number of lines for blobs at a terminal. The line with
	// the total counts all blobs.
	maxLines = 8
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
	// columns returns the width of the terminal. A line that is wider than the
	// terminal would wrap, and erase would then not find the first line.
	columns func() int

	mu sync.Mutex
	// records contains the first blob of each content, and the map "same" contains the first
	// blob for each other blob with the same content. Several images of one release can have
	// the same blob, which counts once.
	records  map[image.Identity]*image.Blob
	same     map[*image.Blob]*image.Blob
	labels   map[*image.Blob]string
	begin    time.Time
	expected int64 // number of bytes
	blobs    int   // blobs is the number of expected blobs.
	done     map[target]bool
	sent     int64
	flights  []*flight
	drawn    int  // drawn is the number of lines on the screen.
	shown    bool // shown is true if a plain line was printed or if Conclude was called.
	stop     chan struct{}
	stopped  sync.WaitGroup
}

// target is a blob in a registry. If several repositories of a registry need the same
// blob, the run uploads the blob once and then mounts the blob.
type target struct {
	registry string
	blob     *image.Blob
}

type flight struct {
	target
	label string
	size  int64
	sent  int64
}

// New starts the display on out. If live is true, out must be a terminal with the width
// that columns returns.
func New(out io.Writer, live bool, columns func() int, format Format) *Progress {
	p := &Progress{
		out: out, live: live, verb: "sent", format: format, now: time.Now, columns: columns,
		stop: make(chan struct{}), done: map[target]bool{}, labels: map[*image.Blob]string{},
		records: map[image.Identity]*image.Blob{}, same: map[*image.Blob]*image.Blob{},
	}
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

// Fetching makes the lines contain the word "fetched" instead of "sent". Fetching
// returns p.
func (p *Progress) Fetching() *Progress {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.verb = "fetched"
	return p
}

// Label sets the labels of the blobs of an image, and of the images in an index. A
// label contains the platform of the image, and the position of the layer.
func (p *Progress) Label(root *image.Manifest) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, m := range image.Manifests(root) {
		p.label(m)
	}
}

func (p *Progress) label(m *image.Manifest) {
	prefix := ""
	if m.Platform != nil && m.Platform.OS != "" && m.Platform.OS != "unknown" {
		prefix = m.Platform.String() + " "
	}
	for i, b := range m.Blobs {
		p.find(b)
		switch {
		case p.labels[b] != "": // The blob has a label already, because several images share the blob.
		case i == 0:
			p.labels[b] = prefix + "config"
		default:
			p.labels[b] = fmt.Sprintf("%slayer %d/%d", prefix, i, len(m.Blobs)-1)
		}
	}
}

// Expect sets the expected number of blobs and bytes. A blob counts once for each
// registry.
func (p *Progress) Expect(blobs int, bytes int64) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.blobs, p.expected = blobs, bytes
}

// Begin implements push.Progress.
func (p *Progress) Begin(repo name.Repository, b *image.Blob) (advance func(int64), done func(registry.BlobOutcome, error)) {
	f := &flight{target: target{repo.RegistryStr(), p.first(b)}, label: digestLabel(b), size: max(b.Descriptor.Size, 0)}
	p.mu.Lock()
	if known := p.labels[b]; known != "" {
		f.label = known
	}
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

// find records a blob, or the first blob with the same content.
func (p *Progress) find(b *image.Blob) {
	id := b.Identity()
	switch first := p.records[id]; {
	case !id.Known():
	case first == nil:
		p.records[id] = b
	case first != b:
		p.same[b] = first
	}
}

// first returns the first blob with the same content as the blob b.
func (p *Progress) first(b *image.Blob) *image.Blob {
	p.mu.Lock()
	defer p.mu.Unlock()
	if first := p.same[b]; first != nil {
		return first
	}
	return b
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
		p.done[f.target] = true
	}
}

// digestLabel returns at most twelve characters of a blob's digest.
func digestLabel(b *image.Blob) string {
	digest := b.Descriptor.Digest
	if b.Pending() {
		digest = b.DiffID
	}
	if len(digest.Hex) > 12 {
		return digest.Hex[:12]
	}
	return "layer"
}

// Conclude makes Close print a line with the total, even if no line was printed
// before.
func (p *Progress) Conclude() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.shown = true
}

// Write prints a message above the updated lines. Without this method, a message of
// another goroutine would move the updated lines, and erase would then leave one
// updated line on the screen. Write implements [io.Writer]. The message must end with
// a line break.
func (p *Progress) Write(message []byte) (int, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.erase()
	return p.out.Write(message)
}

// Close ends the display. Close removes the updated lines, or prints a line with the
// total.
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
	lines := []string{p.cut(p.total() + p.left())}
	for i, f := range p.flights {
		if i == maxLines {
			break
		}
		lines = append(lines, p.cut(p.line(f, p.labelWidth())))
	}
	fmt.Fprint(p.out, strings.Join(lines, "\n")+"\n")
	p.drawn = len(lines)
}

// erase moves the cursor to the first of the updated lines and clears this line and
// all lines below.
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
		s = fmt.Sprintf("%d of %d blobs, %s", len(p.done), p.blobs, s)
	}
	if p.expected > 0 {
		s += " of " + p.format(p.expected)
	}
	if seconds := elapsed.Seconds(); seconds >= 1 {
		s += fmt.Sprintf(", %s/s", p.format(int64(float64(p.sent)/seconds)))
	}
	return s
}

// rateKnownAfter is the time after which left computes the remaining time, because
// the rate changes too much before this time.
const rateKnownAfter = 2 * time.Second

// left returns the estimated remaining time as text. left returns "" if the rate or
// the number of bytes is unknown.
func (p *Progress) left() string {
	elapsed := p.now().Sub(p.begin)
	if elapsed < rateKnownAfter || p.sent <= 0 || p.expected <= p.sent {
		return ""
	}
	seconds := int64(elapsed.Seconds() * float64(p.expected-p.sent) / float64(p.sent))
	switch {
	case seconds >= 120:
		return fmt.Sprintf(", about %d min left", (seconds+30)/60)
	case seconds >= 1:
		return fmt.Sprintf(", about %d s left", seconds)
	}
	return ""
}

// cut shortens a line to the width of the terminal.
func (p *Progress) cut(line string) string {
	runes := []rune(line)
	if width := p.columns() - 1; width > 0 && len(runes) > width {
		return string(runes[:width-1]) + "…"
	}
	return line
}

// labelWidth returns the width of the longest label on the screen.
func (p *Progress) labelWidth() int {
	width := 0
	for i, f := range p.flights {
		if i < maxLines {
			width = max(width, len(f.label))
		}
	}
	return width
}

const barWidth = 24

func (p *Progress) line(f *flight, width int) string {
	if f.size <= 0 {
		return fmt.Sprintf("  %-*s  compressing, %s", width, f.label, p.format(f.sent))
	}
	full := int(min(barWidth, max(0, f.sent*barWidth/f.size)))
	return fmt.Sprintf("  %-*s  [%s%s]  %s of %s", width, f.label, strings.Repeat("=", full), strings.Repeat(" ", barWidth-full), p.format(f.sent), p.format(f.size))
}
