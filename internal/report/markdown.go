package report

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/ghcr-publish/ghcr-publish/internal/diag"
	"github.com/ghcr-publish/ghcr-publish/internal/safe/lazy"
	"github.com/ghcr-publish/ghcr-publish/internal/safe/markdown"
)

// These constants limit the numbers of entries in the summary, so that the
// summary stays readable. The constants also keep the summary smaller than the
// maximum size that the runner accepts.
const (
	maxRows   = 40
	maxImages = 20
	maxSteps  = 200
	maxText   = 2000   // maxText is the maximum size of one message in bytes.
	maxGate   = 16_000 // maxGate is the maximum size of the output of a gate in bytes.
)

// refusalsURL is the address of the document that explains each error code.
const refusalsURL = "https://github.com/ghcr-publish/ghcr-publish/blob/main/docs/refusals.md"

// mdErrors writes a box for each error. The text of the server follows the
// cure, because the reader needs the cure first.
func mdErrors(b *markdown.Builder, messages []Message) {
	for n, m := range messages {
		if n == maxRows {
			b.Printf("… and %d more.\n\n", len(messages)-n)
			return
		}
		b.Printf("> [!CAUTION]\n> **%s**\n", m.Title)
		if m.Hint != "" {
			b.Printf(">\n> **What to do:** %s\n", markdown.Quote(hint(cut(m.Hint, maxText))))
		}
		if m.Text != "" {
			b.Printf(">\n> %s\n", cut(m.Text, maxText))
		}
		b.Printf(">\n> <sub>%s</sub>\n\n", markdown.Link(m.Code, refusalsURL+"#"+m.Code))
	}
}

// mdNotices writes a box for each notice.
func mdNotices(b *markdown.Builder, notices []Message) {
	for n, m := range notices {
		if n == maxRows {
			b.Printf("… and %d more notices.\n\n", len(notices)-n)
			return
		}
		text := markdown.Quote(hint(cut(shortDigests(m.Text), maxText)))
		if m.Level == string(diag.Warning) {
			b.Printf("> [!WARNING]\n> **%s.** %s\n\n", m.Title, text)
		} else {
			b.Printf("> [!NOTE]\n> **%s.** %s\n\n", m.Title, text)
		}
	}
}

// hint returns a hint as Markdown. Lines with an indentation of four blanks are
// YAML, so the function "hint" puts these lines into a code block.
func hint(s string) markdown.Text {
	var parts []markdown.Text
	lines := strings.Split(s, "\n")
	for len(lines) > 0 {
		n := 0
		for n < len(lines) && strings.HasPrefix(lines[n], "    ") {
			n++
		}
		if n == 0 {
			parts = append(parts, markdown.Escape(lines[0]))
			lines = lines[1:]
			continue
		}
		yaml := strings.ReplaceAll("\n"+strings.Join(lines[:n], "\n"), "\n    ", "\n")
		parts = append(parts, markdown.Block("yaml", yaml[1:]))
		lines = lines[n:]
	}
	return markdown.Join(parts, "\n")
}

// short returns the algorithm and the first twelve characters of a digest,
// formatted as code. The log of the run contains the full digest.
func short(digest string) markdown.Text {
	if digest == "" {
		return markdown.Text{}
	}
	algorithm, hex, _ := strings.Cut(digest, ":")
	return markdown.Code(algorithm + ":" + cut(hex, 12))
}

var fullDigest = lazy.Regexp(`\bsha256:[0-9a-f]{64}\b`)

// shortDigests shortens the digests in a text.
func shortDigests(s string) string {
	return fullDigest().ReplaceAllStringFunc(s, func(d string) string { return cut(d, len("sha256:")+12) })
}

// sentence returns the text s with a capital first letter.
func sentence(s string) string {
	first, size := utf8.DecodeRuneInString(s)
	return string(unicode.ToUpper(first)) + s[size:]
}

// details writes a block whose body is hidden until the reader opens the block.
func details(b *markdown.Builder, title string, body markdown.Text) {
	b.Printf("<details><summary>%s</summary>\n\n%s\n</details>\n\n", title, body)
}

// cut truncates a string to at most n bytes of valid UTF-8.
func cut(s string, n int) string {
	if len(s) <= n {
		return s
	}
	return strings.ToValidUTF8(s[:n], "")
}
