package migrate

import (
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/ghcr-publish/ghcr-publish/internal/migrate/flow"
	"github.com/ghcr-publish/ghcr-publish/internal/safe/lazy"
)

// lineComment is a YAML comment in one line.
type lineComment struct {
	line int
	text string
}

// versionComment matches a comment that states the version of an action.
var versionComment = lazy.Regexp(`^#\s*(tag=|ratchet:\S*@)?v?[0-9][\w.+-]*\s*$`)

// inactive matches a comment that contains a part of a workflow, for example a step that
// the author switched off.
var inactive = lazy.Regexp(`^#+\s*(- \S|[\w-]+:(\s|$))`)

// stepComments returns the comments inside of a step, in the order of the file. The result
// omits comments about the version of an action.
func (p *pass) stepComments(step *flow.Step) []lineComment {
	inText, ends := map[int]bool{}, map[int]int{}
	flow.Scalars(step.Node, func(n *yaml.Node) {
		s, err := p.scalar(n)
		if err != nil {
			return
		}
		last, _ := p.doc.Text.Position(max(s.Start, s.End-1))
		for line := n.Line + 1; line <= last; line++ {
			inText[line] = true
		}
		if last == n.Line {
			ends[last] = max(ends[last], s.End)
		}
	})
	var out []lineComment
	for line := step.Node.Line; line <= p.lastLine(step.Node); line++ {
		text := p.lineText(line)
		if end := ends[line]; end > 0 {
			_, comment, _ := strings.Cut(string(p.doc.Text.Bytes()[end:p.doc.Text.LineEnd(end)]), " #")
			text = strings.TrimSpace("#" + comment)
		}
		if strings.HasPrefix(text, "#") && text != "#" && !inText[line] && !versionComment().MatchString(text) {
			out = append(out, lineComment{line, text})
		}
	}
	return out
}

// inputComments divides the comments that the edit of the push step removes. A comment
// stays above the input that follows it, or above the input in its line. The result
// "others" contains the comments about parts of the step that the new step does not have.
func (p *pass) inputComments(step *flow.Step, kept func(input string) bool) (byInput map[string][]string, others []string) {
	byInput = map[string][]string{}
	with := flow.Value(step.Node, "with")
	for _, c := range p.stepComments(step) {
		if c.line != step.Uses.Value.Line && (c.line < with.Content[0].Line || c.line > p.lastLine(with)) {
			continue // The edit does not change this part of the step.
		}
		input := ""
		for _, pair := range slices.Backward(flow.Pairs(with)) {
			if c.line <= p.lastLine(pair.Value) && c.line != step.Uses.Value.Line {
				input = pair.Key.Value
			}
		}
		if kept(input) {
			byInput[input] = append(byInput[input], c.text)
		} else {
			others = append(others, c.text)
		}
	}
	return byInput, others
}

// commentsAbove returns the comments in the lines directly above a step. The result starts
// after the last inactive part of a workflow, because such a comment is not about the step.
func (p *pass) commentsAbove(step *flow.Step) []lineComment {
	var out []lineComment
	for line := step.Node.Line - 1; line >= 1; line-- {
		text := p.lineText(line)
		if !strings.HasPrefix(text, "#") || inactive().MatchString(text) {
			break
		}
		out = append(out, lineComment{line, text})
	}
	slices.Reverse(out)
	return out
}

// lineText returns the text of a line without the blanks at both ends.
func (p *pass) lineText(line int) string {
	f := p.doc.Text
	start := f.Offset(line, 1)
	return strings.TrimSpace(string(f.Bytes()[start:f.LineEnd(start)]))
}

// moveComments moves the comments of removed steps above the step that replaces them.
func (p *pass) moveComments(removed []*flow.Step, to *flow.Step) {
	f := p.doc.Text
	line := to.Node.Line
	if above := p.commentsAbove(to); len(above) > 0 {
		line = above[0].line
	}
	at, dash := f.Offset(line, 1), f.LineStart(f.Start(to.Node))
	indent, _, _ := strings.Cut(string(f.Bytes()[dash:f.Start(to.Node)]), "-")
	var text strings.Builder
	for _, step := range removed {
		for _, c := range slices.Concat(p.commentsAbove(step), p.stepComments(step)) {
			text.WriteString(indent + c.text + f.EOL(at))
		}
	}
	if text.Len() > 0 {
		p.insert(at, at, text.String())
	}
}
