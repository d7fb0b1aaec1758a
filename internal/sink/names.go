package sink

import (
	"strings"

	"github.com/google/go-containerregistry/pkg/name"
)

// These annotations contain the name of an image in a layout. By convention, the
// annotation of the image-spec contains the tag. The annotation of containerd
// contains the whole reference.
const (
	annotationRef  = "org.opencontainers.image.ref.name"
	annotationName = "io.containerd.image.name"
)

// names are the names of an image in its destination.
type names struct {
	ref      string // org.opencontainers.image.ref.name
	full     string // io.containerd.image.name
	explicit bool   // the target contains the name
}

// namesOf returns the names in the target, or the names of the reference that
// was pulled.
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

// normalized returns a reference in the form that Docker and containerd write in
// annotations. This form contains the registry docker.io instead of
// index.docker.io.
func normalized(ref name.Reference) string {
	full := ref.Name()
	if rest, ok := strings.CutPrefix(full, name.DefaultRegistry+"/"); ok {
		return "docker.io/" + rest
	}
	return full
}

// annotations returns the annotations of the entry in index.json.
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

// replaces reports whether an image with these names and this digest replaces an
// entry of index.json. If the target contains a name, the image replaces the entry
// with this name. Otherwise, it replaces the entry with the same whole reference.
// An equal tag alone is not enough, because images of different repositories can
// have the same tag.
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

// repoTags returns the value of RepoTags in a docker archive. For a reference by
// digest, it returns nil.
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
