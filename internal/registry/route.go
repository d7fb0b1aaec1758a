package registry

import (
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/ghcr-publish/ghcr-publish/internal/registry/retry"
	"github.com/ghcr-publish/ghcr-publish/internal/registry/transport"
)

// maxRedirects limits the redirects of one request.
const maxRedirects = 5

// LocationError is the error of a response header whose address the client
// cannot use. The header is the Location of a redirect or of an upload session,
// or the Link to the next page.
type LocationError struct {
	Operation string // Operation is, for example, `PUT manifest "1.2"`.
	Host      string // Host is the host that sent the header.
	Header    string // Header is "Location", "Link" or "WWW-Authenticate".
	Target    string // Target is the URL in the header, without its query. The query can contain a signature.
	Problem   string // Problem is a clause about the URL, for example "the URL names another server".
	Missing   bool   // Missing is true if the response does not contain the header.
	Private   bool   // Private is true if the registry is in the public network, and Target is not.
	Err       error  // Err is the error of the request to Target, or nil.
}

// Error returns the operation, the header and the problem of the header.
func (e *LocationError) Error() string {
	header := fmt.Sprintf("the header %s of %s", e.Header, e.Host)
	if e.Target != "" {
		header = fmt.Sprintf("%s (%q)", header, e.Target)
	}
	if e.Err != nil {
		return fmt.Sprintf("following %s: %s", header, e.Err)
	}
	return fmt.Sprintf("%s: %s: %s", e.Operation, header, e.Problem)
}

// Unwrap returns the error of the request to Target.
func (e *LocationError) Unwrap() error { return e.Err }

// Transport returns the kind of the error for retry.Table.
func (e *LocationError) Transport() retry.Transport {
	switch {
	case e.Err != nil:
		return retry.TransportOf(e.Err)
	case e.Missing:
		return retry.Malformed // A part of the response is missing.
	}
	return retry.UnusableLocation
}

// target returns the URL in a header of a response. A relative URL is relative
// to the URL of the request. target accepts only HTTPS URLs. If the request used
// plain HTTP, target also accepts HTTP URLs.
func target(resp *http.Response, header, value, operation string) (*url.URL, *LocationError) {
	from := resp.Request.URL
	problem := &LocationError{Operation: operation, Host: from.Host, Header: header}
	if value == "" {
		problem.Problem, problem.Missing = "the header is missing, so there is no valid Location", true
		return nil, problem
	}
	u, err := from.Parse(value)
	switch {
	case err != nil, u.Host == "" && (u.Scheme == "http" || u.Scheme == "https"): // The error does not wrap err, because err can quote a signed URL.
		problem.Problem = "the value is not a valid URL, so there is no valid Location"
	case u.Scheme == "https", u.Scheme == "http" && from.Scheme == "http":
		u.User, u.Fragment = nil, ""
		return u, nil
	case u.Scheme == "http":
		problem.Target, problem.Problem = redact(u), "the URL has the scheme http, but only https is allowed"
	default:
		problem.Target, problem.Problem = redact(u), fmt.Sprintf("the URL has the scheme %q, but only https is allowed", sanitize(u.Scheme))
	}
	return nil, problem
}

// redact returns a URL without its query. The query of a signed URL contains the
// signature.
func redact(u *url.URL) string {
	return sanitize((&url.URL{Scheme: u.Scheme, Host: u.Host, Path: u.Path}).String())
}

// route contains the first URL of one attempt, and the URLs to which redirects
// lead.
type route struct {
	session   *session
	operation string
	method    string
	url       *url.URL
	from      string   // from is the host that sent the URL. The field "from" is empty if the client chose the URL.
	visited   []string // visited lists the URLs of the earlier requests.
	upload    bool     // upload is true if the URL is the location of an upload session.
}

// newRoute returns the route of a call. If the call has a URL, the registry sent
// this URL.
func newRoute(s *session, k call) *route {
	r := &route{session: s, operation: k.operation, method: k.method, url: k.url}
	if r.url == nil {
		r.url = s.endpoint(k.repo, k.path)
	} else {
		r.from, r.upload = s.reg.RegistryStr(), k.session != nil
	}
	return r
}

// isRedirect reports whether the status is the status of a redirect.
func isRedirect(status int) bool {
	return slices.Contains([]int{
		http.StatusMovedPermanently, http.StatusFound, http.StatusSeeOther,
		http.StatusTemporaryRedirect, http.StatusPermanentRedirect,
	}, status)
}

// follow changes the route to the target of a redirect. The request to the
// target has the same method and the same body.
func (r *route) follow(resp *http.Response) error {
	next, problem := target(resp, "Location", resp.Header.Get("Location"), r.operation)
	closeBody(resp)
	if problem != nil {
		return problem
	}
	problem = &LocationError{Operation: r.operation, Host: resp.Request.URL.Host, Header: "Location", Target: redact(next)}
	r.visited = append(r.visited, r.url.String())
	switch {
	case resp.StatusCode == http.StatusSeeOther && r.method != http.MethodGet && r.method != http.MethodHead:
		problem.Problem = "the redirect has status 303, which would change the request to GET"
	case slices.Contains(r.visited, next.String()):
		problem.Problem = "the redirects form a loop"
	case len(r.visited) > maxRedirects:
		problem.Problem = fmt.Sprintf("the request has more than %d redirects", maxRedirects)
	default:
		r.url, r.from = next, resp.Request.URL.Host
		return nil
	}
	return problem
}

// blame returns a *LocationError for an error of the network if the header that
// contained the URL can be wrong. The header can be wrong if an upload location
// is not on the registry, or if a redirect changes the port or the scheme of the
// registry.
func (r *route) blame(err error) error {
	if r.from == "" || r.session.isHome(r.url) {
		return err
	}
	if refused := refusedAddress(err, r.url, r.operation, r.from, "Location"); refused != nil {
		return refused
	}
	registry := url.URL{Host: r.session.reg.RegistryStr()}
	if !r.upload && r.url.Hostname() != registry.Hostname() {
		return err
	}
	return &LocationError{Operation: r.operation, Host: r.from, Header: "Location", Target: redact(r.url), Err: err}
}

// refusedAddress returns the error of a header that contains a private address, although
// the registry is in the public network. For another error, refusedAddress returns nil.
func refusedAddress(err error, u *url.URL, operation, host, header string) *LocationError {
	var private *transport.PrivateAddressError
	if !errors.As(err, &private) {
		return nil
	}
	return &LocationError{Operation: operation, Host: host, Header: header, Target: redact(u), Problem: private.Error(), Private: true}
}

// isHome reports whether a URL has the host and the scheme of the registry. The
// client sends credentials only to such a URL.
func (s *session) isHome(u *url.URL) bool {
	return u.Scheme == s.scheme && s.withoutDefaultPort(u.Host) == s.withoutDefaultPort(s.reg.RegistryStr())
}

// closeBody reads the body of a redirect for a short time, so that another
// request can use the connection.
func closeBody(resp *http.Response) {
	if body, ok := resp.Body.(*responseBody); ok {
		body.limitTime()
	}
	_ = discardBody(resp) // If the body is incomplete, the transport only closes the connection.
	_ = resp.Body.Close()
}

// isLoginPage reports whether a successful response is a web page, for example
// the login page of a network. A response with a header "Docker-…" comes from a
// registry. A blob can have any Content-Type, so isLoginPage also compares the
// size.
func isLoginPage(k call, resp *http.Response) bool {
	for name := range resp.Header {
		if strings.HasPrefix(name, "Docker-") {
			return false
		}
	}
	ofBlob := k.size > 0 && k.body == nil
	return retry.IsPage(resp.Header.Get("Content-Type")) && !(ofBlob && (resp.ContentLength < 0 || resp.ContentLength == k.size))
}
