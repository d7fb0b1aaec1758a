package ghcrtest

import (
	"slices"
	"time"
)

// pkg is a package with its content.
type pkg struct {
	Package
	id       int64
	exists   bool // set by the first manifest
	settled  bool // set by the first tag; ends the time in which a label links
	created  time.Time
	updated  time.Time
	blobs    map[string]bool
	versions []*version // oldest first
	tags     map[string]string
	tagOrder []string // as they first came
	lag      lag
}

// version is one manifest: what GitHub calls a package version.
type version struct {
	id        int64
	digest    string
	mediaType string // byte-exact as it came
	raw       []byte
	created   time.Time
	updated   time.Time
	deleted   bool
}

func newPkg(name string) *pkg {
	return &pkg{Package: Package{Name: name}, blobs: map[string]bool{}, tags: map[string]string{}}
}

// born turns stored content into a package.
func (p *pkg) born(id int64, now time.Time) {
	p.id, p.exists, p.created, p.updated = id, true, now, now
	if p.Grants == nil {
		p.Grants = map[string]Role{}
	}
}

// byDigest finds a live version.
func (p *pkg) byDigest(digest string) *version {
	for _, v := range p.versions {
		if v.digest == digest && !v.deleted {
			return v
		}
	}
	return nil
}

// byID finds a version, deleted or not.
func (p *pkg) byID(id int64) *version {
	for _, v := range p.versions {
		if v.id == id {
			return v
		}
	}
	return nil
}

// tagsOf lists the tags that point at a digest, in the order they came.
func (p *pkg) tagsOf(digest string) []string {
	out := []string{}
	for _, t := range p.tagOrder {
		if p.tags[t] == digest {
			out = append(out, t)
		}
	}
	return out
}

// point moves or makes a tag.
func (p *pkg) point(tag, digest string) {
	if _, known := p.tags[tag]; !known {
		p.tagOrder = append(p.tagOrder, tag)
	}
	p.tags[tag] = digest
	p.settled = true
}

// untag takes every tag off a digest.
func (p *pkg) untag(digest string) {
	p.tagOrder = slices.DeleteFunc(p.tagOrder, func(t string) bool {
		gone := p.tags[t] == digest
		if gone {
			delete(p.tags, t)
		}
		return gone
	})
}

// store adds a manifest as a version, or touches the one it already is.
func (p *pkg) store(v version) *version {
	p.updated = v.created
	if known := p.byDigest(v.digest); known != nil {
		known.updated, known.mediaType = v.created, v.mediaType
		return known
	}
	v.updated = v.created
	p.versions = append(p.versions, &v)
	return &v
}
