package report

import (
	"fmt"
	"html"
	"strings"
)

// The most that tables of the summary show, so that it stays readable and
// under the runner's limit whatever the image.
const (
	maxRows   = 40
	maxImages = 20
	maxNodes  = 12
	maxText   = 2000 // bytes of one message
)

// Markdown is the job summary.
func (r *Report) Markdown() string {
	var b strings.Builder
	fmt.Fprintf(&b, "## %s\n\n", r.title())
	if r.Outcome == Skipped {
		fmt.Fprintf(&b, "%s\n\n", text(r.Why))
	}
	r.mdErrors(&b)
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

func (r *Report) mdErrors(b *strings.Builder) {
	for n, m := range r.Errors {
		if n == maxRows {
			fmt.Fprintf(b, "… and %d more.\n\n", len(r.Errors)-n)
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
		fmt.Fprintf(b, "| Tag | `%s` %s |\n", t.Reference, text(t.words()))
	}
	if r.Digest != "" && i.Complete {
		fmt.Fprintf(b, "| Digest | `%s` |\n", r.Digest)
	}
	fmt.Fprintf(b, "| Blobs | %s |\n", i.blobWords())
	if i.VisibilityIs != "" {
		fmt.Fprintf(b, "| Visibility | %s |\n", i.mdVisibility())
	}
	if i.Linked != "" {
		fmt.Fprintf(b, "| Linked to | %s |\n", i.mdLink(r.Run.Server))
	}
	if i.AnonymousPull != "" {
		fmt.Fprintf(b, "| Anonymous pull | %s |\n", anonymousWords[i.AnonymousPull])
	}
	b.WriteString("\n")
}

var anonymousWords = map[string]string{
	"verified": "✅ verified: anybody can pull this digest",
	"refused":  "🔒 refused: only those with access can pull",
	"unknown":  "❔ could not be tried to the end",
}

func (i Image) mdVisibility() string {
	if i.VisibilityIs == "needs-owner" {
		return fmt.Sprintf("⚠️ **%s**, not %s. No API changes it: an owner opens %s, then _Danger Zone_ → _Change visibility_.",
			text(i.Visibility), text(i.Wanted), link("the package settings", i.SettingsURL))
	}
	return text(i.visibilityWords())
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
		return // the source alone says nothing of what became of it
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

// mdDigest is a cell with the digest, if it is known.
func (p Platform) mdDigest() string {
	if p.Digest == "" {
		return "known after compression"
	}
	return "`" + p.Digest + "`"
}

// mdGraph draws the index, its platforms, and the layers they share.
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

// shared counts layers that all platforms have in common.
func (r *Report) shared() (n int, size int64) {
	seen := map[string]int{}
	for _, p := range r.Platforms {
		here := map[string]bool{}
		for _, l := range p.Layers {
			if l.Digest == "" || here[l.Digest] {
				continue
			}
			here[l.Digest] = true
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
	b.WriteString("### Plan\n\n| | Kind | Image | What | Size |\n|---|---|---|---|--:|\n")
	for n, s := range r.Steps {
		if n == maxRows*5 {
			fmt.Fprintf(b, "| | | | … and %d more steps | |\n", len(r.Steps)-n)
			break
		}
		state := "already there"
		if s.Needed {
			state = "**to do**"
		}
		size := ""
		if s.Bytes > 0 {
			size = Bytes(s.Bytes)
		}
		fmt.Fprintf(b, "| %s | %s | %s | `%s` %s | %s |\n", state, s.Kind, text(s.Image), s.What, text(s.How), size)
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

// text makes a string inert in Markdown tables and quotes: names in an image
// or a server's answer must not be able to draw.
func text(s string) string {
	s = strings.NewReplacer("\r", " ", "\n", " ", "|", "\\|", "`", "\\`", "[", "\\[", "]", "\\]", "*", "\\*", "_", "\\_", "!", "\\!").Replace(s)
	return html.EscapeString(s)
}

// hint keeps the lines of a hint inside its quote. Lines that are indented by
// four are YAML to copy.
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

func link(words, url string) string {
	if url == "" || strings.ContainsAny(url, " ()<>\n") {
		return text(words)
	}
	return fmt.Sprintf("[%s](%s)", text(words), url)
}

// node is text inside a Mermaid label.
func node(s string) string {
	return strings.Map(func(r rune) rune {
		if strings.ContainsRune("\"<>[](){};#`\n\r", r) {
			return '_'
		}
		return r
	}, cut(s, 60))
}

func short(digest string) string { return cut(strings.TrimPrefix(digest, "sha256:"), 12) }

func cut(s string, n int) string {
	if len(s) <= n {
		return s
	}
	return strings.ToValidUTF8(s[:n], "")
}
