package report

import (
	"fmt"
	"html"
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/ghcr-publish/ghcr-publish/internal/diag"
)

// These are the maximum numbers of entries in the summary. They keep the summary
// readable and below the limit of the runner for each image.
const (
	maxRows   = 40
	maxImages = 20
	maxSteps  = 200
	maxText   = 2000 // bytes of one message
)

// refusalsURL is the document that explains each code.
const refusalsURL = "https://github.com/ghcr-publish/ghcr-publish/blob/main/docs/refusals.md"

// mdErrors writes a box for each error. The text of the server comes after the cure,
// because the reader needs the cure first.
func mdErrors(b *strings.Builder, messages []Message) {
	for n, m := range messages {
		if n == maxRows {
			fmt.Fprintf(b, "… and %d more.\n\n", len(messages)-n)
			return
		}
		fmt.Fprintf(b, "> [!CAUTION]\n> **%s**\n", text(m.Title))
		if m.Hint != "" {
			fmt.Fprintf(b, ">\n> **What to do:** %s\n", hint(cut(m.Hint, maxText)))
		}
		if m.Text != "" {
			fmt.Fprintf(b, ">\n> %s\n", text(cut(m.Text, maxText)))
		}
		fmt.Fprintf(b, ">\n> <sub>[%s](%s#%s)</sub>\n\n", text(m.Code), refusalsURL, m.Code)
	}
}

// mdNotices writes a box for each notice.
func mdNotices(b *strings.Builder, notices []Message) {
	for n, m := range notices {
		if n == maxRows {
			fmt.Fprintf(b, "… and %d more notices.\n\n", len(notices)-n)
			return
		}
		kind := "NOTE"
		if m.Level == string(diag.Warning) {
			kind = "WARNING"
		}
		fmt.Fprintf(b, "> [!%s]\n> **%s.** %s\n\n", kind, text(m.Title), hint(cut(shortDigests(m.Text), maxText)))
	}
}

// text escapes a string for Markdown tables and quotes. Names in an image and
// answers of a server must not change the layout.
func text(s string) string {
	s = strings.NewReplacer("\r", " ", "\n", " ", "|", "\\|", "`", "\\`", "[", "\\[", "]", "\\]", "*", "\\*", "_", "\\_", "!", "\\!").Replace(s)
	return html.EscapeString(s)
}

// hint writes the lines of a hint into a quote. Lines with an indentation of four
// blanks are YAML. hint writes these lines as a code block.
func hint(s string) string {
	var b strings.Builder
	yaml := false
	for n, line := range strings.Split(s, "\n") {
		if n > 0 {
			b.WriteString("\n> ")
		}
		code, indented := strings.CutPrefix(line, "    ")
		if indented != yaml {
			yaml = indented
			b.WriteString(map[bool]string{true: "```yaml", false: "```"}[yaml] + "\n> ")
		}
		if yaml {
			b.WriteString(strings.ReplaceAll(code, "`", "'"))
		} else {
			b.WriteString(text(line))
		}
	}
	if yaml {
		b.WriteString("\n> ```")
	}
	return b.String()
}

// link returns a Markdown link, or only the label if the address is empty or
// contains characters that end a link.
func link(label, url string) string {
	if url == "" || strings.ContainsAny(url, " ()<>\n") {
		return text(label)
	}
	return fmt.Sprintf("[%s](%s)", text(label), url)
}

// short returns the algorithm and the first twelve characters of a digest, as code. The
// log of the run contains the full digest.
func short(digest string) string {
	if digest == "" {
		return ""
	}
	algorithm, hex, _ := strings.Cut(digest, ":")
	return code(algorithm + ":" + cut(hex, 12))
}

var fullDigest = regexp.MustCompile(`\bsha256:[0-9a-f]{64}\b`)

// shortDigests shortens the digests in a text.
func shortDigests(s string) string {
	return fullDigest.ReplaceAllStringFunc(s, func(d string) string { return cut(d, len("sha256:")+12) })
}

// code returns a name as code in a table or a sentence.
func code(s string) string {
	return "`" + strings.NewReplacer("`", "'", "\r", " ", "\n", " ", "|", "\\|").Replace(s) + "`"
}

// sentence returns s with a capital letter at the beginning.
func sentence(s string) string {
	first, size := utf8.DecodeRuneInString(s)
	return string(unicode.ToUpper(first)) + s[size:]
}

// details writes a block that is closed until the reader opens it.
func details(b *strings.Builder, title, body string) {
	fmt.Fprintf(b, "<details><summary>%s</summary>\n\n%s\n</details>\n\n", html.EscapeString(title), body)
}

// cut truncates a string to at most n bytes of valid UTF-8.
func cut(s string, n int) string {
	if len(s) <= n {
		return s
	}
	return strings.ToValidUTF8(s[:n], "")
}
