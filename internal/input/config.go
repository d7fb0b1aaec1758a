// Package input reads the inputs of a run into a validated [Config]. The package reads
// the inputs of the action or the flags of a terminal, the variables of the runner, and
// the payload of the event. One table defines both the inputs and the flags. The
// package returns all errors in the inputs together. In a Config, references are
// parsed, and each choice has one of the values in the table. Other packages read no
// inputs, but they read other variables of the environment. For example, cmd reads
// SOURCE_DATE_EPOCH, RUNNER_TEMP, RUNNER_DEBUG, TERM and DOCKER_METADATA_*. The
// packages docker and login read the variables that configure Docker and podman, and
// workflow reads the paths of the runner's files.
package input

import (
	"time"

	"github.com/google/go-containerregistry/pkg/name"
	v1 "github.com/google/go-containerregistry/pkg/v1"

	"github.com/ghcr-publish/ghcr-publish/internal/diag"
	"github.com/ghcr-publish/ghcr-publish/internal/image/compress"
	"github.com/ghcr-publish/ghcr-publish/internal/secret"
)

// Common is the part of the configuration that all commands have.
type Common struct {
	Command Command
	// Terminal is true if the inputs come from the flags and the arguments of a command
	// line.
	Terminal bool
	GitHub   GitHub
	Images   []name.Repository // the list is not empty after a successful parse

	Home        string // the host of the registry of this GitHub server; only this registry receives the token
	Registry    string // the host for image names that contain no host
	Token       secret.Secret
	TokenOrigin string // the input or the variable that contains the token, for messages
	Username    string
	Credentials []Credential
	Hidden      []secret.Secret // additional secrets to mask

	Timeout time.Duration
	Summary bool
	Debug   bool
	Trace   string // the path of the trace file, or "" for no trace
	Results ResultFiles
	CAFile  string // the path of a file with additional certificates, or "" for no file

	Notices []diag.Notice
}

// Base returns c. All configurations have this method, because they embed Common.
func (c *Common) Base() *Common { return c }

// Config is the configuration of `publish`.
type Config struct {
	Common

	Source string
	// Sources are the images of a release of several images. Sources is empty if the run
	// publishes one image.
	Sources []ImageSource
	// Build, Files and Artifact describe an image or an artifact that the run creates.
	// These three fields are nil if Source names an existing image.
	Build    *Build
	Files    *Files
	Artifact *Artifact
	// Platforms are the platforms of an existing image that the run publishes. If
	// Platforms is empty, the run publishes all platforms.
	Platforms []v1.Platform
	// If PushForeign is true, the run uploads the layers whose descriptors contain
	// URLs. Otherwise, clients download these layers from their URLs.
	PushForeign bool
	// If Strip is true, the run removes attestations.
	Strip bool
	// Legacy is true to write attestations in the form of BuildKit before version 0.32.
	Legacy bool
	// Compression is the compression of layers. The zero value keeps the
	// compression of each layer.
	Compression compress.Method
	Naming

	ByDigest   bool   // the run pushes without tags
	DigestName string // if not empty, the output digest-NAME also contains the digest

	Overwrite Overwrite
	Monotonic bool // the run does not move a tag that points at a newer image
	OnlyNewer bool // the run also does not move a tag if the age of the tagged image is unknown

	IfPublished IfPublished
	OnLoss      LossPolicy
	SizeLimit   SizeLimit

	LinkTo         string // the URL of the repository for the source label, or "" for no label
	Visibility     Visibility
	FailOnMismatch bool
	OnReadOnly     ReadOnlyPolicy
	Verify         Verification
	Cleanup        string // the rules for old images, which package cleanup/rules parses, or "" for no cleanup
	Gate           string // the script that checks the image before the tags move, or "" for no check
	DryRun         bool
	Attestation    Attestation
}

// ResultFiles are the paths of the files that a successful run writes. An empty path means
// that the run does not write the file.
type ResultFiles struct {
	Metadata string // the JSON of the input "metadata-file"
	Digest   string // the digest of the image
}

// Naming contains the inputs that determine tags, labels and annotations. Package meta
// parses these inputs.
type Naming struct {
	Tags        string // "" means the default tags of the event
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

// These constants are the values of the input "verify".
const (
	VerifyFull   Verification = "full"   // the checks of VerifyDigest, an anonymous pull, and a check of visibility and link
	VerifyDigest Verification = "digest" // the run reads every tag and the digest back
	VerifyNone   Verification = "none"   // the run makes no checks after the push
)

// ReadOnlyPolicy is the reaction to a token that can only read.
type ReadOnlyPolicy string

// These constants are the values of the input "on-readonly".
const (
	ReadOnlySkip    ReadOnlyPolicy = "skip"    // the run publishes nothing and succeeds
	ReadOnlyFail    ReadOnlyPolicy = "fail"    // the run fails
	ReadOnlyArchive ReadOnlyPolicy = "archive" // the run writes an OCI archive, which a trusted job can publish
)

// IfPublished is the reaction to an image that is already published.
type IfPublished string

// These constants are the values of the input "if-published".
const (
	PublishedContinue IfPublished = "continue" // the run does not look for a published image
	PublishedSkip     IfPublished = "skip"     // the run uses the published image, and does not open the source
	PublishedFail     IfPublished = "fail"     // the run fails
)

// Credential is a login for another registry.
type Credential struct {
	Host, Username string
	Secret         secret.Secret
}

// Environment contains the functions and texts from which the inputs are read.
type Environment struct {
	// Getenv reads the process environment.
	Getenv func(string) string
	// Environ lists the variables of a workflow step as NAME=value. Environ is empty at
	// a terminal.
	Environ []string
	// Flag returns the value of a flag of the command line, or "" if the flag is not
	// set. Flag is nil in a workflow step, because the inputs of a step are INPUT_
	// variables.
	Flag func(name string) string
	// Origin returns the URL of the Git remote "origin" of the working directory, or
	// "". Origin can be nil.
	Origin func() string
	// Token is the token from standard input. If the flag --token-stdin is not set,
	// Token is empty.
	Token secret.Secret
}
