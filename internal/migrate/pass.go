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

// pass is the work on one file.
type pass struct {
	tree *tree
	path string
	doc  *flow.Document
	opts Options
	// callers are the files this one is looked at for, against loops.
	callers []string

	logins   []*login
	findings []Finding
	images   []Image
	edits    text.Edits
	needs    map[*flow.Job]*need
	sinks    map[string]sink
	ours     map[*flow.Job]bool  // jobs that log in to the registry in any way
	settled  map[*flow.Step]bool // steps whose login was migrated
	// replaced are the secrets that made way for the token.
	replaced map[string]mark
	// loginPlaces hold the password of a login to any registry.
	loginPlaces map[*yaml.Node]bool

	// What is worked out once.
	scalars   map[*yaml.Node]*text.Scalar
	flowing   map[*yaml.Node]bool
	mentioned map[mention]int
	moved     map[*flow.Job]traffic
	memo      map[string]*summary
	// cut: a circle of calls left something out of sight.
	cut bool
	// budget is what this file may still cost.
	budget int
}

// maxCost bounds the work on one file, in steps of some nanoseconds: variables
// in large matrices could otherwise take hours. Real files stay far below it.
const maxCost = 50_000_000

// spend takes n off the budget. The work goes on with less insight when it is
// used up, and the file is skipped in the end.
func (p *pass) spend(n int) bool {
	p.budget -= n
	return p.budget > 0
}

func newPass(t *tree, path string, doc *flow.Document, opts Options) *pass {
	return &pass{
		tree: t, path: path, doc: doc, opts: opts,
		needs: map[*flow.Job]*need{}, sinks: map[string]sink{}, replaced: map[string]mark{},
		ours: map[*flow.Job]bool{}, settled: map[*flow.Step]bool{}, scalars: map[*yaml.Node]*text.Scalar{}, mentioned: map[mention]int{}, moved: map[*flow.Job]traffic{},
		memo: map[string]*summary{}, loginPlaces: map[*yaml.Node]bool{}, budget: maxCost,
	}
}

// run is the table of contents: find, decide, grant, fold, tell.
func (p *pass) run() {
	for _, find := range finders {
		find(p)
	}
	p.settle()
	p.followCalls()
	p.listImages()
	p.grant()
	p.fold()
	p.remarkHandedOver()
	p.remarkUses()
}

// token is the expression that replaces a personal access token here.
func (p *pass) token() string {
	if p.doc.Action {
		return "github.token"
	}
	return p.opts.Token
}

// eval evaluates text as it is seen from step (nil: from the job).
func (p *pass) eval(text string, job *flow.Job, step *flow.Step, combo flow.Combo) expr.Value {
	p.spend(100 + len(text))
	return expr.Eval(text, p.lookup(p.scope(job, step, combo)))
}

// lookup is the scope's, within the budget.
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

// steps calls visit for every step of every job, each node once: aliased steps
// are seen as the job that holds the anchor sees them.
func (p *pass) steps(visit func(*flow.Step)) {
	for _, job := range p.doc.Jobs {
		for _, step := range job.Steps {
			visit(step)
		}
	}
}

// mark is where a finding points: a node, or a byte of its value.
type mark struct {
	node *yaml.Node
	from int
}

func on(n *yaml.Node) mark { return mark{node: n} }

// report records a finding. A second one with the same words at the same place
// (an aliased step) is dropped.
func (p *pass) report(state State, code Code, at mark, text, hint string) {
	f := Finding{File: p.tree.display(p.path), Code: code, State: state, Text: sentence(text), Hint: hint}
	f.Line, f.Column, f.EndLine = p.position(at)
	if !slices.Contains(p.findings, f) {
		p.findings = append(p.findings, f)
	}
}

func (p *pass) position(at mark) (line, column, end int) {
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

// sentence writes a text that starts with an article with a capital. Names of
// actions, commands and secrets keep theirs.
func sentence(text string) string {
	if rest, ok := strings.CutPrefix(text, "the "); ok {
		return "The " + rest
	}
	return text
}

func (p *pass) left(code Code, at mark, hint, format string, args ...any) {
	p.report(Left, code, at, fmt.Sprintf(format, args...), hint)
}

func (p *pass) note(code Code, at mark, format string, args ...any) {
	p.report(Note, code, at, fmt.Sprintf(format, args...), "")
}

func (p *pass) fixed(code Code, at mark, hint, format string, args ...any) {
	p.report(Fixed, code, at, fmt.Sprintf(format, args...), hint)
}

// scalar places a node once.
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

// inFlow reports whether a node lies in a flow collection, where a plain scalar
// must not hold braces (YAML 1.2 §7.3.3).
func (p *pass) inFlow(n *yaml.Node) bool {
	if p.flowing == nil {
		p.flowing = map[*yaml.Node]bool{}
		p.markFlow(p.doc.Root, false)
	}
	return p.flowing[n]
}

func (p *pass) markFlow(n *yaml.Node, inside bool) {
	if inside {
		p.flowing[n] = true
	}
	inside = inside || n.Style&yaml.FlowStyle != 0
	for _, c := range n.Content {
		p.markFlow(c, inside)
	}
}
