package input

import (
	"errors"
	"strings"

	"github.com/google/go-containerregistry/pkg/name"
)

// DiffConfig is the configuration of `diff`.
type DiffConfig struct {
	Common

	Old, New Compared
	JSON     bool
	ExitCode bool // the exit status shows whether the images differ
}

// Compared is one of the images that `diff` compares.
type Compared struct {
	Source    string         // the text of the user
	Reference name.Reference // nil if Source is not a reference
}

// ParseDiff reads and checks the inputs of `diff`.
func ParseDiff(env Environment) (*DiffConfig, error) {
	r := newReader(Diff, env)
	c := &DiffConfig{JSON: r.boolean("json"), ExitCode: r.boolean("exit-code")}
	r.registryInputs(&c.Common, env)
	sources := r.lines("source")
	if len(sources) != 2 {
		if r.unknown("source") {
			return c, errors.Join(r.errs...)
		}
		r.fail("source", CodeTwoImages, r.twoImagesHint(), "The command diff compares two images, but %d %s", len(sources), plural(len(sources)))
		return c, errors.Join(r.errs...)
	}
	for i, image := range []*Compared{&c.Old, &c.New} {
		image.Source = sources[i]
		if strings.HasPrefix(image.Source, referencePrefix) || !isLocal(image.Source) {
			image.Reference = r.reference("source", image.Source, &c.Common)
		}
	}
	return c, errors.Join(r.errs...)
}

func (r *reader) twoImagesHint() string {
	if r.terminal {
		return "Write the old image first, and then the new image: ghcr-publish diff OLD NEW."
	}
	return "Write two images into source, one per line: first the old image, then the new image."
}

func plural(images int) string {
	if images == 1 {
		return "image is named"
	}
	return "images are named"
}
