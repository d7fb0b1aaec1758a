package graph

// Link says how a version came into a closure.
type Link struct {
	// From is the version that led to this version, or -1 for a start of the closure.
	From int
	Kind Kind
}

// Kind is the kind of a connection.
type Kind int

// A connection has one of these kinds.
const (
	Absent     Kind = iota // Absent means that the version is not in the closure.
	AsStart                // AsStart means that the closure starts at the version.
	AsChild                // AsChild means that the index From lists the version.
	AsReferrer             // AsReferrer means that the version refers to From.
	AsSubject              // AsSubject means that From refers to the version.
)

// Closure is a set of versions. It has one entry for each node of the package.
type Closure []Link

// Has reports whether the closure contains a version.
func (c Closure) Has(i int) bool { return c[i].Kind != Absent }

// Closure returns the versions that a start needs: children and referrers, and with
// "subjects" also the manifests that a referrer refers to. The starts must be sorted, so
// that the links do not depend on chance.
func (p *Package) Closure(starts []int, subjects bool) Closure {
	out := make(Closure, len(p.Nodes))
	var queue []int
	visit := func(i, from int, kind Kind) {
		if i >= 0 && out[i].Kind == Absent {
			out[i] = Link{From: from, Kind: kind}
			queue = append(queue, i)
		}
	}
	for _, i := range starts {
		visit(i, -1, AsStart)
	}
	for len(queue) > 0 {
		i := queue[0]
		queue = queue[1:]
		for _, child := range p.Nodes[i].Children {
			visit(child, i, AsChild)
		}
		for _, referrer := range p.Nodes[i].Referrers {
			visit(referrer, i, AsReferrer)
		}
		if subjects {
			visit(p.Nodes[i].Subject, i, AsSubject)
		}
	}
	return out
}

// State says how many platforms of an index are missing.
type State int

// An index has one of these states. An image without an index is whole.
const (
	unknown State = iota
	Whole         // Whole means that no platform is missing.
	Partial       // Partial means that some platforms are missing.
	Ghost         // Ghost means that all platforms are missing.
	pending
)

// Broken returns the state of a version. Attestations do not count. An index without
// entries, and an index with a technical tag, are whole. A nested index that is a ghost
// counts as missing.
func (p *Package) Broken(i int) State {
	if p.broken == nil {
		p.broken = make([]State, len(p.Nodes))
	}
	switch p.broken[i] {
	case unknown:
		p.broken[i] = pending
		p.broken[i] = p.brokenState(i)
	case pending: // a cycle, which real digests cannot form
		return Whole
	}
	return p.broken[i]
}

func (p *Package) brokenState(i int) State {
	n := &p.Nodes[i]
	if !n.Manifest.Index || len(n.Technical) > 0 {
		return Whole
	}
	wanted, damaged, missing := 0, 0, 0
	for _, child := range n.Manifest.Children {
		if child.Attestation {
			continue
		}
		wanted++
		state := Ghost
		if j := p.Find(child.Digest); j >= 0 {
			state = p.Broken(j)
		}
		if state != Whole {
			damaged++
		}
		if state == Ghost {
			missing++
		}
	}
	switch {
	case damaged == 0:
		return Whole
	case missing == wanted:
		return Ghost
	default:
		return Partial
	}
}

// Order sorts the versions of a set, so that each version comes before its children and
// its referrers. A run that stops between two versions then leaves no index without its
// children. Versions in a cycle have the order of their ids.
func (p *Package) Order(set []int) []int {
	in := map[int]bool{}
	for _, i := range set {
		in[i] = true
	}
	var out []int
	seen := map[int]bool{}
	var visit func(i int)
	visit = func(i int) {
		if !in[i] || seen[i] {
			return
		}
		seen[i] = true
		for _, child := range p.Nodes[i].Children {
			visit(child)
		}
		for _, referrer := range p.Nodes[i].Referrers {
			visit(referrer)
		}
		out = append(out, i) // children and referrers first
	}
	for k := len(set) - 1; k >= 0; k-- {
		visit(set[k])
	}
	for a, b := 0, len(out)-1; a < b; a, b = a+1, b-1 {
		out[a], out[b] = out[b], out[a]
	}
	return out
}
