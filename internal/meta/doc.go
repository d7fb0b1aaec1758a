// Package meta computes the version, tags, labels and annotations of an image
// from GitHub's description of a run. It implements the tag language of
// docker/metadata-action, so that users can copy the lines of their workflow,
// and the default rules of publish.
//
// [Compute] behaves exactly as docker/metadata-action v6, except for the
// entries of [Differences]. [Defaults] implements the project's own rules. Both
// functions read no environment variables. They reach the API, the registry and
// the checkout only through the functions in [Context]. A result holds only
// tags that the distribution-spec accepts.
//
// The package uses a library if the library behaves as docker/metadata-action
// was observed to behave: golang.org/x/mod for SemVer 2, regexp2 for JavaScript's regular
// expressions, and Go's tzdata for time zones. The subpackages implement the other
// parts, for these reasons:
//   - csv: encoding/csv differs in quotes, comments and line ends.
//   - handlebars: the Go ports escape other characters and handle helpers
//     differently.
//   - moment: no Go port of Moment.js supports all format tokens.
//   - pep440: docker/metadata-action uses a library that normalizes versions in
//     another way than the Go library.
package meta
