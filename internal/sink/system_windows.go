package sink

import (
	"errors"
	"os"
	"syscall"

	"golang.org/x/sys/windows"
)

// lockOffset is the offset of the locked byte. lockOffset is far behind the end
// of the file, because other processes cannot read locked bytes on Windows.
const lockOffset = 1 << 30

// tryLock locks a file. tryLock returns false if another process holds the
// lock.
func tryLock(f *os.File) (bool, error) {
	at := &windows.Overlapped{Offset: lockOffset}
	err := windows.LockFileEx(windows.Handle(f.Fd()), windows.LOCKFILE_EXCLUSIVE_LOCK|windows.LOCKFILE_FAIL_IMMEDIATELY, 0, 1, 0, at)
	if errors.Is(err, windows.ERROR_LOCK_VIOLATION) {
		return false, nil
	}
	return err == nil, err
}

// isDiskFull reports whether err means that the disk has no space left.
func isDiskFull(err error) bool {
	return errors.Is(err, windows.ERROR_DISK_FULL) || errors.Is(err, windows.ERROR_HANDLE_DISK_FULL) || errors.Is(err, syscall.ENOSPC)
}
