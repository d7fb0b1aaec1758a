package meta

import (
	"context"
	"time"
)

// Event holds GitHub's description of the event that started the run, without
// changes.
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

// Repository holds the fields of GitHub's answer to GET /repos/{owner}/{repo}
// that labels use.
type Repository struct {
	Name          string
	FullName      string
	Description   string
	HTMLURL       string
	DefaultBranch string
	// License is the SPDX identifier of the license. License is empty if the
	// license is unknown.
	License string
}

// Context holds all data that a computation uses in addition to its inputs. The
// computation calls each function at most once, and only if a rule or a label
// needs its result.
type Context struct {
	Event Event
	// FromCheckout is true if the ref and the SHA of Event come from the
	// checkout (context: git). If FromCheckout is true, the computation does not
	// change pull request events.
	FromCheckout bool
	// Now is the start of the run. The expression {{date}} and the label
	// org.opencontainers.image.created contain this time.
	Now time.Time
	// Created is the time in SOURCE_DATE_EPOCH (see [ParseEpoch]). If Created is not
	// zero, the label org.opencontainers.image.created contains this time.
	Created time.Time
	// ShortSHALength is the value of the environment variable
	// DOCKER_METADATA_SHORT_SHA_LENGTH.
	ShortSHALength string
	// PRHeadSHA is the value of the environment variable
	// DOCKER_METADATA_PR_HEAD_SHA.
	PRHeadSHA string
	// AnnotationLevels is the value of the environment variable
	// DOCKER_METADATA_ANNOTATIONS_LEVELS. Default: manifest.
	AnnotationLevels string

	// Repository reads the repository from the API. If Repository is nil, the
	// computation uses the payload of the event.
	Repository func(context.Context) (Repository, error)
	// CommitDate reads the date of a commit from the API or the checkout. The
	// computation does not call CommitDate if the payload contains the date. If
	// CommitDate is nil or fails, the computation uses Now.
	CommitDate func(ctx context.Context, sha string) (time.Time, error)
	// Existing lists the tags in the registry for latest=highest. If Existing is
	// nil, the computation assumes that the registry has no tags.
	Existing func(context.Context) ([]string, error)
}
