package plan

import (
	"time"

	"github.com/ghcr-publish/ghcr-publish/internal/cleanup/graph"
	"github.com/ghcr-publish/ghcr-publish/internal/cleanup/rules"
)

// chooseRoots adds the versions that the run deletes with all their tags. The rules untagged,
// orphans and broken select such versions, and so do rules that select all tags of a version.
func (s *selection) chooseRoots(p *graph.Package, r *rules.Rules, f Facts) {
	for i := range p.Nodes {
		n := &p.Nodes[i]
		if !n.Image() || s.protectedNode(n) {
			continue
		}
		rule := quietRule(p, i, r)
		if rule == "" {
			continue
		}
		if s.quiet(n, r, f.Now) {
			s.roots[n.Digest] = Reason{Kind: Selected, Rule: rule}
		}
	}
	s.untagged(p, r, f)
	for i := range p.Nodes {
		n := &p.Nodes[i]
		if why, ok := s.allTags(n); ok {
			s.roots[n.Digest] = why
		}
	}
}

// quietRule returns the rule orphans or broken that selects a version, or "".
func quietRule(p *graph.Package, i int, r *rules.Rules) string {
	n := &p.Nodes[i]
	switch state := p.Broken(i); {
	case r.Orphans && n.Orphan && len(n.Names) == 0:
		return "orphans: delete"
	case r.Ghosts && state == graph.Ghost:
		return "broken: all platforms are missing"
	case r.Partials && state == graph.Partial:
		return "broken: some platforms are missing"
	}
	return ""
}

// quiet reports whether a version is old enough for the rules untagged, orphans and
// broken.
func (s *selection) quiet(n *graph.Node, r *rules.Rules, now time.Time) bool {
	switch {
	case age(n, r, now) < r.OlderThan:
		s.held[n.Digest] = Reason{Kind: Young, Rule: "older-than"}
		return false
	case now.Sub(n.Updated) < r.MinAge:
		s.held[n.Digest] = Reason{Kind: Young, Rule: "min-age"}
		return false
	}
	return true
}

// untagged applies the input untagged.
func (s *selection) untagged(p *graph.Package, r *rules.Rules, f Facts) {
	if r.Untagged == rules.None {
		return
	}
	bare := map[int][]string{}
	for i := range p.Nodes {
		n := &p.Nodes[i]
		_, named := s.named[n.Digest]
		if n.Image() && !n.Orphan && len(n.Tags) == 0 && !named {
			bare[i] = nil
		}
	}
	ranked := newest(p, bare, func(n *graph.Node) time.Time { return start(n, r) })
	for place, i := range ranked {
		n := &p.Nodes[i]
		switch {
		case place < r.Untagged:
			s.held[n.Digest] = Reason{Kind: Newest, Rule: "untagged"}
		case s.quiet(n, r, f.Now):
			s.roots[n.Digest] = Reason{Kind: Selected, Rule: "untagged"}
		}
	}
}

// allTags reports whether every ordinary tag of a version is selected.
func (s *selection) allTags(n *graph.Node) (Reason, bool) {
	var why Reason
	for _, tag := range n.Names {
		selected, ok := s.tags[tag]
		if !ok || selected.digest != n.Digest {
			return Reason{}, false
		}
		why = selected.why
	}
	return why, len(n.Names) > 0
}
