// Package dockerfile hands a Dockerfile over to a builder that is there: docker
// buildx, else the Docker engine's classic builder, else buildah or podman. It
// chooses the first that can do all that is asked for, runs it, and says where
// its result lies.
//
// It is no builder and reads no Dockerfile. It does not know what becomes of
// the image; package source opens what it names.
package dockerfile

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/ghcr-publish/ghcr-publish/internal/diag"
	"github.com/ghcr-publish/ghcr-publish/internal/secret"
)

// The codes of what can be wrong with a build.
const (
	CodeNoBuilder = "build-no-builder"      // none is there, or none can do it
	CodeFailed    = "build-failed"          // the builder's own failure
	CodeContext   = "build-context-missing" // nothing to build from
)

// Request is what to build, in docker build's words.
type Request struct {
	Context   string // a folder, or the address of one that the builder fetches
	File      string // "" for Dockerfile in the context
	Target    string
	Args      []string // NAME=VALUE
	Secrets   []Secret
	Platforms []string
	Builder   string // of buildx; "" for its current one
	CacheFrom []string
	CacheTo   []string
	Labels    []string // KEY=VALUE
}

// Secret is what RUN --mount=type=secret,id=ID sees.
type Secret struct {
	ID    string
	Value secret.Secret
}

// Machine is what a build runs on.
type Machine struct {
	// Environ is the environment of the builder, as os.Environ has it.
	Environ []string
	// Temp is a folder of this run's own, for what the builder writes.
	Temp string
	// Log hears the builder as it speaks.
	Log Log
	// Exec runs a program; nil runs real ones.
	Exec func(context.Context, Command) ([]byte, error)
}

// Run builds and returns the source that names the result: a path with its
// transport, or an image in the Docker engine or in podman's storage.
func Run(ctx context.Context, m *Machine, r *Request) (string, error) {
	if err := r.check(); err != nil {
		return "", err
	}
	t, err := choose(ctx, m, r)
	if err != nil {
		return "", err
	}
	m.Log.say(fmt.Sprintf("Building with %s.", t))
	return t.build(ctx, m, r)
}

// check looks for a local context, as builders say little about a missing one.
func (r *Request) check() error {
	if r.remote() {
		return nil
	}
	info, err := os.Stat(r.Context)
	if err == nil && info.IsDir() {
		return nil
	}
	return &diag.Error{
		Code: CodeContext, Side: diag.Source, Input: "context", Err: err,
		Title: fmt.Sprintf("There is no folder %q to build from", r.Context),
		Hint:  "Check the path; it is taken from the directory the step runs in. In a workflow actions/checkout has to come before.",
	}
}

// remote reports a context that the builder fetches.
func (r *Request) remote() bool {
	return strings.Contains(r.Context, "://") || strings.HasPrefix(r.Context, "git@")
}

// common are the arguments that all builders take alike.
func (r *Request) common() []string {
	var args []string
	add := func(flag string, values ...string) {
		for _, v := range values {
			if v != "" {
				args = append(args, flag, v)
			}
		}
	}
	add("--file", local(r.File))
	add("--target", r.Target)
	add("--build-arg", r.Args...)
	add("--label", r.Labels...)
	add("--cache-from", r.CacheFrom...)
	add("--cache-to", r.CacheTo...)
	if len(r.Platforms) > 0 {
		add("--platform", strings.Join(r.Platforms, ","))
	}
	return args
}

// context is the last argument.
func (r *Request) context() string {
	if r.remote() {
		return r.Context
	}
	return local(r.Context)
}

// local keeps a path from being read as an option.
func local(path string) string {
	if strings.HasPrefix(path, "-") {
		return "." + string(filepath.Separator) + path
	}
	return path
}

// secretVariable begins the names of variables that hand secrets over.
const secretVariable = "GHCR_PUBLISH_SECRET_" //nolint:gosec // a name

// secrets are arguments that name variables, and the variables: every process
// of the machine sees arguments, only the builder its variables.
func (r *Request) secrets() (args, env []string) {
	for i, s := range r.Secrets {
		variable := fmt.Sprintf("%s%d", secretVariable, i)
		value := s.Value.Reveal()
		if strings.Contains(value, "\n") {
			value += "\n" // a file, such as a key, which ends as files do
		}
		args = append(args, "--secret", "id="+s.ID+",env="+variable)
		env = append(env, variable+"="+value)
	}
	return args, env
}
