package meta

import (
	"context"
	"time"
)

// Event is what GitHub said about the run, unchanged (see [Context] for the
// rewriting that docker/metadata-action does).
type Event struct {
	// Name is GITHUB_EVENT_NAME.
	Name string
	// Ref is GITHUB_REF in full, as in refs/heads/main.
	Ref string
	// SHA is GITHUB_SHA.
	SHA string
	// Payload is the decoded file at GITHUB_EVENT_PATH.
	Payload Payload
}

// Repository is the part of GET /repos/{owner}/{repo} that ends in labels.
type Repository struct {
	Name          string
	FullName      string
	Description   string
	HTMLURL       string
	DefaultBranch string
	// License is the SPDX id, or empty.
	License string
}

// Context is everything a computation may depend on besides its inputs. The
// functions are asked at most once, and only if a rule or label needs them.
type Context struct {
	Event Event
	// FromCheckout says that Event's ref and SHA were read from the checkout
	// (context: git), which turns the rewriting of pull request events off.
	FromCheckout bool
	// Now is the start of the run: {{date}} and the created label.
	Now time.Time
	// Created overrides Now in the created label if it is not zero; it is
	// where SOURCE_DATE_EPOCH goes (see [ParseEpoch]).
	Created time.Time
	// ShortSHALength is the text of DOCKER_METADATA_SHORT_SHA_LENGTH.
	ShortSHALength string
	// PRHeadSHA is the text of DOCKER_METADATA_PR_HEAD_SHA.
	PRHeadSHA string
	// AnnotationLevels is the text of DOCKER_METADATA_ANNOTATIONS_LEVELS; empty
	// means manifest.
	AnnotationLevels string

	// Repository asks the API. If it is nil the event's payload must do.
	Repository func(context.Context) (Repository, error)
	// CommitDate asks the API or the checkout when a commit was made. It is
	// not asked when the payload knows. If it is nil or fails, Now is used.
	CommitDate func(ctx context.Context, sha string) (time.Time, error)
	// Existing lists the tags already in the registry, for latest=highest. If
	// it is nil there are none.
	Existing func(context.Context) ([]string, error)
}
