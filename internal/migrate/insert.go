package migrate

import (
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/ghcr-publish/ghcr-publish/internal/migrate/flow"
	"github.com/ghcr-publish/ghcr-publish/internal/migrate/text"
)

func (p *pass) insert(start, end int, s string) bool {
	return start >= 0 && p.edits.Add(text.Edit{Start: start, End: end, New: s}) == nil
}

func (p *pass) scalarStart(n *yaml.Node) int {
	if s, err := p.scalar(n); err == nil {
		return s.Start
	}
	return -1
}

// scalarEnd returns the offset after the content of a scalar. The offset is
// before a closing quote, so that an edit keeps the quotes. scalarEnd returns
// -1 if it cannot locate the scalar in the file.
func (p *pass) scalarEnd(n *yaml.Node) int {
	if s, err := p.scalar(n); err == nil {
		return s.End
	}
	return -1
}

// afterColon returns the offset after the colon that follows a key, or -1.
func (p *pass) afterColon(key *yaml.Node) int {
	at := p.scalarEnd(key)
	src := p.doc.Text.Bytes()
	for ; at >= 0 && at < len(src); at++ {
		switch src[at] {
		case ' ', '\'', '"':
		case ':':
			return at + 1
		default:
			return -1
		}
	}
	return -1
}

// appendTo adds an item to a mapping that is not empty. In a block mapping, the
// item gets a new line after the last item. In a flow mapping, the item is on
// the line of the last item.
func (p *pass) appendTo(m *yaml.Node, item string) bool {
	key, last := m.Content[len(m.Content)-2], m.Content[len(m.Content)-1]
	if last.Kind != yaml.ScalarNode {
		return false
	}
	if m.Style&yaml.FlowStyle != 0 {
		end := p.scalarEnd(last)
		if last.Style&(yaml.SingleQuotedStyle|yaml.DoubleQuotedStyle) != 0 {
			end++
		}
		return p.insert(end, end, ", "+item)
	}
	f := p.doc.Text
	at := f.LineEnd(max(f.Start(key), f.Start(last)))
	return p.insert(at, at, f.EOL(at)+p.indent(key)+item)
}

// indent returns the blanks before a key. The method "indent" assumes that the line
// contains only blanks before the key.
func (p *pass) indent(key *yaml.Node) string { return strings.Repeat(" ", key.Column-1) }

// insertBlock inserts a permissions block into a job. The block follows the key
// "runs-on", or the key "uses" if the job calls a workflow. If the value of
// this key has more than one line, insertBlock inserts the block before the
// first key of the job.
func (p *pass) insertBlock(job *flow.Job, s scopes) bool {
	if len(job.Node.Content) == 0 {
		return false
	}
	first := job.Node.Content[0]
	f := p.doc.Text
	if job.Node.Style&yaml.FlowStyle != 0 {
		at := f.Start(first)
		return p.insert(at, at, "permissions: {"+s.inline()+"}, ")
	}
	indent := p.indent(first)
	step := strings.Repeat(" ", max(first.Column-job.Key.Column, 1))
	lines := s.lines(indent, indent+step)
	for _, name := range []string{"runs-on", "uses"} {
		if pair := flow.Get(job.Node, name); pair != nil && p.oneLine(pair) {
			at := f.LineEnd(f.Start(pair.Key))
			return p.insert(at, at, f.EOL(at)+strings.Join(lines, f.EOL(at)))
		}
	}
	at := f.LineStart(f.Start(first))
	return p.insert(at, at, strings.Join(lines, f.EOL(at))+f.EOL(at))
}

// oneLine reports whether the value of a pair ends on the line of the key.
// oneLine returns false if it cannot determine the last line.
func (p *pass) oneLine(pair *flow.Pair) bool {
	if pair.Raw.Kind == yaml.AliasNode {
		return pair.Raw.Line == pair.Key.Line
	}
	s, err := p.scalar(pair.Value)
	if err != nil || pair.Value.Style&(yaml.LiteralStyle|yaml.FoldedStyle) != 0 {
		return p.flowOnOneLine(pair)
	}
	line, _ := p.doc.Text.Position(s.End)
	return line == pair.Key.Line
}

// flowOnOneLine reports whether a flow sequence of plain words ends on the line
// of its key. The last character before an optional comment must be the closing
// bracket.
func (p *pass) flowOnOneLine(pair *flow.Pair) bool {
	if pair.Value.Kind != yaml.SequenceNode || pair.Value.Style&yaml.FlowStyle == 0 || pair.Value.Line != pair.Key.Line {
		return false
	}
	f := p.doc.Text
	at := f.Start(pair.Value)
	line, _, _ := strings.Cut(string(f.Bytes()[at:f.LineEnd(at)]), " #")
	return strings.HasSuffix(strings.TrimSpace(line), "]") && strings.Count(line, "[") == strings.Count(line, "]")
}

// lines returns the lines of a permissions block. A comment follows each scope
// that needs a reason.
func (s scopes) lines(indent, inner string) []string {
	return append([]string{indent + "permissions:"}, s.items(inner)...)
}

// items returns the lines of the scopes in a permissions block. If consecutive
// scopes have the same reason, only the first line contains the full reason.
func (s scopes) items(indent string) []string {
	var out []string
	before := ""
	for _, name := range sortedKeys(s) {
		line := indent + name + ": " + s[name].level.String()
		switch reason := s[name].reason; {
		case reason == "":
		case reason == before:
			short, _, _ := strings.Cut(reason, ":")
			line += " # " + short
		default:
			line += " # " + reason
			before = reason
		}
		out = append(out, line)
	}
	return out
}
