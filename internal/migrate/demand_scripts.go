package migrate

import (
	"fmt"
	"slices"
	"strings"

	"github.com/ghcr-publish/ghcr-publish/internal/migrate/flow"
	"github.com/ghcr-publish/ghcr-publish/internal/migrate/shell"
	"github.com/ghcr-publish/ghcr-publish/internal/safe/lazy"
)

// The pattern "stores" matches the parts of a script that store a value for later
// steps.
var stores = lazy.Regexp(`GITHUB_(ENV|OUTPUT|STATE)|git config|git remote|gh auth|netrc|npmrc|pypirc|settings\.xml|config set`)

// storedBy returns the ways in which a script stores the token, so that later steps can
// read it.
func (p *pass) storedBy(step *flow.Step) possession {
	if step.Run == nil || !stores().MatchString(step.Run.Value.Value) {
		return possession{}
	}
	h := p.possessionOf(step)
	h.variables = nil // The script can store the token under another name.
	return h
}

// changesRepository matches the names of programs that often push commits or
// tags. Such programs can use the token that actions/checkout stores.
var changesRepository = lazy.Regexp(`(^|[/:_.-])(bump|release|changelog|changesets?|commit|gh-pages|gh-deploy|lerna|mkdocs|standard-version)([/:_.-]|$)`)

// mayPushCommits reports whether an unknown command could push commits with the token
// that actions/checkout stores.
func mayPushCommits(tool []string) bool {
	return slices.ContainsFunc(tool, func(word string) bool {
		return !strings.HasPrefix(word, "-") && changesRepository().MatchString(word)
	})
}

// scriptDemand adds the permissions that the commands of a script need. A
// command can read the token from its environment. A command can also use the
// token that actions/checkout stores for Git.
func (p *pass) scriptDemand(d *demand, step *flow.Step) {
	h := p.possessionOrStored(d, step)
	if !isShell(step) {
		p.record(d, h, p.stepName(step))
	}
	for _, c := range commandsOf(step.Run.Value.Value, dialectOf(step)) {
		p.commandDemand(d, step, c, h)
	}
}

// commandDemand adds the permissions that one command of a script needs. The argument "h"
// describes the token that the script gets.
func (p *pass) commandDemand(d *demand, step *flow.Step, c shell.Command, h possession) {
	tool := toolOf(c.Fields())
	if len(tool) == 0 || tool[0] == "gh" && h.onlyInherited() && p.hasOtherToken(step) {
		return // The command gh uses another token.
	}
	list, known := tokenUse(c.Fields())
	if !(d.otherCheckout && h.onlyInherited() && tool[0] == "git") { // With another checkout, Git uses other credentials.
		d.scopes.addList(list, strings.Join(tool[:min(len(tool), 2)], " "))
	}
	what := fmt.Sprintf("%s (%s)", p.stepName(step), tool[0])
	switch {
	case known && !p.passesOn(h, tool):
	case d.checkout && mayPushCommits(tool):
		d.opaque(what)
	default:
		p.record(d, h, what)
	}
}

// stepName returns the text that identifies a step in a message. For a step of a called
// file, the text contains the path of this file.
func (p *pass) stepName(step *flow.Step) string {
	if len(p.callers) == 0 {
		return stepName(step)
	}
	return stepName(step) + " of " + p.path
}

// printers lists commands that print their arguments. The next command of a pipe gets the
// text, so this command decides about the use of the token.
var printers = []string{"echo", "printf", "write-output", "write-host", "[", "[[", "test", "export", "gh", "git"}

// passesOn reports whether a known command passes the token to another machine or to a
// container, because its arguments contain the token.
func (p *pass) passesOn(h possession, tool []string) bool {
	if len(tool) == 0 || !h.any() || slices.Contains(printers, strings.ToLower(tool[0])) || slices.Contains(tool, "login") || commandScopes(tool[0], tool[1:]) != "" {
		return false
	}
	return slices.ContainsFunc(tool[1:], func(word string) bool {
		return mentionsToken(word) || slices.ContainsFunc(h.variables, func(name string) bool {
			return strings.Contains(word, "$"+name) || strings.Contains(word, "${"+name) || strings.Contains(word, "%"+name+"%") || strings.Contains(word, "$env:"+name)
		})
	})
}

// isShell reports whether a shell runs the script of a step. The commands of another
// program are unknown.
func isShell(step *flow.Step) bool {
	name, _ := step.Shell()
	program, _, _ := strings.Cut(strings.TrimSpace(name), " ")
	program = strings.TrimSuffix(strings.ToLower(program[strings.LastIndexAny(program, `/\`)+1:]), ".exe")
	return slices.Contains([]string{"", "bash", "sh", "dash", "zsh", "ksh", "ash", "pwsh", "powershell", "cmd"}, program)
}

// hasOtherToken reports whether the command gh uses another token than
// GITHUB_TOKEN in this step.
func (p *pass) hasOtherToken(step *flow.Step) bool {
	for _, name := range []string{"GH_TOKEN", "GITHUB_TOKEN"} {
		if found, ok := p.scope(step.Job, step, nil).Env(name); ok {
			names := leaves(p.eval(found.Text, step.Job, step, nil))
			return len(names) > 0 && !slices.ContainsFunc(names, isToken)
		}
	}
	return false
}
