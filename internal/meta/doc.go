// Package meta computes the version, tags, labels and annotations of an image
// from GitHub's description of a run. The package implements the tag language of
// docker/metadata-action, and the default rules of the command publish.
//
// [Compute] behaves exactly as docker/metadata-action v6, except for the entries
// of [Differences]. [Defaults] implements the project's own rules. Compute and
// Defaults read no environment variables. Compute and Defaults read data from
// the API, the registry and the checkout only with the functions in [Context]. A
// result contains only tags that are valid in the distribution-spec.
//
// The package uses golang.org/x/mod for SemVer 2, regexp2 for JavaScript's
// regular expressions, and Go's tzdata for time zones. Tests show that these
// libraries behave as docker/metadata-action does. The subpackages implement the
// other parts, for these reasons:
//   - csv: encoding/csv differs in quotes, comments and line ends.
//   - handlebars: the Go ports escape other characters and handle helpers
//     differently.
//   - moment: no Go port of Moment.js supports all format tokens.
//   - pep440: docker/metadata-action uses a library that normalizes versions in
//     another way than the Go library.
package meta
