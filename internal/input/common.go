package input

import (
	"fmt"
	"strings"

	"github.com/ghcr-publish/ghcr-publish/internal/diag/missing"
	"github.com/ghcr-publish/ghcr-publish/internal/safe/lazy"
	"github.com/ghcr-publish/ghcr-publish/internal/secret"
)

// common reads the inputs of all commands that write to a registry or check it.
func (r *reader) common(c *Common, env Environment) {
	r.base(c, env)
	c.Home, c.Registry = c.GitHub.Registry(), r.registry(c.GitHub)
	r.images(c)
	r.token(c, env)
	r.credentials(c)
}

// base reads the inputs of every command.
func (r *reader) base(c *Common, env Environment) {
	gh, err := readGitHub(env.Getenv)
	if err != nil {
		r.errs = append(r.errs, err)
	}
	c.Command, c.Terminal, c.GitHub = r.command, r.terminal, gh
	r.refuseUnknownInputs(c, env.Environ)
	r.refuseInputsOfOtherCommands()
	r.refuseLists()
	r.refuseLiteralLineBreaks()
	r.refuseQuotes()
	r.refuseOptions()
	c.Timeout = r.duration("timeout")
	c.Summary = r.boolean("summary")
	c.Debug = r.boolean("debug")
	c.Trace = r.text("trace")
	c.CAFile = r.text("ca-file")
}

// registry returns the host for image names without a host. If this host is not the
// registry of this GitHub server, it never receives the token.
func (r *reader) registry(gh GitHub) string {
	v := r.text("registry")
	if v == "" {
		return gh.Registry()
	}
	host, err := parseHost(v)
	if err != nil {
		r.fail("registry", CodeRegistryInvalid, "Write a host name, with a port if it needs one: ghcr.io.", "The input registry has the invalid value %q", v)
		return gh.Registry()
	}
	return host
}

// tokenVariables are the variables that can contain the token at a terminal. The
// program uses the first variable that is not empty.
var tokenVariables = []string{"GITHUB_TOKEN", "GH_TOKEN", "CR_PAT"}

func (r *reader) token(c *Common, env Environment) {
	c.Username = r.username(c)
	if c.Username == "" {
		c.Username = c.GitHub.Actor
	}
	if c.Username == "" {
		c.Username = "token" // ghcr.io ignores the user name (docs/ghcr.md, Token endpoint)
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
	r.checkToken(c)
}

// username reads the input "username". username refuses a value with a colon, because
// such a value contains a password or a token. The error does not quote the value, and
// the log must not contain the text after the colon.
func (r *reader) username(c *Common) string {
	name, password, ok := strings.Cut(r.text("username"), ":")
	if !ok {
		return name
	}
	c.Hidden = append(c.Hidden, secret.New(strings.TrimSpace(password)))
	r.fail("username", CodeUsernameWithPassword, passwordHint(c), "The input username contains a colon, so the text after the colon is probably a password or a token")
	return name
}

func passwordHint(c *Common) string {
	if !c.GitHub.Active {
		return "Write only the user name before the colon. Export the token as GITHUB_TOKEN, or pipe the token into --token-stdin."
	}
	return "Write only the user name before the colon. The password is the input token, and its default is the job's GITHUB_TOKEN. For another registry, add the line HOST USERNAME SECRET to the input credentials. Replace the password, if it was written into a file of the repository."
}

// checkToken refuses a text that cannot be a token, so that the program never sends the
// text.
func (r *reader) checkToken(c *Common) {
	if c.Token.Empty() {
		if c.needsToken() || len(r.globs) > 0 {
			r.fail("token", CodeTokenEmpty, tokenHint(c), "There is no token")
		}
		return
	}
	if hint := literalToken(c.Token.Reveal()); hint != "" && c.GitHub.Active {
		r.fail("token", CodeTokenUnusable, hint+" Remove the input token, because its default is the job's GITHUB_TOKEN.", "The input token contains the name of a variable or an expression instead of a token")
		return
	}
	if strings.ContainsFunc(c.Token.Reveal(), func(x rune) bool { return x <= ' ' || x >= 0x7f }) {
		r.fail("token", CodeTokenUnusable, tokenHint(c), "The token from %s contains blanks or other characters that a token cannot contain", c.TokenOrigin)
	}
}

// variableName matches the names that users write instead of the value of a token.
var variableName = lazy.RegexpFunc(func() string {
	return `(?i)^(?:(?:secrets|env|github|vars|inputs)\.[a-z_][a-z0-9_]*|(?:github_token|gh_token|cr_pat|ghcr_token|ghcr_pat))$`
})

// literalToken returns a hint for a text that is the name of a variable or an
// expression instead of a token. literalToken returns "" for all other texts.
func literalToken(text string) string {
	if hint := missing.Unexpanded(text); hint != "" {
		return hint
	}
	if variableName().MatchString(text) {
		return "The runner replaces a name only in an expression: ${{ … }}."
	}
	return ""
}

// needsToken reports whether an image is on the registry of this GitHub server.
// Only this registry receives the token.
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
		return "Remove the input token, because its default is the job's GITHUB_TOKEN. If the input names a secret, check that the secret exists and that this job gets the secret. Runs from forks get no secrets."
	}
	return "Export a token as GITHUB_TOKEN, GH_TOKEN or CR_PAT, or pipe the token into --token-stdin. A classic token needs the scope write:packages. With the gh CLI, run gh auth refresh --scopes write:packages once to add this scope, and then gh auth token to print the token."
}

func (r *reader) credentials(c *Common) {
	for i, line := range r.lines("credentials") {
		fields := strings.Fields(line)
		if len(fields) != 3 {
			// The error does not quote the line of the input "credentials", because the
			// line contains a secret.
			r.fail("credentials", CodeCredentialsInvalid, credentialsHint(r.text("credentials"), line), "Line %d of the input credentials has %s instead of 3", i+1, parts(len(fields)))
			if strings.HasPrefix(line, "{") {
				return // the other lines belong to the same JSON document
			}
			continue
		}
		host, err := parseHost(fields[0])
		if err != nil || !strings.ContainsAny(fields[0], ".:") && host != "localhost" {
			// The error does not quote the first word, because it can be the secret.
			r.fail("credentials", CodeCredentialsInvalid, "Write the registry host first, and then the user name and the secret: docker.io USER SECRET. A host contains a dot or a port.", "Line %d of the input credentials does not start with a host", i+1)
			continue
		}
		c.Credentials = append(c.Credentials, Credential{Host: host, Username: fields[1], Secret: secret.New(fields[2])})
	}
}

// credentialsHint explains a line of the input "credentials" that does not have three
// parts. The hint contains no part of the line, except names of variables.
func credentialsHint(all, line string) string {
	const form = "Write host, user name and secret, separated by spaces: docker.io USER SECRET."
	switch unexpanded := missing.Unexpanded(line); {
	case unexpanded != "":
		return unexpanded + " " + form
	case strings.HasPrefix(strings.TrimSpace(all), "{"):
		return "The value is JSON, and this input is text. " + form + " Write one registry per line."
	case strings.Contains(line, "://"):
		return "Write the host without " + line[:strings.Index(line, "://")+3] + ". " + form
	case strings.ContainsAny(line, ":=,;@|"):
		return "Write spaces instead of colons, commas and other separators. " + form
	}
	return form + " If the line in the workflow has these three parts, check that the secret exists, because the value of a missing secret is empty."
}

// parts returns "1 part" for 1, and "N parts" for another number N.
func parts(n int) string {
	if n == 1 {
		return "1 part"
	}
	return fmt.Sprintf("%d parts", n)
}

func quote(s string) string { return fmt.Sprintf("%q", s) }

// minMaskedLine is the minimum length, in bytes, of a line to mask in a secret of
// several lines. Shorter lines are not masked, because a mask for a text such as "}" or
// "0" would hide most of the log.
const minMaskedLine = 4

// Secrets lists all texts of the configuration that the log must not contain.
func (c *Common) Secrets() []string {
	out := c.Token.Forms(c.Username)
	for _, cr := range c.Credentials {
		out = append(out, cr.Secret.Forms(cr.Username)...)
	}
	for _, s := range c.Hidden {
		for line := range strings.Lines(s.Reveal()) {
			if line = strings.TrimSpace(line); len(line) >= minMaskedLine || line == s.Reveal() {
				out = append(out, line)
			}
		}
	}
	return out
}
