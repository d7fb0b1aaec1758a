package meta

import (
	"context"
	"time"
)

// Event holds GitHub's description of the run without changes. See [Context]
// for the changes that docker/metadata-action makes.
type Event struct {
	// Name is GITHUB_EVENT_NAME.
	Name string
	// Ref is the full GITHUB_REF, such as refs/heads/main.
	Ref string
	// SHA is GITHUB_SHA.
	SHA string
	// Payload is the decoded file at GITHUB_EVENT_PATH.
	Payload Payload
}

// Repository holds the fields of GET /repos/{owner}/{repo} that labels use.
type Repository struct {
	Name          string
	FullName      string
	Description   string
	HTMLURL       string
	DefaultBranch string
	// License is the SPDX identifier, or empty.
	License string
}

// Context holds all data that a computation uses in addition to its inputs.
// Each function is called at most once, and only if a rule or label needs it.
type Context struct {
	Event Event
	// FromCheckout reports that Event's ref and SHA come from the checkout
	// (context: git). In this case, pull request events are not rewritten.
	FromCheckout bool
	// Now is the start of the run. {{date}} and the created label use it.
	Now time.Time
	// Created replaces Now in the created label if it is not zero. It holds the
	// time of SOURCE_DATE_EPOCH (see [ParseEpoch]).
	Created time.Time
	// ShortSHALength is the text of DOCKER_METADATA_SHORT_SHA_LENGTH.
	ShortSHALength string
	// PRHeadSHA is the text of DOCKER_METADATA_PR_HEAD_SHA.
	PRHeadSHA string
	// AnnotationLevels is the text of DOCKER_METADATA_ANNOTATIONS_LEVELS.
	// Default: manifest.
	AnnotationLevels string

	// Repository reads the repository from the API. If it is nil, the payload
	// of the event is used.
	Repository func(context.Context) (Repository, error)
	// CommitDate reads the date of a commit from the API or the checkout. It is
	// not called if the payload gives the date. If it is nil or fails, Now is
	// used.
	CommitDate func(ctx context.Context, sha string) (time.Time, error)
	// Existing lists the tags in the registry, for latest=highest. If it is
	// nil, the registry is assumed to have no tags.
	Existing func(context.Context) ([]string, error)
}
