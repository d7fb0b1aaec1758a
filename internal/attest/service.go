package attest

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/ghcr-publish/ghcr-publish/internal/diag"
	"github.com/ghcr-publish/ghcr-publish/internal/diag/network"
	"github.com/ghcr-publish/ghcr-publish/internal/registry/retry"
	"github.com/ghcr-publish/ghcr-publish/internal/safe/bounded"
	"github.com/ghcr-publish/ghcr-publish/internal/secret"
)

// These codes report a service that does not sign.
const (
	// CodeServiceDown means that a service did not answer, or answered with an error of
	// the service itself.
	CodeServiceDown = "signing-service-down"
	// CodeServiceRefused means that a service refused the request.
	CodeServiceRefused = "signing-service-refused"
)

// The limits of a request to a service.
const (
	tries     = 4
	firstWait = time.Second // The wait doubles after each attempt.
	patience  = 10 * time.Second
)

// caller sends requests to the services.
type caller struct {
	client *http.Client
	sleep  retry.Sleeper
	agent  string
	hidden []string // the tokens that no message may contain
}

// hide removes a token from the words of the services, because a service can quote the
// request in its response.
func (c *caller) hide(token secret.Secret) { c.hidden = append(c.hidden, token.Reveal()) }

// newCaller returns a caller that sends its requests with a transport. The caller follows no
// redirect, because a redirect could send the identity token to another server.
func newCaller(transport http.RoundTripper, agent string, sleep retry.Sleeper) *caller {
	client := &http.Client{
		Transport:     transport,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
	return &caller{client: client, sleep: sleep, agent: agent}
}

// errPlain is the error for an address to which the program would send a token without TLS.
var errPlain = errors.New("the address does not begin with https://")

// private reports whether a request to an address is encrypted, or stays on this machine.
func private(u *url.URL) bool {
	ip := net.ParseIP(u.Hostname())
	return u.Scheme == "https" || u.Scheme == "http" && (u.Hostname() == "localhost" || ip != nil && ip.IsLoopback())
}

// request is one request to a service.
type request struct {
	service string // the kind of the service, for messages
	method  string
	url     string
	header  map[string]string
	body    []byte
}

// response is a complete response of a service.
type response struct {
	status int
	header http.Header
	body   []byte
}

// do sends a request. If the service is not available, do sends the request again. A
// response with an unexpected status is an error.
func (c *caller) do(ctx context.Context, r request, expected ...int) (*response, error) {
	var out *response
	budget := retry.Budget{Tries: tries, Wait: firstWait, Sleep: c.sleep}
	err := budget.Do(ctx, func() (again bool, err error) {
		if out, err = c.once(ctx, r); err != nil {
			return ctx.Err() == nil && repeatable(err), r.down(err)
		}
		for _, status := range expected {
			if out.status == status {
				return false, nil
			}
		}
		if out.status == http.StatusRequestTimeout || out.status == http.StatusTooManyRequests || out.status >= http.StatusInternalServerError {
			return true, r.down(out.refusal(c.hidden))
		}
		return false, r.refused(out.refusal(c.hidden))
	})
	return out, err
}

// repeatable reports whether a later attempt can succeed after an error without a
// response.
func repeatable(err error) bool {
	if errors.Is(err, errPlain) || errors.As(err, new(*bounded.TooLongError)) {
		return false
	}
	switch retry.TransportOf(err) {
	case retry.Untrusted, retry.WrongScheme:
		return false
	}
	return true
}

// once sends a request once.
func (c *caller) once(ctx context.Context, r request) (*response, error) {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, r.method, r.url, bytes.NewReader(r.body))
	if err != nil {
		return nil, err
	}
	if !private(req.URL) {
		return nil, errPlain
	}
	req.Header.Set("User-Agent", c.agent)
	for name, value := range r.header {
		req.Header.Set(name, value)
	}
	resp, err := c.client.Do(req)
	if err != nil {
		return nil, err
	}
	defer resp.Body.Close()
	raw, err := io.ReadAll(io.LimitReader(resp.Body, bounded.MaxAnswer+1))
	if err == nil && len(raw) > bounded.MaxAnswer {
		err = &bounded.TooLongError{Limit: bounded.MaxAnswer}
	}
	return &response{resp.StatusCode, resp.Header, raw}, err
}

// down returns the error for a service that is not available.
func (r request) down(err error) error {
	return &diag.Error{
		Code: CodeServiceDown, Side: diag.Sigstore, Err: r.describe(err),
		Title: fmt.Sprintf("The %s does not answer", r.service),
		Hint:  "Run the step again later. To publish without an attestation if a service of Sigstore is down, set attest: auto.",
	}
}

// refused returns the error for a request that the service refused.
func (r request) refused(err error) error {
	return &diag.Error{
		Code: CodeServiceRefused, Side: diag.Sigstore, Err: r.describe(err),
		Title: fmt.Sprintf("The %s refused the request", r.service),
		Hint:  "Check that the input sigstore names the instance that accepts the identity tokens of this server. To publish without an attestation, set attest: false.",
	}
}

// describe names the host of the service, and never its URL.
func (r request) describe(err error) error {
	host := r.url
	if u, parseErr := url.Parse(r.url); parseErr == nil {
		host = u.Host
	}
	if errors.As(err, new(*refusal)) {
		return fmt.Errorf("%s: %w", host, err)
	}
	return &network.Error{Host: host, Err: err}
}

// refusal is a response with an unexpected status.
type refusal struct {
	status int
	text   string
}

// Error returns the status and the words of the service.
func (e *refusal) Error() string {
	if e.text == "" {
		return fmt.Sprintf("status %d", e.status)
	}
	return fmt.Sprintf("status %d: %s", e.status, e.text)
}

// maxWords is the maximum length of the words of a service in a message, in bytes.
const maxWords = 300

// refusal returns the words of the service without the hidden texts. Most services answer
// with JSON.
func (r *response) refusal(hidden []string) error {
	var fields struct {
		Message string `json:"message"`
		Error   string `json:"error"`
	}
	text := ""
	if json.Unmarshal(r.body, &fields) == nil {
		text = fields.Message + fields.Error
	} else if !retry.IsPage(r.header.Get("Content-Type")) && !bytes.HasPrefix(r.body, []byte("<")) {
		text = string(r.body)
	}
	text = strings.Join(strings.Fields(secret.Hide(text, hidden)), " ")
	if len(text) > maxWords {
		text = strings.ToValidUTF8(text[:maxWords], "") + "…"
	}
	return &refusal{r.status, text}
}
