package input

import (
	"errors"
	"slices"
	"strings"

	"github.com/google/go-containerregistry/pkg/name"
)

// LoginConfig is a run of `login` as it was asked for.
type LoginConfig struct {
	Common

	Logins   []Credential // one at least, once parsed
	Isolated bool
}

// ParseLogin reads and checks everything a login is asked for. Images are
// those for which the right to push is to be proven.
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
		r.fail("image", "image-idle", "Set push: true to have the right to push there proven, or take image away.", "image is given, and push is not true")
	}
	if c.Isolated && !c.GitHub.Active {
		r.fail("isolated", "isolated-idle", "Set DOCKER_CONFIG to a folder of its own instead.", "isolated is for workflows, whose later steps can be told where the login is")
	}
	return c, errors.Join(r.errs...)
}

// hosts finds out where to log in: at the registry of this GitHub unless
// others are named, and wherever there are credentials for.
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
		r.fail("token", "token-empty", tokenHint(&c.Common), "There is no token")
	}
}

func (r *reader) host(c *LoginConfig, text string) {
	reg, err := name.NewRegistry(strings.ToLower(strings.TrimSuffix(text, "/")))
	if err != nil || !hostPort(text) {
		r.fail("registry", "registry-invalid", "Write a host name, with a port if it needs one: ghcr.io.", "registry is %q", text)
		return
	}
	host := reg.RegistryStr()
	i := slices.IndexFunc(c.Credentials, func(cr Credential) bool { return cr.Host == host })
	switch {
	case i >= 0:
		c.add(c.Credentials[i])
	case host != c.Home:
		r.fail("registry", "login-missing", "Add a line to credentials: "+text+" USER SECRET. The token goes to "+c.Home+" alone.", "There is no login for %s", text)
	case c.Token.Empty():
		r.fail("token", "token-empty", tokenHint(&c.Common), "There is no token for %s", host)
	default:
		c.add(Credential{Host: host, Username: c.Username, Secret: c.Token})
	}
}

// add keeps one login for each host, the last.
func (c *LoginConfig) add(cr Credential) {
	c.Logins = slices.DeleteFunc(c.Logins, func(other Credential) bool { return other.Host == cr.Host })
	c.Logins = append(c.Logins, cr)
}
