package input

import (
	"fmt"
	"strings"

	"github.com/google/go-containerregistry/pkg/name"

	"github.com/ghcr-publish/ghcr-publish/internal/secret"
)

// common reads what all commands that talk to a registry take.
func (r *reader) common(c *Common, env Environment) {
	r.base(c, env)
	c.Home, c.Registry = c.GitHub.Registry(), r.registry(c.GitHub)
	r.images(c)
	r.token(c, env)
	r.credentials(c)
}

// base reads what every command takes.
func (r *reader) base(c *Common, env Environment) {
	gh, err := readGitHub(env.Getenv)
	if err != nil {
		r.errs = append(r.errs, err)
	}
	c.Command, c.GitHub = r.command, gh
	r.strangers()
	c.Timeout = r.duration("timeout")
	c.Summary = r.boolean("summary")
	c.Debug = r.boolean("debug")
	c.Trace = r.text("trace")
	c.CAFile = r.text("ca-file")
}

// registry finds the host that bare image names go to. It decides nothing
// about the token, which goes to GitHub's own registry only.
func (r *reader) registry(gh GitHub) string {
	v := strings.TrimSuffix(r.text("registry"), "/")
	if v == "" {
		return gh.Registry()
	}
	reg, err := name.NewRegistry(strings.ToLower(v))
	if err != nil || !hostPort(v) {
		r.fail("registry", "registry-invalid", "Write a host name, with a port if it needs one: ghcr.io.", "registry is %q", v)
		return gh.Registry()
	}
	return reg.RegistryStr()
}

// tokenVariables are where a terminal's token comes from, in order.
var tokenVariables = []string{"GITHUB_TOKEN", "GH_TOKEN", "CR_PAT"}

func (r *reader) token(c *Common, env Environment) {
	c.Username = r.text("username")
	if c.Username == "" {
		c.Username = c.GitHub.Actor
	}
	if c.Username == "" {
		c.Username = "token" // ghcr.io does not look at it (docs/ghcr.md, Token endpoint)
	}
	switch {
	case env.Flag == nil:
		c.Token, c.TokenOrigin = secret.New(r.get("token")), "the input token"
	case !env.Token.Empty():
		c.Token, c.TokenOrigin = env.Token, "standard input"
	default:
		for _, v := range tokenVariables {
			if c.Token = secret.New(env.Getenv(v)); !c.Token.Empty() {
				c.TokenOrigin = v
				break
			}
		}
	}
	r.usable(c)
}

// usable refuses what cannot be a token before it is sent anywhere.
func (r *reader) usable(c *Common) {
	if c.Token.Empty() {
		if c.needsToken() {
			r.fail("token", "token-empty", tokenHint(c), "There is no token")
		}
		return
	}
	if strings.ContainsFunc(c.Token.Reveal(), func(x rune) bool { return x <= ' ' || x >= 0x7f }) {
		r.fail("token", "token-unusable", tokenHint(c), "The token from %s holds blanks or characters no token has", c.TokenOrigin)
	}
}

// needsToken: only the registry of GitHub takes the token.
func (c *Common) needsToken() bool {
	for _, repo := range c.Images {
		if c.AtHome(repo) {
			return true
		}
	}
	return false
}

func tokenHint(c *Common) string {
	if c.GitHub.Active {
		return "Leave the input token away: its default is the job's GITHUB_TOKEN. If it names a secret, check that the secret exists and reaches this job (secrets do not reach runs from forks)."
	}
	return "Export GITHUB_TOKEN (gh auth token prints one), GH_TOKEN or CR_PAT, or pipe a token into --token-stdin. A classic token needs the scope write:packages."
}

func (r *reader) credentials(c *Common) {
	for i, line := range r.lines("credentials") {
		fields := strings.Fields(line)
		if len(fields) != 3 {
			// The line is not shown: it holds a secret.
			r.fail("credentials", "credentials-invalid", "Write host, user name and secret, separated by blanks. An empty secret looks like this, too: check that it exists.", "Line %d of credentials has %d parts, not 3", i+1, len(fields))
			continue
		}
		reg, err := name.NewRegistry(strings.ToLower(fields[0]))
		if err != nil || !hostPort(fields[0]) {
			r.fail("credentials", "credentials-invalid", "The first word is a registry host, such as docker.io.", "Line %d of credentials begins with %q", i+1, fields[0])
			continue
		}
		c.Credentials = append(c.Credentials, Credential{Host: reg.RegistryStr(), Username: fields[1], Secret: secret.New(fields[2])})
	}
}

func quote(s string) string { return fmt.Sprintf("%q", s) }

// shortest is the shortest line of a longer secret that is hidden by itself:
// a brace or a zero alone would blank the whole log.
const shortest = 4

// Secrets lists everything of the configuration that must never be shown.
func (c *Common) Secrets() []string {
	out := c.Token.Forms(c.Username)
	for _, cr := range c.Credentials {
		out = append(out, cr.Secret.Forms(cr.Username)...)
	}
	for _, s := range c.Hidden {
		for line := range strings.Lines(s.Reveal()) {
			if line = strings.TrimSpace(line); len(line) >= shortest || line == s.Reveal() {
				out = append(out, line)
			}
		}
	}
	return out
}
