package cmd_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/ghcr-publish/ghcr-publish/internal/ghcrtest"
)

// hostileText contains commands of the runner and of a terminal.
const hostileText = "no\x1b[31m\r\n::set-output name=digest::sha256:evil\n::add-mask::a\u202e\u0007<b>**x**"

// signingServices are the services that take part in an attestation.
var signingServices = []string{"/idtoken", "/api/v2/signingCert", "/api/v1/log/entries", "/api/v1/timestamp", "/attestations"}

// The registry does not control these services. Their responses must not become commands of
// the runner, must not move a tag, and must not send a credential to another host.
func TestHostileAnswersOfTheServicesDoNoHarm(t *testing.T) {
	t.Parallel()
	var leaked atomic.Int64
	thief := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Authorization") != "" || r.ContentLength > 0 {
			leaked.Add(1)
		}
		http.NotFound(w, r)
	}))
	t.Cleanup(thief.Close)
	host := strings.TrimPrefix(thief.URL, "http://")
	cases := []struct {
		name   string
		effect ghcrtest.Effect
	}{
		{"commands", ghcrtest.Answer{Status: http.StatusForbidden, Message: hostileText}},
		{"a page", ghcrtest.Page{Status: http.StatusForbidden, Title: hostileText}},
		{"a page as JSON", ghcrtest.Page{Status: http.StatusForbidden, Title: hostileText, MediaType: "application/json"}},
		{"a page with success", ghcrtest.Page{Status: http.StatusOK, Title: hostileText}},
		{"an empty object", ghcrtest.Answer{Status: http.StatusOK}},
		{"an empty object that was created", ghcrtest.Answer{Status: http.StatusCreated}},
		{"no end", ghcrtest.Endless{Status: http.StatusOK}},
		{"a refusal without an end", ghcrtest.Endless{Status: http.StatusForbidden}},
		{"a permanent redirect", ghcrtest.Redirect{Status: http.StatusMovedPermanently, Host: host}},
		{"a redirect of the body", ghcrtest.Redirect{Status: http.StatusTemporaryRedirect, Host: host}},
	}
	for _, path := range signingServices {
		for _, tc := range cases {
			t.Run(path+" "+tc.name, func(t *testing.T) {
				t.Parallel()
				s := newSigning(t, acme(), claims())
				s.server.Inject(ghcrtest.Fault{Path: path, Times: ghcrtest.Always, Effect: tc.effect})
				r := s.with("attest", "true", "attest-store", "registry,github").run()
				if r.code == 0 {
					r.fatal("the run succeeded")
				}
				if r.hasOutputs("attested", "no"); position(r.requests, http.MethodPut, "/manifests/1") >= 0 {
					r.fatal("a tag moved")
				}
				if strings.Contains(r.stdout+r.stderr+r.summary, "<html>") || strings.ContainsAny(r.stdout+r.stderr+r.summary, "\x1b\x07\u202e") {
					r.fatal("the output contains a page or control characters")
				}
				r.noRunnerCommand(true)
			})
		}
	}
	t.Cleanup(func() {
		if n := leaked.Load(); n > 0 {
			t.Errorf("%d requests with credentials or a body went to another host", n)
		}
	})
}
