package input

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/ghcr-publish/ghcr-publish/internal/diag"
	"github.com/ghcr-publish/ghcr-publish/internal/image/compress"
	"github.com/ghcr-publish/ghcr-publish/internal/safe/lazy"
	"github.com/ghcr-publish/ghcr-publish/internal/source/detect"
)

// ParsePublish reads and checks the inputs of `publish`.
func ParsePublish(env Environment) (*Config, error) {
	r := newReader(Publish, env)
	c := &Config{}
	r.common(&c.Common, env)
	c.Source = r.text("source")
	c.Naming = r.naming()
	r.pushByDigest(c)
	if r.hasSources() {
		r.sources(c)
	} else {
		r.oneSource(c)
	}
	r.ifPublished(c)
	if c.Build == nil && r.text("content") == "" && !r.hasSources() && c.IfPublished == PublishedContinue {
		r.refuseFolder(c.Source)
	}
	c.PushForeign = r.choice("foreign-layers") == "push"
	attestations := r.choice("attestations")
	c.Strip, c.Legacy = attestations == "strip", attestations == "legacy"
	c.Compression = r.compression()
	if c.Artifact != nil && c.Compression.Chosen() {
		r.fail("compression", CodeCompressionWithArtifact, "Remove the input compression. The files of an artifact are published without changes.", "The inputs compression and artifact-type exclude each other")
	}
	r.pushOptions(c)
	c.Attestation = r.attestation(env)
	c.LinkTo = r.link(c)
	r.cleanupAfter(c)
	return c, errors.Join(r.errs...)
}

// oneSource reads the inputs that describe the only image of a run.
func (r *reader) oneSource(c *Config) {
	if c.Artifact = r.artifact(c); c.Artifact == nil && !r.refused("subject") {
		c.Files = r.files(c) // the files of an artifact have another form than the files of an image
	}
	c.Build = r.build(c)
	if c.Build == nil && r.selectsPlatforms("platforms") {
		c.Platforms = r.platforms("platforms")
	}
	switch {
	case c.Build != nil:
		c.Source = c.Build.Context
	case r.text("content") != "":
		c.Source = strings.Join(r.lines("content"), ", ")
	case strings.HasPrefix(c.Source, referencePrefix):
		c.Source = r.registrySource("source", c.Source, &c.Common)
	case c.Source == "" && !r.unknown("source", "context", "content", "file") && !slices.ContainsFunc(buildInputs, r.refused):
		r.failEmpty("source", CodeSourceMissing, "Set the input source to the result of the build: a directory, a tar, an image of the Docker engine, or docker://REFERENCE. To build from a Dockerfile, set the input context. To create an image from files, set the input content.")
	}
}

// registrySource checks a source in a registry, and changes its name to lower case. A name
// without a host means an image on Docker Hub.
func (r *reader) registrySource(input, source string, c *Common) string {
	text := strings.TrimPrefix(source, referencePrefix)
	if r.hubReference(input, text, c) == nil {
		return source
	}
	return referencePrefix + lowerName(text)
}

// refuseFolder refuses a folder that is not an image as the source. The error comes
// before the error about missing tags, which has another cause.
func (r *reader) refuseFolder(source string) {
	if found := detect.NotImage(source); found.Found() {
		r.fail("source", diag.CodeSourceNotLayout, found.Hint, "The source %.300q %s", source, found.Is)
	}
}

// ifPublished reads the reaction to an image that is already published.
func (r *reader) ifPublished(c *Config) {
	c.IfPublished = IfPublished(r.choice("if-published"))
	if c.ByDigest && c.IfPublished != PublishedContinue {
		r.fail("if-published", CodeIfPublishedWithPushByDigest, "Remove the input if-published from this step. A step with push-by-digest: true has no version tag, so the step cannot find a published image.", "The inputs if-published: %s and push-by-digest: true exclude each other", c.IfPublished)
	}
}

// compression reads the compression of layers. The zero method means that each layer
// keeps its compression.
func (r *reader) compression() compress.Method {
	format, level := r.text("compression"), r.text("compression-level")
	if before, after, ok := strings.Cut(format, ":"); ok && compress.Known(before) {
		r.fail("compression", CodeValue, fmt.Sprintf("Set compression: %s and compression-level: %s.", before, after), "The input compression is %q, but the level is a separate input", format)
		return compress.Method{}
	}
	format = r.choice("compression")
	if format == "keep" {
		if level != "" {
			r.fail("compression-level", CodeLevelWithoutCompression, "Set the input compression to gzip or zstd, or remove the input compression-level.", "The input compression-level is %q, but compression: keep does not use a level", level)
		}
		return compress.Method{}
	}
	least, most := compress.Levels(compress.Format(format))
	number, err := strconv.Atoi(level)
	if level != "" && (err != nil || number < least || number > most) {
		r.fail("compression-level", CodeValue, fmt.Sprintf("For %s, write a level from %d to %d. With a higher level, layers are smaller and compression takes more time.", format, least, most), "The input compression-level has the invalid value %q", level)
		return compress.Method{}
	}
	method, err := compress.New(compress.Format(format), number)
	if err != nil {
		r.fail("compression", CodeValue, "Remove the input compression to keep the compression of the layers.", "The input compression is %q: %s", format, err)
	}
	return method
}

// link returns the repository URL for the label org.opencontainers.image.source, or
// "" for no label.
func (r *reader) link(c *Config) string {
	if r.choice("link") != "label" {
		return ""
	}
	if owner, repo, ok := strings.Cut(c.GitHub.Repository, "/"); !ok || owner == "" || repo == "" {
		r.fail("link", CodeLinkRepositoryMissing, "Set the variable GITHUB_REPOSITORY to OWNER/REPOSITORY. In a workflow, the runner sets this variable.", "The input link is label, but no repository is known")
	}
	return c.GitHub.ServerURL + "/" + c.GitHub.Repository
}

// pushOptions reads the inputs that publish, merge and promote share.
func (r *reader) pushOptions(c *Config) {
	r.policies(c)
	c.Verify = Verification(r.choice("verify"))
	if c.Gate = r.raw("gate"); r.text("gate") == "" {
		c.Gate = ""
	}
	c.Overwrite, c.Monotonic = r.overwrite(), r.boolean("monotonic")
	c.OnLoss, c.SizeLimit = LossPolicy(r.choice("on-loss")), r.sizeLimit()
	c.DryRun = r.boolean("dry-run") || r.off("push")
	c.Results = r.resultFiles()
}

// policies reads the inputs that can make a run stop before the push.
func (r *reader) policies(c *Config) {
	c.Visibility = Visibility(r.choice("visibility"))
	c.FailOnMismatch = r.choice("on-visibility-mismatch") == "fail"
	c.OnReadOnly = ReadOnlyPolicy(r.choice("on-readonly"))
	if c.OnReadOnly == "" {
		c.OnReadOnly = ReadOnlyFail
		if c.GitHub.PullRequest() {
			c.OnReadOnly = ReadOnlySkip
		}
	}
}

// cleanupAfter reads the rules of the cleanup after the publication.
func (r *reader) cleanupAfter(c *Config) {
	if c.Cleanup = r.text("cleanup"); c.Cleanup != "" && c.ByDigest {
		r.fail("cleanup", CodeCleanupWithPushByDigest, "Move the input cleanup from this step to the step with command: merge.", "The inputs cleanup and push-by-digest: true exclude each other")
	}
}

// digestName matches the values of the input "digest-name" with which digest-NAME is a
// valid name of an output (workflow syntax, "outputs"). The caller replaces slashes by
// dashes before the match.
var digestName = lazy.Regexp(`^[A-Za-z0-9_-]{1,100}$`)

// pushByDigest reads the inputs of a matrix job that pushes a platform image.
func (r *reader) pushByDigest(c *Config) {
	c.ByDigest = r.boolean("push-by-digest")
	c.DigestName = strings.ReplaceAll(r.text("digest-name"), "/", "-")
	switch {
	case c.ByDigest && c.Tags != "":
		r.fail("tags", CodeTagsWithPushByDigest, "Move the input tags from this step to the step with command: merge.", "The input tags and push-by-digest: true exclude each other")
	case c.DigestName != "" && !c.ByDigest:
		r.fail("digest-name", CodeDigestNameWithoutPushByDigest, "Set push-by-digest: true, or remove the input digest-name.", "The input digest-name has no effect without push-by-digest: true")
	case c.DigestName != "" && !digestName().MatchString(c.DigestName):
		r.fail("digest-name", CodeDigestNameInvalid, "Use only letters, digits, - and _ (a slash becomes a dash), because the name of an output ends with this text.", "The input digest-name has the invalid value %q", r.text("digest-name"))
	}
}
