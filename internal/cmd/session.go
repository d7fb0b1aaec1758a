package cmd

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
	"slices"
	"time"

	"github.com/google/go-containerregistry/pkg/authn"
	"github.com/google/go-containerregistry/pkg/name"

	"github.com/ghcr-publish/ghcr-publish/internal/cleanup/rules"
	"github.com/ghcr-publish/ghcr-publish/internal/diag"
	"github.com/ghcr-publish/ghcr-publish/internal/github"
	"github.com/ghcr-publish/ghcr-publish/internal/input"
	"github.com/ghcr-publish/ghcr-publish/internal/login"
	"github.com/ghcr-publish/ghcr-publish/internal/publish"
	"github.com/ghcr-publish/ghcr-publish/internal/publish/resolve"
	"github.com/ghcr-publish/ghcr-publish/internal/registry"
	"github.com/ghcr-publish/ghcr-publish/internal/registry/keychain"
	"github.com/ghcr-publish/ghcr-publish/internal/registry/transport"
	"github.com/ghcr-publish/ghcr-publish/internal/release/version"
	"github.com/ghcr-publish/ghcr-publish/internal/report"
	"github.com/ghcr-publish/ghcr-publish/internal/workflow"
)

// session holds the clients of one run for the registry, the REST API and the runner.
type session struct {
	process  Process
	workflow *workflow.Workflow
	config   *input.Common
	registry *registry.Client
	packages *github.Client
	network  *http.Transport // All clients use this transport.
	api      *transport.Client
	rules    *rules.Set // The rules of the input "cleanup" of a command that publishes, or nil.

	tracer *tracer
}

func newSession(p Process, w *workflow.Workflow, c *input.Common) (*session, error) {
	s := &session{process: p, workflow: w, config: c}
	var err error
	if s.network, err = transport.New(c.CAFile); err != nil {
		return nil, err
	}
	if s.tracer, err = newTracer(p, c); err != nil {
		return nil, err
	}
	s.registry = registry.New(registry.Options{
		Keychain: newKeychain(c), UserAgent: version.UserAgent(), Trace: s.tracer.record, OnWait: s.tracer.waiting,
		OnSilence: s.tracer.silent, OnToken: func(token string) { p.hidden.add([]string{token}) }, Base: s.network,
	})
	s.api = transport.NewClient(c.GitHub.APIURL, s.network)
	s.packages, err = github.New(keychain.Client(c.Token, s.api), c.GitHub.APIURL, c.GitHub.ServerURL, version.UserAgent())
	if err != nil {
		return nil, err
	}
	s.packages.Storage = &http.Client{Transport: s.api}
	return s, nil
}

// announce shows the notices about the inputs on the page of the workflow run. The
// commands "publish", "merge" and "promote" do not call announce, because the report
// of these commands contains all notices.
func (s *session) announce() {
	for _, n := range s.config.Notices {
		s.workflow.Annotate(n.Level, n.Title, n.Text)
	}
}

// close closes the connections and the trace. If the trace is incomplete, close
// prints the error, but the run does not fail, because its work is complete.
func (s *session) close() {
	s.registry.Close()
	s.api.CloseIdleConnections()
	if err := s.tracer.close(); err != nil {
		s.say("%s", err)
	}
}

func newKeychain(c *input.Common) *keychain.Keychain {
	k := &keychain.Keychain{
		Host: c.Home, Token: keychain.Login{Username: c.Username, Secret: c.Token},
		Others: map[string]keychain.Login{}, Fallback: loginFiles{},
	}
	for _, cr := range c.Credentials {
		k.Others[cr.Host] = keychain.Login{Username: cr.Username, Secret: cr.Secret}
	}
	return k
}

// loginFiles reads the logins of this machine in the same way as Docker. If the
// Docker config file is not a regular file, loginFiles returns no logins, because the
// read of a named pipe can wait without an end.
type loginFiles struct{}

// Resolve returns the login for a registry.
func (loginFiles) Resolve(r authn.Resource) (authn.Authenticator, error) {
	if files, err := login.Find(os.Getenv); err == nil && slices.ContainsFunc(files.Paths, func(path string) bool { return !login.Regular(path) }) {
		return authn.Anonymous, nil
	}
	return authn.DefaultKeychain.Resolve(r)
}

func timeoutError(d time.Duration) error {
	return &diag.Error{
		Code: codeTimeout, Side: diag.Run, Input: "timeout",
		Title: fmt.Sprintf("The run took longer than %s, the value of the input timeout", d),
		Hint:  "Run the step again. The new run uploads only missing content. If one upload or the gate needs more time, increase the input timeout. ghcr.io ends an upload after 10 minutes.",
	}
}

// explainer returns the [publish.Explainer] of the run.
func (s *session) explainer() publish.Explainer {
	return publish.Explainer{Config: s.config, GitHub: s.packages}
}

// missing explains why a reference could not be read, and names the tags that resemble a
// missing tag.
func (s *session) missing(ctx context.Context, err error, ref name.Reference) error {
	return publish.NameTags(ctx, s.registry, s.explainer().Read(err, ref), ref)
}

// prober returns a [resolve.Prober], which checks whether a repository accepts a
// push.
func (s *session) prober(visibility input.Visibility) *resolve.Prober {
	return &resolve.Prober{
		Config: s.config, Registry: s.registry, GitHub: s.packages, Visibility: visibility, Verify: input.VerifyFull,
	}
}

// explainEnd replaces the error "context canceled" with the reason why the run ended.
func explainEnd(ctx context.Context, err error) error {
	if err == nil || ctx.Err() == nil {
		return err
	}
	cause := context.Cause(ctx)
	var diagErr *diag.Error
	if errors.As(cause, &diagErr) {
		with := *diagErr
		with.Err = unfinished(err)
		return &with
	}
	var gate *publish.GateUnfinished
	if !errors.As(err, &gate) {
		err = nil
	}
	return &diag.Error{
		Code: codeCancelled, Side: diag.Run, Err: err, Title: "The run was cancelled",
		Hint: "Run the step again. The new run uploads only missing content.",
	}
}

// unfinished returns the error about the work that was not complete at the end of the run:
// the last error response of a registry, the error about a host that did not respond, or
// the error about a gate. For other errors, the function "unfinished" returns nil.
func unfinished(err error) error {
	var gate *publish.GateUnfinished
	var answer *registry.Error
	var silent *registry.NoAnswer
	switch {
	case errors.As(err, &answer):
		return answer
	case errors.As(err, &silent):
		return silent
	case errors.As(err, &gate):
		return gate
	}
	return nil
}

func runOf(g input.GitHub) report.Run {
	if !g.Active {
		return report.Run{Server: g.ServerURL}
	}
	return report.Run{
		Server: g.ServerURL, Repository: g.Repository, Workflow: g.Workflow, ID: g.RunID,
		Attempt: g.RunAttempt, Event: g.EventName, Ref: g.Ref, SHA: g.SHA, Actor: g.Actor,
	}
}
