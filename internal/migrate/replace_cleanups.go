package migrate

import (
	"fmt"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/ghcr-publish/ghcr-publish/internal/migrate/flow"
)

// translators contains, for each action that deletes package versions, the function that
// translates the inputs of the action into inputs of the command "cleanup".
var translators = map[string]func(*translation){
	"actions/delete-package-versions":        translateDeletePackageVersions,
	"chizkiyahu/delete-untagged-ghcr-action": translateChizkiyahu,
	"dataaxiom/ghcr-cleanup-action":          translateDataaxiom,
	"snok/container-retention-policy":        translateSnok,
	"vlaurin/action-ghcr-prune":              translateVlaurin,
}

// replaceCleanups replaces each step that deletes package versions by a step with the command
// "cleanup". A finding lists the differences. If the command cannot replace the step,
// replaceCleanups reports the reason.
func (p *pass) replaceCleanups() {
	if p.opts.ToAction == "" || p.doc.Action {
		return
	}
	p.steps(func(step *flow.Step) {
		translate := translators[actionName(step)]
		if translate == nil {
			return
		}
		t := &translation{p: p, step: step, read: map[string]bool{}}
		translate(t)
		t.finish()
		if t.foreign {
			return
		}
		if t.why == "" {
			t.refuseShape()
		}
		if t.why != "" {
			p.reportNote(CleanupNotReplaced, locationOf(step.Uses.Key), "%s is not replaced by the command \"cleanup\" of this action, because %s.", actionName(step), t.why)
			return
		}
		p.reportLock(locationOf(step.Uses.Key))
		p.reportEdit(CleanupReplaced, locationOf(step.Uses.Key), "The edit replaces %s by the command \"cleanup\" of this action. %s", actionName(step), strings.Join(t.differences, " "))
	})
}

// refuseShape writes the new step, and sets the reason if this is not possible.
func (t *translation) refuseShape() {
	if !isBlock(flow.Get(t.step.Node, "with")) {
		t.refuse("%s", errShape)
		return
	}
	_, comments := t.p.inputComments(t.step, func(string) bool { return false })
	if err := t.p.rewriteStep(t.step, slices.Concat(comments, t.lines), nil); err != nil {
		t.refuse("%s", err)
	}
}

// finish adds the inputs and differences that all translations have, and checks that the
// translation used all inputs of the step.
func (t *translation) finish() {
	t.lines = append([]string{"command: cleanup"}, t.lines...)
	t.keepToken()
	for _, pair := range flow.Pairs(t.step.With) {
		if !t.read[pair.Key.Value] {
			t.refuse("the step has the input %q, which has no equivalent", pair.Key.Value)
		}
	}
	if t.usesOutput() {
		t.refuse("another step or job uses an output of the step. The outputs of the command \"cleanup\" are \"deleted\" (JSON), \"left\", \"kept\" and \"freed\"")
	}
	t.differ("The new step never deletes a part of an image that stays, checks the remaining images at its end, and fails if it would delete more than 100 images (max-delete).")
}

// keepToken keeps a token that the edits do not replace by GITHUB_TOKEN. GITHUB_TOKEN is the
// default of this action.
func (t *translation) keepToken() {
	pair := flow.Get(t.step.With, "token")
	t.read["token"] = true
	if pair == nil || t.p.migratedSteps[t.step] || mentionsOnlyToken(flow.Text(pair.Value)) {
		return
	}
	t.lines = append(t.lines, t.p.inputLines("token", pair.Value)...)
}

// mentionsOnlyToken reports whether a text is GITHUB_TOKEN.
func mentionsOnlyToken(text string) bool {
	return isOneExpression(strings.TrimSpace(text)) && isToken(inner(text))
}

// usesOutput reports whether another step or job uses an output of the step. The status of
// the step stays the same.
func (t *translation) usesOutput() bool {
	id := flow.Text(valueOf(t.step, "id"))
	nodes := elsewhere(t.step.Job, t.step)
	for _, job := range t.p.doc.Jobs {
		if job != t.step.Job {
			nodes = append(nodes, job.Node)
		}
	}
	for _, value := range valuesThatUse(t.step, nodes...) {
		if !onlyDigest(strings.ReplaceAll(value, "outputs.digest", "outputs.other"), id) {
			return true
		}
	}
	return false
}

// packageOwner returns the owner in an input, or the owner of the repository.
func (t *translation) packageOwner(inputs ...string) string {
	for _, input := range inputs {
		if owner := t.text(input); owner != "" {
			return owner
		}
	}
	return "${{ github.repository_owner }}"
}

// image returns the reference of a package.
func (t *translation) image(owner, name string) string {
	return fmt.Sprintf("%s/%s/%s", t.p.opts.Registry, owner, name)
}

// isBlock reports whether a mapping is a block mapping that the file contains directly.
func isBlock(pair *flow.Pair) bool {
	return pair != nil && pair.Raw == pair.Value && pair.Value.Style&yaml.FlowStyle == 0 && len(pair.Value.Content) > 0
}
