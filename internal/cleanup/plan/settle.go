package plan

import (
	"cmp"
	"maps"
	"slices"
	"time"

	"github.com/ghcr-publish/ghcr-publish/internal/cleanup/graph"
)

// settle turns a selection into deletions and detachments. Each version that no rule
// selects stays, together with everything that it needs.
func (p *Plan) settle(s selection) {
	s.roots, s.tags, s.held = maps.Clone(s.roots), maps.Clone(s.tags), maps.Clone(s.held)
	last := map[string]bool{}
	var kept, gone graph.Closure
	for {
		kept = p.Package.Closure(p.staying(s), true)
		gone = p.Package.Closure(p.positions(s.roots), false)
		for i := range gone {
			if kept.Has(i) {
				gone[i] = graph.Link{}
			}
		}
		if p.empty || !p.losesAllTags(gone) {
			break
		}
		digest := p.lastTagged(s)
		last[digest] = true
		delete(s.roots, digest)
		p.Left = append(p.Left, Left{Digest: digest, Cause: LastTagged})
		maps.DeleteFunc(s.tags, func(_ string, t selectedTag) bool { return t.digest == digest })
	}
	for digest := range last {
		s.held[digest] = Reason{Kind: LastOne}
	}
	p.decide(s, kept, gone)
	p.detachments(s, gone)
	p.count()
}

// staying returns the versions from which the planner starts: images that no rule
// selects, and everything that keep or keep-used names.
func (p *Plan) staying(s selection) []int {
	var out []int
	for i := range p.Package.Nodes {
		n := &p.Package.Nodes[i]
		_, named := s.named[n.Digest]
		_, root := s.roots[n.Digest]
		if named || n.Image() && !root {
			out = append(out, i)
		}
	}
	return out
}

// positions returns the sorted positions of digests that exist.
func (p *Plan) positions(digests map[string]Reason) []int {
	var out []int
	for digest := range digests {
		if i := p.Package.Find(digest); i >= 0 {
			out = append(out, i)
		}
	}
	slices.Sort(out)
	return out
}

// losesAllTags reports whether the package has tagged versions and all of them go. GitHub
// counts technical tags, too.
func (p *Plan) losesAllTags(gone graph.Closure) bool {
	tagged := false
	for i := range p.Package.Nodes {
		if len(p.Package.Nodes[i].Tags) > 0 {
			if !gone.Has(i) {
				return false
			}
			tagged = true
		}
	}
	return tagged
}

// lastTagged returns the selected version that stays because GitHub does not delete the
// last tagged version: the newest image with a tag, or else a version whose closure has a
// tag.
func (p *Plan) lastTagged(s selection) string {
	var images, tagged, owners []int
	for _, i := range p.positions(s.roots) {
		n := &p.Package.Nodes[i]
		if len(n.Names) > 0 && !n.Referrer {
			images = append(images, i)
		}
		if len(n.Names) > 0 {
			tagged = append(tagged, i)
		}
	}
	if len(tagged) == 0 {
		owners = p.owners(s)
	}
	able := owners
	if len(images) > 0 {
		able = images
	} else if len(tagged) > 0 {
		able = tagged
	}
	names := map[int][]string{}
	for _, i := range able {
		names[i] = p.Package.Nodes[i].Names
	}
	first := newest(p.Package, names, func(n *graph.Node) time.Time { return n.Updated })[0]
	return p.Package.Nodes[first].Digest
}

// owners returns the selected versions whose closure contains a tagged version.
func (p *Plan) owners(s selection) []int {
	var out []int
	for _, i := range p.positions(s.roots) {
		closure := p.Package.Closure([]int{i}, false)
		for j := range closure {
			if closure.Has(j) && len(p.Package.Nodes[j].Tags) > 0 {
				out = append(out, i)
				break
			}
		}
	}
	return out
}

// decide fills the lists of the plan.
func (p *Plan) decide(s selection, kept, gone graph.Closure) {
	var set []int
	for i := range p.Package.Nodes {
		if gone.Has(i) {
			set = append(set, i)
			continue
		}
		p.Keep = append(p.Keep, Step{i, p.keepReason(s, i, kept[i])})
	}
	for _, i := range p.Package.Order(set) {
		why, ok := s.roots[p.Package.Nodes[i].Digest]
		if !ok {
			why = p.linkReason(gone[i])
		}
		p.Delete = append(p.Delete, Step{i, why})
	}
}

func (p *Plan) linkReason(l graph.Link) Reason {
	kinds := map[graph.Kind]ReasonKind{graph.AsChild: ChildOf, graph.AsReferrer: ReferrerOf, graph.AsSubject: SubjectOf}
	kind, ok := kinds[l.Kind]
	if !ok {
		return Reason{Kind: Unselected}
	}
	return Reason{Kind: kind, Of: p.Package.Nodes[l.From].Digest}
}

// keepReason returns the reason why a version stays.
func (p *Plan) keepReason(s selection, i int, l graph.Link) Reason {
	n := &p.Package.Nodes[i]
	if why, ok := s.named[n.Digest]; ok {
		return why
	}
	for _, tag := range n.Names {
		if why, ok := s.keptTags[tag]; ok {
			return why
		}
	}
	if why, ok := s.held[n.Digest]; ok {
		return why
	}
	return p.linkReason(l)
}

// detachments lists the selected tags of versions that stay.
func (p *Plan) detachments(s selection, gone graph.Closure) {
	for _, tag := range slices.Sorted(maps.Keys(s.tags)) {
		selected := s.tags[tag]
		i := p.Package.Find(selected.digest)
		switch {
		case i < 0 || gone.Has(i):
		case p.detach:
			p.Detach = append(p.Detach, Detachment{tag, i, selected.why})
		default:
			p.Left = append(p.Left, Left{Digest: selected.digest, Tag: tag, Cause: Shared})
		}
	}
}

// count computes the number of images that go and the bytes that nothing names any more.
func (p *Plan) count() {
	p.Count = len(p.Detach)
	for _, step := range p.Delete {
		if p.Package.Nodes[step.Node].Image() {
			p.Count++
		}
	}
	deleted := map[string]bool{}
	for _, digest := range p.Digests(p.Delete) {
		deleted[digest] = true
	}
	p.Freed = p.FreedBy(func(digest string) bool { return deleted[digest] })
	slices.SortFunc(p.Left, func(a, b Left) int {
		return cmp.Or(cmp.Compare(a.Digest, b.Digest), cmp.Compare(a.Tag, b.Tag), cmp.Compare(a.Cause, b.Cause))
	})
	p.Left = slices.Compact(p.Left)
}

// FreedBy returns the size of the layers that only the deleted versions contain, in bytes.
func (p *Plan) FreedBy(deleted func(digest string) bool) int64 {
	used, freed := map[string]bool{}, int64(0)
	for _, gone := range []bool{false, true} {
		for i := range p.Package.Nodes {
			n := &p.Package.Nodes[i]
			if deleted(n.Digest) != gone {
				continue
			}
			for _, layer := range n.Manifest.Layers {
				if gone && !used[layer.Digest] {
					freed += layer.Size
				}
				used[layer.Digest] = true
			}
		}
	}
	return freed
}
