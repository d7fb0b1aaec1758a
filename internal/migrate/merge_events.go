package migrate

import (
	"context"
	"encoding/json"
	"fmt"
	"path"
	"slices"
	"strings"
	"time"

	"go.yaml.in/yaml/v3"

	"github.com/ghcr-publish/ghcr-publish/internal/meta"
	"github.com/ghcr-publish/ghcr-publish/internal/migrate/expr"
	"github.com/ghcr-publish/ghcr-publish/internal/migrate/flow"
)

// sampleEvent is an example of an event that can start a workflow.
type sampleEvent struct {
	name, ref, branch string // The field "branch" is the default branch.
}

const sampleSHA = "860c1904a1ce19322e91ac35af1ab07466440c37"

// sampleEvents returns at least one example of each event that can start the
// workflow.
func sampleEvents(doc *flow.Document) []sampleEvent {
	branch := defaultBranch(doc)
	var out []sampleEvent
	add := func(name string, refs ...string) {
		for _, ref := range refs {
			out = append(out, sampleEvent{name, ref, branch})
		}
	}
	for _, name := range sortedKeys(doc.Triggers) {
		switch name {
		case "push":
			add(name, pushedRefs(doc.Triggers[name], branch)...)
		case "workflow_call":
			add("push", pushedRefs(nil, branch)...)
			add("pull_request", "refs/pull/7/merge")
			add("release", "refs/tags/v1.2.3")
			add("schedule", "refs/heads/"+branch)
		case "pull_request":
			add(name, "refs/pull/7/merge")
		case "release":
			add(name, "refs/tags/v1.2.3", "refs/tags/v1.3.0-rc.1", "refs/tags/nightly")
		case "workflow_dispatch":
			add(name, "refs/heads/"+branch, "refs/heads/feature/login", "refs/tags/v1.2.3")
		case "merge_group":
			add(name, "refs/heads/gh-readonly-queue/"+branch+"/pr-7-"+sampleSHA)
		case "create":
			add(name, "refs/heads/feature/login", "refs/tags/v1.2.3")
		default:
			add(name, "refs/heads/"+branch)
		}
	}
	return out
}

// defaultBranch returns the probable name of the default branch. defaultBranch
// reads the filters of the workflow.
func defaultBranch(doc *flow.Document) string {
	branches := filterOf(doc.Triggers["push"], "branches")
	if slices.Contains(branches, "main") || len(branches) == 0 || strings.ContainsAny(branches[0], "*!?[") {
		return "main"
	}
	return branches[0]
}

func filterOf(n *yaml.Node, name string) []string {
	pair := flow.Get(n, name)
	if pair == nil {
		return nil
	}
	var out []string
	flow.Scalars(pair.Value, func(s *yaml.Node) { out = append(out, s.Value) })
	return out
}

// pushedRefs returns examples of refs that the filters of the event "push"
// accept.
func pushedRefs(filters *yaml.Node, branch string) []string {
	branches, tags := filterOf(filters, "branches"), filterOf(filters, "tags")
	var out []string
	if len(branches) > 0 || len(tags) == 0 {
		out = append(out, matching("refs/heads/", branches, []string{branch, "feature/login", "release/1.2"})...)
	}
	if len(tags) > 0 || len(branches) == 0 {
		out = append(out, matching("refs/tags/", tags, []string{"v1.2.3", "v1.3.0-rc.1", "1.2.3", "nightly"})...)
	}
	return out
}

// matching returns refs for the patterns without wildcards, and for the example
// names that match a pattern. If the result would be empty, the function "matching"
// returns the ref of the first example name.
func matching(prefix string, patterns, names []string) []string {
	var out []string
	for _, pattern := range patterns {
		if !strings.ContainsAny(pattern, "*?[!+") {
			out = append(out, prefix+pattern)
		}
	}
	for _, name := range names {
		if len(patterns) == 0 || slices.ContainsFunc(patterns, func(pattern string) bool { return matches(pattern, name) }) {
			out = append(out, prefix+name)
		}
	}
	if len(out) == 0 {
		out = append(out, prefix+names[0])
	}
	return slices.Compact(out)
}

// The function "matches" reports whether a pattern of a GitHub filter matches a name.
// The result is an approximation. In these patterns, ** also matches a slash.
func matches(pattern, name string) bool {
	if strings.Contains(pattern, "**") {
		slashes := strings.NewReplacer("**", "*", "/", "-")
		pattern, name = slashes.Replace(pattern), slashes.Replace(name)
	}
	ok, err := path.Match(pattern, name)
	return ok || err != nil
}

// lookup resolves the references of a step for a run that the event starts.
func (e sampleEvent) lookup(next expr.Lookup) expr.Lookup {
	kind, short, _ := strings.Cut(strings.TrimPrefix(e.ref, "refs/"), "/")
	values := map[string]string{
		"event_name": e.name, "ref": e.ref, "ref_name": short, "sha": sampleSHA,
		"ref_type": map[bool]string{true: "tag", false: "branch"}[kind == "tags"], "event.repository.default_branch": e.branch,
	}
	return func(path []string) (expr.Found, bool) {
		if len(path) > 1 && path[0] == "github" {
			if value, ok := values[strings.Join(path[1:], ".")]; ok {
				return expr.Found{Text: value}, true
			}
		}
		return next(path)
	}
}

// context returns the facts about a run that the event starts, for the
// evaluation of tag rules.
func (e sampleEvent) context() meta.Context {
	payload := map[string]any{"number": json.Number("7"), "repository": map[string]any{
		"name": "web", "full_name": "acme/web", "default_branch": e.branch, "html_url": "https://github.com/acme/web",
	}}
	if !strings.HasPrefix(e.name, "pull_request") {
		delete(payload, "number")
	}
	return meta.Context{
		Event: meta.Event{Name: e.name, Ref: e.ref, SHA: sampleSHA, Payload: payload},
		Now:   time.Unix(0, 0).UTC(),
	}
}

// expandFor replaces the expressions of a text by their values in a run that the event
// starts. The argument "unknown" is the text that replaces each unknown value.
func (p *pass) expandFor(e sampleEvent, text, unknown string, step *flow.Step) string {
	scope := p.scope(step.Job, step, nil)
	lookup, certain := e.lookup(p.lookup(scope)), e.lookup(p.certainLookup(scope))
	var b strings.Builder
	for _, part := range expr.Split(text) {
		piece := text[part.Start:part.End]
		if part.Expr {
			enables := b.Len() >= 7 && strings.HasSuffix(b.String(), "enable=")
			v := expr.Eval(piece, lookup)
			if enables {
				v = expr.Eval(piece, certain)
			}
			switch {
			case v.Known:
				piece = v.Text
			case enables:
				piece = "false"
			default:
				piece = unknown
			}
		}
		b.WriteString(piece)
	}
	return b.String()
}

// names computes the tags and labels of a metadata step in a run that the event starts.
// If the argument "strict" is true, the method "names" applies the rules of this
// action. Otherwise, the method "names" applies the rules of docker/metadata-action.
func (p *pass) names(e sampleEvent, c chain, strict bool) (meta.Result, error) {
	rules := c.meta.Input("tags")
	if !p.spend(20_000 + 100*len(rules)) {
		return meta.Result{}, errTooComplex
	}
	if strings.TrimSpace(rules) == "" {
		rules = strings.Join(defaultRules, "\n")
	}
	expand := func(text string) string { return p.expandFor(e, text, "x", c.meta) }
	return meta.Compute(context.Background(), meta.Inputs{
		Images: "ghcr.io/acme/web", Tags: expand(rules), Flavor: expand(c.meta.Input("flavor")),
		Labels: expand(c.meta.Input("labels")), Annotations: expand(c.meta.Input("annotations")), Strict: strict,
	}, e.context())
}

// ruleObstacle returns the reason why the new step cannot compute the same tags
// and labels as the metadata step. ruleObstacle compares the results of the two
// steps for each event of the workflow.
func (p *pass) ruleObstacle(c chain) string {
	for line := range strings.Lines(c.meta.Input("tags")) {
		line = strings.TrimSpace(line)
		if isOneExpression(line) && !onlyGitHub(line) {
			return fmt.Sprintf("the rule %s is an expression, which can contain several rules", line)
		}
	}
	for _, e := range sampleEvents(p.doc) {
		theirs, err := p.names(e, c, false)
		if err != nil {
			return fmt.Sprintf("the tag rules give an error for the event %s", e.name)
		}
		ours, err := p.names(e, c, true)
		if err != nil {
			return fmt.Sprintf("the new step reads the tag rules more strictly: %s", firstLine(err.Error()))
		}
		if !slices.Equal(theirs.Names(), ours.Names()) || !slices.Equal(theirs.Labels, ours.Labels) {
			return fmt.Sprintf("the new step computes other tags or labels for the event %s", e.name)
		}
	}
	return ""
}

// onlyGitHub reports whether the value of an expression comes only from the
// github context. A value from the github context has only one line.
func onlyGitHub(text string) bool {
	v := expr.Eval(text, nil)
	return len(v.Refs) > 0 && !slices.ContainsFunc(v.Refs, func(r expr.Ref) bool {
		return !strings.HasPrefix(r.Name, "github.") || strings.HasPrefix(r.Name, "github.event.")
	})
}

func firstLine(text string) string {
	line, _, _ := strings.Cut(text, "\n")
	return line
}

// eventObstacle returns a reason if the new step would fail for an event for
// which the old step only builds. The old step needs no tag for a build without
// a push, but this action always needs a tag.
func (p *pass) eventObstacle(c *chain) string {
	push, _ := pushCondition(*c)
	if c.meta == nil || push == "true" {
		return ""
	}
	for _, e := range sampleEvents(p.doc) {
		if !p.mayRun(e, c.push) || p.holds(e, push, c.push, true) {
			continue
		}
		result, err := p.names(e, *c, false)
		if err != nil || len(result.Tags) == 0 {
			return fmt.Sprintf("the tag rules give no tag for the event %s (%s), so the old step only builds the image, and the new step would fail", e.name, e.ref)
		}
	}
	return ""
}

// mayRun reports whether a step may run for the event.
func (p *pass) mayRun(e sampleEvent, step *flow.Step) bool {
	for _, holder := range []*yaml.Node{step.Job.Node, step.Node} {
		if condition := flow.Get(holder, "if"); condition != nil && p.holds(e, "${{ "+inner(flow.Text(condition.Value))+" }}", step, false) {
			return false
		}
	}
	return true
}

// The method "holds" reports whether a condition certainly has the given value in a run
// that the event starts.
func (p *pass) holds(e sampleEvent, condition string, step *flow.Step, want bool) bool {
	holds, known := expr.Eval(condition, e.lookup(p.certainLookup(p.scope(step.Job, step, nil)))).Truth()
	return known && holds == want
}

// pushesPullRequests reports whether the step may push in a pull request. In
// this case, the new step needs an input to keep the old behavior. With a
// read-only token, the old step fails, but this action skips the push by
// default.
func (p *pass) pushesPullRequests(c chain) bool {
	push, _ := pushCondition(c)
	return slices.ContainsFunc(sampleEvents(p.doc), func(e sampleEvent) bool {
		return strings.HasPrefix(e.name, "pull_request") && p.mayRun(e, c.push) && !p.holds(e, push, c.push, false)
	})
}
