package migrate

import (
	"regexp"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"
)

// aboutToken matches a comment about the kind of a token.
var aboutToken = regexp.MustCompile(`(?i)\bPAT\b|_PAT\b|personal access token|classic token|GITHUB_TOKEN`)

// reportComments reports the comments at a migrated login that are about its
// token. Such a comment can give the reason for a personal access token, or it is
// wrong after the edit.
func (p *pass) reportComments(l *login) {
	var found []string
	collect := func(n *yaml.Node) {
		for _, comment := range []string{n.HeadComment, n.LineComment} {
			text := strings.Join(strings.Fields(strings.ReplaceAll(comment, "#", " ")), " ")
			if aboutToken.MatchString(text) && !slices.Contains(found, text) {
				found = append(found, text)
			}
		}
	}
	if l.job.Key != nil {
		collect(l.job.Key)
	}
	if l.step != nil {
		everyNode(l.step.Node, collect)
	}
	for _, text := range found {
		p.reportNote(TokenComment, l.at, "A comment at this login is about its token: %q. If the comment gives a reason that is still valid, keep the personal access token. Otherwise, correct the comment.", cut(text))
	}
}

// everyNode calls visit for a node and all nodes below it.
func everyNode(n *yaml.Node, visit func(*yaml.Node)) {
	visit(n)
	for _, c := range n.Content {
		everyNode(c, visit)
	}
}

// maxComment is the maximum number of bytes of a comment in a message.
const maxComment = 200

func cut(text string) string {
	if len(text) <= maxComment {
		return text
	}
	return strings.ToValidUTF8(text[:maxComment], "") + "…"
}
