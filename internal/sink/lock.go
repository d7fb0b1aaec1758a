package sink

import (
	"context"
	"os"
	"time"
)

// The patience with another program that writes to the same layout. It holds
// the lock for as long as one small file takes.
const (
	lockWait     = 20 * time.Millisecond
	lockPatience = 30 * time.Second
)

// lock waits until nobody else holds the file. Closing the file lets it go,
// as does the end of the process.
func lock(ctx context.Context, f *os.File, path string) error {
	ctx, cancel := context.WithTimeoutCause(ctx, lockPatience, problem(CodeLocked,
		"Look which program does (fuser, lsof), or choose another destination.", nil, "another program has been writing to %q for %s", path, lockPatience))
	defer cancel()
	for {
		free, err := tryLock(f)
		if err != nil {
			return problem(CodeUnwritten, "Choose a destination on a file system that knows locks: a local disk.", err, "%q cannot be locked", path)
		}
		if free {
			return nil
		}
		select {
		case <-time.After(lockWait):
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	}
}
