package input

import (
	"errors"
	"slices"
	"strings"

	"github.com/ghcr-publish/ghcr-publish/internal/diag"
	"github.com/ghcr-publish/ghcr-publish/internal/safe/lazy"
)

// MetadataConfig is the configuration of `metadata`.
type MetadataConfig struct {
	Common
	Naming
	Images                             string // the input "images" in the form of docker/metadata-action, not parsed
	FromGit                            bool
	SepTags, SepLabels, SepAnnotations string
	BakeTarget                         string
	Explain                            bool
}

// ParseMetadata reads and checks the inputs of `metadata`.
func ParseMetadata(env Environment) (*MetadataConfig, error) {
	r := newReader(Metadata, env)
	c := &MetadataConfig{Naming: r.naming(), Explain: r.boolean("explain")}
	r.base(&c.Common, env)
	c.Home = c.GitHub.Registry()
	r.token(&c.Common, env)
	c.Images = strings.TrimSpace(r.text("images") + "\n" + r.text("image"))
	c.noticeImages()
	c.FromGit = r.context() == "git"
	c.SepTags, c.SepLabels, c.SepAnnotations = r.raw("sep-tags"), r.raw("sep-labels"), r.raw("sep-annotations")
	if c.BakeTarget = r.text("bake-target"); !bakeTarget().MatchString(c.BakeTarget) {
		r.fail("bake-target", CodeValue, "Write one name of a target, which contains only letters, digits, - and _, for example docker-metadata-action.", "The input bake-target has the invalid value %q", c.BakeTarget)
	}
	return c, errors.Join(r.errs...)
}

// bakeTarget matches the name of a target in a file of docker buildx bake.
var bakeTarget = lazy.Regexp(`^[A-Za-z0-9_-]+$`)

// noticeImages warns about names of images that no registry accepts. Such names are not
// errors, because docker/metadata-action also accepts them.
func (c *MetadataConfig) noticeImages() {
	for line := range strings.Lines(c.Images) {
		image := imageName(line)
		lower := strings.ToLower(image)
		tag := tagOf(image)
		name := strings.TrimSuffix(image, ":"+tag)
		switch {
		case image == "":
		case strings.ContainsAny(image, " \t"):
			c.warnImage(image, "contains a blank", "Write one image per line.")
		case strings.Contains(image, "://"):
			_, rest, _ := strings.Cut(image, "://")
			c.warnImage(image, "is a URL", "Write images: "+rest+".")
		case strings.Contains(image, "@"):
			name, _, _ := strings.Cut(image, "@")
			c.warnImage(image, "contains a digest", "Write images: "+name+".")
		case tag != "":
			c.warnImage(image, "contains a tag", "Write images: "+strings.TrimRight(name, "/")+", and write the tag "+tag+" in the input tags.")
		case c.CheckName(image) != nil:
			fault := c.CheckName(image)
			c.warnImage(image, fault.Is, fault.Cure)
		case lower != image:
			c.Notices = append(c.Notices, diag.Notice{
				Code: CodeImageLowercased, Level: diag.Info, Title: "Image name in lower case",
				Text: "The image " + quote(image) + " is written as " + lower + ", because registries accept only lower-case names.",
			})
		}
	}
}

func (c *MetadataConfig) warnImage(image, fault, hint string) {
	c.Notices = append(c.Notices, diag.Notice{
		Code: CodeImageInvalid, Level: diag.Warning, Title: "The image " + quote(image) + " " + fault,
		Text: "The image " + quote(image) + " " + fault + ", so no registry accepts the references in the outputs. docker/metadata-action also adds the tag to the complete text. " + hint,
	})
}

// imageName returns the name of the image in one line of the input "images". The line is
// NAME, or a list of attributes such as name=NAME. imageName returns "" for a disabled
// image (docker/metadata-action, "images input").
func imageName(line string) string {
	name := ""
	for field := range strings.SplitSeq(strings.TrimSpace(line), ",") {
		key, value, isAttribute := strings.Cut(strings.TrimSpace(field), "=")
		switch {
		case !isAttribute && name == "":
			name = key
		case key == "name":
			name = value
		case key == "enable" && strings.EqualFold(value, "false"):
			return ""
		}
	}
	return name
}

// naming returns the inputs for tags, labels and annotations. Package meta parses these
// inputs, and its errors name the faulty rule.
func (r *reader) naming() Naming {
	if tags := r.text("tags"); r.command != Metadata && slices.Contains([]string{"true", "false", "yes", "no", "null", "undefined"}, strings.ToLower(tags)) {
		r.fail("tags", CodeValue, "Write the names of the tags, such as 1.2.3, or remove the input to publish the default tags of the event.", "The input tags is %q, which is probably not the name of a tag", tags)
	}
	return Naming{
		Tags: r.text("tags"), Flavor: r.text("flavor"), Version: r.text("version"),
		Labels: r.text("labels"), Annotations: r.text("annotations"),
	}
}

// context reads the input "context", or the input "ref-context" if the input "context" is
// empty. In docker/metadata-action, the input "ref-context" has the name "context".
func (r *reader) context() string {
	switch v := r.text("context"); v {
	case "":
		return r.choice("ref-context")
	case "git", "workflow":
		return v
	default:
		r.fail("context", CodeValue, "For the command metadata, write workflow or git.", "The input context has the invalid value %q", v)
		return v
	}
}
