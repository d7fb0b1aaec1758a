package sink

import (
	"context"
	"os"
	"time"
)

// lockInterval is the time between two attempts to lock a layout. The attempts
// end after lockTimeout. Other programs hold the lock only for a short time,
// because they write only one small file.
const (
	lockInterval = 20 * time.Millisecond
	lockTimeout  = 30 * time.Second
)

// lock waits until no other process holds the lock of the file, and then
// acquires the lock. The operating system releases the lock when the caller
// closes the file or when the process ends.
func lock(ctx context.Context, f *os.File, path string) error {
	ctx, cancel := context.WithTimeoutCause(ctx, lockTimeout, newError(CodeLocked,
		"Find the other program with fuser or lsof, and wait until it ends. You can also choose another destination.", nil, "another program has held the lock of %q for %s", path, lockTimeout))
	defer cancel()
	for {
		free, err := tryLock(f)
		if err != nil {
			return newError(CodeNotWritable, "Choose a destination on a file system that supports locks, such as a local disk.", err, "%q cannot be locked", path)
		}
		if free {
			return nil
		}
		select {
		case <-time.After(lockInterval):
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	}
}
