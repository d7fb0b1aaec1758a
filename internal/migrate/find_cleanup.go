package migrate

import (
	"fmt"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/ghcr-publish/ghcr-publish/internal/migrate/flow"
)

func init() { register(findCleanups) }

// cleanup is an action that deletes package versions through the REST API.
type cleanup struct {
	token string   // token is the name of the input that contains the credential.
	owner []string // owner lists the inputs that contain the owner of the packages.
	names []string // names lists the inputs that contain the names of the packages.
	// The function "lists" reports whether the action lists packages in the given step.
	// GITHUB_TOKEN cannot list packages (docs/ghcr.md, Package API and GITHUB_TOKEN).
	lists func(*flow.Step) bool
}

var cleanups = map[string]cleanup{
	"actions/delete-package-versions":        {"token", []string{"owner"}, []string{"package-name"}, never},
	"dataaxiom/ghcr-cleanup-action":          {"token", []string{"owner"}, []string{"packages", "package"}, wildcard("packages", "package")},
	"snok/container-retention-policy":        {"token", []string{"account", "org-name"}, []string{"image-names"}, wildcard("image-names")},
	"chizkiyahu/delete-untagged-ghcr-action": {"token", []string{"owner_name", "repository_owner"}, []string{"package_name"}, missing("package_name")},
	"vlaurin/action-ghcr-prune":              {"token", []string{"organization", "user"}, []string{"container"}, never},
	"bots-house/ghcr-delete-image-action":    {"token", []string{"owner"}, []string{"name"}, never},
}

func never(*flow.Step) bool { return false }

func missing(input string) func(*flow.Step) bool {
	return func(s *flow.Step) bool { return s.Input(input) == "" }
}

// wildcard returns a function that reports whether an input contains a pattern
// instead of a package name. For a pattern, the action must list all packages.
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
			p.reportRemaining(NeedsPAT, locationOf(token.Value), fmt.Sprintf("Write the name of the package without a pattern. Then use ${{ %s }} as the token.", p.token()),
				"%s lists packages. %s is not changed, because GITHUB_TOKEN cannot list packages.", l.what, strings.Join(lc.secrets, ", "))
			return
		}
		l.cases = []loginCase{lc}
		if l.deletes = p.cleanupImages(step, c, lc.owner); len(l.deletes) == 0 && p.namesPackages(step, c) {
			p.reportRemaining(NeedsPAT, locationOf(token.Value), fmt.Sprintf("If the repository has the role Admin on these packages, use ${{ %s }}, and give the job packages: write.", p.token()),
				"%s deletes versions of packages whose names the file does not show. %s is not changed, because GITHUB_TOKEN may delete versions only of packages on which the repository has the role Admin.", l.what, strings.Join(lc.secrets, ", "))
			return
		}
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

// cleanupImages returns the packages whose versions a step deletes. The
// repository needs the role Admin on these packages (docs/ghcr.md, Package API and
// GITHUB_TOKEN).
func (p *pass) cleanupImages(step *flow.Step, c cleanup, owner string) []Image {
	if owner == "" {
		owner = p.tree.repo.Known().Owner
	}
	var out []Image
	for _, input := range c.names {
		v := p.eval(step.Input(input), step.Job, step, nil)
		for _, name := range strings.FieldsFunc(v.Text, func(r rune) bool { return strings.ContainsRune(", \n\t\"'", r) }) {
			if v.Known && isLiteralName(name) {
				out = append(out, Image{Owner: strings.ToLower(owner), Name: strings.ToLower(name), File: p.tree.display(p.path), Line: step.Node.Line, Delete: true})
			}
		}
	}
	return out
}

// isLiteralName reports whether a package name contains no pattern.
func isLiteralName(name string) bool { return !strings.ContainsAny(name, "*?!$<>[]") }

// namesPackages reports whether the inputs of a step contain package names.
func (p *pass) namesPackages(step *flow.Step, c cleanup) bool {
	for _, input := range c.names {
		if step.Input(input) != "" {
			return true
		}
	}
	return false
}
