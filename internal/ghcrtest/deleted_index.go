package ghcrtest

import "slices"

// childrenToDelete returns the versions that the server deletes together with an index
// ([Answers.DeletedIndex]).
func (w *state) childrenToDelete(p *pkg, index *version) []*version {
	if w.answers.DeletedIndex == ChildrenStay {
		return nil
	}
	var out []*version
	for _, digest := range index.children() {
		child := p.byDigest(digest)
		if child == nil || child == index || len(p.tagsOf(digest)) > 0 || slices.Contains(out, child) {
			continue
		}
		if w.answers.DeletedIndex == UnsharedChildrenDelete && p.listedElsewhere(digest, index) {
			continue
		}
		out = append(out, child)
	}
	return out
}

// children returns the digests that an index lists.
func (v *version) children() []string {
	m, refused := parseManifest(v.raw, v.mediaType)
	if refused != nil {
		return nil
	}
	var out []string
	for _, child := range m.Manifests {
		out = append(out, child.Digest)
	}
	return out
}

// listedElsewhere reports whether an index other than the given index lists a digest.
func (p *pkg) listedElsewhere(digest string, index *version) bool {
	return slices.ContainsFunc(p.versions, func(v *version) bool {
		return !v.deleted && v != index && slices.Contains(v.children(), digest)
	})
}
