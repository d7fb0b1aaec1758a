package login

import (
	"context"
	"fmt"
	"os"

	"github.com/rogpeppe/go-internal/lockedfile"
)

// lock acquires a lock of the operating system on a file. The file exists only
// while the lock is held. The operating system releases the lock when the
// process ends, even after a crash.
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
		go func() { // releases the lock if it is acquired after the caller stopped waiting
			if a := <-answers; a.err == nil {
				release(path, a.file)
			}
		}()
		return nil, fmt.Errorf("waiting for another step to release the lock on %q: %w", path, context.Cause(ctx))
	}
}

// acquire opens and locks the file. The previous holder may have removed the
// file in the meantime, so acquire repeats until the locked file is the file at
// the path.
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

// release removes the file while the lock is held. Windows cannot remove an
// open file, so release removes the file again after it has closed the file.
func release(path string, f *lockedfile.File) {
	early := os.Remove(path)
	_ = f.Close() // closing also releases the lock
	if early != nil {
		_ = os.Remove(path) // Remove fails if the next holder has the file open. The next holder then removes the file.
	}
}
