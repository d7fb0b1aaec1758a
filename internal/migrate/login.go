package migrate

import (
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/ghcr-publish/ghcr-publish/internal/migrate/expr"
	"github.com/ghcr-publish/ghcr-publish/internal/migrate/flow"
)

// login is a place in a file that passes a credential to a registry. A login
// contains one case for each combination of the matrix, because the registry
// can depend on the matrix.
type login struct {
	code Code
	what string // The field "what" contains the name of the action or command for messages.
	job  *flow.Job
	step *flow.Step
	at   location
	// level is the permission that the credential needs, if the finder knows
	// the permission. If level is none, the steps of the job determine the
	// permission.
	level level
	cases []loginCase
	// The field "deletes" contains the packages whose versions the step deletes.
	deletes []Image
	// unknownShell is the position of a user name in a script whose shell is
	// unknown. If no such user name exists, the field "node" of the position is nil.
	unknownShell location
}

// loginCase describes a login for one combination of the matrix.
type loginCase struct {
	host     string // The host is "" if it is unknown.
	owner    string // owner is the owner of the image if the value of the registry contains the owner.
	password route
	secrets  []string // secrets lists the references from which the password can come.
	plain    string   // plain is the password if the file contains the password in plain text.
	username route    // The route is nil if the user name does not have to change.
	// usernameSecrets contains the references from which the user name can
	// come.
	usernameSecrets []string

	// These fields contain the names of the inputs that supply the registry,
	// the user name and the password. A field is "" if no input supplies the
	// value.
	registryInput, usernameInput, passwordInput string
}

// field is one text of a login, for example the password. The text starts at an offset in
// the value of a YAML node. If the file refers to the node through an alias, the field
// "alias" is the alias node.
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

// credential contains the texts of a login that a finder found. Each text can
// be missing.
type credential struct {
	registry string // The registry can contain expressions.
	username field
	password field
}

// addLogin evaluates a credential for each combination of the matrix and
// records the login.
func (p *pass) addLogin(l login, c credential) {
	for _, combo := range p.combos(l.job, c.registry+c.username.text+c.password.text) {
		registry := p.eval(c.registry, l.job, l.step, combo)
		password := p.eval(c.password.text, l.job, l.step, combo)
		lc := loginCase{host: hostOf(registry), owner: ownerOf(registry.Text), registryInput: inputOf(registry), passwordInput: inputOf(password)}
		lc.setPassword(c.password, password)
		if c.username.node != nil {
			username := p.eval(c.username.text, l.job, l.step, combo)
			lc.username, lc.usernameInput = p.usernameRoute(c.username, username), inputOf(username)
			lc.usernameSecrets = usernameSecrets(c.username.text, username)
		}
		l.cases = append(l.cases, lc)
	}
	p.logins = append(p.logins, &l)
}

// usernameSecrets returns the references on which a user name depends. If no
// reference is a secret, the result also contains the secrets in the text of
// the user name, for example in a condition.
func usernameSecrets(text string, v expr.Value) []string {
	out := leaves(v)
	if slices.ContainsFunc(out, func(name string) bool { return strings.HasPrefix(name, "secrets.") }) {
		return out
	}
	for _, name := range sortedKeys(secretNames([]byte(text))) {
		if !slices.Contains(out, "secrets."+name) {
			out = append(out, "secrets."+name)
		}
	}
	return out
}

// inputOf returns the name of the input that supplies a value directly or
// through variables. inputOf returns "" if no input supplies the value.
func inputOf(v expr.Value) string {
	for _, ref := range v.Refs {
		if name, ok := strings.CutPrefix(ref.Name, "inputs."); ok {
			return name
		}
		if ref.Via != nil {
			if name := inputOf(*ref.Via); name != "" {
				return name
			}
		}
	}
	return ""
}

// combos returns the combinations of the matrix. If a text does not depend on the
// matrix, the method "combos" returns only one empty combination.
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

func (c *loginCase) setPassword(f field, v expr.Value) {
	c.password = routeOf(f, v)
	c.secrets = leaves(v)
	if v.Known && len(c.secrets) == 0 {
		c.plain = v.Text
	}
}

// usernameRoute returns the route to a user name that an edit must replace. A
// user name that depends on a secret must be replaced, because the user may
// delete the secret. For any other user name, usernameRoute returns nil if the
// name is empty or comes from the github context or an input. Such a name does
// not have to change, because the registry accepts any user name with
// GITHUB_TOKEN.
func (p *pass) usernameRoute(f field, v expr.Value) route {
	names := leaves(v)
	isInput := func(name string) bool { return strings.HasPrefix(name, "inputs.") }
	isOther := func(name string) bool { return !strings.HasPrefix(name, "github.") }
	given := len(names) > 0 && !slices.ContainsFunc(names, isOther) || len(names) == 0 && strings.Contains(f.text, "github.repository_owner")
	if given && len(secretNames([]byte(f.text))) == 0 || slices.ContainsFunc(names, isInput) || v.Known && v.Text == "" {
		return nil
	}
	return routeOf(f, v)
}

// isToken reports whether a reference is GITHUB_TOKEN.
func isToken(name string) bool {
	return strings.EqualFold(name, "secrets.GITHUB_TOKEN") || strings.EqualFold(name, "github.token")
}

// leaves returns the references on which a value finally depends. The file itself does
// not define a value for these references. An example is a reference to a secret.
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

// hostOf returns the registry host in a text such as "https://ghcr.io/acme".
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

// ownerOf returns the first path element after the host, or "" if the text has
// no such element.
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

// isTargetHost reports whether a host is the registry to migrate. isTargetHost
// also returns true for GitHub's older registry, because both registries accept
// the same credentials.
func (p *pass) isTargetHost(host string) bool {
	return host == p.opts.Registry || host == oldRegistry
}
