package docker

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net/http"
	"net/url"

	"github.com/ghcr-publish/ghcr-publish/internal/diag"
)

// The codes of what can be wrong with an engine.
const (
	CodeUnreachable = "engine-unreachable"
	CodeRefused     = "engine-refused"
	CodeBrokeOff    = "engine-broke-off" // in the middle of an image
	codeNotFound    = "source-not-found"
)

// isAbsent reports the engine's 404.
func isAbsent(err error) bool {
	var a *answer
	return errors.As(err, &a) && a.status == http.StatusNotFound
}

func noName(image string, err error) error {
	return &diag.Error{
		Code: codeNotFound, Side: diag.Source, Err: err,
		Title: fmt.Sprintf("%q is no name and no id of an image", image),
		Hint:  "Write a name as docker images prints it, NAME or NAME:TAG in lower case, or an image id.",
	}
}

func (c *client) refused(err error) error {
	return &diag.Error{
		Code: CodeRefused, Side: diag.Source, Err: err,
		Title: fmt.Sprintf("the Docker engine at %q refused", c.host),
		Hint:  "Its log says more (journalctl -u docker). The classic image store needs room on its disk for a copy of an image that goes in or out.",
	}
}

// unreachable says why there is no talking to the engine. A context that
// ended is passed on as it is.
func (c *client) unreachable(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return fmt.Errorf("asking the Docker engine at %q: %w", c.host, context.Cause(ctx))
	}
	var odd *url.Error
	if errors.As(err, &odd) {
		err = odd.Err // the address in it is made up for a socket
	}
	hint := "Start Docker, or set DOCKER_HOST to where its engine listens. In a job container the runner's engine is there only if its socket is mounted."
	if errors.Is(err, fs.ErrPermission) {
		hint = "Let this user use Docker: add it to the group docker, or run the step as root. For a rootless engine set DOCKER_HOST=unix://$XDG_RUNTIME_DIR/docker.sock."
	}
	return &diag.Error{
		Code: CodeUnreachable, Side: diag.Source, Err: err, Hint: hint,
		Title: fmt.Sprintf("the Docker engine at %q cannot be reached", c.host),
	}
}

// misplaced is for a place that cannot be that of an engine.
func misplaced(err error, hint, format string, args ...any) error {
	return &diag.Error{Code: CodeUnreachable, Side: diag.Source, Err: err, Hint: hint, Title: fmt.Sprintf(format, args...)}
}
