// Package flow models the jobs, steps, inputs and permissions of a workflow or
// a composite action. Each part keeps the yaml.Node from which it was read, so
// that package text can edit the part in place.
//
// The package implements the parts of GitHub's "Workflow syntax" and "Metadata
// syntax" that concern credentials and permissions. The package does not check
// the other parts.
package flow

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"unicode/utf8"

	"go.yaml.in/yaml/v3"

	"github.com/ghcr-publish/ghcr-publish/internal/migrate/text"
	"github.com/ghcr-publish/ghcr-publish/internal/safe/lazy"
)

// Parse returns these errors.
var (
	ErrSyntax      = errors.New("the file is not valid YAML")
	ErrEncoding    = errors.New("the file is not UTF-8 text")
	ErrNotWorkflow = errors.New("the file is neither a workflow with jobs nor an action with runs")
	ErrDocuments   = errors.New("the file contains several YAML documents")
	ErrTooMuch     = errors.New("the aliases of the file expand to more than 20,000 jobs and steps")
)

// maxSteps is the maximum total number of jobs and steps. The limit exists
// because YAML aliases can multiply jobs and steps.
const maxSteps = 20000

// Document is one workflow or action file.
type Document struct {
	Text *text.File
	Root *yaml.Node
	// Action is true for a composite action. A composite action has a single
	// Job without an ID.
	Action bool
	// Callable is true if other workflows can call the file. Direct is true if
	// another event can also start the workflow.
	Callable, Direct bool
	// Triggers maps each event of the key "on:" to the filters of the event, or
	// to nil.
	Triggers map[string]*yaml.Node
	// Inputs maps the name of each input to its declaration.
	Inputs map[string]*yaml.Node
	// For each secret that a called workflow declares, Secrets maps the name of the
	// secret to the key of the declaration.
	Secrets map[string]*yaml.Node
	// Permissions is nil if the workflow has no permissions block.
	Permissions *Pair
	Jobs        []*Job
	// Aliases maps an anchored node to the alias nodes that refer to it.
	Aliases map[*yaml.Node][]*yaml.Node

	env   *yaml.Node
	shell string
	count int
}

// Job is one job of a workflow, or the steps of a composite action.
type Job struct {
	ID          string
	Key, Node   *yaml.Node
	Doc         *Document
	Permissions *Pair
	Uses        *Pair // Uses is the reusable workflow that the job calls, or nil.
	With        *yaml.Node
	Secrets     *Pair
	Steps       []*Step

	env, matrix *yaml.Node
	shell       string
	combos      []Combo
	runner      *runner
}

// Step is one step of a job.
type Step struct {
	Job  *Job
	Node *yaml.Node
	Uses *Pair // Uses is nil for a script.
	Run  *Pair // Run is nil for an action.
	With *yaml.Node
	Env  *yaml.Node

	shell string
}

// Parse parses a workflow or an action. If Parse cannot parse the file, the
// error is ErrSyntax, ErrEncoding, ErrNotWorkflow, ErrDocuments or ErrTooMuch.
func Parse(src []byte) (*Document, error) {
	if !utf8.Valid(src) {
		return nil, ErrEncoding
	}
	root, err := decode(src)
	if err != nil {
		return nil, err
	}
	d := &Document{Text: text.New(src), Root: root, Aliases: map[*yaml.Node][]*yaml.Node{}}
	d.collectAliases(root)
	jobs, runs := Get(root, "jobs"), Get(root, "runs")
	switch {
	case jobs != nil && jobs.Value.Kind == yaml.MappingNode:
		d.readWorkflow(jobs.Value)
	case runs != nil && runs.Value.Kind == yaml.MappingNode:
		d.readAction(runs.Value)
	default:
		return nil, ErrNotWorkflow
	}
	if d.count > maxSteps {
		return nil, ErrTooMuch
	}
	return d, nil
}

func decode(src []byte) (*yaml.Node, error) {
	dec := yaml.NewDecoder(bytes.NewReader(src))
	var doc, second yaml.Node
	if err := dec.Decode(&doc); errors.Is(err, io.EOF) {
		return nil, ErrNotWorkflow
	} else if err != nil {
		return nil, syntaxError(err)
	}
	switch err := dec.Decode(&second); {
	case err == nil:
		return nil, ErrDocuments
	case !errors.Is(err, io.EOF):
		return nil, syntaxError(err)
	}
	if len(doc.Content) == 0 || doc.Content[0].Kind != yaml.MappingNode {
		return nil, ErrNotWorkflow
	}
	return doc.Content[0], nil
}

func (d *Document) collectAliases(n *yaml.Node) {
	if n.Kind == yaml.AliasNode {
		d.Aliases[n.Alias] = append(d.Aliases[n.Alias], n)
		return
	}
	for _, c := range n.Content {
		d.collectAliases(c)
	}
}

func (d *Document) readWorkflow(jobs *yaml.Node) {
	d.env = Value(d.Root, "env")
	d.shell = defaultShell(d.Root)
	d.Permissions = Get(d.Root, "permissions")
	d.readTriggers(Value(d.Root, "on"))
	for _, p := range Pairs(jobs) {
		if p.Value.Kind == yaml.MappingNode && d.withinLimit() {
			d.Jobs = append(d.Jobs, d.readJob(p))
		}
	}
}

func (d *Document) readTriggers(on *yaml.Node) {
	d.Inputs = map[string]*yaml.Node{}
	names := map[string]*yaml.Node{}
	switch {
	case on == nil:
	case on.Kind == yaml.ScalarNode:
		names[on.Value] = nil
	case on.Kind == yaml.SequenceNode:
		for _, n := range on.Content {
			names[Resolve(n).Value] = nil
		}
	default:
		for _, p := range Pairs(on) {
			names[p.Key.Value] = p.Value
		}
	}
	d.Triggers = names
	_, d.Callable = names["workflow_call"]
	d.Direct = len(names) > 1 || !d.Callable
	d.Secrets = map[string]*yaml.Node{}
	for _, p := range Pairs(Value(names["workflow_call"], "secrets")) {
		d.Secrets[p.Key.Value] = p.Key
	}
	for _, trigger := range []string{"workflow_dispatch", "workflow_call"} {
		for _, p := range Pairs(Value(names[trigger], "inputs")) {
			d.Inputs[p.Key.Value] = p.Value
		}
	}
}

func (d *Document) readAction(runs *yaml.Node) {
	d.Action, d.Callable = true, true
	d.Inputs = map[string]*yaml.Node{}
	for _, p := range Pairs(Value(d.Root, "inputs")) {
		d.Inputs[p.Key.Value] = p.Value
	}
	job := &Job{Doc: d, Node: runs}
	job.Steps = job.readSteps(runs)
	d.Jobs = []*Job{job}
}

func (d *Document) readJob(p Pair) *Job {
	n := p.Value
	j := &Job{
		ID: p.Key.Value, Key: p.Key, Node: n, Doc: d,
		Permissions: Get(n, "permissions"), Uses: Get(n, "uses"), With: Value(n, "with"), Secrets: Get(n, "secrets"),
		env: Value(n, "env"), matrix: Value(Value(n, "strategy"), "matrix"), shell: defaultShell(n),
	}
	j.Steps = j.readSteps(n)
	return j
}

func (j *Job) readSteps(parent *yaml.Node) []*Step {
	list := Value(parent, "steps")
	if list == nil || list.Kind != yaml.SequenceNode {
		return nil
	}
	var steps []*Step
	for _, n := range list.Content {
		n = Resolve(n)
		if n.Kind != yaml.MappingNode {
			continue
		}
		if !j.Doc.withinLimit() {
			break
		}
		steps = append(steps, &Step{
			Job: j, Node: n, Uses: Get(n, "uses"), Run: Get(n, "run"),
			With: Value(n, "with"), Env: Value(n, "env"), shell: Text(Value(n, "shell")),
		})
	}
	return steps
}

// withinLimit counts one job or step. withinLimit returns false if the file has
// more than maxSteps jobs and steps.
func (d *Document) withinLimit() bool {
	d.count++
	return d.count <= maxSteps
}

func defaultShell(n *yaml.Node) string {
	return Text(Value(Value(Value(n, "defaults"), "run"), "shell"))
}

// errorLine matches the line number in an error of the YAML parser.
var errorLine = lazy.Regexp(`line ([0-9]+)`)

// syntaxError returns ErrSyntax with the line at which the parser stopped. syntaxError
// omits the message of the parser, because this message does not describe the fault in
// the file.
func syntaxError(err error) error {
	if m := errorLine().FindStringSubmatch(err.Error()); m != nil {
		return fmt.Errorf("%w: the error is in line %s or in an earlier line", ErrSyntax, m[1])
	}
	return ErrSyntax
}
