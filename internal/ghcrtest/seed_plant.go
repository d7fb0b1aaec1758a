package ghcrtest

import (
	"net/http"
	"slices"
	"time"
)

// seedPath is the path of the map from labels to digests.
const seedPath = "/_seed"

// seeded is the seed of a server, and the progress of the client.
type seeded struct {
	*Seed
	name  string
	after afterListing
}

// plant adds the package of [Config.Seed].
func (s *Server) plant(c Config) {
	if c.Seed == nil {
		return
	}
	seed := c.Seed
	s.seed = &seeded{Seed: seed, name: seed.Name()}
	repository := seed.Repository()
	s.state.addSeedRepository(c, repository, seed.Options)
	if c.Open != nil && c.Open.Repository != "" {
		repository = c.Open.Repository
	}
	s.AddPackage(Package{
		Name: s.seed.name, Visibility: seed.Visibility, Repository: seed.Repository(), NoInherit: true,
		Grants: map[string]Role{repository: roles[seed.Options.Permissions]},
	})
	for _, content := range seed.built.blobs {
		_, _ = s.AddBlob(s.seed.name, content) // AddBlob fails only if the disk is full. The client then sees missing blobs.
	}
	start := s.now()
	// A later version has a higher id. The list of a seed begins with the newest version.
	for _, v := range slices.Backward(seed.Versions) {
		s.AddVersion(s.seed.name, s.seed.version(v, start))
	}
}

// addSeedRepository gives the pull requests and branches of a seed to its repository, and to
// the repositories that a server with [Config.Open] creates.
func (w *state) addSeedRepository(c Config, name string, options SeedOptions) {
	w.mu.Lock()
	defer w.mu.Unlock()
	r := Repository{Name: name, Visibility: Public, Branches: options.Branches, Pulls: options.Pulls}
	if c.Open != nil {
		open := *c.Open
		open.Branches, open.Pulls = options.Branches, options.Pulls
		w.open = &open
		r.Visibility = open.Visibility
	}
	if w.repos[key(name)] == nil {
		w.addRepositoryLocked(r)
	}
}

// version returns the stored form of a version. The ages of the version count from a time.
func (s *seeded) version(v SeedVersion, from time.Time) Version {
	m := s.built.manifests[v.Label]
	ago := func(hours float64) time.Time { return from.Add(-time.Duration(hours * float64(time.Hour))) }
	return Version{
		MediaType: string(m.MediaType), Raw: m.raw, Tags: m.tags,
		Created: ago(*v.Created), Updated: ago(v.Age),
		Downloads:  s.Options.Downloads[v.Label],
		Unreadable: slices.Contains(s.Options.Unreadable, v.Label),
	}
}

// serveSeed serves GET /_seed, the map from the label of each version to its digest. The
// map includes the versions that other clients push later.
func (s *Server) serveSeed(w http.ResponseWriter, r *http.Request) {
	writeJSON(w, r, http.StatusOK, s.seed.Digests())
}
