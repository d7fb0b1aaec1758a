package docker

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net/http"
	"net/url"
	"syscall"

	"github.com/ghcr-publish/ghcr-publish/internal/diag"
)

// These are the codes of errors of an engine. They are stable.
const (
	CodeUnreachable = diag.CodeEngineUnreachable // no connection to the engine
	CodeRefused     = "engine-refused"           // the Docker engine responded with an error
	CodeInterrupted = "engine-interrupted"       // the connection to the Docker engine ended while the engine loaded an image
	codeNotFound    = diag.CodeSourceNotFound    // the engine does not have the image
)

// isNotFound reports whether the engine answered with status 404.
func isNotFound(err error) bool {
	var a *answer
	return errors.As(err, &a) && a.status == http.StatusNotFound
}

func invalidName(image string, err error) error {
	return diag.New(codeNotFound, diag.Source, "Write an image id, or a name as docker images prints it. A name has the form NAME or NAME:TAG, in lower case.", err,
		"%q is not a name or an id of an image", image)
}

func (c *client) refused(err error) error {
	return diag.New(CodeRefused, diag.Source,
		"Read the engine's log (journalctl -u docker). The classic image store needs disk space for a copy of each image that it exports or loads.", err,
		"the Docker engine at %q refused the request", c.host)
}

// unreachable returns the error for a failed connection. If the context ended, the
// error contains the cause of the context and has no code.
func (c *client) unreachable(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return fmt.Errorf("asking the Docker engine at %q: %w", c.host, context.Cause(ctx))
	}
	var failed *url.Error
	if errors.As(err, &failed) {
		err = failed.Err // for a socket, the URL in failed contains a placeholder host
	}
	hint := "Start Docker, or set DOCKER_HOST to the address of the engine. In a job container, mount the socket of the runner's engine."
	if errors.Is(err, fs.ErrPermission) {
		hint = "Add this user to the group docker, or run the step as root. For a rootless engine, set DOCKER_HOST=unix://$XDG_RUNTIME_DIR/docker.sock."
	}
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return diag.New(CodeUnreachable, diag.Source, hint, nil, "the Docker engine at %q cannot be reached, because this socket does not exist", c.host)
	case errors.Is(err, syscall.ECONNREFUSED):
		return diag.New(CodeUnreachable, diag.Source, hint, nil, "the Docker engine at %q cannot be reached, because no program listens there", c.host)
	}
	return diag.New(CodeUnreachable, diag.Source, hint, err, "the Docker engine at %q cannot be reached", c.host)
}

// endpointError returns the error for settings from which this package cannot
// read a usable address of an engine.
func endpointError(err error, hint, format string, args ...any) error {
	return diag.New(CodeUnreachable, diag.Source, hint, err, format, args...)
}
