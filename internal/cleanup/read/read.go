// Package read reads a package from GitHub's API and from the registry: its versions, its
// tags and the connections of its manifests. Package read changes nothing.
package read

import (
	"context"
	"errors"
	"maps"
	"slices"
	"sync"
	"time"

	"github.com/google/go-containerregistry/pkg/name"
	"golang.org/x/sync/errgroup"

	"github.com/ghcr-publish/ghcr-publish/internal/cleanup/graph"
	"github.com/ghcr-publish/ghcr-publish/internal/github"
	"github.com/ghcr-publish/ghcr-publish/internal/registry"
	"github.com/ghcr-publish/ghcr-publish/internal/registry/retry"
)

// maxConcurrent limits the concurrent requests for manifests.
const maxConcurrent = 16

// Reader reads one package.
type Reader struct {
	Registry *registry.Client
	Versions *github.Versions
	Repo     name.Repository
	Cache    *Cache
	// Progress receives the number of manifests that the run has read and the number of
	// manifests that it must read. Several goroutines can call Progress.
	Progress func(done, total int)
	// Sleep waits for lists that are not up to date.
	Sleep retry.Sleeper
}

// State is the content of a package at one time.
type State struct {
	Versions []graph.Version
	// Unlisted contains digests that have a tag in the registry, but that GitHub's API
	// does not list, or lists without this tag.
	Unlisted map[string]bool
	// Unreadable is the digest of a manifest that cannot be read, or "". Cause is the
	// reason.
	Unreadable string
	Cause      error

	manifests *Cache
	gone      map[string]bool
}

// Manifest returns the connections of a manifest. A manifest that is gone has none.
func (s *State) Manifest(digest string) graph.Manifest {
	if s.gone[digest] {
		return graph.Manifest{}
	}
	m, _ := s.manifests.Get(digest)
	return m
}

// Graph connects the versions.
func (s *State) Graph() *graph.Package { return graph.New(s.Versions, s.Manifest) }

// Read reads the package: the lists of versions and tags at the same time, and then each
// manifest once. If a manifest cannot be read, Read ends early with its digest in the
// result.
func (r *Reader) Read(ctx context.Context) (*State, error) {
	s := &State{manifests: r.Cache, Unlisted: map[string]bool{}, gone: map[string]bool{}}
	if err := r.list(ctx, s); err != nil {
		return nil, err
	}
	var digests, fresh []string
	for _, v := range s.Versions {
		if s.Unlisted[v.Digest] {
			fresh = append(fresh, v.Digest)
		} else {
			digests = append(digests, v.Digest)
		}
	}
	if err := r.Manifests(ctx, s, digests); err != nil || s.Unreadable != "" {
		return s, err
	}
	return s, r.Fresh(ctx, s, fresh)
}

// list reads the lists of versions and tags. The lists can disagree for some seconds after
// a push. The older list is then read again, and the union decides.
func (r *Reader) list(ctx context.Context, s *State) error {
	var versions []github.Version
	var tags []string
	group, groupCtx := errgroup.WithContext(ctx)
	group.Go(func() (err error) { versions, err = r.Versions.List(groupCtx); return err })
	group.Go(func() (err error) { tags, err = r.tags(groupCtx); return err })
	if err := group.Wait(); err != nil {
		return err
	}
	if len(unlistedTags(versions, tags)) > 0 {
		again, err := r.Versions.List(ctx)
		if err != nil {
			return err
		}
		versions = again
	}
	for _, v := range versions {
		s.Versions = append(s.Versions, Version(v))
	}
	resolved, err := r.resolve(ctx, unlistedTags(versions, tags))
	for _, tag := range slices.Sorted(maps.Keys(resolved)) {
		s.addTag(tag, resolved[tag])
	}
	return err
}

// Version converts a version of the API.
func Version(v github.Version) graph.Version {
	return graph.Version{ID: v.ID, Digest: v.Digest, Tags: v.Tags, Created: v.Created, Updated: v.Updated}
}

// addTag adds a tag that only the registry lists. Its digest is marked, so that the run does
// not delete it.
func (s *State) addTag(tag, digest string) {
	s.Unlisted[digest] = true
	at := slices.IndexFunc(s.Versions, func(v graph.Version) bool { return v.Digest == digest })
	if at < 0 {
		s.Versions = append(s.Versions, graph.Version{Digest: digest, Tags: []string{tag}})
		return
	}
	s.Versions[at].Tags = append(slices.Clone(s.Versions[at].Tags), tag)
}

// errUnreadable ends the reads after the first manifest that cannot be read.
var errUnreadable = errors.New("a manifest cannot be read")

// Manifests reads the manifests that the cache does not contain. A manifest that is missing
// twice is gone.
func (r *Reader) Manifests(ctx context.Context, s *State, digests []string) error {
	return r.manifests(ctx, s, digests, []time.Duration{0, 0})
}

// Fresh reads manifests that another client pushed a short time ago. The registry can serve
// them some seconds later.
func (r *Reader) Fresh(ctx context.Context, s *State, digests []string) error {
	return r.manifests(ctx, s, digests, settling)
}

// manifests reads manifests. It tries to read a missing manifest again after each of the waits.
func (r *Reader) manifests(ctx context.Context, s *State, digests []string, waits []time.Duration) error {
	var missing []string
	for _, digest := range digests {
		if _, ok := r.Cache.Get(digest); !ok && !s.gone[digest] {
			missing = append(missing, digest)
		}
	}
	var mu sync.Mutex
	done := 0
	r.progress(0, len(missing))
	group, groupCtx := errgroup.WithContext(ctx)
	group.SetLimit(maxConcurrent)
	for _, digest := range missing {
		group.Go(func() error {
			m, gone, err := r.manifest(groupCtx, digest, waits)
			mu.Lock()
			defer mu.Unlock()
			done++
			r.progress(done, len(missing))
			switch {
			case groupCtx.Err() != nil && err != nil:
				return context.Cause(groupCtx)
			case err != nil:
				s.Unreadable, s.Cause = digest, err
				return errUnreadable
			case gone:
				s.gone[digest] = true
			default:
				r.Cache.Put(digest, m)
			}
			return nil
		})
	}
	if err := group.Wait(); err != nil && !errors.Is(err, errUnreadable) {
		return err
	}
	return nil
}

func (r *Reader) progress(done, total int) {
	if r.Progress != nil && total > 0 {
		r.Progress(done, total)
	}
}

// manifest reads one manifest. The result "gone" is true if the manifest is missing after each
// of the waits.
func (r *Reader) manifest(ctx context.Context, digest string, waits []time.Duration) (m graph.Manifest, gone bool, err error) {
	ref := r.Repo.Digest(digest)
	for _, wait := range waits {
		if wait > 0 {
			if err := r.Sleep.Wait(ctx, wait); err != nil {
				return m, false, err
			}
		}
		desc, raw, err := r.Registry.Manifest(ctx, ref)
		if registry.IsNotFound(err) {
			continue
		}
		if err != nil {
			return m, false, err
		}
		m, err = parse(string(desc.MediaType), raw)
		return m, false, err
	}
	return m, true, nil
}
