package read

import (
	"bytes"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"sync"

	"github.com/ghcr-publish/ghcr-publish/internal/cleanup/graph"
	"github.com/ghcr-publish/ghcr-publish/internal/safe/bounded"
	"github.com/ghcr-publish/ghcr-publish/internal/safe/locked"
)

// Cache stores the connections of manifests by digest. A digest always has the same
// content, so an entry is never out of date. The cache only saves requests: a GET of a
// manifest counts as a download on the page of the package.
type Cache struct {
	// Problem says why the file of the cache was ignored, or is nil.
	Problem error

	path string
	mu   sync.Mutex
	old  map[string]graph.Manifest
	used map[string]graph.Manifest
}

const (
	maxCacheFile = 64 << 20
	// cacheHeader begins the first line of the file. The checksum of the rest follows.
	cacheHeader = "ghcr-publish cleanup cache 1 "
)

// OpenCache reads the file of a cache. An empty path means a cache without a file. A
// missing file is an empty cache, and a damaged file is an empty cache with a problem.
func OpenCache(path string) *Cache {
	c := &Cache{path: path, old: map[string]graph.Manifest{}, used: map[string]graph.Manifest{}}
	if path == "" {
		return c
	}
	old, err := readCache(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
	case err != nil:
		c.Problem = fmt.Errorf("reading the cache %q: %w", path, err)
	default:
		c.old = old
	}
	return c
}

func readCache(path string) (map[string]graph.Manifest, error) {
	raw, err := bounded.File(path, maxCacheFile)
	if err != nil {
		return nil, err
	}
	header, body, _ := bytes.Cut(raw, []byte("\n"))
	if string(header) != cacheHeader+checksum(body) {
		return nil, errors.New("the file is damaged, too large, or from another version")
	}
	var entries map[string]graph.Manifest
	if err := json.Unmarshal(body, &entries); err != nil {
		return nil, err
	}
	for digest, m := range entries {
		if !digestForm().MatchString(digest) || wellFormed(m) != nil {
			return nil, fmt.Errorf("the entry %.80q is not well formed", digest)
		}
	}
	return entries, nil
}

func checksum(body []byte) string { return fmt.Sprintf("%x", sha256.Sum256(body)) }

// Get returns the connections of a manifest.
func (c *Cache) Get(digest string) (graph.Manifest, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if m, ok := c.used[digest]; ok {
		return m, true
	}
	m, ok := c.old[digest]
	if ok {
		c.used[digest] = m
	}
	return m, ok
}

// Put adds the connections of a manifest.
func (c *Cache) Put(digest string, m graph.Manifest) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.used[digest] = m
}

// Save writes the entries that the run used. Save replaces the file in one step, so that
// an interrupted run leaves no damaged file. On Windows, Save waits while another program
// has the file open.
func (c *Cache) Save() error {
	if c.path == "" {
		return nil
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	body, err := json.Marshal(c.used)
	if err != nil {
		return fmt.Errorf("writing the cache %q: %w", c.path, err)
	}
	err = os.MkdirAll(filepath.Dir(c.path), 0o700)
	if err == nil {
		err = locked.Replace(c.path, append([]byte(cacheHeader+checksum(body)+"\n"), body...), 0o600)
	}
	if err != nil {
		return fmt.Errorf("writing the cache %q: %w", c.path, err)
	}
	return nil
}
