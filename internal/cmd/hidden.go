package cmd

import (
	"io"
	"sync"

	"github.com/ghcr-publish/ghcr-publish/internal/safe/markdown"
	"github.com/ghcr-publish/ghcr-publish/internal/secret"
)

// hidden holds the secrets of a run in all forms in which a server can return them. The
// runner masks secrets in the log, but not in a trace, and nothing masks them at a
// terminal. The nil value hides nothing.
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

// writer returns a writer that removes the secrets from every line that is written to out.
func (h *hidden) writer(out io.Writer) io.Writer { return &hidingWriter{out, h} }

// hidingWriter removes secrets from texts. The program writes complete lines.
type hidingWriter struct {
	out    io.Writer
	hidden *hidden
}

// Write writes p without the secrets. It returns len(p) for a complete write, because the
// caller counts its own bytes.
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
