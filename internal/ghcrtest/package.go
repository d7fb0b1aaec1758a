package ghcrtest

import (
	"slices"
	"time"
)

// pkg is a package with its content.
type pkg struct {
	Package
	id     int64
	exists bool // exists is true after the first manifest was pushed.
	// tagged is true after the first tag was created. The source labels of later
	// manifests then do not link the package.
	tagged   bool
	created  time.Time
	updated  time.Time
	blobs    map[string]bool
	versions []*version          // oldest first
	live     map[string]*version // live maps digests to the versions that are not deleted.
	tags     map[string]string
	tagOrder []string // tagOrder contains the tags in the order of their creation.
	lag      lag
	gone     time.Time // gone is the time of the deletion of the package.
}

// version is a manifest of a package. GitHub calls a manifest a package version.
type version struct {
	id        int64
	digest    string
	mediaType string // mediaType is the exact Content-Type of the push.
	raw       []byte
	created   time.Time
	updated   time.Time
	deleted   bool
	gone      time.Time // gone is the time of the deletion.
	goneTags  []string  // goneTags contains the tags that the version had when it was deleted.
	downloads int
	// unreadable makes the registry refuse every read of the manifest.
	unreadable bool
}

func newPkg(name string) *pkg {
	return &pkg{Package: Package{Name: name}, blobs: map[string]bool{}, live: map[string]*version{}, tags: map[string]string{}}
}

// initialize turns stored content into a package.
func (p *pkg) initialize(id int64, now time.Time) {
	p.id, p.exists, p.created, p.updated = id, true, now, now
	if p.Grants == nil {
		p.Grants = map[string]Role{}
	}
}

// byDigest returns the version with a digest, or nil. byDigest ignores deleted
// versions.
func (p *pkg) byDigest(digest string) *version { return p.live[digest] }

// deletedByDigest returns a deleted version with a digest, or nil. If several deleted
// versions have the digest, deletedByDigest returns the newest version.
func (p *pkg) deletedByDigest(digest string) *version {
	for _, v := range slices.Backward(p.versions) {
		if v.digest == digest && v.deleted {
			return v
		}
	}
	return nil
}

// byID returns the version with an id, or nil. byID also returns deleted versions.
func (p *pkg) byID(id int64) *version {
	for _, v := range p.versions {
		if v.id == id {
			return v
		}
	}
	return nil
}

// tagsOf returns the tags of a digest in the order of their creation.
func (p *pkg) tagsOf(digest string) []string {
	out := []string{}
	for _, t := range p.tagOrder {
		if p.tags[t] == digest {
			out = append(out, t)
		}
	}
	return out
}

// setTag creates or moves a tag.
func (p *pkg) setTag(tag, digest string) {
	if _, known := p.tags[tag]; !known {
		p.tagOrder = append(p.tagOrder, tag)
	}
	p.tags[tag] = digest
	p.tagged = true
}

// untag removes all tags of a digest.
func (p *pkg) untag(digest string) {
	p.tagOrder = slices.DeleteFunc(p.tagOrder, func(t string) bool {
		matches := p.tags[t] == digest
		if matches {
			delete(p.tags, t)
		}
		return matches
	})
}

// store adds a manifest as a version, or updates the existing version.
func (p *pkg) store(v version) *version {
	p.updated = v.created
	if known := p.byDigest(v.digest); known != nil {
		known.updated, known.mediaType = v.created, v.mediaType
		return known
	}
	if v.updated.IsZero() {
		v.updated = v.created
	}
	p.versions = append(p.versions, &v)
	p.live[v.digest] = &v
	return &v
}
