package meta

import "github.com/ghcr-publish/ghcr-publish/internal/diag"

// The errors of this package have the following codes.
const (
	// CodeExpression means that an expression in an input is invalid or unknown, or that
	// only a shell or the runner evaluates the expression.
	CodeExpression = "expression"
	// CodeFlavorLatest means that the entry "latest" of the input "flavor" has
	// an unknown value.
	CodeFlavorLatest = "flavor-latest"
	// CodeFlavorOnLatest means that the entry "onlatest" of the input "flavor"
	// has an unknown value.
	CodeFlavorOnLatest = "flavor-onlatest"
	// CodeFlavorUnknown means that the input "flavor" has an unknown entry.
	CodeFlavorUnknown = "flavor-unknown"
	// CodeImageAttribute means that a line of the input "images" has an unknown
	// attribute, or an invalid value of an attribute.
	CodeImageAttribute = "image-attribute"
	// CodeImageName means that a line of the input "images" does not contain the name of
	// an image.
	CodeImageName = "image-name"
	// CodeInputQuotes means that the quotes in an input are not balanced or not allowed.
	CodeInputQuotes = "input-quotes"
	// CodeLabelInvalid means that a line of the input "labels" or "annotations"
	// is not KEY=value, or has an invalid key or level.
	CodeLabelInvalid = "label-invalid"
	// CodeNoTags means that no rule gives a tag.
	CodeNoTags = diag.CodeNoTags
	// CodeShortSHALength means that DOCKER_METADATA_SHORT_SHA_LENGTH is not a number.
	CodeShortSHALength = "short-sha-length"
	// CodeNoCheckout means that a step needs the ref of a Git checkout, but the working
	// directory is not a checkout with a commit.
	CodeNoCheckout = "no-checkout"
	// CodeSourceDateEpoch means that SOURCE_DATE_EPOCH is not a valid time.
	CodeSourceDateEpoch = "source-date-epoch"
	// CodeTagAttribute means that a tag rule lacks a required attribute, has an unknown
	// attribute, or has an invalid value of an attribute.
	CodeTagAttribute = "tag-attribute"
	// CodeTagDigest means that a line of the input "tags" contains a digest.
	CodeTagDigest = "tag-digest"
	// CodeTagEnable means that the attribute "enable" of a tag rule is neither "true"
	// nor "false".
	CodeTagEnable = "tag-enable"
	// CodeTagForeign means that a line of the input "tags" is a reference to another
	// repository, or a reference without a tag.
	CodeTagForeign = "tag-foreign"
	// CodeTagGroup means that the attribute "group" of a tag rule is not the number of
	// a group in the pattern of the rule.
	CodeTagGroup = "tag-group"
	// CodeTagInvalid means that a line of the input "tags" is not a valid tag, or that
	// a tag rule gives an invalid tag.
	CodeTagInvalid = "tag-invalid"
	// CodeVersionInvalid means that the input "version" contains blanks or quotation marks.
	CodeVersionInvalid = "version-invalid"
	// CodeTagMatchGroup means that the pattern in the attribute "match" of a tag rule
	// has no group, or that the first group of the pattern matches no text.
	CodeTagMatchGroup = "tag-match-group"
	// CodeTagPattern means that the pattern of a tag rule is invalid, or that its match
	// takes too long.
	CodeTagPattern = "tag-pattern"
	// CodeTagTooLong means that a tag rule gives a tag of more than [MaxTagLength]
	// characters.
	CodeTagTooLong = "tag-too-long"
	// CodeTagType means that a tag rule has an unknown type, or has attributes but no
	// type.
	CodeTagType = "tag-type"
)

// The warnings in [Result.Warnings] have the following codes.
const (
	// CodeCommitDate means that the program could not read the date of the
	// commit.
	CodeCommitDate = "commit-date"
	// CodeEventDefaultBranch means that a tag rule uses the branch of an event that
	// always reports the default branch.
	CodeEventDefaultBranch = "event-default-branch"
	// CodeEventMergeGroup means that a tag rule uses the temporary branch of a merge
	// queue.
	CodeEventMergeGroup = "event-merge-group"
	// CodeEventOtherCommit means that a tag rule uses GITHUB_SHA, but GITHUB_SHA is not
	// the commit of the pull request or of the workflow run that caused the event.
	CodeEventOtherCommit = "event-other-commit"
	// CodeVersionUnused means that the input "version" gives no tag, because the
	// event never moves the tags of a release.
	CodeVersionUnused = "version-unused"
	// CodeLatestUnused means that the flavor latest=true has no effect, because
	// the run must not move the tag "latest".
	CodeLatestUnused = "latest-unused"
	// CodeTagRenamed means that the default tag of a branch or of a Git tag has a prefix,
	// because the name without this prefix belongs to releases or to another kind of run.
	CodeTagRenamed = "tag-renamed"
	// CodeGitTagVersion means that a Git tag contains a version, but the default
	// rules cannot use the version.
	CodeGitTagVersion = "git-tag-version"
	// CodeChartTag means that a tag of a Helm chart is not the version of the chart.
	CodeChartTag = "chart-tag"
	// CodeChartVersion means that Helm finds a chart only by its complete version.
	CodeChartVersion = "chart-version"
	// CodeLabelValue means that the value of a label contains text that looks like another
	// label or like a variable of a shell.
	CodeLabelValue = "label-value"
	// CodeLabelTooLong means that the package page on GitHub shows only the beginning
	// of a label.
	CodeLabelTooLong = "label-too-long"
	// CodeNotPEP440 means that the text of a tag rule of the type "pep440" does not
	// conform to PEP 440.
	CodeNotPEP440 = "not-pep440"
	// CodeNotSemver means that the text of a tag rule of the type "semver" is not a
	// SemVer version.
	CodeNotSemver = "not-semver"
	// CodeTagEmpty means that a tag rule gives no tag, because its value is empty.
	CodeTagEmpty = "tag-empty"
	// CodeTagNoGroup means that the selected group of a tag rule of the type "match"
	// matches no text.
	CodeTagNoGroup = "tag-no-group"
	// CodeTagNoMatch means that the pattern of a tag rule does not match the text.
	CodeTagNoMatch = "tag-no-match"
	// CodeTagRespelled means that the run publishes a tag with another spelling,
	// because a tag cannot contain all characters of the written text.
	CodeTagRespelled = "tag-respelled"
	// CodeUnknownTimeZone means that a date expression contains an unknown time zone.
	CodeUnknownTimeZone = "unknown-time-zone"
)
