package input

import (
	"regexp"
	"strings"

	"github.com/google/go-containerregistry/pkg/name"
	v1 "github.com/google/go-containerregistry/pkg/v1"
)

// Artifact is content that is no image: a chart, an SBOM, a module.
type Artifact struct {
	Type  string // its media type
	Files []ArtifactFile
	// Subject is the image it is about; nil for none.
	Subject name.Reference
}

// ArtifactFile is a line of the input content, for an artifact.
type ArtifactFile struct {
	Path      string
	MediaType string // "" for the usual one
}

// mediaType is a name of RFC 6838, section 4.2.
var mediaType = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9!#$&^_.+-]{0,126}/[A-Za-z0-9][A-Za-z0-9!#$&^_.+-]{0,126}$`)

// artifact reads what is to be made an artifact; nil where artifact-type is
// not given.
func (r *reader) artifact(c *Config) *Artifact {
	a := &Artifact{Type: r.text("artifact-type")}
	if a.Type == "" {
		if r.text("subject") != "" {
			r.fail("subject", "artifact-type-missing", "Set artifact-type, such as application/vnd.cyclonedx+json, or take subject away.", "subject is given without artifact-type")
		}
		return nil
	}
	if !mediaType.MatchString(a.Type) {
		r.fail("artifact-type", "input-value", "Write a media type: application/vnd.cyclonedx+json.", "artifact-type is %q", a.Type)
	}
	for _, in := range append(fileInputs, "labels") {
		if r.text(in) != "" {
			r.fail(in, "artifact-is-no-image", "Take "+in+" or artifact-type away; annotations fit both.", "%s is for images, and artifact-type makes none", in)
		}
	}
	lines := r.lines("content")
	if len(lines) == 0 {
		r.fail("content", "content-missing", "Set content to its files, one PATH:MEDIA/TYPE a line.", "artifact-type is given without content")
	}
	r.eitherSource()
	for _, line := range lines {
		a.Files = append(a.Files, parseArtifactFile(line))
	}
	r.subject(c, a)
	return a
}

// parseArtifactFile reads PATH:MEDIA/TYPE, or PATH alone.
func parseArtifactFile(line string) ArtifactFile {
	if at := strings.LastIndex(line, ":"); at > 0 && mediaType.MatchString(line[at+1:]) {
		return ArtifactFile{Path: line[:at], MediaType: line[at+1:]}
	}
	return ArtifactFile{Path: line}
}

// subject reads what the artifact is about: a reference, or the digest of
// something in the image's repository. A manifest and its subject are in one
// repository, so that a reference says where to publish as well. Without tags
// the artifact gets none: those of the event are the image's.
func (r *reader) subject(c *Config, a *Artifact) {
	text := r.text("subject")
	if text == "" {
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
			r.fail("subject", "subject-elsewhere", "Publish the artifact where its subject is: set image to "+repo.Name()+", or leave it away.", "The subject %q is not in %s", text, other)
		}
	}
	c.ByDigest = c.ByDigest || c.Tags == ""
}
