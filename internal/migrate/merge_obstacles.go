package migrate

import (
	"fmt"
	"path"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/ghcr-publish/ghcr-publish/internal/migrate/flow"
)

// These are the keys and inputs that the merged steps may have. Other keys and
// inputs would be lost. The push step keeps its own keys.
var (
	stepKeys  = []string{"name", "id", "uses", "with"}
	pushSteps = append([]string{"if", "env", "continue-on-error", "timeout-minutes"}, stepKeys...)
	loginKeys = []string{"registry", "username", "password"}
	metaKeys  = []string{"images", "tags", "flavor", "labels", "annotations"}
	// carried are the inputs of docker/build-push-action that the new step has
	// with the same meaning.
	carried  = []string{"context", "file", "target", "platforms", "build-args", "secrets", "builder", "cache-from", "cache-to"}
	pushKeys = append([]string{"push", "tags", "labels", "provenance", "sbom"}, carried...)
)

// obstacle describes the first reason why one step cannot replace the steps. It
// returns "" if one step can replace the steps.
func (p *pass) obstacle(job *flow.Job, c chain) string {
	if !p.usesToken(c.login) {
		return "the login does not use GITHUB_TOKEN"
	}
	logins, pushes := 0, 0
	for _, step := range job.Steps {
		if actionName(step) == dockerLogin && p.logsInToTarget(step) {
			logins++
		}
		if actionName(step) == dockerBuild {
			pushes++
		}
	}
	switch {
	case logins > 1:
		return "the job logs in to " + p.opts.Registry + " more than once"
	case pushes > 1:
		return fmt.Sprintf("the job has %d steps of %s", pushes, dockerBuild)
	}
	for _, check := range []func(chain) string{p.keyObstacle, p.pushObstacle, p.contextObstacle, p.baseObstacle, p.tagObstacle, p.useObstacle} {
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

func (p *pass) keyObstacle(c chain) string {
	if strings.Contains(c.push.Input("outputs"), "push-by-digest=true") {
		return "the job pushes only a digest (push-by-digest=true), and a later job adds the tags. This action has the input push-by-digest and the command \"merge\" for such jobs"
	}
	login := stepKeys
	if condition := flow.Get(c.login.Node, "if"); condition != nil && condensed(condition.Value) == condensed(inputNode(c.push, "push")) {
		login = append([]string{"if"}, stepKeys...) // the new step logs in only if it pushes
	}
	for _, why := range []string{
		unknownKey(c.login, login, loginKeys), unknownKey(c.meta, stepKeys, metaKeys), unknownKey(c.push, pushSteps, pushKeys),
	} {
		if why != "" {
			return why
		}
	}
	return resultObstacle(c)
}

// resultObstacle describes a key of the push step that uses a result of a replaced step.
func resultObstacle(c chain) string {
	for _, key := range []string{"if", "env"} {
		pair := flow.Get(c.push.Node, key)
		if pair == nil {
			continue
		}
		for _, step := range []*flow.Step{c.login, c.meta} {
			if mentionsStep(pair, step) {
				return fmt.Sprintf("the key %q of %s uses a result of %s", key, dockerBuild, actionName(step))
			}
		}
	}
	return ""
}

// condensed returns the text of a condition without blanks and without "${{ }}".
func condensed(n *yaml.Node) string {
	text := strings.Join(strings.Fields(flow.Text(n)), "")
	return strings.TrimSuffix(strings.TrimPrefix(text, "${{"), "}}")
}

// inputNode returns the node of an input of a step, or nil.
func inputNode(step *flow.Step, name string) *yaml.Node {
	if pair := flow.Get(step.With, name); pair != nil {
		return pair.Value
	}
	return nil
}

func mentionsStep(pair *flow.Pair, step *flow.Step) bool {
	if step == nil || flow.Text(valueOf(step, "id")) == "" {
		return false
	}
	found := false
	flow.Scalars(pair.Value, func(n *yaml.Node) {
		found = found || strings.Contains(n.Value, "steps."+flow.Text(valueOf(step, "id")))
	})
	return found
}

func unknownKey(step *flow.Step, keys, inputs []string) string {
	if step == nil {
		return ""
	}
	for _, pair := range flow.Pairs(step.Node) {
		if !slices.Contains(keys, pair.Key.Value) {
			return fmt.Sprintf("%s has the key %q, and the new step would lose its effect", actionName(step), pair.Key.Value)
		}
	}
	for _, pair := range flow.Pairs(step.With) {
		if !slices.Contains(inputs, pair.Key.Value) {
			return fmt.Sprintf("%s has the input %q, which the new step does not support", actionName(step), pair.Key.Value)
		}
	}
	return ""
}

func (p *pass) pushObstacle(c chain) string {
	push := c.push.Input("push")
	switch {
	case push == "" || push == "false":
		return fmt.Sprintf("%s does not push (the input push is not true)", dockerBuild)
	case c.push.Input("provenance") != "" && c.push.Input("provenance") != "false":
		return fmt.Sprintf("the step asks for provenance (%s), which this action cannot create", c.push.Input("provenance"))
	case c.push.Input("sbom") != "" && c.push.Input("sbom") != "false":
		return "the build attaches an SBOM, and this action cannot create an SBOM"
	}
	for _, input := range []string{"cache-from", "cache-to"} {
		if cache := c.push.Input(input); strings.Contains(cache, p.opts.Registry) || strings.Contains(cache, "type=registry") {
			return fmt.Sprintf("the builder needs the login for the build cache in a registry (the input %s)", input)
		}
	}
	return ""
}

// contextObstacle checks that the step builds from a directory of the checkout.
func (p *pass) contextObstacle(c chain) string {
	context := c.push.Input("context")
	if context == "" {
		return fmt.Sprintf("%s has no input context, so it builds from the Git repository and not from a directory", dockerBuild)
	}
	if isDirectory(context) {
		return ""
	}
	if !strings.Contains(context, "{{") {
		return fmt.Sprintf("%s builds from the address %s and not from a directory", dockerBuild, context)
	}
	for _, combo := range p.combos(c.push.Job, context) {
		if v := p.eval(context, c.push.Job, c.push, combo); !v.Known || !isDirectory(v.Text) {
			return fmt.Sprintf("the input context of %s is the expression %s, so it is not certain that the step builds from a directory", dockerBuild, context)
		}
	}
	return ""
}

// isDirectory reports whether a build context is the path of a directory, even if
// a later part of the path is an expression. An address or an expression at the
// beginning is not certainly a directory.
func isDirectory(context string) bool {
	for _, prefix := range []string{"${{", "{{", "http:", "https:", "git@", "git:", "ssh:", "github.com/"} {
		if strings.HasPrefix(context, prefix) {
			return false
		}
	}
	return context != "" && !strings.Contains(context, "://")
}

// baseObstacle checks that no Dockerfile pulls from the registry, because the
// merge removes the login of the builder.
func (p *pass) baseObstacle(c chain) string {
	for _, name := range p.dockerfiles(c.push) {
		if src, err := p.tree.read(name); err == nil && strings.Contains(string(src), p.opts.Registry+"/") {
			return fmt.Sprintf("%s uses an image of %s, so the builder needs the login", name, p.opts.Registry)
		}
	}
	return ""
}

// dockerfiles returns the paths of the Dockerfiles that the step may build.
func (p *pass) dockerfiles(step *flow.Step) []string {
	context, file := step.Input("context"), step.Input("file")
	if context == "" {
		context = "."
	}
	if file == "" {
		file = strings.TrimSuffix(context, "/") + "/Dockerfile"
	}
	var out []string
	for _, combo := range p.combos(step.Job, file) {
		if v := p.eval(file, step.Job, step, combo); v.Known && !path.IsAbs(v.Text) {
			out = append(out, path.Clean(v.Text))
		}
	}
	return out
}

// useObstacle checks that no other step needs a result that the merge removes.
// These results are the login, the metadata, and outputs that the new step does
// not have.
func (p *pass) useObstacle(c chain) string {
	for _, step := range c.push.Job.Steps {
		if step == c.login || step == c.meta || step == c.push {
			continue
		}
		if why := outputsUsed(step, c); why != "" {
			return why
		}
		t := p.traffic(&flow.Job{Doc: p.doc, Steps: []*flow.Step{step}})
		if p.mayUseLogin(step) || t.pushed || t.pulled || t.opaque {
			return fmt.Sprintf("%s may use the login", stepName(step))
		}
	}
	return outputsUsedByJob(c)
}

// stepName describes a step in a message.
func stepName(step *flow.Step) string {
	if name := flow.Text(valueOf(step, "name")); name != "" {
		return fmt.Sprintf("the step %q", name)
	}
	if step.Uses != nil {
		return "the step " + actionName(step)
	}
	return fmt.Sprintf("the script in line %d", step.Node.Line)
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
