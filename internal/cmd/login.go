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
	name: input.Login, many: true, run: execute(input.ParseLogin, runLogin), post: postLogin,
	short: "Log in to a registry for docker, podman, skopeo, helm, oras and others, and log out after the job",
	long: `login checks the credentials with the registry and writes the credentials for other
programs. It writes to Docker's config file, or to the credential helper that this
file sets. In a workflow, the post step removes the credentials and restores the
previous login. At a terminal, the credentials stay until you run docker logout.

The token of the gh CLI does not have the scope write:packages by default. Run gh
auth refresh once to add this scope.`,
	example: `  gh auth refresh --scopes write:packages
  gh auth token | ghcr-publish login --token-stdin
  ghcr-publish login --push --image ghcr.io/acme/web  # checks the right to push`,
}

// stateLogin is the name of the state in which the main step saves its session for
// the post step.
const stateLogin = "login"

// stateWritten is the name of the state in which the main step saves its session
// after it wrote the logins.
const stateWritten = "login_written"

// loginRun is one run of the command "login".
type loginRun struct {
	*session
	config *input.LoginConfig
	prober *resolve.Prober
}

func runLogin(ctx context.Context, s *session, config *input.LoginConfig) error {
	run := &loginRun{session: s, config: config, prober: s.prober(input.Keep)}
	s.announce()
	if err := run.check(ctx); err != nil {
		return explainEnd(ctx, err)
	}
	return explainEnd(ctx, run.write(ctx))
}

// check checks every login with its registry before any login is written, and checks
// the right to push to the images.
func (r *loginRun) check(ctx context.Context) error {
	for _, repo := range r.config.Images {
		r.registry.Expect(repo, registry.Push)
	}
	group, ctx := errgroup.WithContext(ctx)
	for _, l := range r.config.Logins {
		group.Go(func() error { return r.checkHost(ctx, l.Host) })
	}
	for _, repo := range r.config.Images {
		group.Go(func() error { return r.checkPush(ctx, repo) })
	}
	return group.Wait()
}

func (r *loginRun) checkPush(ctx context.Context, repo name.Repository) error {
	t, err := r.prober.Probe(ctx, repo)
	if err == nil {
		err = t.PushRefusal
	}
	return r.refused(err, repo, t)
}

func (r *loginRun) checkHost(ctx context.Context, host string) error {
	reg, err := name.NewRegistry(host)
	if err != nil {
		return err // This error cannot happen, because package input has parsed the host.
	}
	repo := reg.Repo(r.config.GitHub.Repository)
	err = r.registry.CheckLogin(ctx, reg)
	if !registry.IsRefused(err) || host != r.config.Home {
		return r.refused(err, repo, nil)
	}
	return r.refused(err, repo, &resolve.Target{Home: true, Token: r.prober.Token(ctx)})
}

// refused explains why a registry refuses a login or a push.
func (r *loginRun) refused(err error, repo name.Repository, t *resolve.Target) error {
	var realm *registry.UntrustedRealm
	host := displayHost(repo.RegistryStr())
	switch {
	case err == nil:
		return nil
	case errors.As(err, &realm):
		return &diag.Error{
			Code: codeLoginRealm, Side: diag.Registry, Err: err, Input: "credentials",
			Title: fmt.Sprintf("No login was written, because %s requests that the program sends the credentials to a host of another owner", host),
			Hint:  fmt.Sprintf("If you trust the other host, run docker login %s, which sends the credentials to the other host.", host),
		}
	case registry.IsRefused(err) && !r.config.AtHome(repo):
		return &diag.Error{
			Code: codeLoginRefused, Side: diag.Registry, Err: err, Input: "credentials",
			Title: host + " refuses this login",
			Hint:  "Check the user name and the secret. Some registries, for example Docker Hub with two-factor authentication, accept an access token instead of the password.",
		}
	}
	return r.explainer().Refusal(err, repo, t)
}

// displayHost returns a host as users write it.
func displayHost(host string) string {
	if host == name.DefaultRegistry {
		return "docker.io"
	}
	return host
}

// write writes the logins for other programs. write first saves the state for the
// post step, so that the post step removes the logins even if the runner kills the
// main step.
func (r *loginRun) write(ctx context.Context) error {
	find := login.Find
	if r.config.Isolated {
		find = login.Isolate
	}
	files, err := find(r.process.Getenv)
	if err != nil {
		return unwritable(err)
	}
	session := login.New(files)
	if err := r.workflow.State(stateLogin, session.String()); err != nil {
		return err
	}
	if err := session.Login(ctx, r.logins()); err != nil {
		return unwritable(err)
	}
	session.Written(r.logins())
	if err := r.workflow.State(stateWritten, session.String()); err != nil {
		return err
	}
	for _, v := range files.Exports {
		if err := r.workflow.Env(v.Name, v.Value); err != nil {
			return err
		}
	}
	r.printLogins(files)
	return nil
}

func (r *loginRun) logins() []login.Login {
	var out []login.Login
	for _, l := range r.config.Logins {
		out = append(out, login.Login{Host: l.Host, Username: l.Username, Secret: l.Secret})
	}
	return out
}

func (r *loginRun) printLogins(files login.Files) {
	for _, l := range r.config.Logins {
		r.say("Logged in to %s as %s.", displayHost(l.Host), l.Username)
	}
	for _, repo := range r.config.Images {
		r.say("The token may push to %s.", repo)
	}
	r.say("Written to %s.", strings.Join(files.Paths, " and "))
	if r.workflow.Active() {
		r.say("The post step removes the login.")
	}
}

// unwritable explains why a login could not be written.
func unwritable(err error) error {
	var diagErr *diag.Error
	if errors.As(err, &diagErr) {
		return err
	}
	return &diag.Error{
		Code: codeLoginUnwritable, Side: diag.Runner, Err: err, Title: "The login could not be written",
		Hint: "Check that the user of the step may write this file, or set DOCKER_CONFIG to a folder in which the user may write. In a workflow, isolated: true creates such a folder.",
	}
}

// warnUnrestored warns that the post step removed logins but could not restore the
// previous logins, because the saved copies are missing.
func warnUnrestored(w *workflow.Workflow, logins []string) {
	if len(logins) == 0 {
		return
	}
	w.Annotate(diag.Warning, "A previous login could not be restored",
		fmt.Sprintf("A step deleted the files of this action in RUNNER_TEMP. The post step removed the login of this action (%s). If the Docker config file had another login for this registry before, log in again. In your steps, do not delete files of other actions in RUNNER_TEMP.", strings.Join(logins, ", ")))
}

// warnCopies warns that a login file still contains the secret of this action under
// another key.
func warnCopies(w *workflow.Workflow, copies []string) {
	if len(copies) == 0 {
		return
	}
	w.Annotate(diag.Warning, "The login file still contains a copy of the login",
		fmt.Sprintf("The post step removed the login of this action. But another step wrote the same user name and the same secret under another key: %s. Remove the copy in the step that writes it, for example with docker logout.", strings.Join(copies, ", ")))
}

// postLogin logs out.
func postLogin(ctx context.Context, p Process, w *workflow.Workflow) error {
	state := p.Getenv("STATE_" + stateLogin)
	if state == "" {
		return nil // The main step wrote no login.
	}
	if written := p.Getenv("STATE_" + stateWritten); written != "" {
		state = written
	}
	session, err := login.Parse(state)
	if err == nil {
		err = session.Logout(ctx)
	}
	if err == nil {
		if len(session.Copies()) == 0 {
			fmt.Fprintln(p.Stdout, "Logged out.")
		}
		warnCopies(w, session.Copies())
		warnUnrestored(w, session.Unrestored())
		return nil
	}
	return &diag.Error{
		Code: codeLogoutFailed, Side: diag.Runner, Err: err, Title: "The login could not be removed",
		Hint: "If the runner runs other jobs, remove the login with docker logout. A GITHUB_TOKEN expires at the end of its job.",
	}
}
