package cmd

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"strings"
	"sync"
	"time"

	"github.com/ghcr-publish/ghcr-publish/internal/diag"
	"github.com/ghcr-publish/ghcr-publish/internal/input"
	"github.com/ghcr-publish/ghcr-publish/internal/registry"
	"github.com/ghcr-publish/ghcr-publish/internal/safe/bounded"
	"github.com/ghcr-publish/ghcr-publish/internal/workflow"
)

// maxRequestIDs is the maximum number of GitHub's request ids in the report.
const maxRequestIDs = 50

// tracer records every request to a registry. The tracer stores the ids of manifest
// writes for the report. If the user wants a debug log or a trace file, the tracer
// also writes all requests to this log or file.
type tracer struct {
	debug  io.Writer // If the field "debug" is not nil, the tracer writes one line per request to this writer.
	file   *os.File  // If the field "file" is not nil, the tracer writes one JSON object per request to this file.
	hidden *hidden   // hidden contains the secrets that the trace file must not contain.

	mu  sync.Mutex
	ids []string // ids contains the request ids of manifest writes.
	err error    // err is the first error of a write to the trace file.

	out         io.Writer // The tracer writes the messages about waits to the field "out".
	waitPrinted time.Time // waitPrinted is the time at which the last printed wait ends.
}

// waiting prints a message about a request that waits for its next attempt. If several
// requests wait at the same time, waiting prints one message.
func (t *tracer) waiting(d time.Duration, cause error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if until := time.Now().Add(d); until.After(t.waitPrinted.Add(time.Second)) {
		t.waitPrinted = until
		fmt.Fprintln(t.out, workflow.Line(fmt.Sprintf("%s; trying again in %.0f s", cause, d.Seconds())))
	}
}

// silent prints a message about a request that a server has not answered. If several
// requests wait at the same time, silent prints one message.
func (t *tracer) silent(host, operation string, silent, left time.Duration) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if until := time.Now().Add(left); until.After(t.waitPrinted.Add(time.Second)) {
		t.waitPrinted = until
		fmt.Fprintln(t.out, workflow.Line(fmt.Sprintf("%s has not answered %s for %.0f s; the attempt ends in %.0f s", host, operation, silent.Seconds(), left.Seconds())))
	}
}

func newTracer(p Process, c *input.Common) (*tracer, error) {
	t := &tracer{out: p.Stderr, hidden: p.hidden}
	if c.Debug || p.Getenv("RUNNER_DEBUG") == "1" {
		t.debug = p.Stderr
	}
	if c.Trace == "" {
		return t, nil
	}
	var err error
	if t.file, err = bounded.OpenOutput(c.Trace, os.O_CREATE|os.O_TRUNC, 0o666); err != nil {
		reason, hint := input.Unwritable(c.Trace)
		title := fmt.Sprintf("The trace %q cannot be written", c.Trace)
		if reason != "" {
			title, err = title+", because "+reason, nil
		}
		return nil, &diag.Error{
			Code: codeTraceUnwritable, Side: diag.Input, Input: "trace", Err: err, Title: title,
			Hint: cmp.Or(hint, "Set the input trace to a file in an existing folder."),
		}
	}
	return t, nil
}

// record records one request. Several goroutines may call record.
func (t *tracer) record(x registry.Exchange) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if x.Method == http.MethodPut && x.RequestID != "" && strings.Contains(x.Path, "/manifests/") && len(t.ids) < maxRequestIDs {
		t.ids = append(t.ids, x.RequestID)
	}
	if t.debug != nil {
		fmt.Fprintln(t.debug, workflow.Line(debugLine(x)))
	}
	if t.file != nil && t.err == nil {
		t.err = json.NewEncoder(t.hidden.writer(t.file)).Encode(x)
	}
}

// requestIDs returns the ids of the manifest writes.
func (t *tracer) requestIDs() []string {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.ids
}

// close closes the file. close returns an error if the file is incomplete.
func (t *tracer) close() error {
	if t.file == nil {
		return nil
	}
	if err := errors.Join(t.err, t.file.Close()); err != nil {
		return fmt.Errorf("writing the trace: %w", err)
	}
	return nil
}

// debugLine describes one request for the debug log.
func debugLine(x registry.Exchange) string {
	status := fmt.Sprint(x.Status)
	if x.Status == 0 {
		status = x.Error
	}
	line := fmt.Sprintf("%s %s%s %s, %d bytes sent, %d ms", x.Method, x.Host, x.Path, status, x.Sent, x.Duration.Milliseconds())
	if x.Attempt > 1 {
		line += fmt.Sprintf(", attempt %d", x.Attempt)
	}
	if x.RequestID != "" {
		line += ", request id " + x.RequestID
	}
	return line
}
