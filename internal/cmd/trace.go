package cmd

import (
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
	"github.com/ghcr-publish/ghcr-publish/internal/workflow"
)

// maxRequestIDs is how many of GitHub's request ids the report keeps.
const maxRequestIDs = 50

// tracer hears of every request to a registry: it keeps ids for the audit,
// and prints or writes requests on demand.
type tracer struct {
	debug io.Writer // nil: no lines
	file  *os.File  // nil: no file

	mu  sync.Mutex
	ids []string // of manifest writes
	err error    // the first failure to write the file

	out  io.Writer // where waits are said
	told time.Time // until when the last wait that was said goes
}

// waiting says a wait, once for all requests that wait together.
func (t *tracer) waiting(d time.Duration, cause error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if until := time.Now().Add(d); until.After(t.told.Add(time.Second)) {
		t.told = until
		fmt.Fprintln(t.out, workflow.Line(fmt.Sprintf("Waiting %s before trying again: %s", d.Round(time.Second), cause)))
	}
}

func newTracer(p Process, c *input.Common) (*tracer, error) {
	t := &tracer{out: p.Stderr}
	if c.Debug || p.Getenv("RUNNER_DEBUG") == "1" {
		t.debug = p.Stderr
	}
	if c.Trace == "" {
		return t, nil
	}
	var err error
	if t.file, err = os.Create(c.Trace); err != nil {
		return nil, &diag.Error{
			Code: "trace-unwritable", Side: diag.Input, Input: "trace", Err: err,
			Title: fmt.Sprintf("The trace %q cannot be written", c.Trace), Hint: "Name a file in a folder that exists.",
		}
	}
	return t, nil
}

// hear is called from many goroutines.
func (t *tracer) hear(x registry.Exchange) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if x.Method == http.MethodPut && x.RequestID != "" && strings.Contains(x.Path, "/manifests/") && len(t.ids) < maxRequestIDs {
		t.ids = append(t.ids, x.RequestID)
	}
	if t.debug != nil {
		fmt.Fprintln(t.debug, workflow.Line(debugLine(x)))
	}
	if t.file != nil && t.err == nil {
		t.err = json.NewEncoder(t.file).Encode(x)
	}
}

// requestIDs returns the ids of the manifest writes.
func (t *tracer) requestIDs() []string {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.ids
}

// close says whether the file is whole.
func (t *tracer) close() error {
	if t.file == nil {
		return nil
	}
	if err := errors.Join(t.err, t.file.Close()); err != nil {
		return fmt.Errorf("writing the trace: %w", err)
	}
	return nil
}

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
