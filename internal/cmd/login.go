package cmd

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/google/go-containerregistry/pkg/name"
	"golang.org/x/sync/errgroup"

	"github.com/ghcr-publish/ghcr-publish/internal/diag"
	"github.com/ghcr-publish/ghcr-publish/internal/input"
	"github.com/ghcr-publish/ghcr-publish/internal/login"
	"github.com/ghcr-publish/ghcr-publish/internal/publish/resolve"
	"github.com/ghcr-publish/ghcr-publish/internal/registry"
	"github.com/ghcr-publish/ghcr-publish/internal/workflow"
)

var loginCommand = &command{
	name: input.Login, argument: "registry", many: true, run: execute(input.ParseLogin, runLogin), post: postLogin,
	short: "Log docker, podman, skopeo, helm, oras and others in, and out again after the job",
	long: `login proves a login to the registry, then writes it where other programs look
for it: Docker's login file, or the credential helper that the file names. In a
workflow the post step takes it away again, and what was there before comes
back; at a terminal it stays until docker logout.`,
	example: `  gh auth token | ghcr-publish login --token-stdin
  ghcr-publish login --push --image ghcr.io/acme/web   # and may it push there?`,
}

// stateLogin is the state in which the main step leaves its session.
const stateLogin = "login"

// loggingIn is one run of login.
type loggingIn struct {
	*session
	config *input.LoginConfig
	prober *resolve.Prober
}

func runLogin(ctx context.Context, s *session, config *input.LoginConfig) error {
	run := &loggingIn{session: s, config: config, prober: s.prober(input.Keep)}
	for _, n := range config.Notices {
		s.workflow.Annotate(n.Level, n.Title, n.Text)
	}
	if err := run.prove(ctx); err != nil {
		return explainEnd(ctx, err)
	}
	return explainEnd(ctx, run.write(ctx))
}

// prove shows every login to its registry before any is written, and asks
// for the right to push where that is wanted.
func (r *loggingIn) prove(ctx context.Context) error {
	for _, repo := range r.config.Images {
		r.registry.Expect(repo, registry.Push)
	}
	group, ctx := errgroup.WithContext(ctx)
	for _, l := range r.config.Logins {
		group.Go(func() error { return r.proveHost(ctx, l.Host) })
	}
	for _, repo := range r.config.Images {
		group.Go(func() error { return r.provePush(ctx, repo) })
	}
	return group.Wait()
}

func (r *loggingIn) provePush(ctx context.Context, repo name.Repository) error {
	t, err := r.prober.Probe(ctx, repo)
	if err == nil {
		err = t.PushRefusal
	}
	return r.refused(err, repo, t)
}

func (r *loggingIn) proveHost(ctx context.Context, host string) error {
	reg, err := name.NewRegistry(host)
	if err != nil {
		return err // input has parsed it before
	}
	repo := reg.Repo(r.config.GitHub.Repository)
	err = r.registry.CheckLogin(ctx, reg)
	if !registry.IsRefused(err) || host != r.config.Home {
		return r.refused(err, repo, nil)
	}
	return r.refused(err, repo, &resolve.Target{Home: true, Token: r.prober.Token(ctx)})
}

// refused explains why a registry takes no login, or no push.
func (r *loggingIn) refused(err error, repo name.Repository, t *resolve.Target) error {
	var realm *registry.UntrustedRealm
	host := shown(repo.RegistryStr())
	switch {
	case err == nil:
		return nil
	case errors.As(err, &realm):
		return &diag.Error{
			Code: "login-realm-foreign", Side: diag.Registry, Err: err, Input: "credentials",
			Title: "Nothing was written: " + host + " sends logins to another owner's host",
			Hint:  "If that is meant to be so, log in with docker login " + host + ", which follows such a registry.",
		}
	case registry.IsRefused(err) && !r.config.AtHome(repo):
		return &diag.Error{
			Code: "login-refused", Side: diag.Registry, Err: err, Input: "credentials",
			Title: host + " does not take this login",
			Hint:  "Check user name and secret. Some registries want an access token in place of the account's password, Docker Hub with two-factor authentication among them.",
		}
	}
	return r.explainer().Refusal(err, repo, t)
}

// shown is a host as people write it.
func shown(host string) string {
	if host == name.DefaultRegistry {
		return "docker.io"
	}
	return host
}

// write puts the logins where others look for them. The post step is told
// first, so that it finds what a step that is killed has written.
func (r *loggingIn) write(ctx context.Context) error {
	find := login.Find
	if r.config.Isolated {
		find = login.Isolate
	}
	files, err := find(r.process.Getenv)
	if err != nil {
		return noPlace(err)
	}
	session := login.New(files)
	if err := r.workflow.State(stateLogin, session.String()); err != nil {
		return err
	}
	if err := session.Login(ctx, r.logins()); err != nil {
		return noPlace(err)
	}
	for _, v := range files.Exports {
		if err := r.workflow.Env(v.Name, v.Value); err != nil {
			return err
		}
	}
	r.tell(files)
	return nil
}

func (r *loggingIn) logins() []login.Login {
	var out []login.Login
	for _, l := range r.config.Logins {
		out = append(out, login.Login{Host: l.Host, Username: l.Username, Secret: l.Secret})
	}
	return out
}

func (r *loggingIn) tell(files login.Files) {
	for _, l := range r.config.Logins {
		r.say("Logged in to %s as %s.", shown(l.Host), l.Username)
	}
	for _, repo := range r.config.Images {
		r.say("The token may push to %s.", repo)
	}
	r.say("Written to %s.", strings.Join(files.Paths, " and "))
	if r.workflow.Active() {
		r.say("The post step takes it away again.")
	}
}

// noPlace explains why a login could not be written.
func noPlace(err error) error {
	var told *diag.Error
	if errors.As(err, &told) {
		return err
	}
	return &diag.Error{
		Code: "login-unwritable", Side: diag.Runner, Err: err, Title: "The login could not be written",
		Hint: "Check that the step's user may write there, or set DOCKER_CONFIG to a folder where it may; in a workflow isolated: true makes one.",
	}
}

// postLogin logs out.
func postLogin(ctx context.Context, p Process, _ *workflow.Workflow) error {
	state := p.Getenv("STATE_" + stateLogin)
	if state == "" {
		return nil // the main step wrote no login
	}
	session, err := login.Parse(state)
	if err == nil {
		err = session.Logout(ctx)
	}
	if err == nil {
		fmt.Fprintln(p.Stdout, "Logged out.")
		return nil
	}
	return &diag.Error{
		Code: "logout-failed", Side: diag.Runner, Err: err, Title: "The login could not be taken away",
		Hint: "On a runner that is used again, take it out by hand: docker logout. A GITHUB_TOKEN ends with its job in any case.",
	}
}
