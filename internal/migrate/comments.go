package migrate

import (
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/ghcr-publish/ghcr-publish/internal/migrate/flow"
	"github.com/ghcr-publish/ghcr-publish/internal/safe/lazy"
)

// aboutToken matches a comment that names a kind of token.
var aboutToken = lazy.Regexp(`(?i)\bPATs?\b|_PAT\b|personal access token|classic token|GITHUB_TOKEN|github\.token`)

// reportComments reports comments about the token of a migrated login. Such a
// comment can give a reason for the personal access token, or it can be wrong
// after the edit. reportComments reads the comments before the first job,
// before the steps of the job, and in the step of the login.
func (p *pass) reportComments(l *login) {
	names := l.secretNames()
	about := func(text string) bool {
		return aboutToken().MatchString(text) || slices.ContainsFunc(names, func(name string) bool {
			return countWord(strings.ToUpper(text), strings.ToUpper(name)) > 0
		})
	}
	for _, c := range p.commentsAt(l) {
		if about(c.text) {
			p.reportNote(TokenComment, l.at, "The comment in line %d is about a token: %q. If the comment gives a reason that is still valid, keep the personal access token. Otherwise, correct the comment.", c.line, cut(c.text))
		}
	}
}

// secretNames returns the names of the secrets of a login, without the prefix
// "secrets.".
func (l *login) secretNames() []string {
	var out []string
	for _, c := range l.cases {
		for _, ref := range slices.Concat(c.secrets, c.usernameSecrets) {
			if name, ok := strings.CutPrefix(ref, "secrets."); ok && !slices.Contains(out, name) {
				out = append(out, name)
			}
		}
	}
	return out
}

// comment is a comment in a file. A comment has one or several lines.
type comment struct {
	line, last int // line and last are the numbers of the first and the last line of the comment.
	text       string
}

// commentsAt returns the comments that can be about a login. commentsAt reads
// the comments before the first job, before the steps of the job, and in the
// step.
func (p *pass) commentsAt(l *login) []comment {
	if p.comments == nil {
		p.comments = commentsIn(strings.Split(string(p.doc.Text.Bytes()), "\n"))
	}
	ranges := [][2]int{{1, p.doc.Root.Line}}
	if jobs := flow.Get(p.doc.Root, "jobs"); jobs != nil {
		ranges[0][1] = jobs.Key.Line
	}
	if l.job.Key != nil {
		last := p.lastLine(l.job.Node)
		if len(l.job.Steps) > 0 {
			last = min(last, l.job.Steps[0].Node.Line-1)
		}
		ranges = append(ranges, [2]int{l.job.Key.Line, last})
	}
	if l.step != nil {
		ranges = append(ranges, [2]int{l.step.Node.Line, p.lastLine(l.step.Node)})
	}
	var out []comment
	for _, c := range p.comments {
		if slices.ContainsFunc(ranges, func(r [2]int) bool { return c.last >= r[0]-1 && c.line <= r[1] }) {
			out = append(out, c)
		}
	}
	return out
}

// lastLine returns the number of the last line of a node.
func (p *pass) lastLine(n *yaml.Node) int {
	if last, ok := p.lastLines[n]; ok {
		return last
	}
	last := n.Line
	flow.Scalars(n, func(s *yaml.Node) {
		line := s.Line
		if s.Style&(yaml.LiteralStyle|yaml.FoldedStyle) != 0 {
			line += strings.Count(s.Value, "\n")
		}
		last = max(last, line)
	})
	p.lastLines[n] = last
	return last
}

// commentsIn returns the comments of a file. If consecutive lines contain only
// comments, they form one comment. The result is never nil.
func commentsIn(lines []string) []comment {
	out := []comment{}
	joins := false
	for i, line := range lines {
		trimmed := strings.TrimSpace(line)
		whole := strings.HasPrefix(trimmed, "#")
		_, text, found := strings.Cut(line, " #")
		if whole {
			text, found = strings.TrimLeft(trimmed, "#"), true
		}
		text = strings.Join(strings.Fields(text), " ")
		switch {
		case whole && joins:
			last := &out[len(out)-1]
			last.last, last.text = i+1, strings.TrimSpace(last.text+" "+text)
		case found:
			out = append(out, comment{i + 1, i + 1, text})
		}
		joins = whole
	}
	return out
}

// maxComment is the maximum number of bytes that a message shows of a comment.
const maxComment = 200

func cut(text string) string {
	if len(text) <= maxComment {
		return text
	}
	return strings.ToValidUTF8(text[:maxComment], "") + "…"
}
