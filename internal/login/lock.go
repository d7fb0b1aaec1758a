package login

import (
	"context"
	"fmt"
	"os"

	"github.com/rogpeppe/go-internal/lockedfile"
)

// lock holds a lock of the operating system on a file that exists only while
// it is held. It ends with the process, however that ends.
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
		go func() { // whoever gets a lock that nobody waits for lets it go
			if a := <-answers; a.err == nil {
				release(path, a.file)
			}
		}()
		return nil, fmt.Errorf("waiting for another step to let go of %q: %w", path, context.Cause(ctx))
	}
}

// acquire opens and locks the file until the one locked is the one that the
// path names: the holder before may have taken that away.
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

// release takes the file away while the lock is held; where an open file
// cannot be (Windows), after it.
func release(path string, f *lockedfile.File) {
	early := os.Remove(path)
	_ = f.Close() // ends the lock in any case
	if early != nil {
		_ = os.Remove(path) // fails where the next one holds it, who will do it
	}
}
