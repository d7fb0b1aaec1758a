package migrate

import (
	"fmt"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/ghcr-publish/ghcr-publish/internal/migrate/flow"
	"github.com/ghcr-publish/ghcr-publish/internal/migrate/shell"
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
	// stored is true if a script stores the token for later steps. checkout is
	// true if actions/checkout stores the token for Git.
	stored, checkout bool
}

func (d *demand) merge(other demand) {
	d.scopes.merge(other.scopes)
	d.opaque(other.unknown...)
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
	return demand{scopes: d.scopes.clone(), unknown: d.unknown}
}

func (p *pass) readDemand(job *flow.Job) demand {
	d := demand{scopes: scopes{}, stored: slices.ContainsFunc(job.Steps, p.storesToken), checkout: slices.ContainsFunc(job.Steps, storesCredentials)}
	for _, step := range job.Steps {
		switch {
		case step.Run != nil:
			p.scriptDemand(&d, step)
		case step.Uses != nil:
			p.actionDemand(&d, step)
		}
	}
	if job.Uses != nil {
		d.merge(p.tree.lib.workflow(p, job).demand)
	}
	return d
}

// harmlessName matches the names of actions that install a tool or cache files.
// These actions use their default token only to download public files.
var harmlessName = lazy.Regexp(`(^|[/_-])(setup|install|installer|cache|toolchain|free-disk-space)([/_-]|$)`)

func (p *pass) actionDemand(d *demand, step *flow.Step) {
	name := actionName(step)
	if isLocalAction(name) {
		d.merge(p.tree.lib.action(p, step).demand)
		return
	}
	action := knownActions[name]
	_, logsIn := loginActions[name]
	switch {
	case name == "actions/github-script" && usesAPI(step.Input("script")) && p.hasOwnToken(step, "github-token"):
		d.scopes.add("contents", read, "")
		d.opaque(stepTitle(step))
	case name == dockerBuild && p.passesTokenToBuild(step):
		d.scopes.add("contents", read, "")
		d.opaque(fmt.Sprintf("the Dockerfile of %s", name))
	case action.listed:
		d.scopes.addList(action.scopes, name)
	case p.receivesToken(step):
		d.scopes.add("contents", read, "")
		d.opaque(name)
	default:
		d.scopes.add("contents", read, "")
		if !logsIn && !harmlessName().MatchString(name) && !strings.HasPrefix(name, "docker://") {
			d.opaque(name) // The token can be the default value of an input.
		}
	}
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

// apiCall matches code in a script of actions/github-script that can call
// GitHub's API.
var apiCall = lazy.Regexp(`\bgithub\.[a-z]|\brequire\(|\bimport\(|\boctokit\b|\bexec\.`)

func usesAPI(script string) bool {
	return apiCall().MatchString(strings.ReplaceAll(script, "${{ github.", "${{ "))
}

// hasOwnToken reports whether an input of a step contains GITHUB_TOKEN. An
// empty input contains GITHUB_TOKEN by default.
func (p *pass) hasOwnToken(step *flow.Step, input string) bool {
	value := step.Input(input)
	return value == "" || mentionsToken(value)
}

// passesTokenToBuild reports whether a build receives the token as a build
// argument or a build secret. passesTokenToBuild ignores the secret
// GIT_AUTH_TOKEN, because BuildKit uses this secret only to read the
// repository.
func (p *pass) passesTokenToBuild(step *flow.Step) bool {
	for _, input := range []string{"build-args", "secrets", "secret-envs"} {
		for line := range strings.Lines(step.Input(input)) {
			if mentionsToken(line) && !strings.HasPrefix(strings.TrimSpace(line), "GIT_AUTH_TOKEN") {
				return true
			}
		}
	}
	return false
}

// receivesToken reports whether an action receives GITHUB_TOKEN in an input or
// in an environment variable. receivesToken ignores the passwords of logins to
// a registry.
func (p *pass) receivesToken(step *flow.Step) bool {
	found := false
	for _, place := range []*yaml.Node{step.With, step.Env} {
		flow.Scalars(place, func(n *yaml.Node) {
			found = found || mentionsToken(n.Value) && len(p.loginPlaces[n]) == 0
		})
	}
	return found
}

// scriptReceivesToken reports whether a script can read GITHUB_TOKEN. The token
// can be in an environment variable of the step, the job or the workflow, or in
// the text of the script. The password of a login command does not count.
func (p *pass) scriptReceivesToken(step *flow.Step) bool {
	found := p.namesToken(step)
	for _, holder := range []*yaml.Node{step.Node, step.Job.Node, p.doc.Root} {
		if env := flow.Get(holder, "env"); env != nil {
			flow.Scalars(env.Value, func(n *yaml.Node) { found = found || mentionsToken(n.Value) })
		}
	}
	return found
}

// namesToken reports whether a script contains the token in another place than
// the password of a login.
func (p *pass) namesToken(step *flow.Step) bool {
	return countTokens(step.Run.Value.Value) > len(p.loginPlaces[step.Run.Value])
}

// The pattern "stores" matches the parts of a script that store a value for later
// steps.
var stores = lazy.Regexp(`GITHUB_(ENV|OUTPUT|STATE)|git config|git remote|gh auth|netrc|npmrc|pypirc|settings\.xml|config set`)

// storesToken reports whether a script stores the token, so that the scripts of later
// steps can read it.
func (p *pass) storesToken(step *flow.Step) bool {
	if step.Run == nil || !stores().MatchString(step.Run.Value.Value) {
		return false
	}
	inEnv := false
	flow.Scalars(step.Env, func(n *yaml.Node) { inEnv = inEnv || mentionsToken(n.Value) })
	return inEnv || p.namesToken(step)
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

var tokenText = lazy.Regexp(`(?i)\bsecrets\.github_token\b|\bgithub\.token\b|\b(secrets|github)\[ *'(github_)?token' *\]|tojson\( *(secrets|github) *\)`)

func mentionsToken(text string) bool { return tokenText().MatchString(text) }

func countTokens(text string) int { return len(tokenText().FindAllString(text, -1)) }

// scriptDemand adds the permissions that the commands of a script need. A
// command can read the token from its environment. A command can also use the
// token that actions/checkout stores for Git.
func (p *pass) scriptDemand(d *demand, step *flow.Step) {
	received := d.stored || p.scriptReceivesToken(step)
	if received && dialectOf(step) == shell.None {
		d.opaque(stepName(step))
	}
	for _, c := range commandsOf(step.Run.Value.Value, dialectOf(step)) {
		list, known := tokenUse(c.Fields())
		tool := toolOf(c.Fields())
		if len(tool) > 0 && tool[0] == "gh" && !received && p.hasOtherToken(step) {
			continue // The command gh uses another token.
		}
		if list != "" {
			d.scopes.addList(list, strings.Join(tool[:min(len(tool), 2)], " "))
		}
		if !known && (received || d.checkout && mayPushCommits(tool)) {
			d.opaque(fmt.Sprintf("%s (%s)", stepName(step), tool[0]))
		}
	}
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
		return true
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
