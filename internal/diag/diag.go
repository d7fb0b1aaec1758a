// Package diag defines [Error], the only error type that the program shows to a
// user. An Error states the failure, the side that failed, the cause and a step that
// the user can carry out.
//
// Inside the program, errors are ordinary wrapped errors, for example fmt.Errorf("reading
// %q: %w", path, err). A package creates an Error at the place where it knows the cause
// and the cure. An Error contains only data. Other packages show an Error as an
// annotation, in the job summary or as terminal text.
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

// An Error has one of these sides.
const (
	Input    Side = "input"      // Input means that an input of the user is wrong.
	Source   Side = "source"     // Source means that the image to publish is wrong or missing.
	Registry Side = "registry"   // Registry means that ghcr.io or another registry failed.
	API      Side = "GitHub API" // API means that GitHub's REST API failed.
	Sigstore Side = "Sigstore"   // Sigstore means that a service of Sigstore failed, or that an attestation is not valid.
	Runner   Side = "runner"     // Runner means that the machine or a workflow file caused the failure.
	Run      Side = "run"        // Run means that the run was cancelled, or that its timeout elapsed.
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
	// Hint states the step that the user can carry out to fix the failure.
	Hint string
	// Err is the cause of the failure, or nil. The text of the cause contains
	// the message and the request id of the server.
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

// Heading returns the title with a capital first letter, so that a summary can
// show the title as a sentence. If the title begins with the name of a host or
// a file, Heading does not change it.
func (e *Error) Heading() string { return capital(e.Title) }

// Cause returns the text of the cause with a capital first letter, because all reports
// show the cause as a separate sentence. If the text begins with the name of a host or a
// file, Cause does not change it. If the error has no cause, Cause returns "".
func (e *Error) Cause() string {
	if e.Err == nil {
		return ""
	}
	return capital(e.Err.Error())
}

// capital changes the first letter of a text to upper case, unless the first word is the
// name of a host or a file.
func capital(text string) string {
	word, _, _ := strings.Cut(text, " ")
	if word == "" || strings.ContainsAny(word, ".:/@") {
		return text
	}
	first, size := utf8.DecodeRuneInString(text)
	return string(unicode.ToUpper(first)) + text[size:]
}

// Unwrap returns the cause.
func (e *Error) Unwrap() error { return e.Err }

// All lists every Error in err in order. The argument "err" can be a joined or wrapped
// error. If err contains no Error, All returns an Error with [CodeInternal], so that
// callers need to handle only one type.
func All(err error) []*Error {
	if err == nil {
		return nil
	}
	if found := collect(err); len(found) > 0 {
		return found
	}
	return []*Error{{Code: CodeInternal, Title: err.Error(), Hint: hintInternal}}
}

const hintInternal = "Run the step again. If the step fails again, set debug: true, and report the output at https://github.com/ghcr-publish/ghcr-publish/issues."

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

// Is reports whether err contains an Error with the given code.
func Is(err error, code string) bool {
	for _, e := range All(err) {
		if e.Code == code {
			return true
		}
	}
	return false
}

// New returns an Error that names no input. The formatted text becomes the
// title of the Error. The argument "err" is the cause, or nil.
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

// These levels are lower than an error in the log of GitHub Actions.
const (
	Info    Level = "notice"
	Warning Level = "warning"
)

// Inputf returns an Error about the named input. The formatted text becomes the
// title of the Error.
func Inputf(input, code, hint, format string, args ...any) *Error {
	return &Error{Code: code, Side: Input, Input: input, Hint: hint, Title: fmt.Sprintf(format, args...)}
}
