// Package locked repeats an operation on a file that another program has open.
//
// Windows does not rename or remove a file while a program has the file open, unless
// that program permits it. A virus scanner or another step has a file open only for a
// short time. On other systems, an open file prevents neither operation, so the package
// never repeats an operation there.
package locked

import (
	"errors"
	"io/fs"
	"time"

	"github.com/rogpeppe/go-internal/robustio"
)

// limit is the time after which Retry gives up. The go command waits for the same time
// (cmd/internal/robustio).
const limit = 2 * time.Second

// Retry calls operation. It repeats the call while the error means that another
// program has the file open. After two seconds, it returns the error. A file without
// permission has the same error on Windows, so Retry also waits for such a file.
func Retry(operation func() error) error {
	start := time.Now()
	for pause := time.Millisecond; ; pause *= 2 {
		err := operation()
		if err == nil || !robustio.IsEphemeralError(err) || errors.Is(err, fs.ErrNotExist) || time.Since(start)+pause > limit {
			return err
		}
		time.Sleep(pause)
	}
}
