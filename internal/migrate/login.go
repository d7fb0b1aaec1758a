package migrate

import (
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/ghcr-publish/ghcr-publish/internal/migrate/expr"
	"github.com/ghcr-publish/ghcr-publish/internal/migrate/flow"
)

// login is a place in a file that passes a credential to a registry. A login
// holds one case per combination of the matrix, because one text can name
// several registries.
type login struct {
	code Code
	what string // the action or command, for messages
	job  *flow.Job
	step *flow.Step
	at   location
	// level is the permission that the credential needs, if the finder knows
	// it. If level has the value none, the job's steps determine the
	// permission.
	level level
	cases []loginCase
	// deletes are the packages whose versions the step deletes.
	deletes []Image
	// unknownShell is the position of a user name in a script whose shell is
	// unknown. Its node is nil if no such user name exists.
	unknownShell location
}

// loginCase is a login in one combination of the matrix.
type loginCase struct {
	host     string // "" if unknown
	owner    string // owner of the image, if the value of the registry contains the owner
	password route
	secrets  []string // references that the password may come from
	plain    string   // the password, if the file contains it in plain text
	username route    // nil if the user name need not change
	// usernameSecrets are the references that the user name may come from.
	usernameSecrets []string

	// These fields name the inputs of the file that supply the values. A field
	// is "" if no input supplies the value.
	registryInput, usernameInput, passwordInput string
}

// field is one text of a login. It is the part of a node's value that starts at
// the field offset. If the file refers to the node through an alias, alias is
// the alias node.
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

// credential holds the texts of a login that a finder found. Each field may
// have the zero value.
type credential struct {
	registry string // may contain expressions
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

// usernameSecrets returns the references on which a user name depends. If these are
// not secrets, the result also contains the secrets in the conditions of the name.
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

// inputOf returns the name of the input that supplies a value, perhaps through
// variables. It returns "" if no input supplies the value.
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

// combos returns the combinations of the matrix for which a text can have different
// values.
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

// usernameRoute returns the route to a user name. It returns nil for a name
// that need not change, because the registry accepts any user name with
// GITHUB_TOKEN. Such a name comes from the github context, is an input that the
// caller sets, or is empty. A name that depends on a secret changes, because the
// secret may be deleted.
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

// isToken reports whether a reference is the job's own token.
func isToken(name string) bool {
	return strings.EqualFold(name, "secrets.GITHUB_TOKEN") || strings.EqualFold(name, "github.token")
}

// leaves returns the references on which a value finally depends. The file
// contains no definition of these references.
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

// hostOf returns the registry host of a text such as "https://ghcr.io/acme".
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

// ownerOf returns the path element after the host, or "" if the text has none.
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

// isTargetHost reports whether a host is the registry to migrate, or GitHub's
// older registry, which accepts the same credentials.
func (p *pass) isTargetHost(host string) bool {
	return host == p.opts.Registry || host == oldRegistry
}
