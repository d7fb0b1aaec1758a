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
// packages of the repository's own owner only (GHCR.md §2.4). If not, it says
// so.
func (p *pass) reachable(l *login) bool {
	t := p.traffic(l.job)
	images := t.pushes
	if len(images) == 0 {
		images = t.pulls
	}
	p.images = append(p.images, named(images, t.pushed)...)
	owners := p.strangers(l, images)
	if len(owners) == 0 {
		return true
	}
	p.left(CrossOwner, l.at, "Do this in a repository of that owner, or keep a token for this one step.",
		"%s reaches packages of %s, but the repository belongs to %s, and GITHUB_TOKEN is valid for its own owner only; so it stays.",
		l.what, strings.Join(owners, ", "), p.tree.repo.Owner)
	return false
}

// strangers are the owners of the images that are not the repository's. A pull
// from another owner counts only where nothing of the own owner is used, since
// it may be of a public image.
func (p *pass) strangers(l *login, images []Image) []string {
	own := p.tree.repo.Known().Owner
	if own == flow.UnknownOwner {
		return nil
	}
	var out []string
	add := func(owner string) {
		if owner != "" && !strings.ContainsAny(owner, "{}?$") && !strings.EqualFold(owner, own) && !slices.Contains(out, owner) {
			out = append(out, owner)
		}
	}
	ownUsed := false
	for _, c := range l.cases {
		if p.isOurs(c.host) {
			add(c.owner)
		}
	}
	for _, image := range images {
		ownUsed = ownUsed || strings.EqualFold(image.Owner, own) || strings.ContainsAny(image.Owner, "{}?$")
		if l.level == none {
			add(image.Owner)
		}
	}
	if ownUsed && !p.traffic(l.job).pushed {
		return nil
	}
	return out
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
