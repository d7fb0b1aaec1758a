// Package ci holds no code of the program: its tests hold the project's own
// workflows to the rules a careful reader would check by hand, and, with the
// build tag integration, run them under act and actionlint.
//
// The rules are written here because no linter for them can be counted on where
// this project is developed: third-party actions pinned to a commit, least
// permissions, no credentials left in a checkout, no expression inside a script.
package ci
