package plan

import (
	"maps"
	"slices"

	"github.com/ghcr-publish/ghcr-publish/internal/cleanup/graph"
)

// Now is the state of the package at a later time of the run.
type Now struct {
	// Package contains the versions that exist. It also contains the versions that this
	// run itself deleted, with their old tags, so that their children still belong to
	// them.
	Package *graph.Package
	// Changed contains the digests of versions whose tags changed since the listing.
	Changed map[string]bool
	// Refused contains the digests that GitHub does not delete, because they have too
	// many downloads.
	Refused map[string]bool
}

// Again applies the same selection to a later state. The new plan deletes and detaches at
// most what the old plan does.
func (p *Plan) Again(now Now) *Plan {
	out := &Plan{Package: now.Package, selection: p.selection, empty: p.empty, detach: p.detach, Images: now.Package.Images()}
	out.Left = slices.Clone(p.Left)
	out.settle(out.remaining(now))
	out.limit(p, now)
	out.count()
	return out
}

// remaining returns the selection without the versions that are gone, changed or refused.
func (p *Plan) remaining(now Now) selection {
	s := p.selection
	s.roots, s.tags, s.held = maps.Clone(s.roots), maps.Clone(s.tags), maps.Clone(s.held)
	for _, left := range slices.Clone(p.Left) {
		if left.Cause == LastTagged {
			delete(s.roots, left.Digest)
			maps.DeleteFunc(s.tags, func(_ string, t selectedTag) bool { return t.digest == left.Digest })
		}
	}
	for digest := range s.roots {
		switch {
		case now.Package.Find(digest) < 0:
			delete(s.roots, digest)
		case now.Changed[digest]:
			delete(s.roots, digest)
			s.held[digest] = Reason{Kind: OnlyChanged}
			p.Left = append(p.Left, Left{Digest: digest, Cause: Changed})
		case now.Refused[digest]:
			delete(s.roots, digest)
			s.held[digest] = Reason{Kind: OnlyRefused}
			p.Left = append(p.Left, Left{Digest: digest, Cause: Downloads})
		}
	}
	maps.DeleteFunc(s.tags, func(tag string, t selectedTag) bool {
		i := now.Package.Find(t.digest)
		return now.Changed[t.digest] || now.Refused[t.digest] || i < 0 || !slices.Contains(now.Package.Nodes[i].Names, tag)
	})
	return s
}

// limit removes from the new plan everything that the old plan did not contain, and the
// versions that changed or that GitHub does not delete.
func (p *Plan) limit(old *Plan, now Now) {
	planned := map[string]bool{}
	for _, digest := range old.Digests(old.Delete) {
		planned[digest] = true
	}
	p.Delete = slices.DeleteFunc(p.Delete, func(step Step) bool {
		digest := now.Package.Nodes[step.Node].Digest
		if planned[digest] && !now.Changed[digest] && !now.Refused[digest] {
			return false
		}
		why := Reason{Kind: Unselected}
		if planned[digest] && !now.Changed[digest] {
			why.Kind = OnlyRefused
			p.Left = append(p.Left, Left{Digest: digest, Cause: Downloads})
		}
		p.Keep = append(p.Keep, Step{step.Node, why})
		return true
	})
	p.Detach = p.Detach[:0]
	for _, d := range old.Detach {
		digest := old.Package.Nodes[d.Node].Digest
		i := now.Package.Find(digest)
		if i >= 0 && !now.Changed[digest] && slices.Contains(now.Package.Nodes[i].Names, d.Tag) {
			p.Detach = append(p.Detach, Detachment{d.Tag, i, d.Why})
		} else {
			p.Left = append(p.Left, Left{Digest: digest, Tag: d.Tag, Cause: Changed})
		}
	}
}
