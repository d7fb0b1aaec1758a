package migrate

import (
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/ghcr-publish/ghcr-publish/internal/migrate/flow"
)

func init() { register(findCleanups) }

// cleanup is an action that deletes package versions through the REST API.
type cleanup struct {
	token string   // the input that takes the credential
	owner []string // inputs that name the packages' owner
	// lists reports whether a step lists packages. GITHUB_TOKEN may not list
	// packages (docs/ghcr.md, Package API and GITHUB_TOKEN).
	lists func(*flow.Step) bool
}

var cleanups = map[string]cleanup{
	"actions/delete-package-versions":        {"token", []string{"owner"}, never},
	"dataaxiom/ghcr-cleanup-action":          {"token", []string{"owner"}, wildcard("packages", "package")},
	"snok/container-retention-policy":        {"token", []string{"account", "org-name"}, wildcard("image-names")},
	"chizkiyahu/delete-untagged-ghcr-action": {"token", []string{"owner_name", "repository_owner"}, missing("package_name")},
	"vlaurin/action-ghcr-prune":              {"token", []string{"organization", "user"}, never},
	"bots-house/ghcr-delete-image-action":    {"token", []string{"owner"}, never},
}

func never(*flow.Step) bool { return false }

func missing(input string) func(*flow.Step) bool {
	return func(s *flow.Step) bool { return s.Input(input) == "" }
}

// wildcard returns a function that reports whether one of the inputs holds a
// package name with a pattern. The action must look up such a name in the list
// of all packages.
func wildcard(inputs ...string) func(*flow.Step) bool {
	return func(s *flow.Step) bool {
		for _, input := range inputs {
			if strings.ContainsAny(s.Input(input), "*?!") {
				return true
			}
		}
		return false
	}
}

// findCleanups finds steps that delete package versions with a personal access
// token.
func findCleanups(p *pass) {
	p.steps(func(step *flow.Step) {
		c, ok := cleanups[actionName(step)]
		token := flow.Get(step.With, c.token)
		if !ok || token == nil || token.Value.Kind != yaml.ScalarNode {
			return
		}
		l := &login{code: PATCleanup, what: actionName(step), job: step.Job, step: step, at: locationOf(token.Raw), level: write}
		lc := loginCase{host: p.opts.Registry, owner: p.cleanupOwner(step, c)}
		f := p.fieldOf(token)
		lc.setPassword(f, p.eval(f.text, step.Job, step, nil))
		if lc.plain == "" && !lc.hasPAT() {
			return
		}
		if c.lists(step) {
			p.reportRemaining(NeedsPAT, locationOf(token.Value), "Write the name of the package without a pattern. Then use ${{ "+p.token()+" }}.",
				"%s lists packages, but GITHUB_TOKEN cannot list packages. %s is not changed.", l.what, strings.Join(lc.secrets, ", "))
			return
		}
		l.cases = []loginCase{lc}
		p.logins = append(p.logins, l)
	})
}

func (p *pass) cleanupOwner(step *flow.Step, c cleanup) string {
	for _, input := range c.owner {
		v := p.eval(step.Input(input), step.Job, step, nil)
		if v.Known && v.Text != "" && v.Text != "user" {
			return v.Text
		}
	}
	return ""
}
