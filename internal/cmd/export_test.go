package cmd

import (
	"context"
	"io"
	"time"
)

// Run returns the exit code of Main and the error that Main has shown, so that tests
// can assert its code.
func Run(ctx context.Context, args []string, p Process) (int, error) { return run(ctx, args, p) }

// PrintWait prints the message about a wait before the next attempt of a request.
func PrintWait(out io.Writer, d time.Duration, cause error) { (&tracer{out: out}).waiting(d, cause) }
