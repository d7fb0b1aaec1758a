package migrate

import (
	"fmt"
	"slices"
	"strings"
)

// replaceUsernames replaces user names with github.actor. replaceUsernames does
// not replace a user name that another registry also uses. ghcr.io accepts any
// user name with GITHUB_TOKEN (docs/ghcr.md, Token endpoint).
func (p *pass) replaceUsernames(l *login, shared definitionUses) {
	if l.unknownShell.node != nil {
		p.reportNote(Username, l.unknownShell, "The user name of %s is not changed, because the shell of the script is unknown. With GITHUB_TOKEN, the registry accepts any user name.", l.what)
	}
	places, ok := p.pick(l, func(c loginCase) route { return c.username }, func(s stop) bool {
		return s.via.Context == "env" && !s.name && p.onlyFor(s.via.Name, s.node, l, shared)
	}, true)
	if !ok || len(places) == 0 {
		places, ok = p.pick(l, func(c loginCase) route { return c.username }, func(s stop) bool {
			return !s.name && s.via.Context != "env"
		}, false)
	}
	if !ok {
		return
	}
	for _, at := range places {
		if p.replace(at, "github.actor") {
			p.reportUsername(l, at)
		}
	}
}

// reportUsername reports the edit of a user name. The old user name can
// be an expression with a secret. reportUsername also records this secret.
func (p *pass) reportUsername(l *login, at place) {
	old := fmt.Sprintf("%q", strings.Trim(at.node.Value[at.from:at.to], `"'`))
	secret := false
	for _, c := range l.cases {
		if !slices.ContainsFunc(c.username, func(s stop) bool { return s.place == at }) {
			continue
		}
		for _, name := range c.usernameSecrets {
			p.recordReplacedSecret(l, name)
			old, secret = name, true
		}
	}
	text := "The user name of %s is %s. With GITHUB_TOKEN, the registry accepts any user name."
	if secret {
		text += " Therefore, the login needs no secret that contains a user name."
	}
	if at.actor == "" {
		p.reportEdit(Username, location{at.node, at.from}, text+" The edit writes ${{ github.actor }}, as GitHub's guide does.", l.what, old)
		return
	}
	p.reportEdit(Username, location{at.node, at.from}, text+" The edit writes %s, because an expression in a script could inject commands.", l.what, old, at.actor)
}
