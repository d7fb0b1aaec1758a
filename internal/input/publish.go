package input

import (
	"errors"
	"fmt"
	"regexp"
	"strconv"
	"strings"

	"github.com/ghcr-publish/ghcr-publish/internal/image/compress"
)

// ParsePublish reads and checks everything a publish run is asked for.
func ParsePublish(env Environment) (*Config, error) {
	r := newReader(Publish, env)
	c := &Config{}
	r.common(&c.Common, env)
	c.Source = r.text("source")
	c.Naming = r.naming()
	r.pushByDigest(c)
	if c.Artifact = r.artifact(c); c.Artifact == nil {
		c.Files = r.files(c)
	}
	c.Build = r.build(c)
	switch {
	case c.Build != nil:
		c.Source = c.Build.Context
	case c.Files != nil || c.Artifact != nil:
		c.Source = strings.Join(r.lines("content"), ", ")
	case c.Source == "":
		r.fail("source", "source-missing", "Set source to what the build step left: a directory, a tar, an image of the Docker engine, or docker://REFERENCE. To build one from a Dockerfile, set context; to make one of plain files, content.", "There is no source")
	}
	c.PushForeign = r.choice("foreign-layers") == "push"
	c.Strip = r.choice("attestations") == "strip"
	c.Compression = r.compression()
	if c.Artifact != nil && c.Compression.Chosen() {
		r.fail("compression", "compression-of-artifact", "Take compression away: an artifact is published as its files are.", "compression and artifact-type exclude each other")
	}
	r.choices(c)
	c.LinkTo = r.link(c)
	return c, errors.Join(r.errs...)
}

// compression reads what layers are to be compressed with; the zero method for
// what they have.
func (r *reader) compression() compress.Method {
	format, level := r.text("compression"), r.text("compression-level")
	if before, after, ok := strings.Cut(format, ":"); ok && compress.Known(before) {
		r.fail("compression", "input-value", fmt.Sprintf("Write compression: %s and compression-level: %s.", before, after), "compression is %q, and the level is an input of its own", format)
		return compress.Method{}
	}
	format = r.choice("compression")
	if format == "keep" {
		if level != "" {
			r.fail("compression-level", "compression-level-alone", "Set compression to gzip or zstd, or take compression-level away.", "compression-level is %q, and compression: keep compresses nothing anew", level)
		}
		return compress.Method{}
	}
	least, most := compress.Levels(compress.Format(format))
	number, err := strconv.Atoi(level)
	if level != "" && (err != nil || number < least || number > most) {
		r.fail("compression-level", "input-value", fmt.Sprintf("%s has %d to %d; more is smaller and slower.", format, least, most), "compression-level is %q", level)
		return compress.Method{}
	}
	method, err := compress.New(compress.Format(format), number)
	if err != nil {
		r.fail("compression", "input-value", "Leave it away to keep the compression that layers have.", "compression is %q: %s", format, err)
	}
	return method
}

// link is the address that the image is to name as its source's.
func (r *reader) link(c *Config) string {
	if r.choice("link") != "label" {
		return ""
	}
	if owner, repo, ok := strings.Cut(c.GitHub.Repository, "/"); !ok || owner == "" || repo == "" {
		r.fail("link", "link-repository-missing", "Set the variable GITHUB_REPOSITORY to OWNER/REPOSITORY; in a workflow the runner does.", "link: label has no repository to name")
	}
	return c.GitHub.ServerURL + "/" + c.GitHub.Repository
}

func (r *reader) choices(c *Config) {
	r.wishes(c)
	c.Verify = Verification(r.choice("verify"))
	c.Overwrite, c.Monotonic = r.overwrite(), r.boolean("monotonic")
	c.DryRun = r.boolean("dry-run") || r.off("push")
}

// wishes reads what decides whether publishing goes ahead.
func (r *reader) wishes(c *Config) {
	c.Visibility = Visibility(r.choice("visibility"))
	c.FailOnMismatch = r.choice("on-visibility-mismatch") == "fail"
	c.OnReadOnly = r.choice("on-readonly")
	if c.OnReadOnly == "" {
		c.OnReadOnly = "fail"
		if c.GitHub.PullRequest() {
			c.OnReadOnly = "skip"
		}
	}
}

// digestName matches the texts that can end the name of an output which an
// expression can read (workflow syntax, "outputs"). Slashes are already replaced
// by dashes.
var digestName = regexp.MustCompile(`^[A-Za-z0-9_-]{1,100}$`)

// pushByDigest reads the inputs of a matrix job that pushes a platform image.
func (r *reader) pushByDigest(c *Config) {
	c.ByDigest = r.boolean("push-by-digest")
	c.DigestName = strings.ReplaceAll(r.text("digest-name"), "/", "-")
	switch {
	case c.ByDigest && c.Tags != "":
		r.fail("tags", "tags-by-digest", "Take tags away here, and give them to the step that merges.", "tags and push-by-digest: true exclude each other")
	case c.DigestName != "" && !c.ByDigest:
		r.fail("digest-name", "digest-name-without-push-by-digest", "Set push-by-digest: true, or remove digest-name.", "The input digest-name has no effect without push-by-digest: true")
	case c.DigestName != "" && !digestName.MatchString(c.DigestName):
		r.fail("digest-name", "digest-name-invalid", "Use only letters, digits, - and _ (a slash becomes a dash), because the name of an output ends with this text.", "The input digest-name is %q", r.text("digest-name"))
	}
}
