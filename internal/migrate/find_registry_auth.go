package migrate

import (
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/ghcr-publish/ghcr-publish/internal/migrate/flow"
	"github.com/ghcr-publish/ghcr-publish/internal/migrate/text"
)

func init() { register(findRegistryAuth) }

// findRegistryAuth finds the logins in the input "registry-auth" of
// docker/login-action. The value of this input is a string that contains a YAML
// list.
func findRegistryAuth(p *pass) {
	p.steps(func(step *flow.Step) {
		pair := flow.Get(step.With, "registry-auth")
		if pair == nil || actionName(step) != "docker/login-action" || pair.Value.Kind != yaml.ScalarNode {
			return
		}
		var list yaml.Node
		if err := yaml.Unmarshal([]byte(pair.Value.Value), &list); err != nil || len(list.Content) == 0 {
			return // The action cannot parse this list either.
		}
		inner := text.New([]byte(pair.Value.Value))
		for _, entry := range list.Content[0].Content {
			p.registryAuth(step, pair.Value, inner, entry)
		}
	})
}

func (p *pass) registryAuth(step *flow.Step, outer *yaml.Node, inner *text.File, entry *yaml.Node) {
	part := func(key string) field {
		pair := flow.Get(entry, key)
		if pair == nil {
			return field{}
		}
		s, err := inner.Scalar(pair.Value)
		if err != nil || !strings.HasPrefix(outer.Value[s.Start:], s.Value) {
			return field{} // The inner scalar has escapes or several lines, so its offsets do not match the offsets in the file.
		}
		return field{node: outer, offset: s.Start, text: s.Value}
	}
	password := part("password")
	if password.node == nil {
		return
	}
	l := login{code: PATLogin, what: "docker/login-action", job: step.Job, step: step, at: location{outer, password.offset}}
	p.addLogin(l, credential{registry: part("registry").text, username: part("username"), password: password})
}
