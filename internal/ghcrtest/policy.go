package ghcrtest

import (
	"fmt"
	"net/http"
	"slices"
)

// roleLocked returns the role of a credential for an existing package. A nil
// credential is anonymous.
func (w *state) roleLocked(c *Credential, p *pkg) Role {
	role := None
	if p.Visibility == Public {
		role = Read
	}
	if c == nil {
		return role
	}
	switch c.Kind {
	case ActionsToken:
		return max(role, w.jobRoleLocked(c, p))
	case ClassicPAT:
		return max(role, min(w.userRoleLocked(c, p), scopeRole(c.Scopes)))
	default: // Fine-grained and App tokens have the role of anonymous clients (docs/ghcr.md, Limits of GITHUB_TOKEN).
		return role
	}
}

// jobRoleLocked returns the role of an Actions token. The result is the lower of two
// roles: the role of the token's repository, and the role that the job's permissions
// allow.
func (w *state) jobRoleLocked(c *Credential, p *pkg) Role {
	limit := c.Packages
	if limit == Write {
		// The permission "packages: write" includes deletion if the repository has
		// the role Admin.
		limit = Admin
	}
	role, granted := p.grant(sourceRepository(c, p.Name))
	if c.Repository == "" && !granted {
		return limit
	}
	if c.Repository != "" && !p.NoInherit && p.Repository != "" && key(p.Repository) == key(c.Repository) {
		role = Admin
	}
	return min(role, limit)
}

// grant returns the role of a repository in the setting "Manage Actions access".
func (p *pkg) grant(repository string) (role Role, granted bool) {
	for repo, role := range p.Grants {
		if key(repo) == key(repository) {
			return role, true
		}
	}
	return None, false
}

// userRoleLocked returns the role of the person who owns a classic token.
func (w *state) userRoleLocked(c *Credential, p *pkg) Role {
	o := w.ownerLocked(ownerOf(p.Name))
	switch {
	case o == nil || containsFold(c.NoSSO, o.Login):
		return None
	case key(o.Login) == key(c.Actor) || containsFold(o.Admins, c.Actor):
		return Admin
	}
	role := None
	if p.Visibility == Internal && containsFold(o.Members, c.Actor) {
		role = Read
	}
	for login, granted := range p.Users {
		if key(login) == key(c.Actor) {
			role = max(role, granted)
		}
	}
	return role
}

// scopeRole returns the maximum role that the scopes of a classic token allow. The
// scope write:packages implies read:packages (docs/ghcr.md, Kinds of token).
// Deletion also needs delete:packages. The REST API checks this scope.
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

// installationNotAllowed returns the refusal of a token that has no permission to
// create, write or read a package (docs/ghcr.md, Refused: create package, Refused:
// write package, Refused: read package). The text contains "organization" also if the
// owner is a user.
func (w *state) installationNotAllowed(verb string) *refusal {
	text := fmt.Sprintf(textInstallation, verb)
	if !w.answers.OldTexts {
		text = "permission_denied: " + text
	}
	return denied(text)
}

// mayPushLocked returns nil if a client may push to a package name, and otherwise a
// refusal.
func (w *state) mayPushLocked(c *Credential, name string) *refusal {
	o := w.ownerLocked(ownerOf(name))
	if o == nil {
		return denied(textOwnerNotFound)
	}
	p := w.findLocked(name)
	switch c.Kind {
	case ActionsToken:
		return w.jobMayPushLocked(c, name, p)
	case ClassicPAT:
		return w.userMayPushLocked(c, o, p)
	case AppToken:
		return w.installationNotAllowed(pushVerb(p))
	default: // A fine-grained token can log in, but cannot push (docs/ghcr.md, Refused: token scopes).
		return denied(textScopes)
	}
}

func pushVerb(p *pkg) string {
	if p == nil {
		return "Create"
	}
	return "Write"
}

// jobMayPushLocked returns nil if an Actions token may push, and otherwise a refusal.
// The three refusals are in docs/ghcr.md, Refused: write_package, Refused: create
// package and Refused: write package.
func (w *state) jobMayPushLocked(c *Credential, name string, p *pkg) *refusal {
	switch {
	case c.Packages < Write:
		return w.installationNotAllowed(pushVerb(p))
	case p != nil && w.roleLocked(c, p) < Write:
		return denied(textWritePackage)
	case p == nil && !w.jobMayCreateLocked(c, name):
		return w.installationNotAllowed("Create")
	}
	return nil
}

// jobMayCreateLocked reports whether a job may create a package. The package and the
// job's repository must have the same owner. The repository must exist. The
// organization must allow the visibility of the repository.
func (w *state) jobMayCreateLocked(c *Credential, name string) bool {
	if c.Repository != "" && !sameOwner(c.Repository, name) {
		return false
	}
	repo := w.repositoryLocked(sourceRepository(c, name))
	if repo == nil {
		return false
	}
	forbidden := slices.Contains(w.ownerLocked(ownerOf(name)).Forbidden, repo.Visibility)
	return !forbidden || w.answers.Forbidden == ForbiddenPrivate
}

// userMayPushLocked returns nil if a classic token may push, and otherwise a refusal.
func (w *state) userMayPushLocked(c *Credential, o *Owner, p *pkg) *refusal {
	member := key(o.Login) == key(c.Actor) || containsFold(o.Members, c.Actor) || containsFold(o.Admins, c.Actor)
	switch {
	case !slices.Contains(c.Scopes, "write:packages"):
		return denied(textScopes)
	case containsFold(c.NoSSO, o.Login):
		return denied(textDenied) // The refusal does not mention SSO (docs/ghcr.md, Kinds of token).
	case p != nil && w.roleLocked(c, p) < Write:
		return denied(textWritePackage)
	case p == nil && (!member || slices.Contains(o.Forbidden, Private)):
		return denied(textCreatePackage)
	}
	return nil
}

// mayPullLocked returns nil if a client may read a package name, and otherwise a
// refusal. The argument "push" is true if the token request contained the action
// "push". The argument "absent" is the refusal with status 404 for the requested
// content.
func (w *state) mayPullLocked(c *Credential, name string, push bool, absent *refusal) *refusal {
	p := w.findLocked(name)
	if p != nil && w.roleLocked(c, p) >= Read {
		return nil
	}
	if push && c != nil {
		// If the token request contained the action "push", a read gets the same
		// refusal as a push. The response to HEAD does not contain the text of the
		// refusal (docs/ghcr.md, Refused: HEAD).
		if refused := w.mayPushLocked(c, name); refused != nil {
			return refused
		}
	}
	switch {
	case p != nil:
		return w.readRefusal(c)
	case push && c != nil && w.packages[key(name)] != nil:
		return nil // Before the package exists, a client sees the blobs that it pushed.
	case w.answers.AbsentRead == AbsentDenied:
		return denied(textDenied)
	default:
		return absent
	}
}

func (w *state) readRefusal(c *Credential) *refusal {
	switch {
	case c == nil:
		return denied(textAccessDenied)
	case c.Kind == AppToken, c.Kind == ActionsToken && c.Packages == None:
		return w.installationNotAllowed("Read")
	case c.Kind == FineGrainedPAT, c.Kind == ClassicPAT && scopeRole(c.Scopes) == None:
		return denied(textScopes)
	default:
		return denied(textDenied)
	}
}

// absent returns the refusal with status 404 for a kind of content.
func absent(code, message string) *refusal {
	return refuse(http.StatusNotFound, code, message)
}
