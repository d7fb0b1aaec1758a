package main

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/ghcr-publish/ghcr-publish/internal/safe/lazy"
)

// These constants limit the number of bytes that the program reads from a response,
// and the number of bytes that it records.
const (
	maxBody    = 4 << 20
	maxExcerpt = 2 << 10
)

// keptHeaders are the headers that the program records. All other headers are
// irrelevant or are cookies.
var keptHeaders = []string{
	"Content-Length", "Content-Type", "Docker-Content-Digest", "Docker-Distribution-Api-Version", "Link", "Location",
	"Oci-Chunk-Min-Length", "Oci-Subject", "Range", "Retry-After", "Server", "Www-Authenticate", "X-Github-Request-Id",
	"X-Oauth-Scopes", "X-Accepted-Github-Permissions", "X-Ratelimit-Limit", "X-Ratelimit-Remaining",
}

// answer contains the parts of a server's response that the questions need.
type answer struct {
	status int
	header http.Header
	body   []byte
}

// request is one HTTP request that a question sends. The field "auth" is the whole
// value of the Authorization header.
type request struct {
	method, url, auth string
	header            map[string]string
	body              []byte
}

// call sends a request and records the response. call returns an error if the server
// sends no response.
func (v *survey) call(ctx context.Context, q request) (answer, error) {
	req, err := http.NewRequestWithContext(ctx, q.method, q.url, bytes.NewReader(q.body))
	if err != nil {
		return answer{}, fmt.Errorf("preparing a request to %q: %w", q.url, err)
	}
	req.Header.Set("User-Agent", "ghcr-publish-live")
	if q.auth != "" {
		req.Header.Set("Authorization", q.auth)
	}
	for name, value := range q.header {
		req.Header.Set(name, value)
	}
	start := time.Now()
	a, proto, err := v.exchange(req)
	kept := reply{Method: q.method, URL: v.cleanURL(q.url), Proto: proto, Status: a.status, Header: v.keep(a.header), Body: v.excerpt(a.body), Millis: time.Since(start).Milliseconds()}
	if err != nil {
		kept.Error = v.secrets.Replace(err.Error())
	}
	v.now.Replies = append(v.now.Replies, kept)
	if throttled(a) {
		v.throttled = append(v.throttled, kept)
	}
	return a, err
}

func (v *survey) exchange(req *http.Request) (answer, string, error) {
	resp, err := v.http.Do(req)
	if err != nil {
		return answer{}, "", fmt.Errorf("sending the request: %w", err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(io.LimitReader(resp.Body, maxBody))
	if err != nil {
		err = fmt.Errorf("reading the response: %w", err)
	}
	return answer{resp.StatusCode, resp.Header, body}, resp.Proto, err
}

func throttled(a answer) bool {
	return a.status == http.StatusTooManyRequests || a.status == http.StatusForbidden && bytes.Contains(a.body, []byte("rate limit"))
}

func (v *survey) keep(h http.Header) map[string]string {
	kept := map[string]string{}
	for _, name := range keptHeaders {
		if value := h.Get(name); value != "" {
			kept[name] = v.secrets.Replace(value)
		}
	}
	if location := kept["Location"]; location != "" {
		kept["Location"] = v.cleanURL(location)
	}
	return kept
}

// cleanURL removes signatures from a URL.
func (v *survey) cleanURL(raw string) string {
	u, err := url.Parse(raw)
	if err != nil {
		return "[unreadable]"
	}
	registry, err := url.Parse(v.Registry)
	if err == nil && u.Host != "" && u.Host != registry.Host && u.RawQuery != "" && !strings.HasPrefix(raw, v.API) {
		u.RawQuery = "signed"
	}
	return v.secrets.Replace(u.String())
}

// tokens matches the token in the response of /token. The program does not know
// this token in advance.
var tokens = lazy.Regexp(`("(?:access_)?token"\s*:\s*")[^"]*`)

func (v *survey) excerpt(body []byte) string {
	hidden := tokens().ReplaceAllString(string(body), "${1}[secret]")
	return v.secrets.Replace(strings.ToValidUTF8(hidden[:min(len(hidden), maxExcerpt)], "?"))
}

// summary returns the response in a short, comparable form. An example is "403
// DENIED".
func (a answer) summary() string {
	var refusal struct {
		Errors []struct{ Code string }
	}
	if json.Unmarshal(a.body, &refusal) == nil && len(refusal.Errors) > 0 {
		return fmt.Sprintf("%d %s", a.status, refusal.Errors[0].Code)
	}
	return strconv.Itoa(a.status)
}

// presence returns "present" if the response has a header, and otherwise "absent".
// The value of the header differs between runs.
func (a answer) presence(header string) string {
	if a.header.Get(header) == "" {
		return "absent"
	}
	return "present"
}

func encode(s string) string { return base64.StdEncoding.EncodeToString([]byte(s)) }
