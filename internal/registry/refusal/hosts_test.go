package refusal_test

import (
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"

	"github.com/ghcr-publish/ghcr-publish/internal/diag"
	"github.com/ghcr-publish/ghcr-publish/internal/registry"
	"github.com/ghcr-publish/ghcr-publish/internal/registry/refusal"
	"github.com/ghcr-publish/ghcr-publish/internal/registry/retry"
)

// stalled is an error of a server that sends no bytes.
type stalled struct{ error }

func (stalled) Transport() retry.Transport { return retry.Silent }

// unreadable is an error of the source.
type unreadable struct{ error }

func (unreadable) Transport() retry.Transport { return retry.SourceFailed }

func TestAnswersOfOtherServersAreNotARefusalOfTheToken(t *testing.T) {
	t.Parallel()
	page := func(status int, title string) *registry.Error {
		return &registry.Error{Operation: "POST upload", Host: "ghcr.io", Repository: "acme/web", Status: status, MediaType: "text/html", Page: title}
	}
	elsewhere := answer(401, "login required")
	elsewhere.Host, elsewhere.From = "storage.example", "ghcr.io"
	cases := []struct {
		name     string
		err      error
		home     bool
		code     string
		mentions string
	}{
		{"login page", page(200, "log in to the wifi"), true, refusal.CodeNotARegistry, "log in to the wifi"},
		{"page of a proxy", page(403, "Blocked"), true, refusal.CodeNotARegistry, "The token is not the cause"},
		{"page of a proxy before another registry", page(403, "Blocked"), false, refusal.CodeNotARegistry, "HTTPS_PROXY"},
		{"network login", page(511, "Login"), true, refusal.CodeNotARegistry, "511"},
		{"201 without a blob", answer(201, ""), true, refusal.CodeNotARegistry, "201 Created"},
		{"page of a front end", page(400, "Whoa there!"), true, refusal.CodeFrontEndFailed, "Whoa there!"},
		{"page of Cloudflare", page(524, "A timeout occurred"), true, refusal.CodeFrontEndFailed, "524"},
		{"another host", elsewhere, true, refusal.CodeOtherHostRefused, "storage.example"},
		{"HTTP to HTTPS", answer(400, "Client sent an HTTP request to an HTTPS server."), true, refusal.CodeWrongScheme, "X-Forwarded-Proto"},
		{"page about the rate limit", page(403, "You have exceeded a secondary rate limit"), true, refusal.CodeSecondaryRateLimit, "timeout"},
		{"500 without a message", answer(500, ""), true, refusal.CodeRegistryRefused, "gave no reason"},
		{"lost port", &registry.LocationError{Host: "reg.example:5000", Header: "Location", Target: "http://reg.example/x", Err: &registry.NoAnswer{Host: "reg.example", Err: io.EOF}}, true, refusal.CodeLocationUnusable, "http://reg.example/x"},
		{"silent server", &registry.NoAnswer{Host: "ghcr.io", Operation: "PUT blob", Err: stalled{errors.New("idle timeout")}}, true, refusal.CodeRegistryUnreachable, "ghcr.io"},
		{"reset stream", &registry.NoAnswer{Host: "ghcr.io", Operation: "PUT blob", Err: errors.New("stream error: stream ID 5; INTERNAL_ERROR; received from peer")}, true, refusal.CodeRegistryUnreachable, "ghcr.io"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			err := refusal.Explain(fmt.Errorf("pushing: %w", c.err), evidence(t, func(e *refusal.Evidence) { e.Home = c.home }))
			all := diag.All(err)
			if len(all) != 1 || all[0].Code != c.code || all[0].Hint == "" || !errors.Is(err, c.err) {
				t.Fatalf("got %+v, want the code %s", all, c.code)
			}
			if !strings.Contains(err.Error(), c.mentions) {
				t.Errorf("the error does not contain %q:\n%s", c.mentions, err)
			}
		})
	}
}

func TestSourceThatCannotBeReadIsNotAnErrorOfTheRegistry(t *testing.T) {
	t.Parallel()
	failed := &registry.NoAnswer{Host: "ghcr.io", Operation: "PUT blob", Err: unreadable{errors.New("input/output error")}}
	var explained *diag.Error
	if err := refusal.Explain(failed, evidence(t, nil)); errors.As(err, &explained) {
		t.Errorf("got the code %s", explained.Code)
	}
}
