package ghcrtest

import (
	"slices"
	"strings"
	"sync"
	"time"
)

// world is what the service knows. Its mutex is held for look-ups and small
// changes only, never while a body is read or sent; methods whose comment says
// "locked" expect the caller to hold it.
type world struct {
	mu       sync.Mutex
	owners   map[string]*Owner
	repos    map[string]*Repository
	creds    map[string]*Credential
	packages map[string]*pkg // from the first blob on
	deleted  []*pkg          // restorable
	open     *Open
	answers  Answers
	nextID   int64
}

func newWorld(c Config) *world {
	w := &world{
		owners:   map[string]*Owner{},
		repos:    map[string]*Repository{},
		creds:    map[string]*Credential{},
		packages: map[string]*pkg{},
		open:     c.Open,
		answers:  c.Answers,
		nextID:   1000,
	}
	for _, o := range c.Owners {
		w.addOwner(o)
	}
	for _, r := range c.Repositories {
		w.addRepository(r)
	}
	for _, cred := range c.Credentials {
		w.creds[cred.Secret] = &cred
	}
	for _, p := range c.Packages {
		w.addPackage(p)
	}
	return w
}

// key is how names are compared: GitHub ignores case in logins and
// repositories, and the registry knows lower case only.
func key(name string) string { return strings.ToLower(name) }

// ownerOf is the part before the first slash.
func ownerOf(name string) string {
	owner, _, _ := strings.Cut(name, "/")
	return owner
}

func sameOwner(a, b string) bool { return key(ownerOf(a)) == key(ownerOf(b)) }

// id hands out the next number for a package or version (locked).
func (w *world) id() int64 {
	w.nextID++
	return w.nextID
}

func (w *world) addOwner(o Owner) {
	if o.Type == "" {
		o.Type = Organization
	}
	w.owners[key(o.Login)] = &o
}

// addRepository also makes sure of its owner (locked).
func (w *world) addRepository(r Repository) {
	if r.Visibility == "" {
		r.Visibility = Public
	}
	if r.DefaultBranch == "" {
		r.DefaultBranch = "main"
	}
	if w.owners[key(ownerOf(r.Name))] == nil {
		w.addOwner(Owner{Login: ownerOf(r.Name)})
	}
	w.repos[key(r.Name)] = &r
}

// addPackage puts a package that exists into the world (locked).
func (w *world) addPackage(p Package) {
	if p.Visibility == "" {
		p.Visibility = Private
	}
	if w.owners[key(ownerOf(p.Name))] == nil {
		w.addOwner(Owner{Login: ownerOf(p.Name)})
	}
	held := w.content(p.Name)
	held.Package = p
	if !held.exists {
		held.born(w.id(), time.Now())
	}
	held.settled = true
}

// owner finds an account; the open world makes it (locked).
func (w *world) owner(login string) *Owner {
	if o := w.owners[key(login)]; o != nil || w.open == nil || login == "" {
		return o
	}
	w.addOwner(Owner{Login: login, Type: w.open.OwnerType})
	return w.owners[key(login)]
}

// repository finds owner/name; the open world makes it (locked).
func (w *world) repository(name string) *Repository {
	owner, rest, _ := strings.Cut(name, "/")
	if r := w.repos[key(name)]; r != nil || w.open == nil || owner == "" || rest == "" {
		return r
	}
	w.owner(owner)
	w.addRepository(Repository{Name: name, Visibility: w.open.Visibility})
	return w.repos[key(name)]
}

// find returns a package that exists, or nil (locked).
func (w *world) find(name string) *pkg {
	if p := w.packages[key(name)]; p != nil && p.exists {
		return p
	}
	return nil
}

// content returns what is stored under a name, which need not be a package
// yet: blobs arrive before the first manifest (locked).
func (w *world) content(name string) *pkg {
	p := w.packages[key(name)]
	if p == nil {
		p = newPkg(name)
		w.packages[key(name)] = p
	}
	return p
}

// credential finds a secret that still works.
func (w *world) credential(secret string) *Credential {
	w.mu.Lock()
	defer w.mu.Unlock()
	if c := w.creds[secret]; c != nil && !c.Expired && secret != "" {
		return c
	}
	return nil
}

// holds reports whether list has the name, whatever its case.
func holds(list []string, name string) bool {
	return slices.ContainsFunc(list, func(s string) bool { return strings.EqualFold(s, name) })
}
