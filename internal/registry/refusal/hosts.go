package refusal

import (
	"fmt"
	"net/http"
	"strings"

	"github.com/ghcr-publish/ghcr-publish/internal/diag"
	"github.com/ghcr-publish/ghcr-publish/internal/registry"
)

// isNotARegistry reports whether the response does not come from a registry. For example,
// a registry does not send an unexpected status below 400, or a web page that forbids the
// request.
func isNotARegistry(e *registry.Error) bool {
	login := e.Status == http.StatusForbidden || e.Status == http.StatusNetworkAuthenticationRequired
	return e.Status < http.StatusBadRequest || (login && e.IsPage() && !strings.Contains(strings.ToLower(e.Page), "rate limit"))
}

func notARegistry(ev Evidence) (title, hint string) {
	answer := fmt.Sprintf("%d %s", ev.answer.Status, http.StatusText(ev.answer.Status))
	if ev.answer.IsPage() && ev.answer.Page != "" {
		answer = fmt.Sprintf("%s and a web page (%q)", answer, ev.answer.Page)
	}
	return fmt.Sprintf("%s is not a registry, because it answered with %s", ev.answer.Host, answer),
		"Check the host in the input " + ev.hostInput() + ". If a proxy or a login page of the network sends this answer, log in to the network, allow the host in the proxy, or set HTTPS_PROXY to the proxy. The token is not the cause."
}

// isOtherHost reports whether another host than the registry requires a login.
// The client sends no credentials to such a host.
func isOtherHost(e *registry.Error) bool {
	return e.From != "" && (e.Status == http.StatusUnauthorized || e.Status == http.StatusForbidden)
}

func otherHost(ev Evidence) (title, hint string) {
	return fmt.Sprintf("%s directed the request to the host %s, which refused the request", ev.answer.From, ev.answer.Host),
		fmt.Sprintf("The run sends the token only to %s, so a new token does not help. Correct the external address in the configuration of the registry or of its proxy (http.host, or the header X-Forwarded-Host). If %s is the real registry, write this host in the input %s.",
			ev.Repo.RegistryStr(), ev.answer.Host, ev.hostInput())
}

// isFrontEnd reports whether a front end sent a web page instead of the registry's
// answer.
func isFrontEnd(e *registry.Error) bool {
	return e.IsPage() && (e.Status == http.StatusBadRequest || e.Status >= http.StatusInternalServerError)
}

func frontEnd(ev Evidence) (title, hint string) {
	return fmt.Sprintf("A front end of %s answered all attempts with status %d and a web page", ev.answer.Host, ev.answer.Status),
		"For ghcr.io, check the status page githubstatus.com. For another registry, ask its operator, because the request did not reach the registry. Then run again. The next run sends only content that the registry does not have. If the upload of one layer takes about ten minutes, split the build step that creates the layer."
}

// unusableLocation explains a response header whose address the client cannot
// use.
func unusableLocation(e *registry.LocationError, err error) error {
	title := fmt.Sprintf("%s directed the request to an address that the client cannot use", e.Host)
	if e.Target != "" {
		title = fmt.Sprintf("%s directed the request to the address %s, which the client cannot use", e.Host, e.Target)
	}
	if e.Private {
		return &diag.Error{
			Code: CodeLocationUnusable, Side: diag.Registry, Err: err, Title: title,
			Hint: "The registry is in the public network, but the address is not. The run does not connect to such an address, because the registry could otherwise reach services that only this runner can reach. Check the host in the input image, and ask the operator of the registry.",
		}
	}
	return &diag.Error{
		Code: CodeLocationUnusable, Side: diag.Registry, Err: err, Title: title,
		Hint: fmt.Sprintf("The address comes from the header %s of the registry. Compare its scheme, its host and its port with the address of the registry. If the address is wrong, correct the external address in the configuration of the registry (http.host), or configure its proxy to send the headers Host and X-Forwarded-Proto. If the address is correct, check that this runner can connect to it.", e.Header),
	}
}
