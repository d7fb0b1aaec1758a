package refusal

import (
	"fmt"
	"net/http"
	"strings"

	"github.com/ghcr-publish/ghcr-publish/internal/diag"
	"github.com/ghcr-publish/ghcr-publish/internal/registry"
)

// isNotARegistry reports whether no registry sends such a response: an unexpected
// status of success, or a web page that forbids the request.
func isNotARegistry(e *registry.Error) bool {
	login := e.Status == http.StatusForbidden || e.Status == http.StatusNetworkAuthenticationRequired
	return e.Status < http.StatusBadRequest || (login && e.IsPage() && !strings.Contains(strings.ToLower(e.Page), "rate limit"))
}

func notARegistry(ev Evidence) (title, hint string) {
	answer := fmt.Sprintf("%d %s", ev.answer.Status, http.StatusText(ev.answer.Status))
	if ev.answer.IsPage() && ev.answer.Page != "" {
		answer = fmt.Sprintf("%s and a web page (%q)", answer, ev.answer.Page)
	}
	return fmt.Sprintf("%s answered with %s, which is not an answer of a registry", ev.answer.Host, answer),
		"Check the host in image. If a proxy or a login page of the network sends this answer, log in to the network, allow the host in the proxy, or set HTTPS_PROXY to the proxy. The token is not the cause."
}

// isOtherHost reports whether a host without credentials requires a login.
func isOtherHost(e *registry.Error) bool {
	return e.From != "" && (e.Status == http.StatusUnauthorized || e.Status == http.StatusForbidden)
}

func otherHost(ev Evidence) (title, hint string) {
	return fmt.Sprintf("%s sent the request to %s, which refused it", ev.answer.From, ev.answer.Host),
		fmt.Sprintf("The run sends the token only to %s, so a new token does not help. Correct the external address in the configuration of the registry or of its proxy (http.host, or the header X-Forwarded-Host). If %s is the real registry, write it in image.",
			ev.Repo.RegistryStr(), ev.answer.Host)
}

// isFrontEnd reports whether a front end sent a web page instead of the registry's
// answer.
func isFrontEnd(e *registry.Error) bool {
	return e.IsPage() && (e.Status == http.StatusBadRequest || e.Status >= http.StatusInternalServerError)
}

func frontEnd(ev Evidence) (title, hint string) {
	return fmt.Sprintf("A front end of %s answered %d with a web page in all attempts", ev.answer.Host, ev.answer.Status),
		"Run again later. The run does not send content again that the registry already has. For ghcr.io, check githubstatus.com. For another registry, ask its operator, because the request did not reach the registry. If the upload of one layer takes about ten minutes, split the build step that creates the layer."
}

// unusableLocation explains a header that leads to no usable address.
func unusableLocation(e *registry.LocationError, err error) error {
	title := fmt.Sprintf("%s sent the request to an address that cannot be used", e.Host)
	if e.Target != "" {
		title = fmt.Sprintf("%s sent the request to %s, which cannot be used", e.Host, e.Target)
	}
	return &diag.Error{
		Code: CodeLocationUnusable, Side: diag.Registry, Err: err, Title: title,
		Hint: fmt.Sprintf("The address comes from the header %s of the registry. Compare its scheme, its host and its port with the address of the registry. If they are wrong, correct the external address in the configuration of the registry (http.host), or let its proxy send the headers Host and X-Forwarded-Proto. If they are right, check that this runner can connect to the address.", e.Header),
	}
}
