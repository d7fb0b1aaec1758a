package migrate

import (
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/ghcr-publish/ghcr-publish/internal/migrate/expr"
	"github.com/ghcr-publish/ghcr-publish/internal/migrate/flow"
	"github.com/ghcr-publish/ghcr-publish/internal/migrate/shell"
)

func init() { register(findShellLogins) }

// findShellLogins finds the commands in scripts that log in to a registry.
func findShellLogins(p *pass) {
	p.steps(func(step *flow.Step) {
		if step.Run == nil || !mayLogIn(flow.Text(step.Run.Value)) {
			return
		}
		script := &script{pass: p, step: step, text: step.Run.Value.Value}
		script.commands = shell.Parse(script.text, dialectOf(step))
		for _, l := range shell.Logins(script.commands) {
			script.add(l)
		}
	})
}

func mayLogIn(text string) bool {
	return strings.Contains(text, "login") || strings.Contains(text, "creds")
}

// script is the script of a step with its parsed commands.
type script struct {
	*pass
	step     *flow.Step
	text     string
	commands []shell.Command
	// unknownShells contains the positions of user names that no edit replaces,
	// because the shell is unknown.
	unknownShells []location
}

func (s *script) add(found shell.Login) {
	if len(found.Password) == 0 && s.takesOwnToken() {
		return
	}
	l := &login{code: PATLogin, what: found.Tool, job: s.step.Job, step: s.step, at: location{s.step.Run.Value, found.At}}
	s.unknownShells = nil
	for _, combo := range s.combos(s.step.Job, s.text+envText(s.step)) {
		scope := s.scope(s.step.Job, s.step, combo)
		var c loginCase
		if found.Registry == nil {
			c.host = "docker.io"
		} else {
			registry := s.word(*found.Registry, scope, 0)
			c.host, c.owner, c.registryInput = hostOf(registry), ownerOf(registry.Text), inputOf(registry)
		}
		s.password(&c, found, scope)
		if found.Username != nil {
			s.username(&c, *found.Username, scope)
			c.usernameInput = inputOf(s.word(*found.Username, scope, 0))
		}
		l.cases = append(l.cases, c)
	}
	if len(s.unknownShells) > 0 {
		l.unknownShell = s.unknownShells[0]
	}
	s.logins = append(s.logins, l)
}

// takesOwnToken reports whether the script gets GITHUB_TOKEN from the command
// "gh auth token".
func (s *script) takesOwnToken() bool {
	if !strings.Contains(s.text, "gh auth token") {
		return false
	}
	for _, name := range []string{"GH_TOKEN", "GITHUB_TOKEN"} {
		if found, ok := s.scope(s.step.Job, s.step, nil).Env(name); ok {
			names := leaves(s.eval(found.Text, s.step.Job, s.step, nil))
			return len(names) == 1 && isToken(names[0])
		}
	}
	return false
}

// envText returns the joined values of the environment variables of a step. The
// caller searches the result for references to the matrix.
func envText(step *flow.Step) string {
	var b strings.Builder
	flow.Scalars(step.Env, func(n *yaml.Node) { b.WriteString(n.Value) })
	return b.String()
}

func (s *script) password(c *loginCase, found shell.Login, scope flow.Scope) {
	for _, w := range found.Password {
		colon := strings.IndexByte(s.text[w.Start:w.End], ':')
		for _, ref := range w.Refs {
			if found.AfterColon && ref.Start < w.Start+colon {
				continue
			}
			v := s.ref(ref, scope, 0)
			if len(c.password) > 0 && len(v.Refs) == 0 {
				continue
			}
			c.setPassword(field{node: s.step.Run.Value}, v)
			c.passwordInput = inputOf(v)
		}
		if len(w.Refs) == 0 && isTokenText(w.Text) {
			c.setPassword(field{node: s.step.Run.Value}, expr.Value{Text: w.Text, Known: true, Start: w.Start, End: w.End})
		}
	}
}

// isTokenText reports whether a text starts like a token of GitHub
// (docs/ghcr.md, Kinds of token).
func isTokenText(text string) bool {
	return strings.HasPrefix(text, "ghp_") || strings.HasPrefix(text, "github_pat_") || strings.HasPrefix(text, "gho_")
}

// username records the place of the user name in the script if an edit must
// replace the name. The recorded place is the whole word of the script. The
// edit writes a variable of the shell and not an expression, because an
// attacker could use an expression in a script to run commands.
func (s *script) username(c *loginCase, w shell.Word, scope flow.Scope) {
	v := s.word(w, scope, 0)
	if strings.Contains(w.Text, "$(") || strings.Contains(w.Text, "GITHUB_ACTOR") || strings.Contains(w.Text, "github.actor") || s.unquoted(w) != w.Text {
		return
	}
	r := s.usernameRoute(field{node: s.step.Run.Value}, v)
	if r == nil {
		return
	}
	if _, known := s.step.Shell(); !known {
		s.unknownShells = append(s.unknownShells, location{s.step.Run.Value, w.Start})
		return
	}
	whole := place{node: s.step.Run.Value, from: w.Start, to: w.End, actor: actorIn(dialectOf(s.step))}
	c.username, c.usernameSecrets = route{{place: whole}}, usernameSecrets(w.Text, v)
	if len(w.Refs) == 1 && w.Refs[0].Name != "" && s.unquoted(w) == s.text[w.Refs[0].Start:w.Refs[0].End] {
		c.username = append(c.username, r[1:]...)
	}
}

// dialectOf returns the language of the script of a step. If the shell is
// unknown, dialectOf returns the language of a POSIX shell, because most
// runners use Linux.
func dialectOf(step *flow.Step) shell.Dialect {
	name, _ := step.Shell()
	return shell.DialectOf(name)
}

// actorIn returns a quoted reference to the variable GITHUB_ACTOR in the
// language of a script. The quotes are necessary, because the name of a bot
// contains brackets.
func actorIn(d shell.Dialect) string {
	switch d {
	case shell.PowerShell:
		return `"$env:GITHUB_ACTOR"`
	case shell.Cmd:
		return `"%GITHUB_ACTOR%"`
	}
	return `"$GITHUB_ACTOR"`
}

// unquoted returns the source of a word without the surrounding quotes.
func (s *script) unquoted(w shell.Word) string {
	text := s.text[w.Start:w.End]
	if len(text) >= 2 && (text[0] == '"' || text[0] == '\'') && text[len(text)-1] == text[0] {
		return text[1 : len(text)-1]
	}
	return text
}

// word returns the value of a word. The method "word" replaces the expressions and
// variables in the word with their values.
func (s *script) word(w shell.Word, scope flow.Scope, depth int) expr.Value {
	out := expr.Value{Known: true, Start: w.Start, End: w.End}
	rest := w.Text
	for _, ref := range w.Refs {
		written := s.text[ref.Start:ref.End]
		before, after, ok := strings.Cut(rest, written)
		if !ok {
			continue
		}
		v := s.ref(ref, scope, depth)
		out.Text += before + v.Text
		out.Known = out.Known && v.Known
		out.Refs = append(out.Refs, v.Refs...)
		rest = after
	}
	out.Text += rest
	return out
}

// ref returns the value of an expression or a variable in the script. If the
// file does not define a variable, its value is unknown and has no references.
func (s *script) ref(ref shell.Ref, scope flow.Scope, depth int) expr.Value {
	if ref.Name == "" {
		v := expr.Eval(s.text[ref.Start:ref.End], s.lookup(scope))
		v.Start, v.End = v.Start+ref.Start, v.End+ref.Start
		return v
	}
	if !s.spend(10 * len(s.commands)) {
		return expr.Value{Start: ref.Start, End: ref.End}
	}
	if w := shell.Assigned(s.commands, ref.Name); w != nil && depth < 4 && !(w.Start <= ref.Start && ref.End <= w.End) {
		if len(w.Refs) == 1 {
			return s.ref(w.Refs[0], scope, depth+1)
		}
		v := s.word(*w, scope, depth+1)
		v.Start, v.End = ref.Start, ref.End
		return v
	}
	out := expr.Value{Start: ref.Start, End: ref.End}
	if ref.Name == "GITHUB_ACTOR" {
		out.Refs = []expr.Ref{{Name: "github.actor"}}
		return out
	}
	found, ok := scope.Env(ref.Name)
	if !ok {
		out.Refs = s.exported(ref.Name, scope)
		return out
	}
	inner := expr.Eval(found.Text, s.lookup(scope))
	out.Text, out.Known = inner.Text, inner.Known
	out.Refs = []expr.Ref{{Name: "env." + ref.Name, Via: &inner, Source: found.Source}}
	return out
}
