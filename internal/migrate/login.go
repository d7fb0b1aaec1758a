package migrate

import (
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/ghcr-publish/ghcr-publish/internal/migrate/expr"
	"github.com/ghcr-publish/ghcr-publish/internal/migrate/flow"
)

// login is one place that hands a credential to a registry, as a finder found
// it. Everything is kept for each combination of the matrix, since one text can
// mean several registries.
type login struct {
	code Code
	what string // the action or command, for messages
	job  *flow.Job
	step *flow.Step
	at   mark
	// level is what the credential is used for, where the finder knows it;
	// else the job's steps tell.
	level level
	cases []loginCase
}

// loginCase is a login as one combination sees it.
type loginCase struct {
	host     string // "" is unknown
	owner    string // of the image, where the registry input names it
	password route
	secrets  []string // the references the password may come from
	plain    string   // the password, where the file holds it in plain text
	username route    // nil: there is none to change

	// the inputs of the file that these come from, "" for none
	registryInput, usernameInput, passwordInput string
}

// field is one text of a login: a node's value, or the part of it at offset.
// alias is set where an alias stands for it.
type field struct {
	node   *yaml.Node
	alias  *yaml.Node
	offset int
	text   string
}

func (p *pass) fieldOf(pair *flow.Pair) field {
	f := field{node: pair.Value, text: flow.Text(pair.Value)}
	if pair.Raw != pair.Value {
		f.alias = pair.Raw
	}
	return f
}

// credential is what a finder gives; each field may be the zero field.
type credential struct {
	registry string // evaluated as text
	username field
	password field
}

// addLogin evaluates a credential for each combination and records the login.
func (p *pass) addLogin(l login, c credential) {
	for _, combo := range p.combos(l.job, c.registry+c.username.text+c.password.text) {
		registry := p.eval(c.registry, l.job, l.step, combo)
		password := p.eval(c.password.text, l.job, l.step, combo)
		lc := loginCase{host: hostOf(registry), owner: ownerOf(registry.Text), registryInput: inputOf(registry), passwordInput: inputOf(password)}
		lc.take(c.password, password)
		if c.username.node != nil {
			username := p.eval(c.username.text, l.job, l.step, combo)
			lc.username, lc.usernameInput = p.usernameRoute(c.username, username), inputOf(username)
		}
		l.cases = append(l.cases, lc)
	}
	p.logins = append(p.logins, &l)
}

// inputOf is the input a value comes from, "" for none.
func inputOf(v expr.Value) string {
	for _, ref := range v.Refs {
		if name, ok := strings.CutPrefix(ref.Name, "inputs."); ok {
			return name
		}
	}
	return ""
}

// combos are the combinations a text can tell apart.
func (p *pass) combos(job *flow.Job, text string) []flow.Combo {
	if !strings.Contains(text, "matrix") && !strings.Contains(text, "env.") {
		return []flow.Combo{nil}
	}
	combos := job.Combos()
	if !p.spend(1000 * len(combos)) {
		return combos[:1]
	}
	return combos
}

func (c *loginCase) take(f field, v expr.Value) {
	c.password = routeOf(f, v)
	c.secrets = leaves(v)
	if v.Known && len(c.secrets) == 0 {
		c.plain = v.Text
	}
}

// usernameRoute is nil for a name that may stay: the actor's, or one that
// whoever calls gives.
func (p *pass) usernameRoute(f field, v expr.Value) route {
	names := leaves(v)
	isInput := func(name string) bool { return strings.HasPrefix(name, "inputs.") }
	isOther := func(name string) bool { return !isActor(name) }
	actor := len(names) > 0 && !slices.ContainsFunc(names, isOther)
	if actor || slices.ContainsFunc(names, isInput) || v.Known && v.Text == "" {
		return nil
	}
	return routeOf(f, v)
}

func isActor(name string) bool {
	return strings.EqualFold(name, "github.actor") || strings.EqualFold(name, "github.triggering_actor")
}

// isToken reports whether a reference is the job's own token.
func isToken(name string) bool {
	return strings.EqualFold(name, "secrets.GITHUB_TOKEN") || strings.EqualFold(name, "github.token")
}

// leaves are the references a value rests on: those behind which the file says
// nothing more.
func leaves(v expr.Value) []string {
	var out []string
	for _, ref := range v.Refs {
		if ref.Via != nil && len(ref.Via.Refs) > 0 {
			out = append(out, leaves(*ref.Via)...)
		} else if ref.Via == nil {
			out = append(out, ref.Name)
		}
	}
	return out
}

// hostOf is the registry of a text such as "https://ghcr.io/acme".
func hostOf(v expr.Value) string {
	text := strings.ToLower(strings.TrimSpace(v.Text))
	for _, scheme := range []string{"https://", "http://", "docker://", "oci://"} {
		text = strings.TrimPrefix(text, scheme)
	}
	host, _, _ := strings.Cut(text, "/")
	if v.Known && host == "" {
		return "docker.io"
	}
	return host
}

// ownerOf is the path step after the host, "" where there is none.
func ownerOf(registry string) string {
	_, rest, _ := strings.Cut(registry, "://")
	if rest == "" {
		rest = registry
	}
	steps := strings.Split(strings.TrimSpace(rest), "/")
	if len(steps) < 2 {
		return ""
	}
	return steps[1]
}

// isOurs reports whether a host is the registry we migrate, or GitHub's older
// one, which takes the same credentials.
func (p *pass) isOurs(host string) bool {
	return host == p.opts.Registry || host == oldRegistry
}
