package migrate

import (
	"fmt"
	"slices"
	"strings"

	"github.com/ghcr-publish/ghcr-publish/internal/migrate/expr"
	"github.com/ghcr-publish/ghcr-publish/internal/migrate/flow"
)

// chain is the usual sequence of steps that one step of this action replaces.
// meta may be nil.
type chain struct {
	login, meta, push *flow.Step
}

// mergeSteps replaces the login, metadata and push steps of a job by one step,
// if the result of the job stays the same. Otherwise it reports why the steps
// are not merged.
func (p *pass) mergeSteps() {
	if p.opts.ToAction == "" || p.doc.Action {
		return
	}
	for _, job := range p.doc.Jobs {
		c, ok := p.findChain(job)
		if !ok {
			continue
		}
		if why := p.obstacle(job, c); why != "" {
			p.reportNote(NotMerged, locationOf(c.push.Uses.Key), "The steps of the job %q are not merged, because %s.", job.ID, why)
			continue
		}
		if err := p.writeMergedStep(c); err != nil {
			p.reportNote(NotMerged, locationOf(c.push.Uses.Key), "The steps of the job %q are not merged: %v.", job.ID, err)
			continue
		}
		p.reportEdit(MergedSteps, locationOf(c.push.Uses.Key), "", "The edit merges the steps of the job %q into one step that logs in, tags and pushes.", job.ID)
	}
}

// findChain finds the last push step of a job, and the login and metadata steps
// before it.
func (p *pass) findChain(job *flow.Job) (chain, bool) {
	var c chain
	for _, step := range job.Steps {
		switch actionName(step) {
		case "docker/login-action":
			if hostOf(p.eval(step.Input("registry"), job, step, nil)) == p.opts.Registry {
				c.login = step
			}
		case "docker/metadata-action":
			c.meta = step
		case "docker/build-push-action":
			c.push = step
		}
	}
	return c, c.login != nil && c.push != nil
}

// These are the keys and inputs that the merged steps may have. Other keys and
// inputs would be lost.
var (
	stepKeys  = []string{"name", "id", "uses", "with"}
	loginKeys = []string{"registry", "username", "password"}
	metaKeys  = []string{"images", "tags", "flavor", "labels", "annotations"}
	pushKeys  = []string{"context", "file", "platforms", "push", "tags", "labels", "provenance", "sbom"}
)

// obstacle describes the first reason why the steps cannot be merged. It
// returns "" if one step has the same result.
func (p *pass) obstacle(job *flow.Job, c chain) string {
	switch {
	case !p.usesToken(c.login):
		return "the login does not use GITHUB_TOKEN"
	case p.countOf(job, "docker/login-action") > 1:
		return "the job also logs in to other registries"
	case p.countOf(job, "docker/build-push-action") > 1:
		return "the job has several push steps"
	}
	for step, keys := range map[*flow.Step][]string{c.login: loginKeys, c.meta: metaKeys, c.push: pushKeys} {
		if why := unknownKey(step, keys); why != "" {
			return why
		}
	}
	for _, check := range []func(chain) string{p.buildObstacle, p.tagObstacle, p.useObstacle} {
		if why := check(c); why != "" {
			return why
		}
	}
	return ""
}

// usesToken reports whether the password of the login is the job's token, or
// whether an edit replaces the password with the token.
func (p *pass) usesToken(step *flow.Step) bool {
	names := leaves(p.eval(step.Input("password"), step.Job, step, nil))
	return p.migratedSteps[step] || len(names) > 0 && !slices.ContainsFunc(names, func(n string) bool { return !isToken(n) })
}

func (p *pass) countOf(job *flow.Job, name string) int {
	n := 0
	for _, step := range job.Steps {
		if actionName(step) == name {
			n++
		}
	}
	return n
}

func unknownKey(step *flow.Step, inputs []string) string {
	if step == nil {
		return ""
	}
	for _, pair := range flow.Pairs(step.Node) {
		if !slices.Contains(stepKeys, pair.Key.Value) {
			return fmt.Sprintf("%s has the key %q, which the new step does not support", actionName(step), pair.Key.Value)
		}
	}
	for _, pair := range flow.Pairs(step.With) {
		if !slices.Contains(inputs, pair.Key.Value) {
			return fmt.Sprintf("%s has the input %q, which the new step does not support", actionName(step), pair.Key.Value)
		}
	}
	return ""
}

func (p *pass) buildObstacle(c chain) string {
	push := c.push
	switch {
	case push.Input("push") != "true":
		return "the input \"push\" of docker/build-push-action is not the literal true"
	case push.Input("context") == "" || strings.Contains(push.Input("context"), "://"):
		return "the input \"context\" of docker/build-push-action is not a directory, so the step builds from Git"
	case strings.Contains(push.Input("context"), "{{"):
		return "the input \"context\" of docker/build-push-action contains an expression, whose value is not known here"
	case push.Input("provenance") != "false":
		return "the build adds a provenance attestation, which the new step does not add (the input \"provenance: false\" disables the attestation)"
	case push.Input("sbom") != "" && push.Input("sbom") != "false":
		return "the build adds an SBOM, which the new step does not add"
	}
	return ""
}

// tagObstacle checks that the push step pushes to exactly one image of the
// registry.
func (p *pass) tagObstacle(c chain) string {
	if c.meta == nil {
		_, _, err := splitTags(c.push.Input("tags"))
		if err != nil {
			return err.Error()
		}
		if c.push.Input("labels") != "" {
			return "the push step sets its own labels"
		}
		return p.otherRegistry(c.push, c.push.Input("tags"))
	}
	id := flow.Text(valueOf(c.meta, "id"))
	for input, want := range map[string]string{"tags": id + ".outputs.tags", "labels": id + ".outputs.labels"} {
		if !isReference(c.push.Input(input), "steps."+want) {
			return fmt.Sprintf("the %s of the push step differ from the outputs of docker/metadata-action", input)
		}
	}
	image := strings.TrimSpace(c.meta.Input("images"))
	if strings.ContainsAny(image, "\n,") {
		return "the job pushes several images"
	}
	return p.otherRegistry(c.meta, image)
}

func (p *pass) otherRegistry(step *flow.Step, refs string) string {
	for line := range strings.Lines(strings.ReplaceAll(refs, ",", "\n")) {
		if line = strings.TrimSpace(line); line != "" && hostOf(p.eval(line, step.Job, step, nil)) != p.opts.Registry {
			return "the job also pushes to another registry"
		}
	}
	return ""
}

// isReference reports whether a text is exactly "${{ path }}".
func isReference(text, path string) bool {
	v := expr.Eval(strings.TrimSpace(text), nil)
	return v.InExpr && len(v.Refs) == 1 && v.Refs[0].Name == path && strings.TrimSpace(text[v.Start:v.End]) == path
}

// splitTags splits full references, one per line, into their common image and
// their tags. It returns an error if the references name several images, or if
// a reference has no complete tag.
func splitTags(text string) (image string, tags []string, err error) {
	for line := range strings.Lines(strings.ReplaceAll(text, ",", "\n")) {
		line = strings.TrimSpace(line)
		if line == "" {
			continue
		}
		colon := strings.LastIndexByte(line, ':')
		if colon < strings.LastIndexByte(line, '/') || strings.Count(line[colon:], "}}") != strings.Count(line[colon:], "${{") {
			return "", nil, fmt.Errorf("the reference %q has no tag, or its tag contains an incomplete expression", line)
		}
		if image != "" && image != line[:colon] {
			return "", nil, fmt.Errorf("the push step pushes several images")
		}
		image, tags = line[:colon], append(tags, line[colon+1:])
	}
	if image == "" {
		return "", nil, fmt.Errorf("the push step has no tags")
	}
	return image, tags, nil
}

// useObstacle checks that no other step needs a result that the merge removes.
// These results are the login, the metadata, and outputs that the new step does
// not have.
func (p *pass) useObstacle(c chain) string {
	others := flow.Job{Doc: p.doc}
	for _, step := range c.push.Job.Steps {
		if step == c.login || step == c.meta || step == c.push {
			continue
		}
		others.Steps = append(others.Steps, step)
		if why := outputsUsed(step, c); why != "" {
			return why
		}
		if p.mayUseLogin(step) {
			return "another step may use the login"
		}
	}
	if t := p.traffic(&others); t.pushed || t.pulled || t.opaque {
		return "another step may use the login"
	}
	return outputsUsedByJob(c)
}

// mayUseLogin reports whether an input of an action names an image of the
// registry. A step that does not push its attestation only names the image, so
// the step needs no login.
func (p *pass) mayUseLogin(step *flow.Step) bool {
	if strings.HasPrefix(actionName(step), "actions/attest") {
		return step.Input("push-to-registry") != "" && step.Input("push-to-registry") != "false"
	}
	for _, pair := range flow.Pairs(step.With) {
		if len(p.imagesAt(flow.Text(pair.Value), pair.Value, step)) > 0 {
			return true
		}
	}
	return false
}
