// Package input reads the inputs of a run into a validated [Config]. It reads the
// inputs of the action or the flags of a terminal, the variables of the runner, and
// the payload of the event. One table defines both the inputs and the flags.
//
// It returns all errors of the input together. In a Config, references are parsed,
// and each choice has one of the values in the table. Other packages read no
// inputs, but they read other variables of the environment. For example, cmd reads
// SOURCE_DATE_EPOCH, RUNNER_TEMP, RUNNER_DEBUG, TERM and DOCKER_METADATA_*. The
// packages docker and login read the variables that configure Docker and podman,
// and workflow reads the paths of the runner's files.
package input

import (
	"time"

	"github.com/google/go-containerregistry/pkg/name"

	"github.com/ghcr-publish/ghcr-publish/internal/diag"
	"github.com/ghcr-publish/ghcr-publish/internal/image/compress"
	"github.com/ghcr-publish/ghcr-publish/internal/secret"
)

// Common is the part of the configuration that all commands have.
type Common struct {
	Command Command
	// Terminal is true if the inputs are the flags and the arguments of a command line.
	Terminal bool
	GitHub   GitHub
	Images   []name.Repository // not empty after a successful parse

	Home        string // host of the registry of this GitHub server, the only registry that receives the token
	Registry    string // host for image names without a host
	Token       secret.Secret
	TokenOrigin string // the input or variable that contains the token, as text for the user
	Username    string
	Credentials []Credential
	Hidden      []secret.Secret // further secrets to mask

	Timeout time.Duration
	Summary bool
	Debug   bool
	Trace   string // a path; "" for none
	CAFile  string // path of additional certificates; "" for none

	Notices []diag.Notice
}

// Base returns c. All configurations have this method, because they embed Common.
func (c *Common) Base() *Common { return c }

// Config is the configuration of `publish`.
type Config struct {
	Common

	Source string
	// Build, Files and Artifact describe an image or an artifact that the run creates.
	// All three are nil if Source names an existing image.
	Build    *Build
	Files    *Files
	Artifact *Artifact
	// PushForeign is true to upload the layers that clients otherwise download from
	// the URLs in the descriptors.
	PushForeign bool
	// Strip is true to remove attestations.
	Strip bool
	// Legacy is true to write attestations in the form of BuildKit before version 0.32.
	Legacy bool
	// Compression is the compression of layers. The zero value keeps the
	// compression of each layer.
	Compression compress.Method
	Naming

	ByDigest   bool   // push without tags
	DigestName string // if not empty, the output digest-NAME also contains the digest

	Overwrite Overwrite
	Monotonic bool // keep a tag that points at a newer image
	OnlyNewer bool // also keep a tag if the age of its image is unknown

	LinkTo         string // URL of the repository for the source label; "" for no label
	Visibility     Visibility
	FailOnMismatch bool
	OnReadOnly     ReadOnlyPolicy
	Verify         Verification
	DryRun         bool
}

// Naming has the inputs that determine tags, labels and annotations. Package meta
// parses these texts.
type Naming struct {
	Tags        string // "" for the default tags of the event
	Flavor      string
	Version     string
	Labels      string
	Annotations string
}

// Visibility is the visibility that the package must have.
type Visibility string

// The visibilities of GitHub, and Keep, which accepts any visibility.
const (
	Public   Visibility = "public"
	Private  Visibility = "private"
	Internal Visibility = "internal"
	Keep     Visibility = "keep"
)

// Verification is the set of checks after a push.
type Verification string

// These are the values that the input verify accepts.
const (
	VerifyFull   Verification = "full"   // the checks of digest, an anonymous pull, visibility and link
	VerifyDigest Verification = "digest" // read back every tag and the digest
	VerifyNone   Verification = "none"   // no checks
)

// ReadOnlyPolicy is the reaction to a token that can only read.
type ReadOnlyPolicy string

// These are the values that the input on-readonly accepts.
const (
	ReadOnlySkip    ReadOnlyPolicy = "skip"    // publish nothing and succeed
	ReadOnlyFail    ReadOnlyPolicy = "fail"    // fail
	ReadOnlyArchive ReadOnlyPolicy = "archive" // write an OCI archive for a trusted job
)

// Credential is a login for another registry.
type Credential struct {
	Host, Username string
	Secret         secret.Secret
}

// Environment has the sources of the values.
type Environment struct {
	// Getenv reads the process environment.
	Getenv func(string) string
	// Environ lists the variables of a workflow step as NAME=value. It is empty at a
	// terminal.
	Environ []string
	// Flag returns the value of a flag of the command line, or "" if the flag is not
	// set. Flag is nil in a workflow step, because the inputs of a step are INPUT_
	// variables.
	Flag func(name string) string
	// Origin returns the URL of the Git remote "origin" of the working directory, or "".
	// It can be nil.
	Origin func() string
	// Token is the token from standard input. Token is empty without --token-stdin.
	Token secret.Secret
}
