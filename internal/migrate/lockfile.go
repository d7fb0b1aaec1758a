package migrate

import (
	"go.yaml.in/yaml/v3"

	"github.com/ghcr-publish/ghcr-publish/internal/migrate/flow"
)

// lockFile is the file in which "gh actions-lock" records the commits of the actions that
// the workflows use (github/gh-actions-lock, README). GitHub does not start a workflow in
// this file if the workflow uses another action.
const lockFile = ".github/workflows/actions.lock"

// isLocked reports whether the lock file contains a workflow. If the lock file cannot be
// parsed, isLocked returns true.
func (t *tree) isLocked(path string) bool {
	src, err := t.read(lockFile)
	if err != nil {
		return false
	}
	var root yaml.Node
	if err := yaml.Unmarshal(src, &root); err != nil || len(root.Content) == 0 {
		return true
	}
	return flow.Get(flow.Value(root.Content[0], "workflows"), path) != nil
}

// reportLock reports a workflow whose lock file must be updated, because an edit adds this
// action. Other edits do not change the actions of a workflow, so the lock file stays
// valid.
func (p *pass) reportLock(at location) {
	if p.tree.isLocked(p.path) {
		p.reportRemaining(LockFile, at, "Run gh actions-lock after the edit, and commit the lock file together with the workflow.",
			"The file %s locks the actions of this workflow. The edit adds %s, and GitHub does not start a locked workflow with an action that the lock file does not contain.", p.tree.display(lockFile), p.opts.ToAction)
	}
}
