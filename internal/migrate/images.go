package migrate

import (
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/ghcr-publish/ghcr-publish/internal/migrate/expr"
	"github.com/ghcr-publish/ghcr-publish/internal/migrate/flow"
	"github.com/ghcr-publish/ghcr-publish/internal/migrate/shell"
	"github.com/ghcr-publish/ghcr-publish/internal/safe/lazy"
)

// Image is a package that a migrated job pushes, pulls or deletes.
type Image struct {
	// Owner and Name are the parts of the image name in lower case. If the
	// image belongs to the owner of the repository, and if this owner is
	// unknown, Owner is flow.UnknownOwner.
	Owner, Name string
	File        string
	Line        int
	// Push is true if the job pushes the image. Delete is true if the job
	// deletes versions of the package. If Push and Delete are false, the job
	// pulls the image.
	Push, Delete bool
	// Registry is the host of the registry. Repository is the OWNER/NAME of the
	// checkout, or "". Checkout is the directory of the checkout.
	Registry, Repository, Checkout string
}

// String returns the name of the image with the host of the registry.
func (i Image) String() string { return i.Registry + "/" + i.Owner + "/" + i.Name }

func (i Image) same(other Image) bool {
	return i.Owner == other.Owner && i.Name == other.Name && i.Push == other.Push && i.Delete == other.Delete && i.Checkout == other.Checkout
}

// imagePath matches the path between the host and the tag or digest of a
// reference.
var imagePath = lazy.Regexp(`^/([A-Za-z0-9{][A-Za-z0-9_.{}-]*)((?:/[A-Za-z0-9{][A-Za-z0-9_.{}-]*)*)`)

// imagesIn returns the images of a registry that a text names.
func imagesIn(text, host string) []Image {
	var out []Image
	for {
		i := strings.Index(text, host)
		if i < 0 {
			return out
		}
		before := text[:i]
		text = text[i+len(host):]
		if before != "" && isWordByte(before[len(before)-1]) {
			continue
		}
		if m := imagePath().FindStringSubmatch(text); m != nil {
			out = append(out, Image{Owner: strings.ToLower(m[1]), Name: strings.ToLower(strings.Trim(m[2], "/"))})
		}
	}
}

// traffic describes the pushes and pulls of the steps of a job, as far as the
// workflow shows them.
type traffic struct {
	pushes, pulls []Image
	// pushed is true if a command or an action pushes an image, and pulled is
	// true if it pulls an image. opaque is true if the effect of a command or
	// an action is unknown. suspect is true if the name of a command or action
	// with an unknown effect suggests a push.
	pushed, pulled, opaque, suspect bool
}

// level returns the permission that the pushes and pulls of a job need. A step
// with an unknown effect counts as a push. The step does not count as a push if
// the job also pulls an image and if no name suggests a push.
func (t traffic) level() level {
	if t.pushed || t.suspect || t.opaque && !t.pulled {
		return write
	}
	return read
}

func (p *pass) traffic(job *flow.Job) traffic {
	t, ok := p.trafficByJob[job]
	if !ok {
		t = p.readTraffic(job)
		p.trafficByJob[job] = t
	}
	return t
}

func (p *pass) readTraffic(job *flow.Job) traffic {
	var t traffic
	for _, step := range job.Steps {
		switch {
		case step.Run != nil:
			p.runTraffic(&t, step)
		case step.Uses != nil:
			p.usesTraffic(&t, step)
		}
	}
	if !t.pushed {
		t.pulls = append(t.pulls, t.pushes...)
		t.pushes = nil
	}
	return t
}

// imagesAt returns the images that a text of a step names. The argument "n" is the node
// of the text.
func (p *pass) imagesAt(text string, n *yaml.Node, step *flow.Step) []Image {
	var out []Image
	for _, combo := range p.combos(step.Job, text) {
		value := evalOrMark(text, p.lookup(p.scope(step.Job, step, combo)))
		for _, image := range imagesIn(value, p.opts.Registry) {
			image.File, image.Line = p.tree.display(p.path), n.Line
			if !slices.ContainsFunc(out, image.same) {
				out = append(out, image)
			}
		}
	}
	return out
}

// evalOrMark evaluates a text. If the value of an expression is unknown, evalOrMark
// writes "?" instead of the expression, because "?" is not valid in an image name.
func evalOrMark(text string, lookup expr.Lookup) string {
	var b strings.Builder
	for _, part := range expr.Split(text) {
		piece := text[part.Start:part.End]
		if part.Expr {
			v := expr.Eval(piece, lookup)
			piece = v.Text
			if !v.Known && !strings.Contains(v.Text, "/") {
				piece = "?"
			}
		}
		b.WriteString(piece)
	}
	return b.String()
}

// pushInputs lists the inputs of actions that contain the image to push.
var pushInputs = []string{"tags", "images", "image", "outputs", "registry", "name", "repository", "dest", "destination"}

func (p *pass) usesTraffic(t *traffic, step *flow.Step) {
	action := knownActions()[actionName(step)]
	switch {
	case strings.HasPrefix(step.Uses.Value.Value, "./"), strings.HasPrefix(step.Uses.Value.Value, "$/"):
		t.merge(p.tree.lib.action(p, step).traffic())
	case action.push && p.mayPush(step):
		t.pushed = true
	case action.push:
		t.pulled = true
	case !action.listed:
		t.opaque = true
		t.suspect = t.suspect || suggestsPush(actionName(step))
	}
	for _, pair := range flow.Pairs(step.With) {
		found := p.imagesAt(flow.Text(pair.Value), pair.Value, step)
		if slices.Contains(pushInputs, pair.Key.Value) {
			t.pushes = append(t.pushes, found...)
		} else {
			t.pulls = append(t.pulls, found...)
		}
	}
}

func (t *traffic) merge(other traffic) {
	t.pushed = t.pushed || other.pushed
	t.pulled = t.pulled || other.pulled
	t.opaque = t.opaque || other.opaque
	t.suspect = t.suspect || other.suspect
	t.pushes = append(t.pushes, other.pushes...)
	t.pulls = append(t.pulls, other.pulls...)
}

// mayPush reports whether the action of a step can push an image. For an action of
// docker/, mayPush reads the inputs that enable the push. Any other action always pushes.
func (p *pass) mayPush(step *flow.Step) bool {
	if !strings.HasPrefix(actionName(step), "docker/") {
		return true
	}
	if push := flow.Get(step.With, "push"); push != nil {
		holds, sure := p.certain(flow.Text(push.Value), step.Job, step, nil).Truth()
		if holds || !sure {
			return true
		}
	}
	outputs := step.Input("outputs") + step.Input("set")
	return strings.Contains(outputs, "push=true") || strings.Contains(outputs, "type=registry")
}

func (p *pass) runTraffic(t *traffic, step *flow.Step) {
	commands := shell.Parse(step.Run.Value.Value, dialectOf(step))
	for _, c := range commands {
		use := useOf(c.Fields())
		var images []Image
		if use == pushes || use == names || use == pulls {
			images = p.imagesAt(p.expand(strings.Join(c.Fields(), " "), commands, step), step.Run.Value, step)
		}
		switch use {
		case pushes:
			t.pushed = true
			t.pushes = append(t.pushes, images...)
		case names:
			t.pushes = append(t.pushes, images...)
		case pulls:
			t.pulled = true
			t.pulls = append(t.pulls, images...)
		case mayDoAnything:
			t.opaque = true
			t.suspect = t.suspect || suggestsPush(strings.Join(c.Fields(), " "))
		}
	}
}

// expand replaces references to shell variables in a text by the values of the
// variables. The method "expand" keeps a reference if the file does not contain the
// value.
func (p *pass) expand(text string, commands []shell.Command, step *flow.Step) string {
	scope := p.scope(step.Job, step, nil)
	for range 4 {
		next := variable().ReplaceAllStringFunc(text, func(ref string) string {
			name := variable().FindStringSubmatch(ref)[1]
			if !p.spend(10*len(commands) + 500) {
				return ref
			}
			if w := shell.Assigned(commands, name); w != nil && !strings.Contains(w.Text, ref) && len(w.Text) < 500 {
				return w.Text
			}
			if found, ok := scope.Env(name); ok && len(found.Text) < 500 {
				return found.Text
			}
			return ref
		})
		if next == text || len(next) > 64<<10 {
			break
		}
		text = next
	}
	return text
}

var variable = lazy.Regexp(`\$\{?(?:env:)?([A-Za-z_][A-Za-z0-9_]*)(?:,,|\^\^)?\}?`)
