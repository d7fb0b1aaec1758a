package migrate

import (
	"fmt"
	"slices"
	"strings"

	"github.com/ghcr-publish/ghcr-publish/internal/migrate/flow"
	"github.com/ghcr-publish/ghcr-publish/internal/safe/lazy"
)

// demand describes the permissions of GITHUB_TOKEN that the steps of a job need.
type demand struct {
	scopes scopes
	// unknown lists the steps that receive the token and use it in an unknown
	// way. If the list "unknown" is not empty, the job keeps its permissions. A new
	// permissions block could remove a scope that such a step needs, or add a scope
	// that the step did not have.
	unknown []string
	// bySupplied maps an input or a secret of the file to the steps that use it in an
	// unknown way. If a caller passes the token as this input or secret, the caller adds
	// these steps to the list "unknown".
	bySupplied map[string][]string
	// stored describes the token that a script stores for later steps. checkout is true if
	// actions/checkout stores the token for Git.
	stored   possession
	checkout bool
}

func (d *demand) merge(other demand) {
	d.scopes.merge(other.scopes)
	d.opaque(other.unknown...)
}

// mergeSupplied adds the steps of another job of the same file that use an input or a
// secret in an unknown way.
func (d *demand) mergeSupplied(other demand) {
	for name, steps := range other.bySupplied {
		for _, step := range steps {
			d.addSupplied(name, step)
		}
	}
}

func (d *demand) addSupplied(name, step string) {
	if d.bySupplied == nil {
		d.bySupplied = map[string][]string{}
	}
	if !slices.Contains(d.bySupplied[name], step) {
		d.bySupplied[name] = append(d.bySupplied[name], step)
	}
}

// opaque records that the use of the token by some steps is unknown.
func (d *demand) opaque(steps ...string) {
	for _, step := range steps {
		if !slices.Contains(d.unknown, step) {
			d.unknown = append(d.unknown, step)
		}
	}
}

// demand returns the permissions that a job with default permissions needs. The method
// "demand" reads actions.txt and the commands in the scripts of the job.
func (p *pass) demand(job *flow.Job) demand {
	d, ok := p.demandByJob[job]
	if !ok {
		d = p.readDemand(job)
		p.demandByJob[job] = d
	}
	return demand{scopes: d.scopes.clone(), unknown: slices.Clone(d.unknown), bySupplied: d.bySupplied}
}

func (p *pass) readDemand(job *flow.Job) demand {
	d := demand{scopes: scopes{}, checkout: slices.ContainsFunc(job.Steps, storesCredentials)}
	for _, step := range job.Steps {
		d.stored.merge(p.storedBy(step))
	}
	for _, step := range job.Steps {
		switch {
		case step.Run != nil:
			p.scriptDemand(&d, step)
		case step.Uses != nil:
			p.actionDemand(&d, step)
		}
	}
	if job.Uses != nil {
		called := p.tree.lib.workflow(p, job).demand
		d.merge(called)
		p.supplyWorkflow(&d, job, called)
	}
	p.possessionOutside(&d, job)
	for _, name := range sortedKeys(d.bySupplied) {
		if secret, ok := strings.CutPrefix(name, "secrets."); ok && !p.doc.Action && p.someCallerPassesToken(secret) {
			d.opaque(d.bySupplied[name]...)
		}
	}
	return d
}

// harmlessName matches the names of actions that install a tool or cache files.
// These actions use their default token only to download public files.
var harmlessName = lazy.Regexp(`(^|[/_-])(setup|install|installer|cache|toolchain|free-disk-space)([/_-]|$)`)

func (p *pass) actionDemand(d *demand, step *flow.Step) {
	name := actionName(step)
	action, h := knownActions[name], p.possessionOrStored(d, step)
	_, logsIn := loginActions[name]
	switch {
	case isLocalAction(name):
		called := p.tree.lib.action(p, step).demand
		d.merge(called)
		p.supplyAction(d, step, called)
		return
	case name == "actions/github-script":
		p.apiDemand(d, step, h)
	case action.listed && (action.push || action.runs):
		p.record(d, p.programPossession(d, step, action), stepTitle(step))
	case action.listed:
	case h.any():
		p.record(d, h, name)
	case !logsIn && !harmlessName().MatchString(name) && !strings.HasPrefix(name, "docker://"):
		d.opaque(name) // The token can be the default value of an input.
	}
	if !action.listed {
		d.scopes.add("contents", read, "")
	}
	d.scopes.addList(action.scopes, name)
}

// apiDemand records a step of actions/github-script whose script can call GitHub's API.
func (p *pass) apiDemand(d *demand, step *flow.Step, h possession) {
	if !usesAPI(step.Input("script")) {
		return
	}
	if value := step.Input("github-token"); value == "" {
		h.token = true // An empty input contains GITHUB_TOKEN by default.
	}
	p.record(d, h, stepTitle(step))
}

// ownInputs lists the inputs that contain the token for the action itself.
var ownInputs = []string{"github-token", "github_token", "gitHubToken", "token"}

// programPossession returns the ways in which an action passes the token to a program of
// the repository. An action that builds an image passes the values of its inputs to the
// Dockerfile, and the variables that its inputs name. An action that runs commands passes
// all variables. programPossession ignores the secret GIT_AUTH_TOKEN, because BuildKit
// uses this secret only to read the repository.
func (p *pass) programPossession(d *demand, step *flow.Step, action action) possession {
	environment := p.environment(step)
	environment.merge(d.stored)
	var h possession
	if action.runs {
		h.merge(environment)
	}
	for _, pair := range flow.Pairs(step.With) {
		if slices.Contains(ownInputs, pair.Key.Value) || len(p.loginPlaces[pair.Value]) > 0 {
			continue
		}
		for line := range strings.Lines(flow.Text(pair.Value)) {
			if strings.HasPrefix(strings.TrimSpace(line), "GIT_AUTH_TOKEN") {
				continue
			}
			h.merge(p.possessionIn(line, step.Job, step))
			named := slices.ContainsFunc(environment.variables, func(name string) bool { return countWord(line, name) > 0 })
			if named || pair.Key.Value == "secret-envs" && d.stored.any() {
				h.merge(environment)
			}
		}
	}
	return h
}

// stepTitle returns the name of the action that a step uses. If the step has a name, the
// result also contains this name.
func stepTitle(step *flow.Step) string {
	if name := flow.Text(valueOf(step, "name")); name != "" {
		return fmt.Sprintf("%s (%s)", actionName(step), name)
	}
	return actionName(step)
}

func isLocalAction(name string) bool {
	return strings.HasPrefix(name, "./") || strings.HasPrefix(name, "$/")
}

// apiCall matches code in a script of actions/github-script that can call GitHub's API or
// start a program.
var apiCall = lazy.Regexp(`\bgithub\b|\brequire\b|\bimport\b|\boctokit\b|\bexec\b|\bfetch\b|\bprocess\b|\bgetInput\b|\$\{\{ *inputs\b`)

// workflowExpression matches an expression that the runner replaces before the script runs.
var workflowExpression = lazy.Regexp(`\$\{\{ *github\.[^}]*\}\}`)

func usesAPI(script string) bool {
	return apiCall().MatchString(workflowExpression().ReplaceAllString(script, ""))
}

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
var changesRepository = lazy.Regexp(`(^|[/:_.-])(bump|release|changelog|commit|gh-pages)([/:_.-]|$)`)

// storesCredentials reports whether a step stores the token for Git.
func storesCredentials(step *flow.Step) bool {
	return actionName(step) == "actions/checkout" && step.Input("persist-credentials") != "false"
}

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
		list, known := tokenUse(c.Fields())
		tool := toolOf(c.Fields())
		if len(tool) > 0 && tool[0] == "gh" && h.onlyInherited() && p.hasOtherToken(step) {
			continue // The command gh uses another token.
		}
		if list != "" {
			d.scopes.addList(list, strings.Join(tool[:min(len(tool), 2)], " "))
		}
		if known && !p.passesOn(h, tool) {
			continue
		}
		what := fmt.Sprintf("%s (%s)", p.stepName(step), tool[0])
		if d.checkout && mayPushCommits(tool) {
			d.opaque(what)
			continue
		}
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

// candidates maps words in the names of steps to scopes that such steps often
// need.
var candidates = []struct{ word, scope string }{
	{"comment", "issues: write"}, {"comment", "pull-requests: write"}, {"issue", "issues: write"}, {"reaction", "issues: write"},
	{"pull", "pull-requests: write"}, {"-pr", "pull-requests: write"}, {"review", "pull-requests: write"}, {"danger", "pull-requests: write"},
	{"check", "checks: write"}, {"test", "checks: write"}, {"report", "checks: write"}, {"status", "statuses: write"},
	{"release", "contents: write"}, {"tag", "contents: write"}, {"commit", "contents: write"}, {"publish", "contents: write"}, {"push", "contents: write"},
	{"deploy", "deployments: write"}, {"pages", "pages: write"}, {"sarif", "security-events: write"}, {"scan", "security-events: write"}, {"security", "security-events: write"},
	{"dispatch", "actions: write"}, {"workflow", "actions: write"}, {"attest", "attestations: write"},
}

// candidateScopes returns the scopes that steps with the given names often
// need.
func candidateScopes(steps []string) []string {
	var out []string
	text := strings.ToLower(strings.Join(steps, " "))
	for _, c := range candidates {
		if strings.Contains(text, c.word) && !slices.Contains(out, c.scope) {
			out = append(out, c.scope)
		}
	}
	return out
}

// unknownHint returns the hint for a job with steps whose use of the token is
// unknown.
func unknownHint(d demand, packages level) string {
	s := d.scopes.clone()
	s.add("packages", packages, "")
	examples := ""
	if c := candidateScopes(d.unknown); len(c) > 0 {
		examples = fmt.Sprintf(" (perhaps %s)", strings.Join(c, ", "))
	}
	return fmt.Sprintf("Add permissions: {%s} to the job, and add the scopes that %s%s. Then run migrate again.", s.inline(), needsOf(d.unknown), examples)
}

// blockMissing reports whether the job has no permissions block and would get
// one if a login of the job is migrated.
func (p *pass) blockMissing(job *flow.Job) bool {
	return !p.doc.Action && job.Permissions == nil && p.doc.Permissions == nil && (!p.doc.Callable || p.doc.Direct)
}

// permissionsKnown reports whether the job of a login can get the permissions that
// its steps need. If the use of the token by a step is unknown, permissionsKnown
// reports a finding and returns false.
func (p *pass) permissionsKnown(l *login) bool {
	if !p.blockMissing(l.job) {
		return p.callersCanGrant(l)
	}
	d := p.demand(l.job)
	if len(d.unknown) == 0 {
		return true
	}
	p.reportRemaining(Permissions, l.at, unknownHint(d, p.levelOf(l)),
		"%s uses %s. The login is not changed, because it is unknown which permissions %s. The job %q has no permissions block, and a new block removes each scope that it does not name.",
		l.what, l.credentialText(), needsOf(d.unknown), l.job.ID)
	return false
}

// callersCanGrant reports whether the callers of a workflow can grant the permission that
// a login needs. A calling job without a permissions block would get a block with all
// scopes of the called jobs. If one of these scopes is unknown, callersCanGrant reports a
// finding and returns false.
func (p *pass) callersCanGrant(l *login) bool {
	if p.doc.Action || p.doc.Direct || l.job.Permissions != nil || p.doc.Permissions != nil {
		return true
	}
	caller := p.tree.lib.calledWithoutBlock(p.path, 0)
	if caller == "" {
		return true
	}
	d := demand{scopes: scopes{}}
	for _, job := range p.doc.Jobs {
		d.merge(p.jobDemand(job))
	}
	if len(d.unknown) == 0 {
		return true
	}
	p.reportRemaining(Permissions, l.at, strings.Replace(unknownHint(d, p.levelOf(l)), "to the job", "to the calling job in "+caller, 1),
		"%s uses %s. The login is not changed, because it is unknown which permissions %s. The calling job in %s has no permissions block, and a new block removes each scope that it does not name.",
		l.what, l.credentialText(), needsOf(d.unknown), caller)
	return false
}

func needsOf(steps []string) string {
	if len(steps) == 1 {
		return steps[0] + " needs"
	}
	return list(steps) + " need"
}

// credentialText names the credential of a login in a message.
func (l *login) credentialText() string {
	var names []string
	for _, c := range l.cases {
		for _, name := range c.secrets {
			if !isToken(name) && !slices.Contains(names, name) {
				names = append(names, name)
			}
		}
	}
	if len(names) == 0 {
		return "a token in plain text"
	}
	return strings.Join(names, " or ")
}
