package registry

import (
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/ghcr-publish/ghcr-publish/internal/registry/retry"
)

// maxRedirects limits the redirects of one request.
const maxRedirects = 5

// LocationError is the error of a header that leads to no usable address: the
// Location of a redirect or of an upload session, or the Link of the next page.
type LocationError struct {
	Operation string // e.g. `PUT manifest "1.2"`
	Host      string // host that sent the header
	Header    string // Location or Link
	Target    string // value of the header without its query, which can contain a signature
	Problem   string // clause about the value, such as "names another server"
	Missing   bool   // the header is missing
	Err       error  // error of the request that followed the header, or nil
}

// Error returns the operation, the header and its problem.
func (e *LocationError) Error() string {
	header := fmt.Sprintf("the header %s of %s", e.Header, e.Host)
	if e.Target != "" {
		header = fmt.Sprintf("%s (%q)", header, e.Target)
	}
	if e.Err != nil {
		return fmt.Sprintf("following %s: %s", header, e.Err)
	}
	return fmt.Sprintf("%s: %s %s", e.Operation, header, e.Problem)
}

// Unwrap returns the error of the request that followed the header.
func (e *LocationError) Unwrap() error { return e.Err }

// Transport returns the kind of the error for the table of package retry.
func (e *LocationError) Transport() retry.Transport {
	switch {
	case e.Err != nil:
		return retry.TransportOf(e.Err)
	case e.Missing:
		return retry.Malformed // a part of the response is missing
	}
	return retry.UnusableLocation
}

// target returns the URL in a header of a response. A relative URL belongs to the
// request's URL. Only HTTPS is followed, and plain HTTP if the request used it.
func target(resp *http.Response, header, value, operation string) (*url.URL, *LocationError) {
	from := resp.Request.URL
	problem := &LocationError{Operation: operation, Host: from.Host, Header: header}
	if value == "" {
		problem.Problem, problem.Missing = "is missing, so there is no valid Location", true
		return nil, problem
	}
	u, err := from.Parse(value)
	switch {
	case err != nil, u.Host == "" && (u.Scheme == "http" || u.Scheme == "https"): // err is not wrapped, because it would quote a signed URL
		problem.Problem = "is not a valid URL, so there is no valid Location"
	case u.Scheme == "https", u.Scheme == "http" && from.Scheme == "http":
		u.User, u.Fragment = nil, ""
		return u, nil
	case u.Scheme == "http":
		problem.Target, problem.Problem = redact(u), "is not encrypted"
	default:
		problem.Target, problem.Problem = redact(u), fmt.Sprintf("has the scheme %q, but only https is allowed", sanitize(u.Scheme))
	}
	return nil, problem
}

// redact returns a URL without its query, which contains the signature of a signed
// URL.
func redact(u *url.URL) string {
	return sanitize((&url.URL{Scheme: u.Scheme, Host: u.Host, Path: u.Path}).String())
}

// route is the way of one attempt: the first URL, and the URLs to which redirects
// lead.
type route struct {
	session   *session
	operation string
	method    string
	url       *url.URL
	from      string   // host that named the URL; empty if the client chose the URL
	visited   []string // URLs of the earlier requests
	upload    bool     // the URL is the location of an upload session
}

// newRoute returns the route of a call. The URL of an upload session comes from the
// registry.
func newRoute(s *session, k call) *route {
	r := &route{session: s, operation: k.operation, method: k.method, url: k.url}
	if r.url == nil {
		r.url = s.endpoint(k.repo, k.path)
	} else {
		r.from, r.upload = s.reg.RegistryStr(), k.session != nil
	}
	return r
}

// isRedirect reports whether a response names another URL for the same request.
func isRedirect(status int) bool {
	return slices.Contains([]int{
		http.StatusMovedPermanently, http.StatusFound, http.StatusSeeOther,
		http.StatusTemporaryRedirect, http.StatusPermanentRedirect,
	}, status)
}

// follow changes the route to the target of a redirect. The next request has the same
// method and the same body.
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
		problem.Problem = "redirects with status 303, which would change the request to GET"
	case slices.Contains(r.visited, next.String()):
		problem.Problem = "closes a loop of redirects"
	case len(r.visited) > maxRedirects:
		problem.Problem = fmt.Sprintf("is one of more than %d redirects", maxRedirects)
	default:
		r.url, r.from = next, resp.Request.URL.Host
		return nil
	}
	return problem
}

// blame adds the header that named the URL to an error of the network, if the header
// can be wrong: it names an upload session on another address, or another port or
// scheme of the registry's host.
func (r *route) blame(err error) error {
	if r.from == "" || r.session.isHome(r.url) {
		return err
	}
	registry := url.URL{Host: r.session.reg.RegistryStr()}
	if !r.upload && r.url.Hostname() != registry.Hostname() {
		return err
	}
	return &LocationError{Operation: r.operation, Host: r.from, Header: "Location", Target: redact(r.url), Err: err}
}

// isHome reports whether a URL belongs to the registry's host, with the registry's
// scheme. Only such a URL receives credentials.
func (s *session) isHome(u *url.URL) bool {
	return u.Scheme == s.scheme && s.withoutDefaultPort(u.Host) == s.withoutDefaultPort(s.reg.RegistryStr())
}

// closeBody reads the body of a redirect for a short time, so that its connection can
// be used again.
func closeBody(resp *http.Response) {
	if body, ok := resp.Body.(*responseBody); ok {
		body.limitTime()
	}
	_ = discardBody(resp) // an incomplete body only closes the connection
	_ = resp.Body.Close()
}

// isLoginPage reports whether a response of success is a web page, such as the login
// page of a network. A response of a registry has headers of the protocol, and a blob
// can have any type.
func isLoginPage(k call, resp *http.Response) bool {
	for name := range resp.Header {
		if strings.HasPrefix(name, "Docker-") {
			return false
		}
	}
	ofBlob := k.size > 0 && k.body == nil
	return retry.IsPage(resp.Header.Get("Content-Type")) && !(ofBlob && (resp.ContentLength < 0 || resp.ContentLength == k.size))
}
