package report

import (
	"fmt"
	"html"
	"strings"

	"github.com/ghcr-publish/ghcr-publish/internal/github"
	"github.com/ghcr-publish/ghcr-publish/internal/input"
	"github.com/ghcr-publish/ghcr-publish/internal/publish/push"
)

// These are the maximum numbers of entries in the summary. They keep the summary
// readable and below the limit of the runner for each image.
const (
	maxRows   = 40
	maxImages = 20
	maxNodes  = 12
	maxText   = 2000 // bytes of one message
)

// Markdown returns the job summary.
func (r *Report) Markdown() string {
	var b strings.Builder
	fmt.Fprintf(&b, "## %s\n\n", r.title())
	if r.Outcome == Skipped {
		fmt.Fprintf(&b, "%s\n\n", text(r.Reason))
	}
	mdErrors(&b, r.Errors)
	for n, i := range r.Images {
		if n == maxImages {
			fmt.Fprintf(&b, "… and %d more images.\n\n", len(r.Images)-n)
			break
		}
		r.mdImage(&b, i)
	}
	r.mdPlatforms(&b)
	r.mdSteps(&b)
	mdRules(&b, r.Rules)
	r.mdNotices(&b)
	return b.String()
}

// FailureMarkdown returns the job summary of a command that failed without a report of
// its own, for example because an input is wrong. The command is empty if the input
// command is wrong.
func FailureMarkdown(command input.Command, err error) string {
	var b strings.Builder
	if command == "" {
		b.WriteString("## ❌ The step failed\n\n")
	} else {
		fmt.Fprintf(&b, "## ❌ The command %s failed\n\n", command)
	}
	mdErrors(&b, errorMessages(err))
	return b.String()
}

func (r *Report) title() string {
	switch r.Outcome {
	case Published:
		return "✅ Published"
	case Unchanged:
		return "✅ Already published"
	case Planned:
		return "📋 Dry run: nothing was written"
	case Skipped:
		return "⏭️ Not published"
	}
	return "❌ Publishing failed"
}

func mdErrors(b *strings.Builder, messages []Message) {
	for n, m := range messages {
		if n == maxRows {
			fmt.Fprintf(b, "… and %d more.\n\n", len(messages)-n)
			return
		}
		fmt.Fprintf(b, "> [!CAUTION]\n> **%s**\n", text(m.Title))
		if m.Text != "" {
			fmt.Fprintf(b, ">\n> %s\n", text(cut(m.Text, maxText)))
		}
		if m.Hint != "" {
			fmt.Fprintf(b, ">\n> **What to do:** %s\n", hint(cut(m.Hint, maxText)))
		}
		fmt.Fprintf(b, ">\n> <sub>%s</sub>\n\n", text(m.Code))
	}
}

func (r *Report) mdImage(b *strings.Builder, i Image) {
	fmt.Fprintf(b, "### %s\n\n", link(i.Image, i.PackageURL))
	if i.Reference != "" {
		fmt.Fprintf(b, "```sh\ndocker pull %s\n```\n\n", i.Reference)
	}
	b.WriteString("| | |\n|---|---|\n")
	for n, t := range i.Tags {
		if n == maxRows {
			fmt.Fprintf(b, "| | … and %d more tags |\n", len(i.Tags)-n)
			break
		}
		fmt.Fprintf(b, "| Tag | `%s` %s |\n", t.Reference, text(t.stateText()))
	}
	if r.Digest != "" && i.Complete {
		fmt.Fprintf(b, "| Digest | `%s` |\n", r.Digest)
	}
	fmt.Fprintf(b, "| Blobs | %s |\n", i.blobText())
	if i.VisibilityOutcome != "" {
		fmt.Fprintf(b, "| Visibility | %s |\n", i.mdVisibility())
	}
	if i.Linked != "" {
		fmt.Fprintf(b, "| Linked to | %s |\n", i.mdLink(r.Run.Server))
	}
	if i.AnonymousPull != "" {
		fmt.Fprintf(b, "| Anonymous pull | %s |\n", anonymousTexts[push.Anonymous(i.AnonymousPull)])
	}
	b.WriteString("\n")
}

// anonymousTexts describes each outcome of an anonymous pull.
var anonymousTexts = map[push.Anonymous]string{
	push.Verified: "✅ verified: this digest can be pulled without credentials",
	push.Refused:  "🔒 refused: a pull needs credentials",
	push.Unproven: "❔ unknown: the pull could not be completed",
}

func (i Image) mdVisibility() string {
	if i.VisibilityOutcome == github.NeedsOwner {
		return fmt.Sprintf("⚠️ **%s**, but %s is requested. No API can change it. An owner must open %s, and then select _Danger Zone_ → _Change visibility_.",
			text(i.Visibility), text(i.VisibilityWanted), link("the package settings", i.SettingsURL))
	}
	return text(i.visibilityText())
}

func (i Image) mdLink(server string) string {
	switch i.Linked {
	case "yes":
		return link(i.Repository, server+"/"+i.Repository)
	case "no":
		return "⚠️ no repository: " + link("connect one in the package settings", i.SettingsURL)
	}
	return "unknown"
}

func (r *Report) mdPlatforms(b *strings.Builder) {
	if len(r.Platforms) == 0 || len(r.Images)+len(r.Steps) == 0 {
		return // without a destination, the platforms are not a result of the run
	}
	b.WriteString("### Platforms\n\n| Platform | Size | Layers | Digest |\n|---|--:|--:|---|\n")
	for n, p := range r.Platforms {
		if n == maxRows {
			fmt.Fprintf(b, "| … and %d more | | | |\n", len(r.Platforms)-n)
			break
		}
		fmt.Fprintf(b, "| %s | %s | %d | %s |\n", text(p.Platform), Bytes(p.Size), len(p.Layers), p.mdDigest())
	}
	b.WriteString("\n")
	if len(r.Platforms) > 1 && r.Digest != "" {
		r.mdGraph(b)
	}
	if t := r.Transfer; t.Requests > 0 {
		fmt.Fprintf(b, "<sub>%s, of which %d repeated; %s sent; %.1f s for blobs and manifests.</sub>\n\n",
			Count(int(t.Requests), "request"), t.Retries, Bytes(t.BytesSent), t.Seconds)
	}
}

// mdDigest returns the cell with the digest.
func (p Platform) mdDigest() string {
	if p.Digest == "" {
		return unknownDigest
	}
	return "`" + p.Digest + "`"
}

// mdGraph writes a graph of the index, its platforms and their shared layers.
func (r *Report) mdGraph(b *strings.Builder) {
	b.WriteString("```mermaid\ngraph LR\n")
	fmt.Fprintf(b, "  index[\"index %s\"]\n", short(r.Digest))
	for n, p := range r.Platforms {
		if n == maxNodes {
			fmt.Fprintf(b, "  index --> more[\"%d more platforms\"]\n", len(r.Platforms)-n)
			break
		}
		fmt.Fprintf(b, "  index --> p%d[\"%s<br/>%s in %s\"]\n", n, node(p.Platform), Bytes(p.Size), Count(len(p.Layers), "layer"))
	}
	if shared, size := r.shared(); shared > 0 {
		fmt.Fprintf(b, "  shared[(\"%s shared<br/>%s\")]\n", Count(shared, "layer"), Bytes(size))
		for n := range min(len(r.Platforms), maxNodes) {
			fmt.Fprintf(b, "  p%d -.-> shared\n", n)
		}
	}
	b.WriteString("```\n\n")
}

// shared returns the number and the size of the layers that all platforms have.
func (r *Report) shared() (n int, size int64) {
	seen := map[string]int{}
	for _, p := range r.Platforms {
		counted := map[string]bool{}
		for _, l := range p.Layers {
			if l.Digest == "" || counted[l.Digest] {
				continue
			}
			counted[l.Digest] = true
			if seen[l.Digest]++; seen[l.Digest] == len(r.Platforms) {
				n, size = n+1, size+l.Size
			}
		}
	}
	return n, size
}

func (r *Report) mdSteps(b *strings.Builder) {
	if len(r.Steps) == 0 {
		return
	}
	b.WriteString("### Plan\n\n| | Kind | Image | Object | Size |\n|---|---|---|---|--:|\n")
	for n, s := range r.Steps {
		if n == maxRows*5 {
			fmt.Fprintf(b, "| | | | … and %d more steps | |\n", len(r.Steps)-n)
			break
		}
		state := "present"
		if s.Needed {
			state = "**to do**"
		}
		size := ""
		if s.Bytes > 0 {
			size = Bytes(s.Bytes)
		}
		fmt.Fprintf(b, "| %s | %s | %s | `%s` %s | %s |\n", state, s.Kind, text(s.Image), s.Object, text(s.Detail), size)
	}
	b.WriteString("\n")
}

func (r *Report) mdNotices(b *strings.Builder) {
	for n, m := range r.Notices {
		if n == maxRows {
			return
		}
		kind := "NOTE"
		if m.Level == "warning" {
			kind = "WARNING"
		}
		fmt.Fprintf(b, "> [!%s]\n> **%s.** %s\n\n", kind, text(m.Title), text(cut(m.Text, maxText)))
	}
}

// text escapes a string for Markdown tables and quotes. Names in an image and
// answers of a server must not change the layout.
func text(s string) string {
	s = strings.NewReplacer("\r", " ", "\n", " ", "|", "\\|", "`", "\\`", "[", "\\[", "]", "\\]", "*", "\\*", "_", "\\_", "!", "\\!").Replace(s)
	return html.EscapeString(s)
}

// hint writes the lines of a hint into a quote. Lines with an indentation of four
// blanks are YAML, which it writes as a code block.
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

// node escapes a string for the label of a Mermaid node.
func node(s string) string {
	return strings.Map(func(r rune) rune {
		if strings.ContainsRune("\"<>[](){};#`\n\r", r) {
			return '_'
		}
		return r
	}, cut(s, 60))
}

// short returns the first characters of the digest.
func short(digest string) string { return cut(strings.TrimPrefix(digest, "sha256:"), 12) }

// cut truncates a string to at most n bytes of valid UTF-8.
func cut(s string, n int) string {
	if len(s) <= n {
		return s
	}
	return strings.ToValidUTF8(s[:n], "")
}
