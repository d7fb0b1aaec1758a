package migrate

import (
	"slices"
	"strings"

	"github.com/ghcr-publish/ghcr-publish/internal/migrate/flow"
)

// levelOf returns the permission for packages that a login needs. If the finder
// did not set the permission, the pushes and pulls of the job determine it.
func (p *pass) levelOf(l *login) level {
	if l.level != none {
		return l.level
	}
	return p.traffic(l.job).level()
}

// ownerAllowed reports whether GITHUB_TOKEN can replace the credential of a
// login. GITHUB_TOKEN can access only packages of the owner of the repository
// (docs/ghcr.md, Limits of GITHUB_TOKEN). If the login needs packages of
// another owner, ownerAllowed reports a finding and returns false.
func (p *pass) ownerAllowed(l *login) bool {
	owners := p.otherOwners(l)
	if len(owners) == 0 {
		return true
	}
	p.reportRemaining(CrossOwner, l.at, "Move this step to a repository of the owner of the packages, or keep the token for this step.",
		"%s uses packages of %s, but the repository belongs to %s. The login is not changed, because GITHUB_TOKEN is valid only for packages of the owner of the repository.",
		l.what, strings.Join(owners, ", "), p.tree.repo.Owner)
	return false
}

// otherOwners returns the owners of the images that a login needs. otherOwners
// omits the owner of the repository.
func (p *pass) otherOwners(l *login) []string {
	own := p.tree.repo.Known().Owner
	if own == flow.UnknownOwner {
		return nil
	}
	var out []string
	add := func(owner string) {
		if owner != "" && isLiteral(owner) && !strings.EqualFold(owner, own) && !slices.Contains(out, owner) {
			out = append(out, owner)
		}
	}
	for _, c := range l.cases {
		if p.isTargetHost(c.host) {
			add(c.owner)
		}
	}
	if l.level == none { // If the level is set, the finder knows the images of the login.
		for _, image := range p.loginImages(l.job, own) {
			add(image.Owner)
		}
	}
	return out
}

// loginImages returns the images that certainly need the login of a job. If the
// job pushes images, loginImages returns the pushed images. If the job only
// pulls images of other owners, loginImages returns the pulled images. If the
// job also pulls an image of the owner of the repository, loginImages returns
// nil, because the images of other owners can be public.
func (p *pass) loginImages(job *flow.Job, own string) []Image {
	t := p.traffic(job)
	if len(t.pushes) > 0 {
		return t.pushes
	}
	isOwn := func(i Image) bool { return strings.EqualFold(i.Owner, own) || !isLiteral(i.Owner) }
	if t.pushed || slices.ContainsFunc(t.pulls, isOwn) {
		return nil
	}
	return t.pulls
}

// isLiteral reports whether all parts of a name are known.
func isLiteral(name string) bool { return !strings.ContainsAny(name, "{}?$") }

// listImages records the packages that the migrated jobs use. listImages also
// records each migrated job if the file does not contain the names of all its
// packages.
func (p *pass) listImages() {
	for _, job := range p.doc.Jobs {
		if p.needs[job] == nil {
			continue
		}
		t := p.traffic(job)
		images, push := t.pulls, false
		if len(t.pushes) > 0 {
			images, push = t.pushes, true
		}
		named := withName(images, push)
		p.images = append(p.images, named...)
		if len(named) < len(images) || len(named) == 0 && !p.listsImages(job) {
			p.unnamed = append(p.unnamed, job)
		}
	}
}

// listsImages reports whether the images of a job are known without its steps. The job
// calls another workflow, or the pass has recorded an image, for example the image of
// the job container.
func (p *pass) listsImages(job *flow.Job) bool {
	return job.Uses != nil || p.finderImages[job]
}

// withName returns the images whose full names are known.
func withName(images []Image, push bool) []Image {
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
