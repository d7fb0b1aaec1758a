package docker

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"

	"github.com/ghcr-publish/ghcr-publish/internal/diag"
)

// maxResult is the maximum size of the response to a load request, in bytes.
// The response is small, because the request contains quiet=1, and the engine
// then sends only one line per image.
const maxResult = 1 << 20

// unpacking is the beginning of the message that an engine sends if the
// containerd image store cannot unpack the layers of an image. The engine
// does not report this failure as an error, but a container of the image
// cannot start.
const unpacking = "Error unpacking image"

// answeredEarly is the text of the error if the caller writes a part of the
// tar after the engine has sent its response.
const answeredEarly = "the engine answered before it received the whole image"

// Load is a running load of an image into an engine. The caller writes a tar
// in the format of docker load with the method Write, and then calls Close or
// Abort.
type Load struct {
	tar    *io.PipeWriter
	cancel context.CancelCauseFunc
	done   chan struct{}
	err    error // The field err is set before the channel "done" is closed.
}

// Load starts the load of an image from a tar that has the given size in
// bytes. The engine keeps the image only if it receives the whole tar. If the
// context is cancelled, the load ends.
func (d *Daemon) Load(ctx context.Context, size int64) *Load {
	ctx, cancel := context.WithCancelCause(ctx)
	from, to := io.Pipe()
	l := &Load{tar: to, cancel: cancel, done: make(chan struct{})}
	go func() {
		defer close(l.done)
		// The HTTP transport must not close the pipe, because Write would then not return
		// the error message of the engine.
		l.err = d.load(ctx, io.NopCloser(from), size)
		_ = from.CloseWithError(cmp.Or(l.err, d.notLoaded(answeredEarly))) // never fails
	}()
	return l
}

// Write sends a part of the tar. If the engine has ended the load, Write returns an error
// that contains the message of the engine.
func (l *Load) Write(p []byte) (int, error) { return l.tar.Write(p) }

// Close ends the tar and waits for the response of the engine. An error of
// Close is a *diag.Error with the code engine-refused, engine-interrupted or
// engine-unreachable. An error with the code engine-refused contains the
// message of the engine.
func (l *Load) Close() error {
	_ = l.tar.Close() // never fails
	<-l.done
	l.cancel(nil)
	return l.err
}

// Abort ends the request before the end of the tar, so that the engine does
// not keep the image.
func (l *Load) Abort(cause error) {
	_ = l.tar.CloseWithError(cause) // never fails
	l.cancel(cause)
	<-l.done
}

func (c *client) load(ctx context.Context, tar io.Reader, size int64) error {
	resp, err := c.send(ctx, call{method: http.MethodPost, path: "/images/load", query: url.Values{"quiet": {"1"}}, body: tar, size: size})
	var a *answer
	var dialling *net.OpError
	switch {
	case errors.As(err, &a):
		return c.notLoaded(a.Error())
	case ctx.Err() != nil && err != nil, errors.As(err, &dialling) && dialling.Op == "dial":
		return err
	case err != nil:
		return c.interrupted(err)
	}
	defer resp.Body.Close()
	return c.readResult(ctx, resp.Body)
}

// readResult reads the response to a load request, which contains one JSON
// value per line. If one of the values is an error, readResult returns the
// error. readResult ignores most other values, because their format is not
// stable.
func (c *client) readResult(ctx context.Context, answer io.Reader) error {
	in := json.NewDecoder(io.LimitReader(answer, maxResult))
	for {
		var line struct {
			Stream, Error string
			ErrorDetail   struct{ Message string }
		}
		err := in.Decode(&line)
		switch {
		case err == nil && (line.Error != "" || line.ErrorDetail.Message != ""):
			return c.notLoaded(cmp.Or(line.ErrorDetail.Message, line.Error))
		case err == nil && strings.HasPrefix(line.Stream, unpacking):
			return c.notLoaded(strings.TrimSpace(line.Stream))
		case errors.Is(err, io.EOF):
			return nil
		case ctx.Err() != nil:
			return fmt.Errorf("waiting for the response of the Docker engine at %q: %w", c.host, context.Cause(ctx))
		case err != nil:
			return c.interrupted(fmt.Errorf("reading the engine's response: %w", err))
		}
	}
}

// notLoaded returns the error for an image that the engine did not load. The error
// contains the message of the engine.
func (c *client) notLoaded(reason string) error {
	hint := "Read the log of the engine (journalctl -u docker)."
	switch {
	case strings.Contains(reason, "no space left on device"):
		hint = "Free disk space in the image store of the engine. To see the used space, run docker system df. To delete unused images, run docker image prune. While the classic image store loads an image, it needs space for two copies of the image."
	case strings.Contains(reason, "cannot load"):
		hint = "Remove the input platform, or set the input platform to a platform that this engine supports."
	case strings.Contains(reason, "invalid tar header"):
		hint = "If the layers are compressed with zstd, update the Docker engine to version 23 or later."
	}
	return diag.New(CodeRefused, diag.Runner, hint, errors.New(reason), "the Docker engine at %q did not load the image", c.host)
}

// interrupted returns the error for a connection that the engine closed during a
// load.
func (c *client) interrupted(err error) error {
	var explained *diag.Error
	if errors.As(err, &explained) {
		err = explained.Err // The outer error is removed, because it wrongly states that the program cannot connect to the engine.
	}
	return diag.New(CodeInterrupted, diag.Runner,
		"Check that the engine runs, read the log of the engine (journalctl -u docker), and run this step again.", err,
		"the Docker engine at %q closed the connection while it loaded the image", c.host)
}
