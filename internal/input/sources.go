package input

import (
	"fmt"
	"strings"

	"github.com/google/go-containerregistry/pkg/name"

	"github.com/ghcr-publish/ghcr-publish/internal/diag"
	"github.com/ghcr-publish/ghcr-publish/internal/diag/missing"
	"github.com/ghcr-publish/ghcr-publish/internal/source/detect"
)

// AllImages is the name in a line of the input "sources" whose source contains several
// images. Each image has its own name in the source.
const AllImages = "*"

// contextPrefix is the prefix of a source that is built from a Dockerfile.
const contextPrefix = "context:"

// maxSources is the maximum number of images of one release.
const maxSources = 100

// ImageSource is one image of a release, or a source that contains several images.
type ImageSource struct {
	Name   string // the name in the line, or AllImages
	Source string
	Build  *Build // Build is nil if Source names an existing image.
	// Images are the repositories of the image. For AllImages, the list is empty, because
	// only the source contains the names.
	Images []name.Repository
}

// sources reads the input "sources".
func (r *reader) sources(c *Config) {
	lines := r.lines("sources")
	r.refuseInputsOfOneImage()
	if r.hasOtherForm("sources") || r.refuseSourcesInOtherForm(lines) {
		return
	}
	if len(lines) > maxSources {
		r.fail("sources", CodeSourcesInvalid, "Divide the images into several steps.", "The input sources has %d lines, and the maximum is %d", len(lines), maxSources)
		return
	}
	build := r.buildOptions(&c.Common)
	if strings.Contains(r.text("sources"), "="+contextPrefix) {
		build.Platforms = r.platformNames("platforms")
	} else {
		r.refuseBuildInputs()
	}
	seen := map[string]bool{}
	stdin := 0
	for _, line := range lines {
		s, ok := r.imageSource(c, line, build)
		if stdin += standardInputs(s.Source); stdin == 2 {
			r.fail("sources", CodeSourcesInvalid, "Write the images to files. To save several images into one file, run docker save --output bundle.tar NAME..., and write *=bundle.tar.", "Two lines of the input sources read standard input, which can be read only once")
			stdin++
		}
		if !ok {
			continue
		}
		for _, repo := range s.Images {
			if seen[repo.Name()] {
				r.fail("sources", CodeSourcesInvalid, "Write one line for each image.", "The input sources names the image %s twice", repo.Name())
			}
			seen[repo.Name()] = true
		}
		c.Sources, c.Images = append(c.Sources, s), append(c.Images, s.Images...)
	}
}

// standardInputs returns 1 if a source reads standard input, and 0 for any other source.
func standardInputs(source string) int {
	_, file, prefixed := strings.Cut(source, "-archive:")
	if !prefixed {
		file = source
	}
	if file, _, _ = strings.Cut(file, "#"); file == "-" || file == "/dev/stdin" {
		return 1
	}
	return 0
}

// refuseInputsOfOneImage refuses the inputs that describe the only image of a run.
func (r *reader) refuseInputsOfOneImage() {
	for _, in := range append([]string{"source", "context", "file", "content", "image", "artifact-type", "subject"}, fileInputs...) {
		if r.text(in) != "" {
			r.fail(in, CodeSourcesWithInput, "Remove the input "+in+" or the input sources. Each line of the input sources contains the name and the source of one image.", "The inputs sources and %s exclude each other", in)
		}
	}
	if sbom := r.text("sbom"); sbom != "" && !isOff(sbom) {
		r.fail("sbom", CodeSourcesWithInput, "Remove the input sbom, because an SBOM describes one image. To sign the SBOM of one of the images, use the command attest for this image after this step.", "The inputs sources and sbom exclude each other")
	}
	if r.boolean("push-by-digest") {
		r.fail("push-by-digest", CodeSourcesWithInput, "Remove the input push-by-digest or the input sources. To publish the images of several matrix jobs, use the command merge once for each image.", "The inputs sources and push-by-digest exclude each other")
	}
	if r.text("on-readonly") == string(ReadOnlyArchive) {
		r.fail("on-readonly", CodeSourcesWithInput, "Set on-readonly: skip, or publish each image in a separate step. An archive contains only one image.", "The inputs sources and on-readonly: archive exclude each other")
	}
}

// imageSource parses one line of the input "sources".
func (r *reader) imageSource(c *Config, line string, build *Build) (ImageSource, bool) {
	image, source, ok := strings.Cut(line, "=")
	s := ImageSource{Name: strings.TrimSpace(image), Source: strings.TrimSpace(source)}
	if !ok || s.Name == "" || s.Source == "" {
		r.fail("sources", CodeSourcesInvalid, sourceLineHint(line), "The line %q of the input sources is not in the form NAME=SOURCE", line)
		return s, false
	}
	if folder, ok := strings.CutPrefix(s.Source, contextPrefix); ok {
		own := *build
		own.Context = folder
		s.Build, s.Source = &own, folder
	}
	if strings.HasPrefix(s.Source, referencePrefix) && s.Build == nil {
		s.Source = r.registrySource("sources", s.Source, &c.Common)
	}
	if s.Name == AllImages {
		if s.Build != nil {
			r.fail("sources", CodeSourcesInvalid, "Replace * by the name of the image.", "The line %q of the input sources has no name, and a Dockerfile builds only one image", line)
		}
		return s, s.Build == nil
	}
	repo, err := c.ReleaseImage(s.Name)
	if err != nil {
		r.errs = append(r.errs, err)
		return s, false
	}
	if found := detect.NotImage(s.Source); s.Build == nil && found.Found() {
		r.fail("sources", diag.CodeSourceNotLayout, SourcesHint(found.Hint), "The source %.300q of the image %s %s", s.Source, s.Name, found.Is)
	}
	s.Images = []name.Repository{repo}
	return s, true
}

// ReleaseImage returns the repository of a name in the input "sources", or of a name in a
// source with several images. A name without a slash belongs to the owner of the
// workflow's repository.
func (c *Common) ReleaseImage(text string) (name.Repository, error) {
	full := strings.ToLower(text)
	if hint := missing.Unexpanded(text); hint != "" {
		return name.Repository{}, diag.Inputf("sources", CodeSourcesInvalid, hint, "The input sources contains the name %q, which is not the name of an image", text)
	}
	if before, _, ok := strings.Cut(full, "@"); ok {
		return name.Repository{}, diag.Inputf("sources", CodeSourcesInvalid, "Write "+before+" without the digest, because the source determines the digest.", "The name %q in the input sources contains a digest", text)
	}
	if tag := tagOf(full); tag != "" {
		return name.Repository{}, diag.Inputf("sources", CodeSourcesInvalid, "Write "+strings.TrimSuffix(full, ":"+tag)+" without the tag, and set the input tags.", "The name %q in the input sources contains a tag", text)
	}
	if !strings.Contains(full, "/") {
		if c.GitHub.Owner == "" {
			return name.Repository{}, diag.Inputf("sources", CodeSourcesInvalid, fmt.Sprintf("Write the owner, such as %s/OWNER/%s.", c.Registry, full), "The name %q in the input sources contains no owner, and GITHUB_REPOSITORY is not set", text)
		}
		full = strings.ToLower(c.GitHub.Owner) + "/" + full
	}
	if fault := c.CheckName(full); fault != nil {
		return name.Repository{}, diag.Inputf("sources", CodeSourcesInvalid, fault.Cure, "The name %q in the input sources %s", text, fault.Is)
	}
	repo, err := name.NewRepository(full, name.WithDefaultRegistry(c.Registry))
	if err != nil {
		return name.Repository{}, diag.Inputf("sources", CodeSourcesInvalid, "Write registry, owner and name, such as ghcr.io/acme/web. A name has at most 255 characters.", "The name %q in the input sources is not the name of a repository", text)
	}
	c.noticeOwner(repo)
	return repo, nil
}

// BundledImage returns the repository of an image in a source with several images. The
// name in the source can contain a tag, which the run does not use, because the input
// "tags" contains the tags of the release. Docker and podman add docker.io/library,
// docker.io or localhost to names without a registry, so BundledImage removes these parts.
func (c *Common) BundledImage(text string) (name.Repository, error) {
	short := text
	for _, prefix := range []string{"docker.io/library/", "docker.io/", "localhost/"} {
		if rest, ok := strings.CutPrefix(short, prefix); ok {
			short = rest
			break
		}
	}
	short, _, _ = strings.Cut(short, "@")
	last := strings.LastIndexByte(short, '/') + 1
	base, _, _ := strings.Cut(short[last:], ":")
	return c.ReleaseImage(short[:last] + base)
}

// hasSources reports whether the input "sources" is set.
func (r *reader) hasSources() bool {
	return r.command == Publish && r.text("sources") != ""
}
