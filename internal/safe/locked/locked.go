// Package locked repeats an operation on a file that another program has open.
//
// While a program has a file open, Windows usually does not rename or remove
// the file. A second attempt often succeeds, because a virus scanner or
// another step has a file open only for a short time. On other operating
// systems, a program can rename and remove an open file, so package locked
// never repeats an operation on these systems.
package locked

import (
	"errors"
	"io/fs"
	"time"

	"github.com/rogpeppe/go-internal/robustio"
)

// limit is the time after which Retry returns the error. The go command uses
// the same limit (cmd/internal/robustio).
const limit = 2 * time.Second

// Retry calls the function "operation". If the error means that another program has the
// file open, Retry calls the function again. After two seconds, Retry returns the error.
// On Windows, a file that the user may not change causes the same error, so Retry also
// waits for such a file.
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
