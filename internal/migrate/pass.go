package migrate

import (
	"fmt"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/ghcr-publish/ghcr-publish/internal/migrate/expr"
	"github.com/ghcr-publish/ghcr-publish/internal/migrate/flow"
	"github.com/ghcr-publish/ghcr-publish/internal/migrate/text"
)

// pass contains all data about the migration of one file.
type pass struct {
	tree *tree
	path string
	doc  *flow.Document
	opts Options
	// callers lists the files whose calls led to this file. The list is used to
	// detect circular calls.
	callers []string

	logins        []*login
	findings      []Finding
	images        []Image
	unnamed       []*flow.Job        // unnamed lists the migrated jobs whose packages are unknown.
	finderImages  map[*flow.Job]bool // finderImages contains the jobs whose images a finder recorded.
	edits         text.Edits
	needs         map[*flow.Job]*need
	sinks         map[string]sink
	loginInputs   map[string]bool        // loginInputs contains the inputs that the file uses only as passwords of logins.
	registryJobs  map[*flow.Job]bool     // registryJobs contains the jobs that log in to the registry with any credential.
	loginTools    map[*flow.Job][]string // loginTools lists the actions and commands that log in to the registry in each job.
	tokenLogins   map[*flow.Step]bool    // tokenLogins contains the steps that log in to the registry with GITHUB_TOKEN.
	migratedSteps map[*flow.Step]bool    // migratedSteps contains the steps whose login was migrated.
	// replaced maps each replaced secret to the position of a login that used
	// the secret.
	replaced map[string]location
	// For each node that contains passwords of logins, loginPlaces lists the places of
	// these passwords. loginPlaces contains the logins to all registries.
	loginPlaces map[*yaml.Node][]place

	replacedAliases map[*yaml.Node]int // the number of edited aliases by the node to which they refer

	// The following fields are caches.
	scalars        map[*yaml.Node]*text.Scalar
	flowNodes      map[*yaml.Node]bool
	mentionCounts  map[mention]int
	programReaders map[*yaml.Node]bool // by the node below which the steps are
	trafficByJob   map[*flow.Job]traffic
	demandByJob    map[*flow.Job]demand
	lastLines      map[*yaml.Node]int
	comments       []comment
	conditions     map[*flow.Job][]condition
	pullsReported  map[*flow.Job]bool
	memo           map[string]*summary
	// incomplete is true if some effects of the file are unknown, because files
	// call each other in a circle.
	incomplete bool
	// budget is the remaining work for this file, in the units of maxCost.
	budget int
}

// maxCost is the maximum work on one file. One unit of work takes a few
// nanoseconds. Without this limit, the evaluation of variables in large
// matrices could take hours. Files of real projects need much less work.
const maxCost = 50_000_000

// spend subtracts n from the budget and reports whether the budget is still
// positive. If the budget is not positive, the pass omits further lookups, and
// Scan skips the file.
func (p *pass) spend(n int) bool {
	p.budget -= n
	return p.budget > 0
}

func newPass(t *tree, path string, doc *flow.Document, opts Options) *pass {
	return &pass{
		tree: t, path: path, doc: doc, opts: opts,
		needs: map[*flow.Job]*need{}, sinks: map[string]sink{}, replaced: map[string]location{},
		registryJobs: map[*flow.Job]bool{}, loginTools: map[*flow.Job][]string{}, migratedSteps: map[*flow.Step]bool{}, tokenLogins: map[*flow.Step]bool{}, scalars: map[*yaml.Node]*text.Scalar{}, mentionCounts: map[mention]int{}, programReaders: map[*yaml.Node]bool{}, replacedAliases: map[*yaml.Node]int{}, trafficByJob: map[*flow.Job]traffic{}, demandByJob: map[*flow.Job]demand{}, lastLines: map[*yaml.Node]int{}, conditions: map[*flow.Job][]condition{}, pullsReported: map[*flow.Job]bool{},
		memo: map[string]*summary{}, finderImages: map[*flow.Job]bool{}, loginPlaces: map[*yaml.Node][]place{}, budget: maxCost,
	}
}

// run executes the migration of the file. The method "run" finds logins, decides which
// logins change, adds permissions, merges steps, and reports the secrets that are still
// used.
func (p *pass) run() {
	for _, find := range finders {
		find(p)
	}
	p.decideLogins()
	p.followCalls()
	p.listImages()
	p.grant()
	p.mergeSteps()
	p.replaceCleanups()
	p.reportPassedSecrets()
	p.reportRemainingUses()
}

// token returns the expression that replaces a personal access token in this
// file.
func (p *pass) token() string {
	if p.doc.Action {
		return "github.token"
	}
	return p.opts.Token
}

// eval evaluates a text of a step. If the argument "step" is nil, the text belongs to the
// job.
func (p *pass) eval(text string, job *flow.Job, step *flow.Step, combo flow.Combo) expr.Value {
	p.spend(100 + len(text))
	return expr.Eval(text, p.lookup(p.scope(job, step, combo)))
}

// lookup returns the function that resolves references in a scope. The budget
// limits the number of calls of this function.
func (p *pass) lookup(scope flow.Scope) expr.Lookup {
	return func(path []string) (expr.Found, bool) {
		if !p.spend(500) {
			return expr.Found{}, false
		}
		return scope.Lookup(path)
	}
}

func (p *pass) scope(job *flow.Job, step *flow.Step, combo flow.Combo) flow.Scope {
	return flow.Scope{Repository: p.tree.repo, Job: job, Step: step, Combo: combo}
}

// steps calls the function "visit" once for each step of all jobs.
func (p *pass) steps(visit func(*flow.Step)) {
	for _, job := range p.doc.Jobs {
		for _, step := range job.Steps {
			visit(step)
		}
	}
}

// location is the position of a finding. The position is a YAML node, or one
// byte in the value of the node.
type location struct {
	node *yaml.Node
	from int // from is the offset of the byte.
}

func locationOf(n *yaml.Node) location { return location{node: n} }

// report records a finding. The method "report" ignores a finding that has the same
// text and position as another finding, because a YAML alias of a step repeats each
// finding.
func (p *pass) report(state State, code Code, at location, text, hint string) {
	f := Finding{File: p.tree.display(p.path), Code: code, State: state, Text: sentence(text), Hint: hint}
	f.Line, f.Column, f.EndLine = p.position(at)
	if !slices.Contains(p.findings, f) {
		p.findings = append(p.findings, f)
	}
}

func (p *pass) position(at location) (line, column, end int) {
	n := at.node
	line, column, end = n.Line, n.Column, n.Line
	s, err := p.scalar(n)
	if err != nil || s.End <= s.Start {
		return line, column, end
	}
	if start, _, ok := s.Span(at.from, at.from+1); ok && at.from > 0 || n.Style&(yaml.LiteralStyle|yaml.FoldedStyle) != 0 && ok {
		line, column = p.doc.Text.Position(start)
		return line, column, line
	}
	end, _ = p.doc.Text.Position(s.End - 1)
	return line, column, end
}

// sentence replaces "the" at the beginning of a text by "The". The function "sentence"
// changes no other word, because a name of an action, a command or a secret must keep
// its case.
func sentence(text string) string {
	if rest, ok := strings.CutPrefix(text, "the "); ok {
		return "The " + rest
	}
	return text
}

func (p *pass) reportRemaining(code Code, at location, hint, format string, args ...any) {
	p.report(Remaining, code, at, fmt.Sprintf(format, args...), hint)
}

func (p *pass) reportNote(code Code, at location, format string, args ...any) {
	p.report(Note, code, at, fmt.Sprintf(format, args...), "")
}

func (p *pass) reportEdit(code Code, at location, format string, args ...any) {
	p.report(WouldChange, code, at, fmt.Sprintf(format, args...), "")
}

// scalar locates a YAML scalar in the source and caches the result.
func (p *pass) scalar(n *yaml.Node) (*text.Scalar, error) {
	if s, ok := p.scalars[n]; ok && s != nil {
		return s, nil
	}
	s, err := p.doc.Text.Scalar(n)
	if err == nil {
		p.scalars[n] = s
	}
	return s, err
}

// inFlow reports whether a node is inside a YAML flow collection. In a flow
// collection, a scalar without quotes must not contain braces (YAML 1.2,
// section 7.3.3).
func (p *pass) inFlow(n *yaml.Node) bool {
	if p.flowNodes == nil {
		p.flowNodes = map[*yaml.Node]bool{}
		p.markFlow(p.doc.Root, false)
	}
	return p.flowNodes[n]
}

func (p *pass) markFlow(n *yaml.Node, inside bool) {
	if inside {
		p.flowNodes[n] = true
	}
	inside = inside || n.Style&yaml.FlowStyle != 0
	for _, c := range n.Content {
		p.markFlow(c, inside)
	}
}
