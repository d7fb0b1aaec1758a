package sink

import (
	"strings"

	"github.com/google/go-containerregistry/pkg/name"
)

// These annotations contain the name of an image in a layout. By convention,
// annotationRef contains only the tag. containerd writes the whole reference
// into annotationName.
const (
	annotationRef  = "org.opencontainers.image.ref.name"
	annotationName = "io.containerd.image.name"
)

// names contains the names of an image in an archive or a layout.
type names struct {
	ref      string // ref is the value of the annotation org.opencontainers.image.ref.name.
	full     string // full is the value of the annotation io.containerd.image.name.
	explicit bool   // explicit is true if the user wrote a name in the destination.
}

// namesOf returns the names of the image in the destination. The names come from the
// name in the target or, if the target contains no name, from the pulled reference.
func namesOf(t Target, ref name.Reference) names {
	if t.Ref != "" {
		n := names{ref: t.Ref, explicit: true}
		if tag, err := name.NewTag(t.Ref, name.StrictValidation); err == nil && strings.Contains(tag.RegistryStr(), ".") {
			n.full = normalized(tag)
		}
		return n
	}
	n := names{full: normalized(ref)}
	if tag, ok := ref.(name.Tag); ok {
		n.ref = tag.TagStr()
	}
	return n
}

// normalized returns a reference in the form that Docker and containerd use for
// annotations. In this form, the registry of Docker Hub is docker.io and not
// index.docker.io.
func normalized(ref name.Reference) string {
	full := ref.Name()
	if rest, ok := strings.CutPrefix(full, name.DefaultRegistry+"/"); ok {
		return "docker.io/" + rest
	}
	return full
}

// annotations returns the annotations for the image in index.json.
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

// The method "replaces" reports whether a new image replaces an old entry of
// index.json. If the target contains a name, the new image replaces the entry with the
// same name. Otherwise, the new image replaces the entry with the same full reference.
// The tag alone is not sufficient, because images of different repositories can have
// the same tag.
func (n names) replaces(old entry, digest string) bool {
	previous := names{ref: old.Annotations[annotationRef], full: old.Annotations[annotationName]}
	switch {
	case n.explicit:
		return previous.ref == n.ref
	case previous.full == "":
		return old.Digest == digest && previous.ref == n.ref
	}
	return previous.full == n.full
}

// repoTags returns the value of the field RepoTags in a Docker archive.
// repoTags returns nil for a reference that contains a digest instead of a tag.
func (n names) repoTags() []string {
	text := n.full
	if n.explicit {
		text = n.ref
	}
	tag, err := name.NewTag(text)
	if err != nil {
		return nil
	}
	return []string{normalized(tag)}
}
