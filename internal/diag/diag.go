// Package diag defines [Error], the only error type that the program shows to a
// user. An Error states the failure, the side that failed, the cause and a step that
// the user can carry out.
//
// Inside the program, errors are ordinary wrapped errors (a gerund, the quoted
// value, %w). A package creates an Error at the place where the package knows the
// cause and the step. An Error contains only data. Other packages show an Error as
// an annotation, in the job summary or as terminal text.
package diag

import (
	"errors"
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Side is the part of the system that refused a request or failed.
type Side string

// The sides that can fail.
const (
	Input    Side = "input"      // the inputs of the user
	Source   Side = "source"     // the image to publish
	Registry Side = "registry"   // ghcr.io or another registry
	API      Side = "GitHub API" // the REST API
	Runner   Side = "runner"     // the machine and its workflow files
	Run      Side = "run"        // the run was cancelled, or its timeout elapsed
)

// CodeInternal means that an unexpected error happened, for which no package has
// another code.
const CodeInternal = "internal"

// Error is a failure with an explanation.
type Error struct {
	// Code identifies the kind of failure. A code is stable and in kebab case.
	Code string
	Side Side
	// Title is one line without a full stop at the end.
	Title string
	// Input is the name of the input that the user must change, or "".
	Input string
	// Hint is a step that the user can carry out.
	Hint string
	// Err is the cause, with the message and the request id of the server, or nil.
	Err error
}

// Error returns the title and the cause on one line, and the hint on the next line.
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

// Heading returns the title with a capital letter at the beginning, for places that show
// the title as a sentence of its own. The name of a host or a file at the beginning stays
// unchanged.
func (e *Error) Heading() string {
	word, _, _ := strings.Cut(e.Title, " ")
	if word == "" || strings.ContainsAny(word, ".:/@") {
		return e.Title
	}
	first, size := utf8.DecodeRuneInString(e.Title)
	return string(unicode.ToUpper(first)) + e.Title[size:]
}

// Unwrap returns the cause.
func (e *Error) Unwrap() error { return e.Err }

// All lists every Error in err in order. The argument err can be joined or wrapped.
// If err contains no Error, All returns an Error with [CodeInternal], so that
// callers handle only one type.
func All(err error) []*Error {
	if err == nil {
		return nil
	}
	if found := collect(err); len(found) > 0 {
		return found
	}
	return []*Error{{Code: CodeInternal, Title: err.Error(), Hint: hintInternal}}
}

const hintInternal = "Run the step again. If it fails again, set debug: true and report the output at https://github.com/ghcr-publish/ghcr-publish/issues."

func collect(err error) []*Error {
	if e, ok := err.(*Error); ok { //nolint:errorlint // the function unwraps each error itself
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

// Is reports whether err contains an Error with the code.
func Is(err error, code string) bool {
	for _, e := range All(err) {
		if e.Code == code {
			return true
		}
	}
	return false
}

// New returns an error without an input. The formatted text is the title. The
// argument err is the cause, or nil.
func New(code string, side Side, hint string, err error, format string, args ...any) *Error {
	return &Error{Code: code, Side: side, Hint: hint, Err: err, Title: fmt.Sprintf(format, args...)}
}

// Notice is a message to the user about a fact that is not a failure.
type Notice struct {
	Code  string
	Level Level
	Title string
	Text  string
}

// Level is the severity of a notice.
type Level string

// The levels of GitHub's log below an error.
const (
	Info    Level = "notice"
	Warning Level = "warning"
)

// Inputf returns an error about an input. The formatted text is the title.
func Inputf(input, code, hint, format string, args ...any) *Error {
	return &Error{Code: code, Side: Input, Input: input, Hint: hint, Title: fmt.Sprintf(format, args...)}
}
