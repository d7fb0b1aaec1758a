package migrate

import (
	"slices"
	"strings"

	"github.com/ghcr-publish/ghcr-publish/internal/migrate/flow"
)

// levelOf is the packages permission a login needs: what its finder says, or
// what the job's steps do with the registry.
func (p *pass) levelOf(l *login) level {
	if l.level != none {
		return l.level
	}
	return p.traffic(l.job).level()
}

// reachable reports whether GITHUB_TOKEN can stand in for a login: it reaches
// packages of the repository's own owner only (docs/ghcr.md, Limits of
// GITHUB_TOKEN). If not, it says so.
func (p *pass) reachable(l *login) bool {
	owners := p.strangers(l)
	if len(owners) == 0 {
		return true
	}
	p.left(CrossOwner, l.at, "Do this in a repository of that owner, or keep a token for this one step.",
		"%s reaches packages of %s, but the repository belongs to %s, and GITHUB_TOKEN is valid for its own owner only; so it stays.",
		l.what, strings.Join(owners, ", "), p.tree.repo.Owner)
	return false
}

// strangers are the owners of a login's images that are not the repository's.
func (p *pass) strangers(l *login) []string {
	own := p.tree.repo.Known().Owner
	if own == flow.UnknownOwner {
		return nil
	}
	var out []string
	add := func(owner string) {
		if owner != "" && isPlain(owner) && !strings.EqualFold(owner, own) && !slices.Contains(out, owner) {
			out = append(out, owner)
		}
	}
	for _, c := range l.cases {
		if p.isOurs(c.host) {
			add(c.owner)
		}
	}
	if l.level == none { // else the finder knows what the credential is for
		for _, image := range p.reached(l.job, own) {
			add(image.Owner)
		}
	}
	return out
}

// reached are the images that tell whom a job's login is for: what it pushes,
// or what it pulls where that is nothing of its own owner's. Other pulls may be
// of public images.
func (p *pass) reached(job *flow.Job, own string) []Image {
	t := p.traffic(job)
	if len(t.pushes) > 0 {
		return t.pushes
	}
	isOwn := func(i Image) bool { return strings.EqualFold(i.Owner, own) || !isPlain(i.Owner) }
	if t.pushed || slices.ContainsFunc(t.pulls, isOwn) {
		return nil
	}
	return t.pulls
}

// isPlain reports whether a name has no gap that only a run can fill.
func isPlain(name string) bool { return !strings.ContainsAny(name, "{}?$") }

// listImages records the packages that the migrated jobs use.
func (p *pass) listImages() {
	for _, job := range p.doc.Jobs {
		if p.needs[job] == nil {
			continue
		}
		t := p.traffic(job)
		p.images = append(p.images, named(t.pushes, true)...)
		if len(t.pushes) == 0 {
			p.images = append(p.images, named(t.pulls, false)...)
		}
	}
}

// named keeps the images whose name the file gives.
func named(images []Image, push bool) []Image {
	var out []Image
	for _, image := range images {
		if strings.ContainsAny(image.Name+image.Owner, "?$") || image.Name == "" {
			continue
		}
		image.Push = push
		out = append(out, image)
	}
	return out
}
