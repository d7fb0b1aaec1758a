package input

import (
	"errors"
	"slices"
	"strings"

	"github.com/ghcr-publish/ghcr-publish/internal/diag/nearest"
)

// LoginConfig is the configuration of `login`.
type LoginConfig struct {
	Common

	Logins   []Credential // not empty after a successful parse
	Isolated bool
}

// ParseLogin reads and checks the inputs of `login`. The command checks the permission to
// push to the repositories in the field "Images".
func ParseLogin(env Environment) (*LoginConfig, error) {
	r := newReader(Login, env)
	c := &LoginConfig{Isolated: r.boolean("isolated")}
	r.base(&c.Common, env)
	c.Home, c.Registry = c.GitHub.Registry(), c.GitHub.Registry()
	r.token(&c.Common, env)
	r.credentials(&c.Common)
	r.hosts(c)
	switch {
	case r.boolean("push"):
		r.images(&c.Common)
	case r.text("image") != "":
		r.fail("image", CodeImageWithoutPush, "Set push: true to check the permission to push, or remove the input image.", "The input image has no effect without push: true")
	}
	if c.Isolated && !c.GitHub.Active {
		r.fail("isolated", CodeIsolatedOutsideWorkflow, "Set DOCKER_CONFIG to a separate folder instead.", "The input isolated is only for workflows, because it sets variables for later steps")
	}
	return c, errors.Join(r.errs...)
}

// hosts determines the logins. The logins are for the hosts in the input "registry" and
// for all hosts in the input "credentials". The default of the input "registry" is the
// registry of this GitHub server.
func (r *reader) hosts(c *LoginConfig) {
	named := r.lines("registry")
	if len(named) == 0 && !c.Token.Empty() {
		named = []string{c.Home}
	}
	for _, host := range named {
		r.host(c, host)
	}
	for _, cr := range c.Credentials {
		c.add(cr)
	}
	if len(c.Logins) == 0 && len(r.errs) == 0 {
		r.fail("token", CodeTokenEmpty, tokenHint(&c.Common), "There is no token")
	}
}

func (r *reader) host(c *LoginConfig, text string) {
	host, err := parseHost(text)
	if hosts := strings.FieldsFunc(text, func(c rune) bool { return c == ',' || c == ' ' }); err != nil && len(hosts) > 1 {
		r.fail("registry", CodeList, r.oneEntryPerLine("registry", hosts), "The input registry contains several hosts in one line")
		return
	}
	if err != nil {
		r.fail("registry", CodeRegistryInvalid, "Write a host name, with a port if it needs one: ghcr.io.", "The input registry has the invalid value %q", text)
		return
	}
	shown := strings.TrimPrefix(host, "index.") // go-containerregistry writes index.docker.io instead of docker.io
	i := slices.IndexFunc(c.Credentials, func(cr Credential) bool { return cr.Host == host })
	switch {
	case i >= 0:
		c.add(c.Credentials[i])
	case host != c.Home:
		r.fail("registry", CodeLoginMissing, r.loginHint(c, shown), "There is no login for the host %s in the input registry", shown)
	case c.Token.Empty():
		r.fail("token", CodeTokenEmpty, tokenHint(&c.Common), "There is no token for %s", host)
	default:
		c.add(Credential{Host: host, Username: c.Username, Secret: c.Token})
	}
}

// loginHint returns the hint for a host without a login. The host is possibly misspelt.
func (r *reader) loginHint(c *LoginConfig, host string) string {
	hint := ""
	if hosts := append([]string{c.Home}, KnownHosts...); !slices.Contains(hosts, host) {
		if hint = nearest.Question(host, hosts); hint != "" {
			hint += " Correct the host in the input registry. If the host is correct, the login is missing. "
		}
	}
	if r.terminal {
		return hint + "Log in with docker login " + host + ". This command and other programs then use this login. Only " + c.Home + " receives the token of this command."
	}
	return hint + "Add this line to the input credentials: " + host + " USER SECRET. Only " + c.Home + " receives the token."
}

// KnownHosts lists registries whose names users misspell.
var KnownHosts = []string{"ghcr.io", "docker.io", "quay.io", "gcr.io", "registry.gitlab.com", "mcr.microsoft.com", "public.ecr.aws"}

// add appends a login, and removes an earlier login for the same host.
func (c *LoginConfig) add(cr Credential) {
	c.Logins = slices.DeleteFunc(c.Logins, func(other Credential) bool { return other.Host == cr.Host })
	c.Logins = append(c.Logins, cr)
}
