package diag

import "errors"

// Titled returns the error with another title, for example a title that names the file whose
// content is wrong. Titled returns an error of another type unchanged.
func Titled(err error, title string) error {
	var known *Error
	if !errors.As(err, &known) {
		return err
	}
	with := *known
	with.Title = title
	return &with
}
