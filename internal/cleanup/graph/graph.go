// Package graph connects the versions of a package by their manifests. GitHub's API knows
// only versions: a digest with its tags. The graph adds the children of indexes, the
// subjects of referrers, and the tags by which clients find referrers.
//
// Package graph is pure: package read collects the data.
package graph

import (
	"cmp"
	"slices"
	"time"

	"github.com/ghcr-publish/ghcr-publish/internal/image"
)

// Version is a version of a package in GitHub's API.
type Version struct {
	ID      int64
	Digest  string
	Tags    []string
	Created time.Time
	Updated time.Time
}

// Manifest contains the parts of a manifest that connect it to others. The zero value
// describes a manifest that is gone: it has no connections.
type Manifest struct {
	MediaType string  `json:"t,omitempty"`
	Index     bool    `json:"x,omitempty"`
	Children  []Child `json:"c,omitempty"`
	// Subject is the digest of the manifest that this manifest refers to, or "".
	Subject string `json:"s,omitempty"`
	Layers  []Blob `json:"l,omitempty"`
	// Size is the size of the manifest in bytes.
	Size int64 `json:"n,omitempty"`
}

// Child is an entry of an index.
type Child struct {
	Digest string `json:"d"`
	// Attestation reports whether the entry is an attestation of BuildKit. The
	// attestation belongs to the index that lists it.
	Attestation bool `json:"a,omitempty"`
}

// Blob is a layer.
type Blob struct {
	Digest string `json:"d"`
	Size   int64  `json:"n"`
}

// Node is a version with its connections. Connections are positions in [Package.Nodes].
type Node struct {
	Version
	Manifest Manifest
	// Names are the ordinary tags. Technical are the tags by which clients find the
	// referrers of a digest.
	Names, Technical []string
	// Children are the entries of the index that exist in the package.
	Children []int
	// Subject is the position of the manifest in the field "subject", or -1.
	Subject int
	// Referrers are the versions that refer to this version by their field "subject" or
	// by a technical tag.
	Referrers []int
	// Parents are the indexes that list this version.
	Parents []int
	// Referrer reports whether the version refers to a version that exists.
	Referrer bool
	// Orphan reports whether each version that this version refers to is gone.
	Orphan bool
}

// Image reports whether a person counts the version as an image: it has an ordinary tag,
// or its subject is gone, or it is neither a part of an index nor a referrer.
func (n *Node) Image() bool {
	return len(n.Names) > 0 || n.Orphan || len(n.Parents) == 0 && !n.Referrer
}

// Package is the graph of one package.
type Package struct {
	// Nodes are sorted from the highest version id to the lowest.
	Nodes []Node
	index map[string]int
	// broken caches the results of Broken.
	broken []State
}

// New connects the versions. The function "manifest" returns the manifest of a digest.
// The order of the versions does not change the result.
func New(versions []Version, manifest func(digest string) Manifest) *Package {
	p := &Package{Nodes: make([]Node, 0, len(versions)), index: make(map[string]int, len(versions))}
	sorted := slices.Clone(versions)
	slices.SortFunc(sorted, func(a, b Version) int {
		return cmp.Or(cmp.Compare(b.ID, a.ID), cmp.Compare(a.Digest, b.Digest))
	})
	for _, v := range sorted {
		if _, twice := p.index[v.Digest]; twice {
			continue // two pages of a changing list can contain the same version
		}
		p.index[v.Digest] = len(p.Nodes)
		node := Node{Version: v, Manifest: manifest(v.Digest), Subject: -1}
		node.Tags = slices.Sorted(slices.Values(v.Tags))
		for _, tag := range node.Tags {
			if image.TechnicalSubject(tag) == "" {
				node.Names = append(node.Names, tag)
			} else {
				node.Technical = append(node.Technical, tag)
			}
		}
		p.Nodes = append(p.Nodes, node)
	}
	for i := range p.Nodes {
		p.connect(i)
	}
	return p
}

// connect adds the connections of one node.
func (p *Package) connect(i int) {
	n := &p.Nodes[i]
	for _, child := range n.Manifest.Children {
		if j, ok := p.index[child.Digest]; ok && !slices.Contains(n.Children, j) {
			n.Children = append(n.Children, j)
			p.Nodes[j].Parents = append(p.Nodes[j].Parents, i)
		}
	}
	refers, exists := false, false
	refer := func(digest string) int {
		refers = true
		j, ok := p.index[digest]
		if !ok {
			return -1
		}
		exists = true
		if j != i && !slices.Contains(p.Nodes[j].Referrers, i) {
			p.Nodes[j].Referrers = append(p.Nodes[j].Referrers, i)
			n.Referrer = true
		}
		return j
	}
	for _, tag := range n.Technical {
		refer(image.TechnicalSubject(tag))
	}
	if n.Manifest.Subject != "" {
		n.Subject = refer(n.Manifest.Subject)
	}
	n.Orphan = refers && !exists
}

// Find returns the position of a digest, or -1.
func (p *Package) Find(digest string) int {
	if i, ok := p.index[digest]; ok {
		return i
	}
	return -1
}

// Images returns the number of images.
func (p *Package) Images() int {
	count := 0
	for i := range p.Nodes {
		if p.Nodes[i].Image() {
			count++
		}
	}
	return count
}
