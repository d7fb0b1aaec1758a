package migrate

import (
	"fmt"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/ghcr-publish/ghcr-publish/internal/migrate/flow"
)

// definitionUses contains the number of uses of each definition.
type definitionUses map[*yaml.Node]int

// usesByDefinition counts the places at which logins to the registry use each
// definition. A definition is a text that defines an environment variable or an
// anchor.
func (p *pass) usesByDefinition() definitionUses {
	seen := map[*yaml.Node][]place{}
	for _, l := range p.logins {
		for _, c := range l.cases {
			if !p.isTargetHost(c.host) {
				continue
			}
			addUses(seen, c.password)
			addUses(seen, c.username)
		}
	}
	counts := definitionUses{}
	for n, places := range seen {
		counts[n] = len(places)
	}
	return counts
}

// addUses adds the places at which one route uses definitions.
func addUses(seen map[*yaml.Node][]place, r route) {
	for i, s := range r {
		if before := r[max(i-1, 0)].place; !slices.Contains(seen[s.node], before) {
			seen[s.node] = append(seen[s.node], before)
		}
	}
}

// implicit lists the environment variables that programs read by default.
var implicit = []string{"GH_TOKEN", "GITHUB_TOKEN", "GITHUB_PAT"}

// onlyFor reports whether only logins to the registry use an environment variable. A
// program whose behaviour is unknown possibly reads each variable of its step.
func (p *pass) onlyFor(name string, definition *yaml.Node, l *login, shared definitionUses) bool {
	if slices.Contains(implicit, name) {
		return false
	}
	where := p.doc.Root
	if l.step != nil && contains(l.step.Env, definition) && len(p.doc.Aliases[l.step.Env]) == 0 {
		where = l.step.Node
	}
	return p.mentions(where, name) <= shared[definition] && !p.programReads(where)
}

// programReads reports whether a step below a YAML node possibly reads environment
// variables that the workflow does not name.
func (p *pass) programReads(where *yaml.Node) bool {
	reads, ok := p.programReaders[where]
	if ok {
		return reads
	}
	for _, job := range p.doc.Jobs {
		reads = reads || slices.ContainsFunc(job.Steps, func(step *flow.Step) bool {
			return (where == p.doc.Root || where == step.Node) && readsEnvironment(step)
		})
	}
	p.programReaders[where] = reads
	return reads
}

// mentions counts how often the name of a variable is used below a YAML node.
func (p *pass) mentions(where *yaml.Node, name string) int {
	key := mention{where, name}
	count, ok := p.mentionCounts[key]
	if !ok {
		flow.Scalars(where, func(n *yaml.Node) { count += countWord(n.Value, name) })
		count -= p.definitions(where, name)
		p.mentionCounts[key] = count
	}
	return count
}

type mention struct {
	where *yaml.Node
	name  string
}

// definitions counts the keys below a YAML node that define a variable.
func (p *pass) definitions(where *yaml.Node, name string) int {
	count := 0
	for _, pair := range flow.Pairs(where) {
		if pair.Key.Value == "env" {
			for _, def := range flow.Pairs(pair.Value) {
				count += countWord(def.Key.Value, name)
			}
		}
	}
	for _, c := range where.Content {
		count += p.definitions(c, name)
	}
	return count
}

func contains(parent, n *yaml.Node) bool {
	return parent != nil && slices.Contains(parent.Content, n)
}

// countWord counts how often the text s contains a name that is not part of a
// longer word. countWord does not count the name in secrets.NAME or vars.NAME.
func countWord(s, name string) int {
	count := 0
	for at := 0; ; {
		i := strings.Index(s[at:], name)
		if i < 0 {
			return count
		}
		start, end := at+i, at+i+len(name)
		at = end
		if start > 0 && isWordByte(s[start-1]) || end < len(s) && isWordByte(s[end]) {
			continue
		}
		if !isSecretRef(s[:start]) {
			count++
		}
	}
}

func isSecretRef(before string) bool {
	before = strings.ToLower(before)
	for _, context := range []string{"secrets.", "secrets['", "vars.", "vars['"} {
		if strings.HasSuffix(before, context) {
			return true
		}
	}
	return false
}

func isWordByte(c byte) bool {
	return c == '_' || '0' <= c && c <= '9' || 'a' <= c|0x20 && c|0x20 <= 'z'
}

// maxUses is the number of uses of a secret that a message lists.
const maxUses = 8

// reportRemainingUses reports the lines that still use a replaced secret. The
// user must not delete the secret before these uses are removed. If no line uses a secret
// that a called workflow declares, reportRemainingUses reports this declaration.
func (p *pass) reportRemainingUses() {
	for _, secret := range sortedKeys(p.replaced) {
		var uses []string
		for _, use := range p.usesLeft(secret) {
			text := ""
			if len(uses) < maxUses {
				text = fmt.Sprintf("in line %d by %s", use.line, p.user(use.node))
			}
			uses = append(uses, text)
		}
		if more := len(uses) - maxUses; more > 0 {
			uses = append(uses[:maxUses], fmt.Sprintf("and in %d other places", more))
		}
		if len(uses) > 0 {
			p.reportNote(SecretElsewhere, p.replaced[secret], "secrets.%s is also used %s, and the edits do not change these uses.", secret, strings.Join(uses, ", "))
		} else if key := p.doc.Secrets[secret]; key != nil {
			p.reportNote(UnusedSecret, locationOf(key), "The workflow no longer uses the secret %q. Remove \"required: true\" from its declaration. Keep the declaration until no workflow passes the secret, because a call with an undeclared secret fails.", secret)
		}
	}
}

// secretUse is a use of a secret that the edits do not change.
type secretUse struct {
	node *yaml.Node
	line int
}

// usesLeft returns the uses of a secret that remain after the edits.
func (p *pass) usesLeft(secret string) []secretUse {
	var out []secretUse
	flow.Scalars(p.doc.Root, func(n *yaml.Node) {
		for _, line := range p.remaining(n, secret) {
			out = append(out, secretUse{n, line})
		}
	})
	return out
}

// user returns a phrase about the part of the workflow that contains a YAML
// scalar. The part is an action, a script, a job or the workflow.
func (p *pass) user(n *yaml.Node) string {
	user := "a job or the workflow itself"
	p.steps(func(step *flow.Step) {
		flow.Scalars(step.Node, func(inner *yaml.Node) {
			if inner == n && step.Uses != nil {
				user = actionName(step)
			} else if inner == n {
				user = "a script"
			}
		})
	})
	return user
}

// remaining returns the lines of the node n in which the secret remains after
// the edits.
func (p *pass) remaining(n *yaml.Node, secret string) []int {
	if !strings.Contains(strings.ToLower(n.Value), "secrets") {
		return nil
	}
	var lines []int
	for at := 0; ; {
		start, end := indexSecret(n.Value, at, secret)
		if start < 0 {
			return lines
		}
		at = end
		if s, err := p.scalar(n); err != nil {
			lines = append(lines, n.Line)
		} else if from, to, ok := s.Span(start, end); ok && !p.edits.Covers(from, to) {
			line, _ := p.doc.Text.Position(from)
			lines = append(lines, line)
		}
	}
}

// indexSecret finds the first secrets.NAME or secrets['NAME'] in the text s at
// or after an offset. indexSecret ignores the case of the name, as GitHub does, and
// returns the offsets of NAME, or -1 and -1 if the text contains no such reference.
func indexSecret(s string, at int, name string) (start, end int) {
	for _, m := range secretReference().FindAllStringSubmatchIndex(s[at:], -1) {
		if start, end = at+m[2], at+m[3]; strings.EqualFold(s[start:end], name) {
			return start, end
		}
	}
	return -1, -1
}

func sortedKeys[V any](m map[string]V) []string {
	keys := make([]string, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	return keys
}
