package cmd

import (
	"io"
	"sync"

	"github.com/ghcr-publish/ghcr-publish/internal/safe/markdown"
	"github.com/ghcr-publish/ghcr-publish/internal/secret"
)

// hidden holds the secrets of a run in all forms in which a server can return them.
// The runner masks secrets in the log, but not in a trace file. At a terminal, the
// program must hide the secrets itself. The nil value hides nothing.
type hidden struct {
	mu    sync.Mutex
	forms []string
}

// add adds the forms of secrets.
func (h *hidden) add(forms []string) {
	if h == nil {
		return
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	h.forms = append(h.forms, forms...)
}

func (h *hidden) list() []string {
	if h == nil {
		return nil
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.forms
}

// text returns a text without the secrets.
func (h *hidden) text(text string) string { return secret.Hide(text, h.list()) }

// summary returns a job summary without the secrets.
func (h *hidden) summary(t markdown.Text) markdown.Text { return t.Hide(h.list()) }

// writer returns a writer that removes the secrets from every line and then writes
// the line to out.
func (h *hidden) writer(out io.Writer) io.Writer { return &hidingWriter{out, h} }

// hidingWriter removes secrets from texts. Each call of Write must contain complete
// lines, because a secret could be divided between two calls.
type hidingWriter struct {
	out    io.Writer
	hidden *hidden
}

// Write writes p without the secrets. After a complete write, Write returns len(p),
// because the caller compares the result with the length of p.
func (w *hidingWriter) Write(p []byte) (int, error) {
	text := string(p)
	without := w.hidden.text(text)
	if without == text {
		return w.out.Write(p)
	}
	if _, err := io.WriteString(w.out, without); err != nil {
		return 0, err
	}
	return len(p), nil
}
