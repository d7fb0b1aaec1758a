package ghcrtest

import (
	"fmt"
	"net/http"
	"slices"
)

// role is what a credential may do with a package that exists; nil is an
// anonymous reader (locked).
func (w *world) role(c *Credential, p *pkg) Role {
	role := None
	if p.Visibility == Public {
		role = Read
	}
	if c == nil {
		return role
	}
	switch c.Kind {
	case ActionsToken:
		return max(role, w.jobRole(c, p))
	case ClassicPAT:
		return max(role, min(w.userRole(c, p), scopeRole(c.Scopes)))
	default: // fine-grained and App tokens see what everybody sees (docs/ghcr.md, Limits of GITHUB_TOKEN)
		return role
	}
}

// jobRole is the role of an Actions token: that of its repository, as far as
// the job's permissions go (locked).
func (w *world) jobRole(c *Credential, p *pkg) Role {
	limit := c.Packages
	if limit == Write {
		limit = Admin // packages: write includes deleting, where the role allows
	}
	if c.Repository == "" {
		return limit
	}
	role := None
	for repo, granted := range p.Grants {
		if key(repo) == key(c.Repository) {
			role = granted
		}
	}
	if !p.NoInherit && p.Repository != "" && key(p.Repository) == key(c.Repository) {
		role = Admin
	}
	return min(role, limit)
}

// userRole is the role of the person behind a classic token (locked).
func (w *world) userRole(c *Credential, p *pkg) Role {
	o := w.owner(ownerOf(p.Name))
	switch {
	case o == nil || holds(c.NoSSO, o.Login):
		return None
	case key(o.Login) == key(c.Actor) || holds(o.Admins, c.Actor):
		return Admin
	}
	role := None
	if p.Visibility == Internal && holds(o.Members, c.Actor) {
		role = Read
	}
	for login, granted := range p.Users {
		if key(login) == key(c.Actor) {
			role = max(role, granted)
		}
	}
	return role
}

// scopeRole is how far the scopes of a classic token reach; write:packages
// implies reading (docs/ghcr.md, Kinds of token). Deleting needs
// delete:packages besides, which the REST side checks.
func scopeRole(scopes []string) Role {
	switch {
	case slices.Contains(scopes, "write:packages"), slices.Contains(scopes, "delete:packages"):
		return Admin
	case slices.Contains(scopes, "read:packages"):
		return Read
	default:
		return None
	}
}

// installation is one of the refusals of docs/ghcr.md, Refused: create package,
// Refused: write package and Refused: read package. It says "organization" for
// user-owned packages too.
func (w *world) installation(verb string) *refusal {
	text := fmt.Sprintf(textInstallation, verb)
	if !w.answers.OldTexts {
		text = "permission_denied: " + text
	}
	return denied(text)
}

// mayPush says nil, or why a credential may not push to a name (locked).
func (w *world) mayPush(c *Credential, name string) *refusal {
	o := w.owner(ownerOf(name))
	if o == nil {
		return denied(textOwnerNotFound)
	}
	p := w.find(name)
	switch c.Kind {
	case ActionsToken:
		return w.jobMayPush(c, name, p)
	case ClassicPAT:
		return w.userMayPush(c, o, p)
	case AppToken:
		return w.installation(pushVerb(p))
	default: // fine-grained: login works, pushing does not (docs/ghcr.md, Refused: token scopes)
		return denied(textScopes)
	}
}

func pushVerb(p *pkg) string {
	if p == nil {
		return "Create"
	}
	return "Write"
}

// jobMayPush chooses between the refusals write_package, create package and write
// package. The caller holds the lock.
func (w *world) jobMayPush(c *Credential, name string, p *pkg) *refusal {
	switch {
	case c.Packages < Write:
		return w.installation(pushVerb(p))
	case p != nil && w.role(c, p) < Write:
		return denied(textWritePackage)
	case p == nil && !w.jobMayCreate(c, name):
		return w.installation("Create")
	}
	return nil
}

// jobMayCreate holds the three conditions of a first push: the repository's
// own owner, a repository that is there, and a visibility that the
// organization allows (locked).
func (w *world) jobMayCreate(c *Credential, name string) bool {
	if c.Repository != "" && !sameOwner(c.Repository, name) {
		return false
	}
	repo := w.repository(sourceOf(c, name))
	if repo == nil {
		return false
	}
	forbidden := slices.Contains(w.owner(ownerOf(name)).Forbidden, repo.Visibility)
	return !forbidden || w.answers.Forbidden == ForbiddenPrivate
}

// userMayPush is for classic tokens (locked).
func (w *world) userMayPush(c *Credential, o *Owner, p *pkg) *refusal {
	member := key(o.Login) == key(c.Actor) || holds(o.Members, c.Actor) || holds(o.Admins, c.Actor)
	switch {
	case !slices.Contains(c.Scopes, "write:packages"):
		return denied(textScopes)
	case holds(c.NoSSO, o.Login):
		return denied(textDenied) // SSO shows as nothing more than this (docs/ghcr.md, Kinds of token)
	case p != nil && w.role(c, p) < Write:
		return denied(textWritePackage)
	case p == nil && (!member || slices.Contains(o.Forbidden, Private)):
		return denied(textCreatePackage)
	}
	return nil
}

// mayPull says nil, or why a credential may not read a name. push says that
// its token was asked for pushing; absent is the "not there" that fits the
// request (locked).
func (w *world) mayPull(c *Credential, name string, push bool, absent *refusal) *refusal {
	p := w.find(name)
	if p != nil && w.role(c, p) >= Read {
		return nil
	}
	if push && c != nil {
		// A token asked for pushing is refused in the words of the push, also
		// when it reads: a HEAD request hides the text
		// (docs/ghcr.md, Refused: HEAD).
		if why := w.mayPush(c, name); why != nil {
			return why
		}
	}
	switch {
	case p != nil:
		return w.mayNotPull(c)
	case push && c != nil && w.packages[key(name)] != nil:
		return nil // about to create the package: sees the blobs it has sent
	case w.answers.AbsentRead == AbsentDenied:
		return denied(textDenied)
	default:
		return absent
	}
}

func (w *world) mayNotPull(c *Credential) *refusal {
	switch {
	case c == nil:
		return denied(textAccessDenied)
	case c.Kind == AppToken, c.Kind == ActionsToken && c.Packages == None:
		return w.installation("Read")
	case c.Kind == FineGrainedPAT, c.Kind == ClassicPAT && scopeRole(c.Scopes) == None:
		return denied(textScopes)
	default:
		return denied(textDenied)
	}
}

// absent builds the 404 of a kind of content.
func absent(code, message string) *refusal {
	return refuse(http.StatusNotFound, code, message)
}
