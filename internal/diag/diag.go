// Package diag holds the one error type a user sees: what went wrong, on whose
// side, in whose words, and the next step that mends it.
//
// Inside the program errors are ordinary wrapped errors (a gerund, the quoted
// string, %w). At an edge, where enough is known to help, they become an
// [Error]. Rendering (annotations, summary, terminal) lives in other packages;
// this one is data and knows nothing of GitHub's log syntax.
package diag

import (
	"errors"
	"fmt"
	"strings"
)

// Side says who refused or failed, so that the reader knows where to look.
type Side string

// The sides an error can come from.
const (
	Input    Side = "input"      // what the user wrote
	Source   Side = "source"     // the image that was to be published
	Registry Side = "registry"   // ghcr.io or another registry
	API      Side = "GitHub API" // the REST API
	Runner   Side = "runner"     // the machine and its workflow files
	Run      Side = "run"        // cancelled, or out of time
)

// Error is a failure explained. Code is stable (kebab-case, documented in
// README); Title is one line without a final stop; Input names the input to
// change, if one is to blame; Hint is a step the reader can carry out; Err
// keeps the cause with the server's own words and request id.
type Error struct {
	Code  string
	Side  Side
	Title string
	Input string
	Hint  string
	Err   error
}

// Error renders everything on as few lines as it takes: title, cause, hint.
func (e *Error) Error() string {
	var b strings.Builder
	b.WriteString(e.Title)
	if e.Err != nil {
		b.WriteString(": ")
		b.WriteString(e.Err.Error())
	}
	if e.Hint != "" {
		b.WriteString("\n")
		b.WriteString(e.Hint)
	}
	return b.String()
}

// Unwrap returns the cause.
func (e *Error) Unwrap() error { return e.Err }

// All lists every Error in err, which may be joined or wrapped, in order. An
// error that holds none comes back as one Error with the code "internal", so
// that callers have a single shape to print.
func All(err error) []*Error {
	if err == nil {
		return nil
	}
	if found := collect(err); len(found) > 0 {
		return found
	}
	return []*Error{{Code: "internal", Title: err.Error(), Hint: unexplained}}
}

// unexplained is the hint where nobody found a better one.
const unexplained = "Run it again; if it stays so, run with debug: true and report what it prints at https://github.com/ghcr-publish/ghcr-publish/issues."

func collect(err error) []*Error {
	if e, ok := err.(*Error); ok { //nolint:errorlint // the chain is walked here, link by link
		return []*Error{e}
	}
	if many, ok := err.(interface{ Unwrap() []error }); ok {
		var out []*Error
		for _, each := range many.Unwrap() {
			out = append(out, All(each)...)
		}
		return out
	}
	if inner := errors.Unwrap(err); inner != nil {
		return collect(inner)
	}
	return nil
}

// Is reports whether err holds an Error with the code.
func Is(err error, code string) bool {
	for _, e := range All(err) {
		if e.Code == code {
			return true
		}
	}
	return false
}

// New returns an error that is not about one input. The title is the formatted
// text; err is the cause, or nil.
func New(code string, side Side, hint string, err error, format string, args ...any) *Error {
	return &Error{Code: code, Side: side, Hint: hint, Err: err, Title: fmt.Sprintf(format, args...)}
}

// Notice is something the user should know that is no failure.
type Notice struct {
	Code  string
	Level Level
	Title string
	Text  string
}

// Level is how loudly a notice speaks.
type Level string

// The levels GitHub's log knows below an error.
const (
	Info    Level = "notice"
	Warning Level = "warning"
)

// Inputf is an error about one input: the most common kind.
func Inputf(input, code, hint, format string, args ...any) *Error {
	return &Error{Code: code, Side: Input, Input: input, Hint: hint, Title: fmt.Sprintf(format, args...)}
}
