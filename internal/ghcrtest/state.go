package ghcrtest

import (
	"slices"
	"strings"
	"sync"
	"time"
)

// state contains the accounts, the repositories, the credentials and the packages of
// the service. The server holds the mutex only for look-ups and small changes, and
// never while it reads or sends a body.
type state struct {
	mu       sync.Mutex
	owners   map[string]*Owner
	repos    map[string]*Repository
	creds    map[string]*Credential
	packages map[string]*pkg // The map contains a name as soon as the first blob of this name is pushed.
	deleted  []*pkg          // The list contains deleted packages that can be restored.
	open     *Open
	answers  Answers
	nextID   int64

	attestations []attestation // the oldest first
}

func newState(c Config) *state {
	w := &state{
		owners:   map[string]*Owner{},
		repos:    map[string]*Repository{},
		creds:    map[string]*Credential{},
		packages: map[string]*pkg{},
		open:     c.Open,
		answers:  c.Answers,
		nextID:   1000,
	}
	for _, o := range c.Owners {
		w.addOwnerLocked(o)
	}
	for _, r := range c.Repositories {
		w.addRepositoryLocked(r)
	}
	for _, cred := range c.Credentials {
		w.creds[cred.Secret] = &cred
	}
	for _, p := range c.Packages {
		w.addPackageLocked(p)
	}
	return w
}

// key returns the form of a name for comparison. GitHub ignores the case of logins
// and repositories, and the registry allows only lower case.
func key(name string) string { return strings.ToLower(name) }

// ownerOf returns the part of a name before the first slash.
func ownerOf(name string) string {
	owner, _, _ := strings.Cut(name, "/")
	return owner
}

func sameOwner(a, b string) bool { return key(ownerOf(a)) == key(ownerOf(b)) }

// newIDLocked returns a new id for a package or version.
func (w *state) newIDLocked() int64 {
	w.nextID++
	return w.nextID
}

func (w *state) addOwnerLocked(o Owner) {
	if o.Type == "" {
		o.Type = Organization
	}
	w.owners[key(o.Login)] = &o
}

// addRepositoryLocked adds a repository, and its owner if the owner does not exist.
func (w *state) addRepositoryLocked(r Repository) {
	if r.Visibility == "" {
		r.Visibility = Public
	}
	if r.DefaultBranch == "" {
		r.DefaultBranch = "main"
	}
	if w.owners[key(ownerOf(r.Name))] == nil {
		w.addOwnerLocked(Owner{Login: ownerOf(r.Name)})
	}
	if r.Branches == nil {
		r.Branches = []string{r.DefaultBranch}
	}
	w.repos[key(r.Name)] = &r
}

// addPackageLocked adds a package or replaces its record.
func (w *state) addPackageLocked(p Package) {
	if p.Visibility == "" {
		p.Visibility = Private
	}
	if w.owners[key(ownerOf(p.Name))] == nil {
		w.addOwnerLocked(Owner{Login: ownerOf(p.Name)})
	}
	stored := w.contentLocked(p.Name)
	stored.Package = p
	if !stored.exists {
		stored.initialize(w.newIDLocked(), time.Now())
	}
	stored.tagged = true
}

// ownerLocked returns an account. If [Config.Open] is set, ownerLocked creates a
// missing account.
func (w *state) ownerLocked(login string) *Owner {
	if o := w.owners[key(login)]; o != nil || w.open == nil || login == "" {
		return o
	}
	w.addOwnerLocked(Owner{Login: login, Type: w.open.OwnerType})
	return w.owners[key(login)]
}

// repositoryLocked returns a repository by owner/name. If [Config.Open] is set,
// repositoryLocked creates a missing repository.
func (w *state) repositoryLocked(name string) *Repository {
	owner, rest, _ := strings.Cut(name, "/")
	if r := w.repos[key(name)]; r != nil || w.open == nil || owner == "" || rest == "" {
		return r
	}
	w.ownerLocked(owner)
	w.addRepositoryLocked(Repository{Name: name, Visibility: w.open.Visibility, Branches: w.open.Branches, Pulls: w.open.Pulls})
	return w.repos[key(name)]
}

// findLocked returns an existing package, or nil.
func (w *state) findLocked(name string) *pkg {
	if p := w.packages[key(name)]; p != nil && p.exists {
		return p
	}
	return nil
}

// contentLocked returns the content of a package name. The content can exist before
// the package, because clients push blobs before the first manifest.
func (w *state) contentLocked(name string) *pkg {
	p := w.packages[key(name)]
	if p == nil {
		p = newPkg(name)
		w.packages[key(name)] = p
	}
	return p
}

// credential returns the credential of a valid secret, or nil.
func (w *state) credential(secret string) *Credential {
	w.mu.Lock()
	defer w.mu.Unlock()
	if c := w.creds[secret]; c != nil && !c.Expired && secret != "" {
		return c
	}
	return nil
}

// containsFold reports whether a list contains a name. The comparison ignores the
// case.
func containsFold(list []string, name string) bool {
	return slices.ContainsFunc(list, func(s string) bool { return strings.EqualFold(s, name) })
}
