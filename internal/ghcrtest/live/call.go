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
	"regexp"
	"strconv"
	"strings"
	"time"
)

// Bounds on what is read of an answer and what is kept of it, in bytes.
const (
	maxBody    = 4 << 20
	maxExcerpt = 2 << 10
)

// keptHeaders are the ones a question may turn on. Everything else is noise, or a
// cookie.
var keptHeaders = []string{
	"Content-Length", "Content-Type", "Docker-Content-Digest", "Docker-Distribution-Api-Version", "Link", "Location",
	"Oci-Chunk-Min-Length", "Oci-Subject", "Range", "Retry-After", "Server", "Www-Authenticate", "X-Github-Request-Id",
	"X-Oauth-Scopes", "X-Accepted-Github-Permissions", "X-Ratelimit-Limit", "X-Ratelimit-Remaining",
}

// answer is a server's answer with what the questions look at.
type answer struct {
	status int
	header http.Header
	body   []byte
}

// request is what a question sends. Auth is the whole Authorization header.
type request struct {
	method, url, auth string
	header            map[string]string
	body              []byte
}

// call sends a request and records the answer. An error means there was none.
func (v *visit) call(ctx context.Context, q request) (answer, error) {
	req, err := http.NewRequestWithContext(ctx, q.method, q.url, bytes.NewReader(q.body))
	if err != nil {
		return answer{}, fmt.Errorf("asking %q: %w", q.url, err)
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
	kept := reply{Method: q.method, URL: v.clean(q.url), Proto: proto, Status: a.status, Header: v.keep(a.header), Body: v.excerpt(a.body), Millis: time.Since(start).Milliseconds()}
	if err != nil {
		kept.Error = v.secrets.Replace(err.Error())
	}
	v.now.Replies = append(v.now.Replies, kept)
	if throttled(a) {
		v.throttled = append(v.throttled, kept)
	}
	return a, err
}

func (v *visit) exchange(req *http.Request) (answer, string, error) {
	resp, err := v.http.Do(req)
	if err != nil {
		return answer{}, "", fmt.Errorf("asking: %w", err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(io.LimitReader(resp.Body, maxBody))
	if err != nil {
		err = fmt.Errorf("reading the answer: %w", err)
	}
	return answer{resp.StatusCode, resp.Header, body}, resp.Proto, err
}

func throttled(a answer) bool {
	return a.status == http.StatusTooManyRequests || a.status == http.StatusForbidden && bytes.Contains(a.body, []byte("rate limit"))
}

func (v *visit) keep(h http.Header) map[string]string {
	kept := map[string]string{}
	for _, name := range keptHeaders {
		if value := h.Get(name); value != "" {
			kept[name] = v.secrets.Replace(value)
		}
	}
	if location := kept["Location"]; location != "" {
		kept["Location"] = v.clean(location)
	}
	return kept
}

// clean takes out of a URL what a signature could stand in.
func (v *visit) clean(raw string) string {
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

// tokens in the answer of /token, which nobody could know before.
var tokens = regexp.MustCompile(`("(?:access_)?token"\s*:\s*")[^"]*`)

func (v *visit) excerpt(body []byte) string {
	hidden := tokens.ReplaceAllString(string(body), "${1}[secret]")
	return v.secrets.Replace(strings.ToValidUTF8(hidden[:min(len(hidden), maxExcerpt)], "?"))
}

// says is an answer in a few comparable words: "403 DENIED".
func (a answer) says() string {
	var refusal struct {
		Errors []struct{ Code string }
	}
	if json.Unmarshal(a.body, &refusal) == nil && len(refusal.Errors) > 0 {
		return fmt.Sprintf("%d %s", a.status, refusal.Errors[0].Code)
	}
	return strconv.Itoa(a.status)
}

// has says whether a header came, without its changing value.
func (a answer) has(header string) string {
	if a.header.Get(header) == "" {
		return "absent"
	}
	return "present"
}

func encode(s string) string { return base64.StdEncoding.EncodeToString([]byte(s)) }
