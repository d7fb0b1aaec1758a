package sink

import (
	"errors"
	"io/fs"
	"os"
	"strings"
	"time"
)

const (
	// lockedAfter is the maximum time between the creation of a temporary file
	// and its lock.
	lockedAfter = time.Minute
	// abandonedAfter is used on file systems without locks. If no process has changed a
	// temporary file for this time, the file belongs to a killed run.
	abandonedAfter = 24 * time.Hour
)

// removeAbandoned removes the temporary files of killed runs from one
// directory. A run holds a lock on each of its temporary files. The operating
// system releases the lock when the process ends, even after a crash.
func (f *folder) removeAbandoned(name string, now time.Time) error {
	dir, err := f.root.Open(name)
	if err != nil {
		return writeError(err, f.pathOf(name))
	}
	defer dir.Close()
	all, err := dir.ReadDir(-1)
	if err != nil {
		return writeError(err, f.pathOf(name))
	}
	for _, each := range all {
		part := strings.HasPrefix(each.Name(), partPrefix) && strings.HasSuffix(each.Name(), partSuffix)
		if !part || !each.Type().IsRegular() {
			continue
		}
		info, err := each.Info()
		if err == nil && f.abandoned(name+"/"+each.Name(), now.Sub(info.ModTime())) {
			err = f.root.Remove(name + "/" + each.Name())
		}
		if err != nil && !errors.Is(err, fs.ErrNotExist) { // Another run can have removed the file.
			return writeError(err, f.pathOf(name))
		}
	}
	return nil
}

// abandoned reports whether a temporary file belongs to a run that has ended. The
// argument "age" is the time since the last change of the file.
func (f *folder) abandoned(name string, age time.Duration) bool {
	if age < lockedAfter {
		return false
	}
	file, err := f.root.OpenFile(name, os.O_RDWR, 0)
	if err != nil {
		return false
	}
	defer file.Close()
	free, err := tryLock(file)
	return free || err != nil && age > abandonedAfter
}
