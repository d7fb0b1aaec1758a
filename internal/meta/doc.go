// Package meta computes version, tags, labels and annotations of an image from
// what GitHub says about a run: the tag language of docker/metadata-action,
// copied so that a workflow moves over by copying its lines, and the defaults
// that publish uses when no tags are given.
//
// [Compute] follows docker/metadata-action v6 to the letter except for the
// entries of [Differences]; [Defaults] is our own. Both are pure: they read no
// environment, and reach the API, the registry and the checkout only through
// the functions in [Context]. What comes out holds only tags that the
// distribution-spec accepts.
//
// The subpackages hold what the language borrows from elsewhere. Libraries do
// the work where one exists that behaves as observed: Masterminds/semver for
// SemVer 2, regexp2 for JavaScript's regular expressions, x/text/collate for
// the order of labels, Go's own tzdata for time zones. Written here are csv
// (encoding/csv differs in quotes, comments and line ends), handlebars (the Go
// ports escape other characters and have another idea of helpers), moment (no
// port knows all tokens) and pep440 (the Go library normalises differently
// from the one that metadata-action uses).
package meta
