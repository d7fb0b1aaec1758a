package main

import (
	"crypto/tls"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/ghcr-publish/ghcr-publish/internal/ghcrtest"
)

// The record keeps the text of a refusal unchanged, because docs/ghcr.md quotes
// such texts. The questions that depend on the push report the reason for their
// missing facts.
func TestRefusedPushIsRecorded(t *testing.T) {
	t.Parallel()
	const message = "permission_denied: create_package"
	r, _ := runAgainst(t, start(t, ghcrtest.Config{Faults: []ghcrtest.Fault{{
		Method: http.MethodPost, Path: "/v2/" + fresh + "/blobs/uploads/", Times: ghcrtest.Always,
		Effect: ghcrtest.Answer{Status: 403, Code: ghcrtest.CodeDenied, Message: message},
	}}}))
	errors := map[string]string{}
	for _, f := range r.Findings {
		errors[f.ID] = f.Error
	}
	if got := errors["push"]; !strings.Contains(got, message) {
		t.Errorf("push: got %q, want the server's message", got)
	}
	if got, want := errors["lag-rest"], "the previous push failed"; got != want {
		t.Errorf("lag-rest: got %q, want %q", got, want)
	}
	if got := errors["rest-list"]; got != "" {
		t.Errorf("rest-list does not depend on the push, but got the error %s", got)
	}
}

func TestRateLimitsAreRecorded(t *testing.T) {
	t.Parallel()
	r, _ := runAgainst(t, start(t, ghcrtest.Config{Faults: []ghcrtest.Fault{
		{Method: http.MethodHead, Path: "manifests/absent", Effect: ghcrtest.Answer{Status: 429, Code: ghcrtest.CodeTooManyRequests, RetryAfter: "7"}},
		{Method: http.MethodGet, Path: "referrers/", Effect: ghcrtest.SecondaryRateLimit()},
	}}))
	var got []string
	for _, reply := range r.Throttled {
		got = append(got, reply.Method+" "+http.StatusText(reply.Status)+" "+reply.Header["Retry-After"])
	}
	if want := "HEAD Too Many Requests 7,GET Forbidden "; strings.Join(got, ",") != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestTokenLifetimeEndsWithTheRefusal(t *testing.T) {
	t.Parallel()
	var hours atomic.Int64 // each call of the clock adds an hour after running is true
	var running atomic.Bool
	s := start(t, ghcrtest.Config{Clock: func() time.Time {
		if running.Load() {
			hours.Add(1)
		}
		return time.Now().Add(time.Duration(hours.Load()) * time.Hour)
	}})
	running.Store(true)
	v := newSurvey(subjectOf(s), s.Token(), 4*time.Millisecond)
	r := v.ask(t.Context(), []question{{"token-lifetime", "", askTokenLifetime}})
	if got, want := r.fact(t, "token-lifetime", "then"), "401 UNAUTHORIZED"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

// Go's own server sends these settings.
func TestHTTP2SettingsAreRecorded(t *testing.T) {
	t.Parallel()
	s := httptest.NewUnstartedServer(http.NotFoundHandler())
	s.EnableHTTP2 = true
	s.Config.HTTP2 = &http.HTTP2Config{MaxReceiveBufferPerStream: 1 << 18, MaxReceiveBufferPerConnection: 1 << 19, MaxConcurrentStreams: 77}
	s.StartTLS()
	t.Cleanup(s.Close)
	v := newSurvey(subject{Registry: s.URL}, "t", 0)
	v.http.Transport = s.Client().Transport
	facts := v.ask(t.Context(), []question{{"http2", "", askHTTP2}}).Findings[0]
	for name, want := range map[string]string{
		"protocol": "h2", "TLS": tls.VersionName(tls.VersionTLS13),
		"MAX_CONCURRENT_STREAMS": "77", "INITIAL_WINDOW_SIZE": "262144", "connection window": "524288",
	} {
		if got := facts.Facts[name]; got != want {
			t.Errorf("%s: got %q, want %q (%s)", name, got, want, facts.Error)
		}
	}
}

func TestHTTP2FramesHaveALimit(t *testing.T) {
	t.Parallel()
	cases := []struct{ name, stream, want string }{
		{"truncated in the header", "\x00\x00", "unexpected EOF"},
		{"truncated in the payload", "\x00\x00\x06\x04\x00\x00\x00\x00\x00\x00", "unexpected EOF"},
		{"sixteen megabytes", "\xff\xff\xff\x04\x00\x00\x00\x00\x00", "larger than HTTP/2 allows"},
		{"nothing", "", "EOF"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			_, _, _, err := readFrame(strings.NewReader(c.stream))
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("got %v, want %q", err, c.want)
			}
		})
	}
}

func subjectOf(s *ghcrtest.Server) subject {
	return subject{Registry: s.URL(), API: s.URL() + "/api/v3", Repository: existing, Existing: existing, Tag: "latest", Fresh: fresh}
}
