package plan

import (
	"maps"
	"slices"
	"strings"
	"time"

	"golang.org/x/mod/semver"

	"github.com/ghcr-publish/ghcr-publish/internal/cleanup/graph"
	"github.com/ghcr-publish/ghcr-publish/internal/cleanup/rules"
	"github.com/ghcr-publish/ghcr-publish/internal/meta"
)

// selection contains what the rules select and protect. It names versions by digest,
// because a later plan of the same run applies it to a newer list of versions.
type selection struct {
	// roots are the versions that go with their closure.
	roots map[string]Reason
	// tags are the selected tags.
	tags map[string]selectedTag
	// named are the digests that keep or keep-used names.
	named map[string]Reason
	// keptTags are the tags that keep or keep-used names.
	keptTags map[string]Reason
	// held contains the reason if a rule selects a version, but another rule keeps it.
	held map[string]Reason
}

type selectedTag struct {
	digest string
	why    Reason
}

// chooser applies the rules to the tags of a package.
type chooser struct {
	selection

	p     *graph.Package
	r     *rules.Rules
	f     Facts
	at    map[string]int // tag → node
	names []string       // all ordinary tags, sorted
}

// choose selects tags and digests.
func choose(p *graph.Package, r *rules.Rules, f Facts) (selection, error) {
	c := &chooser{p: p, r: r, f: f, at: map[string]int{}}
	c.selection = selection{map[string]Reason{}, map[string]selectedTag{}, map[string]Reason{}, map[string]Reason{}, map[string]Reason{}}
	for i := len(p.Nodes) - 1; i >= 0; i-- {
		for _, tag := range p.Nodes[i].Names {
			c.at[tag] = i
		}
	}
	c.names = slices.Sorted(maps.Keys(c.at))
	if err := CheckRules(r, f.Event); err != nil {
		return c.selection, err
	}
	if err := c.protect(); err != nil {
		return c.selection, err
	}
	if !r.Any {
		c.byEvent()
	}
	for _, line := range r.Delete {
		if err := c.line(line); err != nil {
			return c.selection, err
		}
	}
	c.keepNewest()
	c.dropProtected()
	return c.selection, nil
}

// protect applies the inputs keep and keep-used.
func (c *chooser) protect() error {
	for _, k := range c.r.Keep {
		if k.Repository != "" && !sameRepository(k.Repository, c.f.Repository) {
			continue
		}
		why := Reason{Kind: Protected, Rule: k.Source}
		if k.Digest != "" && c.p.Find(k.Digest) >= 0 {
			c.named[k.Digest] = why
		}
		if _, ok := c.at[k.Tag]; ok {
			c.keptTags[k.Tag] = why
		}
		if k.Pattern == nil {
			continue
		}
		if err := c.protectMatching(k.Pattern, why); err != nil {
			return err
		}
	}
	return nil
}

// protectMatching keeps the tags that match a pattern.
func (c *chooser) protectMatching(pattern *rules.Pattern, why Reason) error {
	for _, tag := range c.names {
		ok, err := pattern.Match(tag)
		if err != nil {
			return err
		}
		if ok {
			c.keptTags[tag] = why
		}
	}
	return nil
}

// sameRepository reports whether a reference names the package. The host ghcr.io also means
// the registry of another GitHub server, because a reference too many only keeps an image.
func sameRepository(reference, repository string) bool {
	path, public := strings.CutPrefix(reference, "ghcr.io/")
	_, own, _ := strings.Cut(repository, "/")
	return reference == repository || public && path == own
}

// byEvent selects the tags of a closed pull request or of a deleted branch.
func (c *chooser) byEvent() {
	switch {
	case c.f.Event.ClosedPull != "":
		for _, tag := range c.names {
			if PullNumber(tag, rules.DefaultPrefix) == c.f.Event.ClosedPull {
				c.add(tag, "pull request "+c.f.Event.ClosedPull+" is closed")
			}
		}
	case c.f.Event.DeletedBranch != "":
		branch := c.f.Event.DeletedBranch
		if tag := meta.RefTag(branch); version(tag) == "" && tag != "latest" && c.has(tag) {
			c.add(tag, "branch "+branch+" is deleted")
		}
	}
}

func (c *chooser) has(tag string) bool { _, ok := c.at[tag]; return ok }

func (c *chooser) add(tag, rule string) {
	c.tags[tag] = selectedTag{c.p.Nodes[c.at[tag]].Digest, Reason{Kind: Selected, Rule: rule}}
}

// line applies one line of the input delete.
func (c *chooser) line(s rules.Selector) error {
	for _, digest := range s.Digests {
		if i := c.p.Find(digest); i >= 0 && c.age(i) >= s.OlderThan {
			c.roots[digest] = Reason{Kind: Selected, Rule: s.Line}
		}
	}
	hits, err := c.hits(s)
	if err != nil {
		return err
	}
	for _, tag := range hits {
		i := c.at[tag]
		if c.age(i) >= s.OlderThan {
			c.add(tag, s.Line)
		} else {
			c.hold(i, Young, s.Line)
		}
	}
	return nil
}

// hits returns the tags that a line selects, without its attribute older-than.
func (c *chooser) hits(s rules.Selector) ([]string, error) {
	switch s.Kind {
	case rules.SemVer:
		return c.releases(s), nil
	case rules.Pulls:
		return filter(c.names, func(tag string) (bool, error) {
			number := PullNumber(tag, s.Prefix)
			return number != "" && c.f.Closed[number], nil
		})
	case rules.Branch:
		return c.deletedBranches(s)
	}
	hits, err := filter(c.names, func(tag string) (bool, error) {
		for _, pattern := range s.Patterns {
			if ok, err := pattern.Match(tag); ok || err != nil {
				return ok, err
			}
		}
		return false, nil
	})
	if err != nil || s.Keep == rules.None {
		return hits, err
	}
	stay := c.newestOf(hits, s.Keep)
	return slices.DeleteFunc(hits, func(tag string) bool {
		if stay[c.at[tag]] {
			c.hold(c.at[tag], Newest, s.Line)
		}
		return stay[c.at[tag]]
	}), nil
}

// releases returns the releases that a line selects. The other releases stay because of the
// line.
func (c *chooser) releases(s rules.Selector) []string {
	selected := semverTags(c.names, s)
	for _, tag := range c.names {
		if v := version(tag); v != "" && semver.Prerelease(v) == "" && !slices.Contains(selected, tag) {
			c.hold(c.at[tag], Newest, s.Line)
		}
	}
	return selected
}

func filter(tags []string, keep func(string) (bool, error)) ([]string, error) {
	var out []string
	for _, tag := range tags {
		ok, err := keep(tag)
		if err != nil {
			return nil, err
		}
		if ok {
			out = append(out, tag)
		}
	}
	return out, nil
}

// deletedBranches returns the tags that match and that no branch gives.
func (c *chooser) deletedBranches(s rules.Selector) ([]string, error) {
	live := map[string]bool{"latest": true}
	for _, branch := range c.f.Branches {
		live[meta.RefTag(branch)] = true
		live[meta.Sanitize(branch)] = true
	}
	return filter(c.names, func(tag string) (bool, error) {
		if live[tag] || version(tag) != "" {
			return false, nil
		}
		return s.Match.Match(tag)
	})
}

// PullNumber returns the number of the pull request in a tag such as pr-12 or pr-12-amd64,
// or "".
func PullNumber(tag, prefix string) string {
	rest, ok := strings.CutPrefix(tag, prefix)
	if !ok {
		return ""
	}
	number := rest[:len(rest)-len(strings.TrimLeft(rest, "0123456789"))]
	after := rest[len(number):]
	if after != "" && !strings.ContainsAny(after[:1], "-._") {
		return ""
	}
	return number
}

// age returns the age by which the rules decide.
func (c *chooser) age(i int) time.Duration { return age(&c.p.Nodes[i], c.r, c.f.Now) }

func age(n *graph.Node, r *rules.Rules, now time.Time) time.Duration {
	if r.FromCreated {
		return now.Sub(n.Created)
	}
	return now.Sub(n.Updated)
}

func (c *chooser) hold(i int, kind ReasonKind, rule string) {
	c.held[c.p.Nodes[i].Digest] = Reason{Kind: kind, Rule: rule}
}

// keepNewest applies the input keep-newest.
func (c *chooser) keepNewest() {
	if c.r.KeepNewest == rules.None {
		return
	}
	stay := c.newestOf(slices.Sorted(maps.Keys(c.tags)), c.r.KeepNewest)
	for tag := range c.tags {
		if i := c.at[tag]; stay[i] {
			delete(c.tags, tag)
			c.hold(i, Newest, "keep-newest")
		}
	}
}

// dropProtected removes the tags and digests that keep or keep-used names, and the images
// that are too young.
func (c *chooser) dropProtected() {
	for tag, selected := range c.tags {
		_, keptTag := c.keptTags[tag]
		_, keptDigest := c.named[selected.digest]
		young := c.age(c.at[tag]) < c.r.OlderThan
		if young && !keptTag && !keptDigest {
			c.hold(c.at[tag], Young, "older-than")
		}
		if keptTag || keptDigest || young {
			delete(c.tags, tag)
		}
	}
	for digest := range c.roots {
		i := c.p.Find(digest)
		if c.protected(i) || c.age(i) < c.r.OlderThan {
			delete(c.roots, digest)
		}
	}
}

// protected reports whether keep or keep-used names the version or one of its tags.
func (s *selection) protectedNode(n *graph.Node) bool {
	if _, ok := s.named[n.Digest]; ok {
		return true
	}
	return slices.ContainsFunc(n.Names, func(tag string) bool { _, ok := s.keptTags[tag]; return ok })
}

func (c *chooser) protected(i int) bool { return c.protectedNode(&c.p.Nodes[i]) }

// newestOf returns the newest images of all images that have these tags.
func (c *chooser) newestOf(tags []string, count int) map[int]bool {
	byImage := map[int][]string{}
	for _, tag := range tags {
		byImage[c.at[tag]] = append(byImage[c.at[tag]], tag)
	}
	ranked := newest(c.p, byImage, func(n *graph.Node) time.Time { return start(n, c.r) })
	out := map[int]bool{}
	for _, i := range ranked[:min(count, len(ranked))] {
		out[i] = true
	}
	return out
}

// start returns the time at which the age of a version starts.
func start(n *graph.Node, r *rules.Rules) time.Time {
	if r.FromCreated {
		return n.Created
	}
	return n.Updated
}

// newest sorts images, the newest first: by SemVer if each tag is a version, else by time.
// The higher version id decides between equal images.
func newest(p *graph.Package, tags map[int][]string, start func(*graph.Node) time.Time) []int {
	highest, all := map[int]string{}, true
	for i, list := range tags {
		for _, tag := range list {
			v := version(tag)
			all = all && v != ""
			if highest[i] == "" || semver.Compare(v, highest[i]) > 0 {
				highest[i] = v
			}
		}
		all = all && len(list) > 0
	}
	return slices.SortedFunc(maps.Keys(tags), func(a, b int) int {
		order := start(&p.Nodes[b]).Compare(start(&p.Nodes[a]))
		if all {
			order = semver.Compare(highest[b], highest[a])
		}
		if order == 0 {
			return a - b // the nodes are sorted by id, the highest first
		}
		return order
	})
}
