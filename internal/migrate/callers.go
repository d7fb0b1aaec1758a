package migrate

import (
	"fmt"
	"path"
	"slices"
	"strings"
	"sync"

	"go.yaml.in/yaml/v3"

	"github.com/ghcr-publish/ghcr-publish/internal/migrate/flow"
)

// callerIndex holds facts about all workflows of the scanned checkouts. The method
// "index" reads these workflows when a file needs the facts for the first time.
type callerIndex struct {
	once sync.Once
	// The field "calls" maps the path of a called workflow to the key "secrets:" of
	// each call.
	calls map[string][]*flow.Pair
	// onPackage contains the paths of the workflows that start when a package is pushed.
	onPackage []string
}

// index returns facts from the workflows of all scanned checkouts. The result contains
// only calls of workflows in this checkout.
func (l *library) index() *callerIndex {
	l.callers.once.Do(func() {
		l.callers.calls = map[string][]*flow.Pair{}
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
		l.addCalls(index, of, doc)
	}
}

// addCalls adds the calls in one workflow to the index of the called checkout.
func (l *library) addCalls(index *callerIndex, of *tree, doc *flow.Document) {
	for _, job := range doc.Jobs {
		if job.Uses == nil {
			continue
		}
		if t, called := l.resolve(flow.Text(job.Uses.Value)); t == of {
			index.calls[called] = append(index.calls[called], job.Secrets)
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
	if p.doc.Direct || p.doc.Secrets[secret] == nil {
		return false
	}
	calls := p.tree.lib.index().calls[p.path]
	return len(calls) > 0 && !slices.ContainsFunc(calls, func(secrets *flow.Pair) bool {
		return secrets == nil || !passesToken(secrets.Value, secret)
	})
}

func passesToken(secrets *yaml.Node, name string) bool {
	pair := flow.Get(secrets, name)
	if pair == nil {
		return false
	}
	text := strings.TrimSpace(flow.Text(pair.Value))
	return isReference(text, "secrets.GITHUB_TOKEN") || isReference(text, "github.token")
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
