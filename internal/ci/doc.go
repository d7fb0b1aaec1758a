// Package ci tests the files of the repository. The package contains no code of the
// released program. The tests check the workflows, the documents, the imports and the
// prose. With the build tag "integration", the tests also run act and actionlint on
// the workflows.
//
// The rules for workflows are written in Go, because no linter checks all these
// rules. A workflow must pin each third-party action to a commit, and must request
// minimal permissions. A checkout step must not store credentials. A script must not
// contain an expression, because an expression can insert commands.
package ci
