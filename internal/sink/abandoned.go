package sink

import (
	"errors"
	"io/fs"
	"os"
	"strings"
	"time"
)

const (
	// lockedAfter is the time after which an incomplete file has the lock of its run.
	lockedAfter = time.Minute
	// abandonedAfter is the age after which an incomplete file is removed if the file system
	// has no locks. A running pull changes its files more often.
	abandonedAfter = 24 * time.Hour
)

// removeAbandoned removes the incomplete files of killed runs from one directory. A run
// holds the lock of its incomplete files. The operating system releases the lock when the
// process ends, even after a crash.
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
		if err != nil && !errors.Is(err, fs.ErrNotExist) { // another run may have removed the file
			return writeError(err, f.pathOf(name))
		}
	}
	return nil
}

// abandoned reports whether no process writes an incomplete file of this age.
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
