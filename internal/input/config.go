// Package input reads what the user and GitHub say, once, into a validated
// [Config]: the action's inputs or a terminal's flags (one table for both),
// the runner's variables and the event's payload.
//
// All problems of one run's input come back together. Past this package a
// reference is parsed, a choice is one of its values, and nothing reads the
// environment again.
package input

import (
	"time"

	"github.com/google/go-containerregistry/pkg/name"

	"github.com/ghcr-publish/ghcr-publish/internal/diag"
	"github.com/ghcr-publish/ghcr-publish/internal/image/compress"
	"github.com/ghcr-publish/ghcr-publish/internal/secret"
)

// Common is what every command that talks to a registry is told.
type Common struct {
	Command Command
	GitHub  GitHub
	Images  []name.Repository // one at least, once parsed

	Home        string // host of the registry that belongs to this GitHub; the only one the token goes to
	Registry    string // host of images named without one
	Token       secret.Secret
	TokenOrigin string // where the token came from, in words
	Username    string
	Credentials []Credential
	Hidden      []secret.Secret // what else must never be shown

	Timeout time.Duration
	Summary bool
	Debug   bool
	Trace   string // a path; "" for none
	CAFile  string // certificates to trust beside the system's; "" for none

	Notices []diag.Notice
}

// Base returns the part of a configuration that all commands have.
func (c *Common) Base() *Common { return c }

// Config is a run of `publish` as it was asked for.
type Config struct {
	Common

	Source string
	// Build is built first, Files are to be made into an image, Artifact into
	// something else; all are nil where Source names what is there already.
	Build    *Build
	Files    *Files
	Artifact *Artifact
	// PushForeign sends layers that are meant to be fetched by URL.
	PushForeign bool
	// Strip leaves attestations out.
	Strip bool
	// Compression is what layers are compressed with; the zero one leaves them
	// as they are.
	Compression compress.Method
	Naming

	ByDigest   bool   // push without tags
	DigestName string // if not empty, the output digest-NAME also contains the digest

	Overwrite Overwrite
	Monotonic bool // a tag that moves does not move back
	OnlyNewer bool // nor to what is not known to be newer

	LinkTo         string // the repository's page, for the label that links to it; "" for no label
	Visibility     Visibility
	FailOnMismatch bool
	OnReadOnly     string // skip or fail
	Verify         Verification
	DryRun         bool
}

// Naming is what tags, labels and annotations follow from: text in the tag
// language, as written.
type Naming struct {
	Tags        string // "" for the event's default
	Flavor      string
	Version     string
	Labels      string
	Annotations string
}

// Visibility is what the package shall be seen by.
type Visibility string

// The visibilities GitHub knows, and keep: whatever it is.
const (
	Public   Visibility = "public"
	Private  Visibility = "private"
	Internal Visibility = "internal"
	Keep     Visibility = "keep"
)

// Verification is how much is proven after pushing.
type Verification string

// The levels of proof; see the input's help.
const (
	VerifyFull   Verification = "full"
	VerifyDigest Verification = "digest"
	VerifyNone   Verification = "none"
)

// Credential is a login for another registry.
type Credential struct {
	Host, Username string
	Secret         secret.Secret
}

// Environment is where values come from.
type Environment struct {
	// Getenv reads the process environment.
	Getenv func(string) string
	// Flag reads a flag of the command line; "" if it was not given. Nil in a
	// workflow step, where inputs are INPUT_ variables.
	Flag func(name string) string
	// Token is a token read from standard input; empty if none was.
	Token secret.Secret
}
