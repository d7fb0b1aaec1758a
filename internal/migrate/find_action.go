package migrate

import (
	"go.yaml.in/yaml/v3"

	"github.com/ghcr-publish/ghcr-publish/internal/migrate/flow"
)

func init() { register(findActionLogins) }

// loginAction contains the names of the inputs that an action uses for its
// credential.
type loginAction struct {
	registry, username, password string
	host                         string // host is the registry that the action uses if the step sets no registry.
}

var loginActions = map[string]loginAction{
	"docker/login-action":                           {"registry", "username", "password", ""},
	"docker/build-push-action":                      {"registry", "username", "password", ""}, // v1
	"azure/docker-login":                            {"login-server", "username", "password", ""},
	"redhat-actions/podman-login":                   {"registry", "username", "password", ""},
	"redhat-actions/push-to-registry":               {"registry", "username", "password", ""},
	"elgohr/publish-docker-github-action":           {"registry", "username", "password", ""},
	"whoan/docker-build-with-cache-action":          {"registry", "username", "password", ""},
	"mr-smithers-excellent/docker-build-push":       {"registry", "username", "password", ""},
	"aevea/action-kaniko":                           {"registry", "username", "password", ""},
	"appany/helm-oci-chart-releaser":                {"registry", "registry_username", "registry_password", ""},
	"regclient/actions/regctl-login":                {"registry", "username", "password", ""},
	"macbre/push-to-ghcr":                           {"", "", "github_token", "ghcr.io"},
	"greenbone/actions/helm-login":                  {"registry", "registry-user", "registry-token", "ghcr.io"},
	"rekgrpth/docker-login-build-push-shell-action": {"registry", "username", "password", "ghcr.io"},
	"anchore/scan-action":                           {"image", "registry-username", "registry-password", ""},
}

// findActionLogins finds steps whose action logs in to a registry.
func findActionLogins(p *pass) {
	p.steps(func(step *flow.Step) {
		inputs, ok := loginActions[actionName(step)]
		if !ok {
			return
		}
		password := flow.Get(step.With, inputs.password)
		if password == nil || password.Value.Kind != yaml.ScalarNode {
			return
		}
		c := credential{registry: step.Input(inputs.registry), password: p.fieldOf(password)}
		if c.registry == "" {
			c.registry = inputs.host
		}
		if username := flow.Get(step.With, inputs.username); username != nil {
			c.username = p.fieldOf(username)
		}
		p.addLogin(login{code: PATLogin, what: actionName(step), job: step.Job, step: step, at: locationOf(password.Raw)}, c)
	})
}
