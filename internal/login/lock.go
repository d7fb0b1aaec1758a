package login

import (
	"context"
	"fmt"
	"os"

	"github.com/rogpeppe/go-internal/lockedfile"
)

// lock creates a file and acquires a lock of the operating system on this file.
// The function "unlock" removes the file again. The operating system releases the
// lock when the process ends, even after a crash.
func lock(ctx context.Context, path string) (unlock func(), err error) {
	type answer struct {
		file *lockedfile.File
		err  error
	}
	answers := make(chan answer, 1)
	go func() {
		f, err := acquire(path)
		answers <- answer{f, err}
	}()
	select {
	case a := <-answers:
		if a.err != nil {
			return nil, fmt.Errorf("locking: %w", a.err)
		}
		return func() { release(path, a.file) }, nil
	case <-ctx.Done():
		go func() { // This goroutine releases the lock if acquire returns after the caller has stopped waiting.
			if a := <-answers; a.err == nil {
				release(path, a.file)
			}
		}()
		return nil, fmt.Errorf("waiting for another step to release the lock on %q: %w", path, context.Cause(ctx))
	}
}

// acquire opens and locks the lock file. The previous holder of the lock can remove the
// lock file after acquire has opened it and before acquire has locked it. Therefore,
// acquire opens and locks the file again until the locked file is still the file at the
// path.
func acquire(path string) (*lockedfile.File, error) {
	for {
		f, err := lockedfile.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600)
		if err != nil {
			return nil, err
		}
		mine, err := f.Stat()
		named, namedErr := os.Stat(path)
		if err == nil && namedErr == nil && os.SameFile(mine, named) {
			return f, nil
		}
		if err := f.Close(); err != nil {
			return nil, err
		}
	}
}

// release removes the lock file while it still holds the lock. Windows cannot
// remove an open file. On Windows, release therefore closes the file first and
// then removes it.
func release(path string, f *lockedfile.File) {
	early := os.Remove(path)
	_ = f.Close() // Close also releases the lock.
	if early != nil {
		_ = os.Remove(path) // Remove fails if the next holder of the lock has already opened the file. The next holder removes the file later.
	}
}
