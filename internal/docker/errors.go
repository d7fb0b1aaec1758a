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

// These are the codes of the errors of this package. The value of a code must
// not change, because users compare codes in their workflows.
const (
	CodeUnreachable = diag.CodeEngineUnreachable // no connection to the engine
	CodeRefused     = "engine-refused"           // the Docker engine responded with an error
	CodeInterrupted = "engine-interrupted"       // the connection to the Docker engine ended while the engine loaded an image
	codeNotFound    = diag.CodeSourceNotFound    // the engine does not have the image
)

// isNotFound reports whether err is a response of the engine with the status
// 404.
func isNotFound(err error) bool {
	var a *answer
	return errors.As(err, &a) && a.status == http.StatusNotFound
}

func invalidName(image string, err error) error {
	return diag.New(codeNotFound, diag.Source, "Write the id or the name of an image in the output of docker images. A name has the form NAME or NAME:TAG, in lower case.", err,
		"%q is not a name or an id of an image", image)
}

func (c *client) refused(err error) error {
	return diag.New(CodeRefused, diag.Source,
		"Read the log of the engine (journalctl -u docker). Check that the disk of the engine has space, because the classic image store copies each image that it exports or loads.", err,
		"the Docker engine at %q refused the request", c.host)
}

// unreachable returns the error for a failed connection. If the context ended, the error
// contains the result of context.Cause and has no code.
func (c *client) unreachable(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return fmt.Errorf("asking the Docker engine at %q: %w", c.host, context.Cause(ctx))
	}
	var failed *url.Error
	if errors.As(err, &failed) {
		err = failed.Err // For a socket, the URL in the error contains only a placeholder as the host.
	}
	hint := "Start Docker, or set DOCKER_HOST to the address of the engine. If the job runs in a container, mount the socket of the engine of the runner into the container."
	if errors.Is(err, fs.ErrPermission) {
		hint = "Add the user of this step to the group docker, or run the step as root. For a rootless engine, set DOCKER_HOST=unix://$XDG_RUNTIME_DIR/docker.sock."
	}
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return diag.New(CodeUnreachable, diag.Source, hint, nil, "the run cannot connect to the Docker engine at %q, because this socket does not exist", c.host)
	case errors.Is(err, syscall.ECONNREFUSED):
		return diag.New(CodeUnreachable, diag.Source, hint, nil, "the run cannot connect to the Docker engine at %q, because no program listens at this address", c.host)
	}
	return diag.New(CodeUnreachable, diag.Source, hint, err, "the run cannot connect to the Docker engine at %q", c.host)
}

// endpointError returns the error for settings of Docker that contain no
// valid address of an engine.
func endpointError(err error, hint, format string, args ...any) error {
	return diag.New(CodeUnreachable, diag.Source, hint, err, format, args...)
}
