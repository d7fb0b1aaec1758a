package cmd

import "context"

// Run returns the exit code of Main and the error that Main has shown, so that tests
// can assert its code.
func Run(ctx context.Context, args []string, p Process) (int, error) { return run(ctx, args, p) }
