package migrate

import (
	"fmt"
	"path"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/ghcr-publish/ghcr-publish/internal/migrate/expr"
	"github.com/ghcr-publish/ghcr-publish/internal/migrate/flow"
	"github.com/ghcr-publish/ghcr-publish/internal/safe/lazy"
)

// These lists contain the keys and inputs that the merged steps can have. The
// new step would lose all other keys and inputs. The push step keeps its own
// keys.
var (
	stepKeys  = []string{"name", "id", "uses", "with"}
	pushSteps = append([]string{"if", "env", "continue-on-error", "timeout-minutes"}, stepKeys...)
	loginKeys = []string{"registry", "username", "password"}
	metaKeys  = []string{"images", "tags", "flavor", "labels", "annotations", "bake-target"}
	// carried lists the inputs of docker/build-push-action that have the same
	// meaning in the new step.
	carried  = []string{"context", "file", "target", "platforms", "build-args", "secrets", "builder", "cache-from", "cache-to"}
	pushKeys = append([]string{"push", "tags", "labels", "annotations", "provenance", "sbom"}, carried...)
	// The map "without" contains inputs of docker/build-push-action, and for each input
	// the values that have no effect.
	without = map[string][]string{"load": {"false"}, "no-cache": {"false"}, "pull": {"false"}, "github-token": nil}
	// The variable "lists" contains the inputs from "carried" that are lists in both
	// actions.
	lists = []string{"build-args", "cache-from", "cache-to", "platforms", "secrets"}
)

// obstacle returns the first reason why one step cannot replace the steps of a
// chain. The method "obstacle" returns "" if one step can replace the steps. The method
// "obstacle" also sets the reasons why the login step or the metadata step stays.
func (p *pass) obstacle(job *flow.Job, c *chain) string {
	if !p.usesToken(c.login) {
		return "the login does not use GITHUB_TOKEN"
	}
	if !p.spend(5000 * len(job.Steps)) {
		return errTooComplex.Error()
	}
	logins := 0
	for _, step := range job.Steps {
		if actionName(step) == dockerLogin && p.logsInToTarget(step) {
			logins++
		}
	}
	if logins > 1 {
		return fmt.Sprintf("the job logs in to %s more than once", p.opts.Registry)
	}
	for _, check := range []func(*chain) string{p.idObstacle, p.orderObstacle, p.keyObstacle, p.pushObstacle, p.listObstacle, p.secretObstacle, p.contextObstacle, p.tagObstacle, p.annotationObstacle, p.eventObstacle, p.useObstacle} {
		if why := check(c); why != "" {
			return why
		}
	}
	return ""
}

// usesToken reports whether the password of the login is GITHUB_TOKEN before or
// after the edits.
func (p *pass) usesToken(step *flow.Step) bool {
	if p.tokenLogins[step] {
		return true
	}
	names := leaves(p.eval(step.Input("password"), step.Job, step, nil))
	return p.migratedSteps[step] || len(names) > 0 && !slices.ContainsFunc(names, func(n string) bool { return !isToken(n) })
}

func (p *pass) keyObstacle(c *chain) string {
	if strings.Contains(c.push.Input("outputs"), "push-by-digest=true") {
		return "the job pushes only a digest (push-by-digest=true), and a later job adds the tags. To migrate these jobs by hand, use the input push-by-digest and the command \"merge\" of this action"
	}
	if why := unknownKey(c.push, pushSteps, pushKeys); why != "" {
		return why
	}
	if c.keepLogin == "" {
		if why := unknownKey(c.login, append([]string{"if"}, stepKeys...), append([]string{"logout"}, loginKeys...)); why != "" {
			return why
		}
	}
	if condition := flow.Text(valueOf(c.login, "if")); statusFunction().MatchString(condition) {
		return "the condition of the login uses the status of the job"
	}
	return resultObstacle(*c)
}

// statusFunction matches the functions that are available only in the condition
// of a step.
var statusFunction = lazy.Regexp(`(?i)\b(always|success|failure|cancelled|hashFiles) *\(`)

// resultObstacle returns a reason if another step uses a result that the new
// step does not have.
func resultObstacle(c chain) string {
	nodes := append(elsewhere(c.push.Job, c.login), c.login.Node)
	if c.keepLogin == "" && len(valuesThatUse(c.login, nodes...)) > 0 {
		return fmt.Sprintf("another step uses a result of %s", dockerLogin)
	}
	id := flow.Text(valueOf(c.push, "id"))
	for _, value := range valuesThatUse(c.push, elsewhere(c.push.Job)...) {
		if !onlyDigest(value, id) {
			return fmt.Sprintf("another step or job uses an output of %s that the new step does not have", dockerBuild)
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

func unknownKey(step *flow.Step, keys, inputs []string) string {
	if step == nil {
		return ""
	}
	for _, pair := range flow.Pairs(step.Node) {
		if !slices.Contains(keys, pair.Key.Value) {
			return fmt.Sprintf("%s has the key %q, which the new step does not support", actionName(step), pair.Key.Value)
		}
	}
	for _, pair := range flow.Pairs(step.With) {
		if values, ok := without[pair.Key.Value]; actionName(step) == dockerBuild && ok && (values == nil || slices.Contains(values, flow.Text(pair.Value))) {
			continue
		}
		if !slices.Contains(inputs, pair.Key.Value) {
			return fmt.Sprintf("%s has the input %q, which the new step does not support", actionName(step), pair.Key.Value)
		}
	}
	return ""
}

func (p *pass) pushObstacle(c *chain) string {
	push := strings.TrimSpace(c.push.Input("push"))
	version, known := p.actionVersion(c.push)
	switch {
	case known && version.major < 2:
		return fmt.Sprintf("version 1 of %s has other inputs", dockerBuild)
	case p.attestationOf(c.push) == unknownAttestation:
		return fmt.Sprintf("the version of %s is unknown, and the version decides about the provenance attestation. If the step uses a commit, write the version in a comment in the same line", dockerBuild)
	case p.attestationOf(c.push) == provenanceOfAction && envNames(p.doc.Root, "BUILDX_NO_DEFAULT_ATTESTATIONS"):
		return "the variable BUILDX_NO_DEFAULT_ATTESTATIONS decides about the provenance attestation"
	case push == "" || push == "false":
		return fmt.Sprintf("%s does not push (the input push is not true)", dockerBuild)
	case push != "true" && !isOneExpression(push):
		return fmt.Sprintf("the input push of %s is neither true nor one expression", dockerBuild)
	case c.push.Input("provenance") != "" && c.push.Input("provenance") != "false":
		return fmt.Sprintf("the step creates a provenance attestation (%s), and this action cannot create this attestation", c.push.Input("provenance"))
	case c.push.Input("sbom") != "" && c.push.Input("sbom") != "false":
		return "the build attaches an SBOM, and this action cannot create an SBOM"
	}
	return ""
}

func isOneExpression(text string) bool {
	parts := expr.Split(text)
	return len(parts) == 1 && parts[0].Expr
}

// pushCondition returns the value of the input "push" for the new step. The result
// "changed" is true if the value contains the condition of the login, because the old
// step could push only after a login. If the old value can be empty, the new value
// replaces an empty value by false. The old step refuses an empty value, but the new step
// would push.
func pushCondition(c chain) (value string, changed bool) {
	push := strings.TrimSpace(c.push.Input("push"))
	login := flow.Get(c.login.Node, "if")
	if login != nil && !sameCondition(login.Value, inputNode(c.push, "push")) && !sameCondition(login.Value, valueOf(c.push, "if")) {
		value := "true" // An expression treats the text "false" as true, so the value of the input "push" is the last operand.
		if push != "true" {
			value = "(" + inner(push) + ")"
		}
		return "${{ (" + inner(flow.Text(login.Value)) + ") && " + value + " || false }}", true
	}
	if push == "true" || expr.IsBoolean(push) {
		return push, false
	}
	return "${{ (" + inner(push) + ") || false }}", false
}

func sameCondition(a, b *yaml.Node) bool { return b != nil && condensed(a) == condensed(b) }

// inner returns the text of a condition without "${{ }}".
func inner(condition string) string {
	condition = strings.TrimSpace(condition)
	if isOneExpression(condition) {
		condition = condition[3 : len(condition)-2]
	}
	return strings.Join(strings.Fields(condition), " ")
}

// listObstacle returns a reason if the two actions would read the list in an input in
// different ways.
func (p *pass) listObstacle(c *chain) string {
	for _, input := range lists {
		for line := range strings.Lines(c.push.Input(input)) {
			if line = strings.TrimSpace(line); strings.HasPrefix(line, "#") || strings.HasPrefix(line, `"`) {
				return fmt.Sprintf("the input %q contains a comment or a quoted line, which the new step does not support", input)
			}
		}
	}
	return ""
}

// annotationObstacle returns a reason if the two actions would write
// annotations into different manifests. This action always writes the default annotations
// into the root of the image, also if the input "annotations" has levels. docker/build-push-action writes annotations into the
// manifest of each platform. The manifest of a platform is the root only if the image
// has one platform and no attestations.
func (p *pass) annotationObstacle(c *chain) string {
	text := c.push.Input("annotations")
	if text == "" {
		return ""
	}
	if c.meta == nil || !isReference(text, "steps."+flow.Text(valueOf(c.meta, "id"))+".outputs.annotations") {
		return "the push step sets its own annotations"
	}
	platforms := c.push.Input("platforms")
	if version, known := p.actionVersion(c.push); known && version.before(5, 1) {
		return fmt.Sprintf("%s ignores the input annotations before version 5.1", dockerBuild)
	}
	if !p.attachesNothing(c.push) || strings.ContainsAny(platforms, ",\n$") || envNames(p.doc.Root, "DOCKER_METADATA_ANNOTATIONS_LEVELS") {
		return "docker/build-push-action and this action write the annotations of an image with an index into different manifests"
	}
	return ""
}

// envNames reports whether a YAML scalar of a workflow contains the beginning of the name
// of a variable.
func envNames(n *yaml.Node, name string) bool {
	found := false
	flow.Scalars(n, func(s *yaml.Node) { found = found || strings.Contains(s.Value, name) })
	return found
}

// contextObstacle returns a reason if the step possibly does not build from a directory
// of the checkout.
func (p *pass) contextObstacle(c *chain) string {
	context := c.push.Input("context")
	if context == "" {
		return fmt.Sprintf("%s does not set the input context, so it builds from the Git repository and not from a directory", dockerBuild)
	}
	if isDirectory(context) {
		return ""
	}
	if !strings.Contains(context, "{{") {
		return fmt.Sprintf("%s builds from the address %s and not from a directory", dockerBuild, context)
	}
	for _, combo := range p.combos(c.push.Job, context) {
		if v := p.certain(context, c.push.Job, c.push, combo); !v.Known || !isDirectory(v.Text) {
			return fmt.Sprintf("the input context of %s is the expression %s, so it is not certain that the step builds from a directory", dockerBuild, context)
		}
	}
	return ""
}

// isDirectory reports whether a build context is the path of a directory. A
// later part of the path can be an expression. If the build context starts with
// an expression or is a URL, isDirectory returns false.
func isDirectory(context string) bool {
	for _, prefix := range []string{"${{", "{{", "http:", "https:", "git@", "git:", "ssh:", "github.com/"} {
		if strings.HasPrefix(context, prefix) {
			return false
		}
	}
	return context != "" && !strings.Contains(context, "://")
}

// builderUse returns the reason why the build itself needs the login, or "".
func (p *pass) builderUse(c chain) string {
	for _, name := range p.dockerfiles(c.push) {
		src, err := p.tree.read(name)
		switch {
		case err != nil:
		case strings.Contains(string(src), p.opts.Registry+"/"):
			return fmt.Sprintf("%s uses an image of %s", name, p.opts.Registry)
		case unknownBase(string(src), c.push.Input("build-args"), p.opts.Registry):
			return fmt.Sprintf("a variable in %s can name an image of %s", name, p.opts.Registry)
		}
	}
	for _, input := range []string{"cache-from", "cache-to"} {
		cache := c.push.Input(input)
		if strings.Contains(cache, "type=registry") || cache != "" && !strings.Contains(cache, "type=") || strings.Contains(cache, p.opts.Registry) {
			return fmt.Sprintf("the build cache is in a registry (the input %q)", input)
		}
	}
	for _, input := range []string{"build-args"} {
		if strings.Contains(c.push.Input(input), p.opts.Registry+"/") {
			return fmt.Sprintf("a build argument names an image of %s", p.opts.Registry)
		}
	}
	if len(p.dockerfiles(c.push)) == 0 || !p.readsDockerfiles(c) {
		return fmt.Sprintf("migrate cannot read the Dockerfile, which may use private images of %s", p.opts.Registry)
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
		if v := p.certain(file, step.Job, step, combo); v.Known && !path.IsAbs(v.Text) {
			out = append(out, path.Clean(v.Text))
		}
	}
	return out
}

// useObstacle finds other uses of the login. If another use exists, useObstacle
// sets the reason why the login step stays.
func (p *pass) useObstacle(c *chain) string {
	if c.keepLogin == "" {
		c.keepLogin = p.builderUse(*c)
	}
	if c.keepLogin != "" {
		return ""
	}
	for _, step := range c.push.Job.Steps {
		if step == c.login || actionName(step) == dockerMetadata || step == c.push {
			continue
		}
		if actionName(step) == dockerBuild && !p.neverPushes(step) {
			continue // This push step belongs to another chain, which the method "obstacle" checks separately.
		}
		t := p.traffic(&flow.Job{Doc: p.doc, Steps: []*flow.Step{step}})
		if p.mayUseLogin(step, c.meta) || t.pushed || t.pulled || t.opaque {
			c.keepLogin = stepName(step) + " may use the login"
			return ""
		}
	}
	return ""
}

// stepName returns the text that identifies a step in a message.
func stepName(step *flow.Step) string {
	if name := flow.Text(valueOf(step, "name")); name != "" {
		return fmt.Sprintf("the step %q", name)
	}
	if step.Uses != nil {
		return "the step " + actionName(step)
	}
	return fmt.Sprintf("the script in line %d", step.Node.Line)
}

// mayUseLogin reports whether an action could need the login. mayUseLogin returns true if
// an input of the action names an image of the registry. An action that creates an
// attestation needs the login only if it also pushes the attestation.
func (p *pass) mayUseLogin(step, meta *flow.Step) bool {
	if strings.HasPrefix(actionName(step), "actions/attest") {
		return step.Input("push-to-registry") != "" && step.Input("push-to-registry") != "false"
	}
	for _, pair := range flow.Pairs(step.With) {
		text := flow.Text(pair.Value)
		named := meta != nil && usesStep(text, flow.Text(valueOf(meta, "id")))
		if named || strings.Contains(pair.Key.Value, "image") && !p.certain(text, step.Job, step, nil).Known || len(p.imagesAt(text, pair.Value, step)) > 0 {
			return true
		}
	}
	return false
}
