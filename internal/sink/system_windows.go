package sink

import (
	"errors"
	"os"
	"syscall"

	"golang.org/x/sys/windows"
)

// lockedAt is the byte that stands for the file: far behind its end, because
// Windows keeps others from reading what is locked.
const lockedAt = 1 << 30

// tryLock takes the lock of a file, or reports that another holds it.
func tryLock(f *os.File) (bool, error) {
	at := &windows.Overlapped{Offset: lockedAt}
	err := windows.LockFileEx(windows.Handle(f.Fd()), windows.LOCKFILE_EXCLUSIVE_LOCK|windows.LOCKFILE_FAIL_IMMEDIATELY, 0, 1, 0, at)
	if errors.Is(err, windows.ERROR_LOCK_VIOLATION) {
		return false, nil
	}
	return err == nil, err
}

// full reports that the disk is.
func full(err error) bool {
	return errors.Is(err, windows.ERROR_DISK_FULL) || errors.Is(err, windows.ERROR_HANDLE_DISK_FULL) || errors.Is(err, syscall.ENOSPC)
}
