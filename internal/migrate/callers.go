package migrate

import (
	"fmt"
	"path"
	"slices"
	"strings"
	"sync"

	"github.com/ghcr-publish/ghcr-publish/internal/migrate/flow"
)

// call is a job that calls a workflow.
type call struct {
	tree *tree
	path string // the path of the calling workflow
	doc  *flow.Document
	job  *flow.Job
}

// callerIndex holds facts about all workflows of the scanned checkouts. The method
// "index" reads these workflows when a file needs the facts for the first time.
type callerIndex struct {
	once sync.Once
	// The field "calls" maps the path of a called workflow to its calls.
	calls map[string][]call
	// onPackage contains the paths of the workflows that start when a package is pushed.
	onPackage []string
}

// index returns facts from the workflows of all scanned checkouts. The result contains
// only calls of workflows in this checkout.
func (l *library) index() *callerIndex {
	l.callers.once.Do(func() {
		l.callers.calls = map[string][]call{}
		for _, t := range l.others {
			t.lib.addTo(&l.callers, l.tree)
		}
	})
	return &l.callers
}

// addTo adds facts about the workflows of one checkout to the index of another
// checkout.
func (l *library) addTo(index *callerIndex, of *tree) {
	for _, name := range l.tree.workflows() {
		src, err := l.tree.read(name)
		if err != nil {
			continue
		}
		doc, err := flow.Parse(src)
		if err != nil || doc.Action {
			continue
		}
		_, registryPackage := doc.Triggers["registry_package"]
		_, olderPackage := doc.Triggers["package"]
		if l.tree == of && (registryPackage || olderPackage) {
			index.onPackage = append(index.onPackage, l.tree.display(name))
		}
		l.addCalls(index, of, name, doc)
	}
}

// addCalls adds the calls in one workflow to the index of the called checkout.
func (l *library) addCalls(index *callerIndex, of *tree, path string, doc *flow.Document) {
	for _, job := range doc.Jobs {
		if job.Uses == nil {
			continue
		}
		if t, called := l.resolve(flow.Text(job.Uses.Value)); t == of {
			index.calls[called] = append(index.calls[called], call{l.tree, path, doc, job})
		}
	}
}

// workflows returns the paths of all workflows of the checkout, even if the scan
// reads only some files.
func (t *tree) workflows() []string {
	all := &tree{dir: t.dir, root: t.root}
	files, _ := all.list()
	return slices.DeleteFunc(files, func(name string) bool { return path.Base(path.Dir(name)) != "workflows" })
}

// callersPassToken returns true if the scanned checkouts call this workflow, and if each
// call passes GITHUB_TOKEN as the given secret.
func (p *pass) callersPassToken(secret string) bool {
	return !p.doc.Direct && p.doc.Secrets[secret] != nil && p.tree.lib.allCallsPassToken(p.path, secret, 0)
}

// someCallerPassesToken returns true if a call of this workflow possibly passes
// GITHUB_TOKEN as the given secret.
func (p *pass) someCallerPassesToken(secret string) bool {
	return slices.ContainsFunc(p.tree.lib.index().calls[p.path], func(c call) bool {
		return c.passesToken(secret, 0) || mentionsToken(c.passed(secret))
	})
}

func (l *library) allCallsPassToken(path, secret string, depth int) bool {
	calls := l.index().calls[path]
	return len(calls) > 0 && depth < maxCalls && !slices.ContainsFunc(calls, func(c call) bool { return !c.passesToken(secret, depth) })
}

// passed returns the text that a call passes as the given secret. With "secrets: inherit",
// the called workflow gets the secret of the same name.
func (c call) passed(secret string) string {
	switch {
	case c.job.Secrets == nil:
		return ""
	case flow.Text(c.job.Secrets.Value) == "inherit":
		return "${{ secrets." + secret + " }}"
	}
	return strings.TrimSpace(flow.Text(flow.Value(c.job.Secrets.Value, secret)))
}

// passesToken returns true if a call passes GITHUB_TOKEN as the given secret. If the
// calling workflow only passes its own secret on, its callers decide.
func (c call) passesToken(secret string, depth int) bool {
	text := c.passed(secret)
	if isReference(text, "secrets.GITHUB_TOKEN") || isReference(text, "github.token") {
		return true
	}
	if c.doc.Direct {
		return false
	}
	for own := range c.doc.Secrets {
		if isReference(text, "secrets."+own) {
			return c.tree.lib.allCallsPassToken(c.path, own, depth+1)
		}
	}
	return false
}

// calledWithoutBlock returns the path of a workflow that calls the given workflow, directly
// or through other workflows, with the default permissions of the repository.
func (l *library) calledWithoutBlock(path string, depth int) string {
	if depth >= maxCalls {
		return ""
	}
	for _, c := range l.index().calls[path] {
		if c.job.Permissions != nil || c.doc.Permissions != nil {
			continue
		}
		if c.doc.Direct {
			return c.tree.display(c.path)
		}
		if caller := c.tree.lib.calledWithoutBlock(c.path, depth+1); caller != "" {
			return caller
		}
	}
	return ""
}

// startsNothing returns true if a push after the login starts no other workflow
// of the checkout. If a push starts a workflow, startsNothing reports a finding. The
// login must then keep its credential, because events of GITHUB_TOKEN start no workflow
// (GitHub docs, "Triggering a workflow from a workflow").
func (p *pass) startsNothing(l *login) bool {
	if p.levelOf(l) != write || len(l.deletes) > 0 {
		return true
	}
	started := p.tree.lib.index().onPackage
	if len(started) == 0 {
		return true
	}
	p.reportRemaining(StartsWorkflow, l.at, fmt.Sprintf("Start the other workflow in another way, for example with the trigger workflow_run. Then replace the credential with ${{ %s }}.", p.token()),
		"%s uses %s. The login is not changed, because the push of a package starts %s (registry_package), and a push with GITHUB_TOKEN starts no workflow.", l.what, l.credentialText(), list(started))
	return false
}
