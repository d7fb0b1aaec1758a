package merge

import (
	"fmt"
	"os"
	"path"
	"slices"
	"strings"

	"github.com/google/go-containerregistry/pkg/name"
	v1 "github.com/google/go-containerregistry/pkg/v1"

	"github.com/ghcr-publish/ghcr-publish/internal/diag"
	"github.com/ghcr-publish/ghcr-publish/internal/diag/missing"
	"github.com/ghcr-publish/ghcr-publish/internal/safe/lazy"
)

// These constants are the codes of errors about the inputs "digests" and "digest-name".
const (
	CodeNoDigests      = diag.CodeNoDigests         // the input "digests" contains no digest
	CodeDigestInvalid  = diag.CodeDigestInvalid     // a value is not a digest
	CodeDigestMissing  = "digest-missing"           // an entry of the input "digests" has no digest
	CodeJobFailed      = "job-failed"               // a job failed, and its outputs are in the input "digests"
	CodeImagesSkipped  = "images-skipped"           // some jobs did not push, because their token is read-only
	CodePatternInvalid = diag.CodeDigestNameInvalid // the input "digest-name" is not a pattern
)

// maxImages limits the number of images in one merge.
const maxImages = 1000

// skipped is the value of the output "digest" of a job that could not push, because its
// token cannot write packages.
const skipped = "skipped"

// PlatformImage is an image that one matrix job pushed by digest.
type PlatformImage struct {
	// Name is the name of the entry in the input "digests", for example
	// "digest-linux-arm64". For a line without a name, Name is the number of
	// the line, for example "line 3". For an entry of a JSON list, Name is
	// the number of the entry, for example "entry 3".
	Name string
	// Repo is the repository of the image. If Repo is nil, the image is in the
	// target repository.
	Repo   *name.Repository
	Digest v1.Hash
}

// order returns the text by which the program sorts platform images. The text
// does not contain the prefix "digest-" of the name, because one input can
// contain names with and without the prefix.
func (p PlatformImage) order() string { return matchName(p.Name) + " " + p.Digest.String() }

// matchName returns the part of the name of an output that the program
// compares with the input "digest-name". For example, matchName returns
// "linux-arm64" for "digest-linux-arm64".
func matchName(output string) string {
	return strings.ReplaceAll(strings.TrimPrefix(output, prefix), "/", "-")
}

// Find parses the input "digests". The input can contain the outputs of one or several
// jobs in the format of toJSON. The input can also contain a JSON object of digests, a
// JSON list of digests, or lines. Each line has the form [NAME=]DIGEST or
// REPOSITORY@DIGEST.
//
// If the argument "pattern" is not empty, Find returns only the images whose name matches
// the pattern. In a pattern, the character * matches any text.
//
// The returned list is sorted by name and contains each digest once. If every job skipped
// its push, because its token cannot write packages, Find returns an empty list. If only
// some jobs skipped their push, Find returns an error. If an entry has no digest or a job
// failed, Find returns an error only if the argument "expect" is empty. A failed job is an
// error for every pattern. If "expect" contains the platforms of the index, [Join] finds
// each missing platform. An error of Find is a *diag.Error with a code of this package.
func Find(text, pattern string, expect []string) ([]PlatformImage, error) {
	f := &finder{pattern: pattern, checked: len(expect) > 0}
	if _, err := path.Match(pattern, ""); err != nil {
		return nil, inputError("digest-name", CodePatternInvalid, "Write a name in which * matches any text, for example web-*.", err, "The input digest-name is %q, which is not a valid pattern", pattern)
	}
	text = strings.TrimSuffix(text, "\n") // A block of YAML text ends with a line break.
	var err error
	switch trimmed := strings.TrimSpace(text); {
	case trimmed == "null":
		err = inputError("digests", CodeNoDigests, nullHint, nil, "The input digests is null")
	case strings.HasPrefix(trimmed, "{"), strings.HasPrefix(trimmed, "["):
		err = f.json(trimmed)
	default:
		err = f.lines(text)
	}
	if err != nil {
		return nil, err
	}
	return f.result()
}

// These constants are the hints for errors about a missing digest.
const (
	nullHint    = "The expression contains a job that does not exist or that is not in the needs list of this job. Add the job to needs, and check the name of the job in digests: ${{ toJSON(needs.JOB.outputs) }}."
	outputHint  = "The step with push-by-digest: true has the output digest-OS-ARCH. Declare this output as an output of the job, and set digests: ${{ toJSON(needs.JOB.outputs) }}."
	missingHint = "Read the log of the job that sets the value. If the image does not need this platform, remove the output from the job, or set the input expect-platforms to the platforms of the image."
)

// finder collects the platform images in the input "digests".
type finder struct {
	pattern string
	checked bool   // If the field "checked" is true, Join compares the platforms with the input "expect-platforms".
	owner   string // the job or the element of a list whose outputs the finder currently reads, or ""
	found   []PlatformImage
	skipped []string
	empty   []string // the names of the empty outputs
	failed  []string // the jobs that did not end successfully
	notRun  bool     // GitHub skipped one of the failed jobs
}

func (f *finder) lines(text string) error {
	for i, line := range strings.Split(text, "\n") {
		key := fmt.Sprintf("line %d", i+1)
		line = strings.TrimSpace(line)
		if before, after, ok := strings.Cut(line, "="); ok {
			key, line = strings.TrimSpace(before), strings.TrimSpace(after)
		}
		if strings.ContainsAny(line, ", \t") && strings.Count(line, "sha256:") > 1 {
			return inputError("digests", CodeDigestInvalid, "Write one digest per line, without commas and spaces.", nil, "%s contains several digests", capital(place(key)))
		}
		if err := f.add(key, line); err != nil {
			return err
		}
	}
	return nil
}

// place returns the name of an entry for a message, followed by the words "of the input
// digests".
func place(name string) string { return Entry(name) + " of the input digests" }

// Entry returns the name or the number of an entry of the input "digests" for a
// message.
func Entry(name string) string {
	if strings.HasPrefix(name, "line ") || strings.HasPrefix(name, "entry ") {
		return name
	}
	return fmt.Sprintf("the entry %q", name)
}

func capital(s string) string { return strings.ToUpper(s[:1]) + s[1:] }

// add adds the digest in the value of one output.
func (f *finder) add(key, value string) error {
	if f.pattern != "" {
		if ok, _ := path.Match(f.pattern, matchName(key)); !ok { // The error is always nil, because Find has checked the pattern.
			return nil
		}
	}
	switch value = strings.TrimSpace(value); value {
	case "":
		f.empty = append(f.empty, f.owned(key))
		return nil
	case skipped:
		f.skipped = append(f.skipped, key)
		return nil
	}
	img, ok := parseImage(key, value)
	if !ok {
		return inputError("digests", CodeDigestInvalid, digestHint(value), nil,
			"%s has the value %.100q, which is not a digest", capital(f.owned(Entry(key))+" of the input digests"), value)
	}
	f.found = append(f.found, img)
	if len(f.found) > maxImages {
		return inputError("digests", CodeDigestInvalid, "Merge the images in several steps.", nil, "The input digests contains more than %d digests", maxImages)
	}
	return nil
}

// owned adds the job or the element of a list to the name of an output.
func (f *finder) owned(output string) string {
	switch {
	case f.owner == "" || output == f.owner:
		return output
	case output == "":
		return f.owner
	}
	return output + " of " + f.owner
}

// parseImage parses the value of one output. parseImage returns false if the value is not
// a digest.
func parseImage(key, value string) (PlatformImage, bool) {
	img := PlatformImage{Name: key}
	repo, digest, pinned := strings.Cut(value, "@")
	if !pinned {
		digest = value
	}
	var err error
	if img.Digest, err = v1.NewHash(digest); err == nil && pinned {
		var r name.Repository
		r, err = name.NewRepository(strings.ToLower(repo))
		img.Repo = &r
	}
	return img, err == nil
}

// digestText matches a digest with upper-case letters, or without the prefix sha256: or
// its colon.
var digestText = lazy.Regexp(`(?i)^(?:sha256[:=-]?)?([0-9a-f]{64})$`)

// rightDigest returns the digest in a value that is nearly a digest, or that contains
// other words before the digest. For every other value, rightDigest returns "".
func rightDigest(value string) string {
	repo, digest, pinned := strings.Cut(value, "@")
	if !pinned {
		words := strings.Fields(value)
		repo, digest = "", words[len(words)-1]
	}
	m := digestText().FindStringSubmatch(strings.TrimSpace(digest))
	if m == nil {
		return ""
	}
	right := "sha256:" + strings.ToLower(m[1])
	if pinned {
		right = strings.ToLower(repo) + "@" + right
	}
	if right == value {
		return "" // another part of the value is wrong
	}
	return right
}

// digestHint returns a hint for a value that is not a digest.
func digestHint(value string) string {
	if hint := missing.Unexpanded(value); hint != "" {
		return hint
	}
	if right := rightDigest(value); right != "" {
		return "Write " + right + "."
	}
	repo, digest, pinned := strings.Cut(value, "@")
	switch hex, isDigest := strings.CutPrefix(value, "sha256:"); {
	case isDigest:
		return fmt.Sprintf("A digest has 64 hexadecimal digits after sha256:, but this value has %d characters after sha256:. Copy the complete digest.", len(hex))
	case pinned && strings.HasPrefix(digest, "sha256:"):
		return fmt.Sprintf("Write HOST/OWNER/NAME@sha256:…, with 64 hexadecimal digits after sha256:. Check the repository %.60q and the digest.", repo)
	case strings.Contains(value, "/"):
		if _, err := os.Stat(value); err == nil || strings.Contains(value, "*") {
			return "The command merge reads no files. Set digests: ${{ toJSON(needs.JOB.outputs) }}, where JOB is the job that pushes with push-by-digest: true, or write the content of the files, one digest per line."
		}
		return "Write the digest of the image, which is sha256: and 64 hexadecimal digits. The command merge does not accept a tag, because a tag can move. To print the digest, run ghcr-publish inspect."
	}
	return outputHint
}

// result returns the sorted platform images, or an error about the complete
// input.
func (f *finder) result() ([]PlatformImage, error) {
	slices.Sort(f.skipped)
	slices.Sort(f.empty)
	if err := f.incomplete(); err != nil {
		return nil, err
	}
	switch {
	case len(f.found) == 0 && len(f.skipped) > 0:
		return nil, nil
	case len(f.found) == 0:
		return nil, f.noDigestsError()
	case len(f.skipped) > 0:
		return nil, inputError("digests", CodeImagesSkipped,
			"Add `packages: write` to the permissions of every job, or remove this permission from every job. Nothing was published.", nil,
			"The jobs that set these outputs did not push, because their token cannot write packages: %s", strings.Join(f.skipped, ", "))
	}
	slices.SortStableFunc(f.found, func(a, b PlatformImage) int {
		return strings.Compare(a.order(), b.order())
	})
	var images []PlatformImage
	seen := map[v1.Hash]bool{}
	for _, img := range f.found {
		if !seen[img.Digest] {
			seen[img.Digest] = true
			images = append(images, img)
		}
	}
	return images, nil
}

// If an entry has no digest or a job failed, incomplete returns an error,
// because the index could lack a platform. The input "expect-platforms" replaces this
// check, unless no job has a digest.
func (f *finder) incomplete() error {
	none := len(f.found)+len(f.skipped) == 0
	switch {
	case len(f.failed) > 0 && (none || !f.checked):
		return inputError("digests", CodeJobFailed, f.failedHint(), nil,
			"The index can lack a platform, because %s", strings.Join(f.failed, ", and "))
	case len(f.empty) > 0 && !none && !f.checked:
		return inputError("digests", CodeDigestMissing, missingHint, nil,
			"The index would lack a platform, because the input digests has no value for %s", strings.Join(f.empty, ", "))
	}
	return nil
}

// failedHint returns the hint for jobs that did not end successfully.
func (f *finder) failedHint() string {
	hint := "Read the log of the job, and run the job again."
	if f.notRun {
		hint = "GitHub skips a job if the condition `if` of the job is false, or if a job in its needs list failed. Check both, and run the job again."
	}
	return hint + " If the job builds no image for this index, remove the job from the input digests. To merge only the images of the other jobs, set the input expect-platforms to the platforms of these images."
}

func (f *finder) noDigestsError() error {
	hint := "Set digests: ${{ toJSON(needs.JOB.outputs) }}. In the job JOB, declare an output digest-OS-ARCH for each platform, and set its value to the output of the step that has push-by-digest: true."
	title := "The input digests contains no digest"
	if f.pattern != "" {
		title = fmt.Sprintf("The input digests contains no digest whose name matches the input digest-name, which is %q", f.pattern)
	}
	if len(f.empty) > 0 {
		title += ", and these outputs are empty: " + strings.Join(f.empty, ", ")
		hint = "Read the logs of the jobs that set the empty outputs. " + hint
	}
	return inputError("digests", CodeNoDigests, hint, nil, "%s", title)
}

func inputError(in, code, hint string, err error, format string, args ...any) error {
	e := diag.Inputf(in, code, hint, format, args...)
	e.Err = err
	return e
}
