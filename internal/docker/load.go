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

// maxWords bounds what is read of an engine's answer to a load, in bytes: one
// that was asked to be quiet says a line an image.
const maxWords = 1 << 20

// unpacking begins what containerd's store says of an image whose layers it
// could not unpack. It calls that no error, although no container can start.
const unpacking = "Error unpacking image"

// early is for who goes on writing after the engine's answer.
const early = "it answered before it had the whole image"

// Load is an image on its way into an engine: the tar of docker load is
// written to it, then it is closed, or aborted.
type Load struct {
	tar    *io.PipeWriter
	cancel context.CancelCauseFunc
	done   chan struct{}
	err    error // once done
}

// Load begins to load an image from a tar of size bytes. An engine takes it in
// only when it has come whole. The context ends a load at any time.
func (d *Daemon) Load(ctx context.Context, size int64) *Load {
	ctx, cancel := context.WithCancelCause(ctx)
	from, to := io.Pipe()
	l := &Load{tar: to, cancel: cancel, done: make(chan struct{})}
	go func() {
		defer close(l.done)
		// The transport must not close the pipe: whoever writes shall hear
		// the engine's own reason.
		l.err = d.load(ctx, io.NopCloser(from), size)
		_ = from.CloseWithError(cmp.Or(l.err, d.unloaded(early))) // never fails
	}()
	return l
}

// Write sends a part of the tar. If the engine gave up meanwhile, the error is
// why.
func (l *Load) Write(p []byte) (int, error) { return l.tar.Write(p) }

// Close ends the tar and waits for what the engine makes of it. Errors are
// *diag.Error with the codes engine-refused, which has the engine's words,
// engine-broke-off and engine-unreachable.
func (l *Load) Close() error {
	_ = l.tar.Close() // never fails
	<-l.done
	l.cancel(nil)
	return l.err
}

// Abort cuts the tar off, so that the engine takes nothing of it in.
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
		return c.unloaded(a.Error())
	case ctx.Err() != nil && err != nil, errors.As(err, &dialling) && dialling.Op == "dial":
		return err
	case err != nil:
		return c.brokeOff(err)
	}
	defer resp.Body.Close()
	return c.hear(ctx, resp.Body)
}

// hear reads the engine's answer: JSON values, one a line, of which an error
// is one. What it says beyond that is not relied upon.
func (c *client) hear(ctx context.Context, answer io.Reader) error {
	in := json.NewDecoder(io.LimitReader(answer, maxWords))
	for {
		var line struct {
			Stream, Error string
			ErrorDetail   struct{ Message string }
		}
		err := in.Decode(&line)
		switch {
		case err == nil && (line.Error != "" || line.ErrorDetail.Message != ""):
			return c.unloaded(cmp.Or(line.ErrorDetail.Message, line.Error))
		case err == nil && strings.HasPrefix(line.Stream, unpacking):
			return c.unloaded(strings.TrimSpace(line.Stream))
		case errors.Is(err, io.EOF):
			return nil
		case ctx.Err() != nil:
			return fmt.Errorf("waiting for the Docker engine at %q: %w", c.host, context.Cause(ctx))
		case err != nil:
			return c.brokeOff(fmt.Errorf("reading its answer: %w", err))
		}
	}
}

// unloaded passes on why the engine did not take the image.
func (c *client) unloaded(words string) error {
	hint := "Its log says more (journalctl -u docker)."
	switch {
	case strings.Contains(words, "no space left on device"):
		hint = "Free room where the engine keeps its images: docker system df shows what takes it, docker image prune frees some. The classic image store needs room for the image twice while it loads."
	case strings.Contains(words, "cannot load"):
		hint = "Leave platform away, or set it to one that this engine runs."
	case strings.Contains(words, "invalid tar header"):
		hint = "Are its layers compressed with zstd? The Docker engine reads that from version 23 on."
	}
	return &diag.Error{
		Code: CodeRefused, Side: diag.Runner, Hint: hint, Err: errors.New(words),
		Title: fmt.Sprintf("the Docker engine at %q did not load the image", c.host),
	}
}

// brokeOff is for an engine that went away in the middle.
func (c *client) brokeOff(err error) error {
	var told *diag.Error
	if errors.As(err, &told) {
		err = told.Err // it was reached, so that it needs another explanation
	}
	return &diag.Error{
		Code: CodeBrokeOff, Side: diag.Runner, Err: err,
		Title: fmt.Sprintf("the Docker engine at %q broke off while it was loading the image", c.host),
		Hint:  "Look whether it still runs, and at its log (journalctl -u docker), then run it again.",
	}
}
