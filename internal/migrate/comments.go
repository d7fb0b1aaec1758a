package migrate

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/ghcr-publish/ghcr-publish/internal/migrate/flow"
)

// aboutToken matches a comment about the kind of a token.
var aboutToken = regexp.MustCompile(`(?i)\bPATs?\b|_PAT\b|personal access token|classic token|GITHUB_TOKEN|github\.token`)

// reportComments reports the comments about the token of a migrated login: at the
// head of the file, at the head of the job, and at the login. Such a comment can give
// the reason for a personal access token, or it is wrong after the edit.
func (p *pass) reportComments(l *login) {
	about := func(text string) bool {
		return aboutToken.MatchString(text) || slices.ContainsFunc(l.secretNames(), func(name string) bool { return countName(text, name) })
	}
	for _, c := range p.commentsAt(l) {
		if about(c.text) {
			p.reportNote(TokenComment, l.at, "The comment in line %d is about a token: %q. If the comment gives a reason that is still valid, keep the personal access token. Otherwise, correct the comment.", c.line, cut(c.text))
		}
	}
}

// secretNames returns the names of the secrets of a login, without their context.
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

func countName(text, name string) bool {
	return regexp.MustCompile(`(?i)\b` + regexp.QuoteMeta(name) + `\b`).MatchString(text)
}

// comment is a comment of one or several lines.
type comment struct {
	line int // the first line
	text string
}

// commentsAt returns the comments of the lines that belong to a login.
func (p *pass) commentsAt(l *login) []comment {
	lines := strings.Split(string(p.doc.Text.Bytes()), "\n")
	wanted := map[int]bool{}
	add := func(from, to int) {
		for ; from > 1 && isComment(lines, from-1); from-- {
		}
		for line := from; line <= to; line++ {
			wanted[line] = true
		}
	}
	if jobs := flow.Get(p.doc.Root, "jobs"); jobs != nil {
		add(1, jobs.Key.Line)
	} else {
		add(1, p.doc.Root.Line)
	}
	if l.job.Key != nil {
		first := lastLine(l.job.Node)
		if len(l.job.Steps) > 0 {
			first = min(first, l.job.Steps[0].Node.Line-1)
		}
		add(l.job.Key.Line, first)
	}
	if l.step != nil {
		add(l.step.Node.Line, lastLine(l.step.Node))
	}
	return commentsIn(lines, wanted)
}

// lastLine returns the number of the last line of a node.
func lastLine(n *yaml.Node) int {
	last := n.Line
	flow.Scalars(n, func(s *yaml.Node) {
		line := s.Line
		if s.Style&(yaml.LiteralStyle|yaml.FoldedStyle) != 0 {
			line += strings.Count(s.Value, "\n")
		}
		last = max(last, line)
	})
	return last
}

func isComment(lines []string, number int) bool {
	return number >= 1 && number <= len(lines) && strings.HasPrefix(strings.TrimSpace(lines[number-1]), "#")
}

// commentsIn returns the comments of the wanted lines. Consecutive lines that contain
// only a comment are one comment.
func commentsIn(lines []string, wanted map[int]bool) []comment {
	var out []comment
	joins := false
	for i, line := range lines {
		number := i + 1
		text, found := "", false
		switch _, after, ok := strings.Cut(line, " #"); {
		case !wanted[number]:
		case isComment(lines, number):
			text, found = strings.TrimLeft(strings.TrimSpace(line), "#"), true
		case ok:
			text, found = after, true
		}
		text = strings.Join(strings.Fields(text), " ")
		switch {
		case found && joins && isComment(lines, number):
			out[len(out)-1].text = strings.TrimSpace(out[len(out)-1].text + " " + text)
		case found:
			out = append(out, comment{number, text})
		}
		joins = found && isComment(lines, number)
	}
	return out
}

// maxComment is the maximum number of bytes of a comment in a message.
const maxComment = 200

func cut(text string) string {
	if len(text) <= maxComment {
		return text
	}
	return fmt.Sprint(strings.ToValidUTF8(text[:maxComment], ""), "…")
}
