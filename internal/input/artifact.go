package input

import (
	"strings"

	"github.com/google/go-containerregistry/pkg/name"
	v1 "github.com/google/go-containerregistry/pkg/v1"

	"github.com/ghcr-publish/ghcr-publish/internal/safe/lazy"
)

// Artifact describes files to publish as an artifact instead of an image, for example a
// chart or an SBOM.
type Artifact struct {
	Type  string // a media type
	Files []ArtifactFile
	// Subject is the image that the artifact describes, or nil.
	Subject name.Reference
}

// ArtifactFile is a line of the input "content" if the input "artifact-type" is set.
type ArtifactFile struct {
	Path      string
	MediaType string // "" means the default media type
}

// mediaType matches a media type name of RFC 6838, section 4.2.
var mediaType = lazy.RegexpFunc(func() string {
	return `^[A-Za-z0-9][A-Za-z0-9!#$&^_.+-]{0,126}/[A-Za-z0-9][A-Za-z0-9!#$&^_.+-]{0,126}$`
})

// artifact reads the inputs of an artifact. artifact returns nil if the input
// "artifact-type" is empty.
func (r *reader) artifact(c *Config) *Artifact {
	a := &Artifact{Type: r.text("artifact-type")}
	if a.Type == "" {
		if r.text("subject") != "" {
			r.fail("subject", CodeArtifactTypeMissing, "Set the input artifact-type, such as application/vnd.cyclonedx+json, or remove the input subject.", "The input subject is set without the input artifact-type")
		}
		return nil
	}
	lines := r.lines("content")
	if len(lines) == 0 {
		r.failArtifactWithoutContent()
		return a
	}
	if !mediaType().MatchString(a.Type) {
		r.fail("artifact-type", CodeValue, artifactTypeHint(a.Type), "The input artifact-type is %q, which is not a media type", a.Type)
	}
	for _, in := range append(fileInputs, "labels") {
		if r.text(in) != "" {
			r.fail(in, CodeArtifactWithImageInput, "Remove the input "+in+" or the input artifact-type. The input annotations is allowed for images and for artifacts.", "The input %s is only for images, and the input artifact-type creates no image", in)
		}
	}
	r.refuseSourceWithContent()
	for _, line := range lines {
		a.Files = append(a.Files, parseArtifactFile(line))
	}
	r.subject(c, a)
	return a
}

// artifactTypes maps short names to the media types that users mean.
var artifactTypes = map[string]string{
	"helm": "application/vnd.cncf.helm.config.v1+json", "chart": "application/vnd.cncf.helm.config.v1+json",
	"spdx": "application/spdx+json", "cyclonedx": "application/vnd.cyclonedx+json", "sbom": "application/spdx+json or application/vnd.cyclonedx+json",
	"sarif": "application/sarif+json", "json": "application/json",
}

// artifactTypeHint returns the hint for a text that is not a media type.
func artifactTypeHint(text string) string {
	if meant := artifactTypes[strings.ToLower(text)]; meant != "" {
		return "Write the media type: " + meant + "."
	}
	return "Write a media type, such as application/vnd.cyclonedx+json."
}

// failArtifactWithoutContent refuses the input "artifact-type" if the input "content" is
// empty. failArtifactWithoutContent does not check the form of artifact-type.
func (r *reader) failArtifactWithoutContent() {
	const hint = "Set the input content to the files of the artifact, one PATH:MEDIA/TYPE per line."
	switch {
	case r.text("source") != "":
		r.fail("content", CodeContentMissing, "Remove the input artifact-type to publish the image in the input source. To publish files as an artifact, replace the input source by the input content.", "The input artifact-type needs the input content, but the input source is set")
	case r.text("context") != "" || r.text("file") != "":
		r.fail("content", CodeContentMissing, "Remove the input artifact-type to publish the image of the build. To publish files as an artifact, replace the input context and the input file by the input content.", "The input artifact-type needs the input content, but the step builds an image")
	default:
		r.fail("content", CodeContentMissing, hint, "The input artifact-type is set without the input content")
	}
}

// parseArtifactFile parses a line of the form PATH:MEDIA/TYPE or PATH.
func parseArtifactFile(line string) ArtifactFile {
	if at := strings.LastIndex(line, ":"); at > 0 && mediaType().MatchString(line[at+1:]) {
		return ArtifactFile{Path: line[:at], MediaType: line[at+1:]}
	}
	return ArtifactFile{Path: line}
}

// subject reads the subject of the artifact: a reference, or the digest of a manifest
// in the repository of the image. An artifact and its subject are in one repository, so
// the reference of the subject also names the repository to publish to. An artifact has
// no default tags, because the tags of the event belong to the image.
func (r *reader) subject(c *Config, a *Artifact) {
	text := r.text("subject")
	if text == "" {
		return
	}
	if tagName().MatchString(text) && len(c.Images) > 0 {
		r.failSubject(c, text)
		return
	}
	if _, err := v1.NewHash(text); err == nil && len(c.Images) > 0 {
		a.Subject = c.Images[0].Digest(text)
	} else if a.Subject = r.reference("subject", text, &c.Common); a.Subject == nil {
		return
	}
	repo := a.Subject.Context()
	if r.text("image") == "" {
		c.Images = []name.Repository{repo}
	}
	for _, other := range c.Images {
		if other.Name() != repo.Name() {
			r.fail("subject", CodeSubjectInOtherRepository, "An artifact and its subject must be in one repository. Set the input image to "+repo.Name()+", or remove the input image.", "The subject %q is not in %s", text, other)
		}
	}
	c.ByDigest = c.ByDigest || c.Tags == ""
}

// failSubject refuses a subject that is only a word, for example a tag.
func (r *reader) failSubject(c *Config, text string) {
	r.fail("subject", CodeReferenceInvalid,
		"The subject is the image that the artifact describes. Write the reference of the image, for example "+c.Images[0].Name()+":"+text+", or its digest, for example the output digest of the step that publishes the image.",
		"The input subject is %q, which is neither a reference nor a digest", text)
}
