package sink

import (
	"strings"

	"github.com/google/go-containerregistry/pkg/name"
)

// The annotations by which an image in a layout is named: the image-spec's,
// which is the tag by custom, and containerd's with the whole reference.
const (
	annotationRef  = "org.opencontainers.image.ref.name"
	annotationName = "io.containerd.image.name"
)

// names are what an image is called in its new place.
type names struct {
	ref      string // org.opencontainers.image.ref.name
	full     string // io.containerd.image.name
	explicit bool   // the user chose it
}

// namesOf follows the target's name, or the reference that was asked for.
func namesOf(t Target, ref name.Reference) names {
	if t.Ref != "" {
		n := names{ref: t.Ref, explicit: true}
		if tag, err := name.NewTag(t.Ref, name.StrictValidation); err == nil && strings.Contains(tag.RegistryStr(), ".") {
			n.full = familiar(tag)
		}
		return n
	}
	n := names{full: familiar(ref)}
	if tag, ok := ref.(name.Tag); ok {
		n.ref = tag.TagStr()
	}
	return n
}

// familiar is a reference as Docker and containerd write it.
func familiar(ref name.Reference) string {
	full := ref.Name()
	if rest, ok := strings.CutPrefix(full, name.DefaultRegistry+"/"); ok {
		return "docker.io/" + rest
	}
	return full
}

// annotations are those of the entry in index.json.
func (n names) annotations() map[string]string {
	out := map[string]string{}
	if n.ref != "" {
		out[annotationRef] = n.ref
	}
	if n.full != "" {
		out[annotationName] = n.full
	}
	return out
}

// replaces reports whether an entry of index.json gives way to an image of
// these names and digest: the one of the name that the user chose, or of the
// same whole reference. A mere tag is no name: that of another repository
// stays.
func (n names) replaces(old entry, digest string) bool {
	was := names{ref: old.Annotations[annotationRef], full: old.Annotations[annotationName]}
	switch {
	case n.explicit:
		return was.ref == n.ref
	case was.full == "":
		return old.Digest == digest && was.ref == n.ref
	}
	return was.full == n.full
}

// repoTags are the names of a docker archive; a digest is none.
func (n names) repoTags() []string {
	text := n.full
	if n.explicit {
		text = n.ref
	}
	tag, err := name.NewTag(text)
	if err != nil {
		return nil
	}
	return []string{familiar(tag)}
}
