package cmd_test

import (
	"bytes"
	"context"
	"encoding/base64"
	"fmt"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/ghcr-publish/ghcr-publish/internal/cmd"
	"github.com/ghcr-publish/ghcr-publish/internal/ghcrtest"
)

// A server receives the credentials and can return them in any text of its answer.
func TestCredentialsThatAServerReturnsAreNotWritten(t *testing.T) {
	t.Parallel()
	basic := base64.StdEncoding.EncodeToString([]byte("octocat:" + canary))
	echo := "you sent " + canary + " and Basic " + basic + " and " + base64.RawURLEncoding.EncodeToString([]byte(canary))
	faults := map[string]ghcrtest.Fault{
		"upload":   {Method: "POST", Times: ghcrtest.Always, Effect: ghcrtest.Answer{Status: 403, Code: "DENIED", Message: echo}},
		"manifest": {Method: "PUT", Path: "/manifests/", Times: ghcrtest.Always, Effect: ghcrtest.Answer{Status: 400, Code: "MANIFEST_INVALID", Message: echo}},
		"token":    {Method: "GET", Path: "/token", Times: ghcrtest.Always, Effect: ghcrtest.Answer{Status: 403, Code: "DENIED", Message: echo}},
		"API":      {Method: "GET", Path: "/api/", Times: ghcrtest.Always, Effect: ghcrtest.Answer{Status: 400, Message: echo}},
	}
	for name, fault := range faults {
		for _, terminal := range []bool{false, true} {
			t.Run(name+map[bool]string{true: " at a terminal", false: ""}[terminal], func(t *testing.T) {
				t.Parallel()
				s := newStage(t, acme())
				s.server.Inject(fault)
				source, _ := layout(t)
				trace := filepath.Join(s.dir, "trace")
				args := []string{}
				if terminal {
					s.env["GITHUB_TOKEN"], s.env["GITHUB_ACTIONS"] = canary, ""
					args = []string{"publish", source, "--image", s.image("acme/web"), "--tags", "1", "--debug", "--trace", trace}
				}
				r := s.with("source", source, "tags", "1", "trace", trace, "debug", "true").run(args...)
				raw, err := os.ReadFile(trace)
				if err != nil {
					t.Fatal(err, r.stderr)
				}
				for where, text := range map[string]string{"trace": string(raw), "json": r.outputs["json"], "summary": r.summary, "standard error": r.stderr} {
					for _, form := range []string{canary, strings.ReplaceAll(canary, "_", `\_`), basic} {
						if strings.Contains(text, form) {
							t.Errorf("the %s contains the credentials:\n%.2000s", where, text)
						}
					}
				}
			})
		}
	}
}

// net/http writes bytes that arrive on an idle connection to the default logger.
func TestTheDefaultLoggerWritesNothing(t *testing.T) {
	var stderr bytes.Buffer
	log.SetOutput(&stderr)
	if code := cmd.Main(context.Background(), []string{"version"}, cmd.Process{Getenv: func(string) string { return "" }, Stdin: strings.NewReader(""), Stdout: io.Discard, Stderr: &stderr}); code != cmd.OK {
		t.Fatal(code)
	}
	log.Printf("Unsolicited response received on idle HTTP channel starting with %q", "##[error]evil")
	if stderr.Len() > 0 || log.Writer() != io.Discard {
		t.Errorf("got %q", stderr.String())
	}
}

// A registry receives the token that its token service issued, and can return the token
// in its answer.
func TestTokenOfTheRegistryIsNotWritten(t *testing.T) {
	t.Parallel()
	s := newStage(t, acme())
	var sent atomic.Value
	front := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method != http.MethodPut || !strings.Contains(r.URL.Path, "/manifests/") {
			s.server.ServeHTTP(w, r)
			return
		}
		token := strings.TrimPrefix(r.Header.Get("Authorization"), "Bearer ")
		sent.Store(token)
		w.Header().Set("X-Github-Request-Id", token)
		w.WriteHeader(http.StatusBadRequest)
		_, _ = fmt.Fprintf(w, `{"errors":[{"code":"MANIFEST_INVALID","message":"you sent Bearer %s"}]}`, token)
	}))
	defer front.Close()
	source, _ := layout(t)
	trace := filepath.Join(s.dir, "trace")
	s.env["GITHUB_SERVER_URL"], s.env["GITHUB_API_URL"] = front.URL, front.URL+"/api/v3"
	r := s.with("source", source, "image", strings.TrimPrefix(front.URL, "http://")+"/acme/web", "tags", "1", "trace", trace, "debug", "true").run()
	r.failsWith("registry-refused", "you sent Bearer")
	raw, err := os.ReadFile(trace)
	if err != nil {
		t.Fatal(err)
	}
	for where, text := range map[string]string{"trace": string(raw), "json": r.outputs["json"], "summary": r.summary, "log": r.stdout, "standard error": r.stderr} {
		if strings.Contains(text, sent.Load().(string)) {
			t.Errorf("the %s contains the token:\n%.2000s", where, text)
		}
	}
}
