// Package ci tests the repository itself. It contains no code of the program. The tests
// check the workflows, the documents, the imports and the prose. With the build tag
// integration, the tests also run act and actionlint on the workflows.
//
// The rules for workflows are written in Go, because no linter checks all these rules. A
// workflow must pin each third-party action to a commit, and must request minimal
// permissions. A checkout must keep no credentials. A script must contain no expression.
package ci
