// Package ci contains tests of the repository itself, and no code of the program. The
// tests check the workflows, the documents, the imports and the prose. With the build
// tag integration, they also run the workflows with act and actionlint.
//
// The rules for workflows are written in Go, because no linter checks all of them. They
// require that third-party actions are pinned to a commit, that permissions are minimal,
// that checkouts keep no credentials, and that scripts contain no expressions.
package ci
