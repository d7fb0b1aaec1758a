package dockerfile

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

// storage is buildah or podman. Both tools build into their own storage and
// accept nearly the same arguments. The program publishes a single image
// directly from that storage. The storage has the uncompressed layers, so only
// new layers must be compressed.
type storage struct{ name string }

func (s storage) String() string { return s.name }

func (s storage) available(ctx context.Context, m *Machine, _ *Request) error {
	_, err := m.output(ctx, s.name, "--version")
	return err
}

func (s storage) unsupported(r *Request) string {
	return listRequested(feature{r.Builder != "", "the input builder"}, feature{hasTypedCache(r.CacheFrom) || hasTypedCache(r.CacheTo), "a type in cache-from or cache-to"})
}

func (s storage) build(ctx context.Context, m *Machine, r *Request) (string, error) {
	secrets, env := r.secrets()
	args := append(append([]string{"build"}, r.commonArgs()...), secrets...)
	if len(r.Platforms) > 1 {
		return s.buildIndex(ctx, m, env, args, r.context())
	}
	idFile := filepath.Join(m.Temp, "id")
	if err := m.runLogged(ctx, env, s.name, append(args, "--iidfile", idFile, r.context())...); err != nil {
		return "", err
	}
	id, err := os.ReadFile(idFile)
	if err != nil {
		return "", fmt.Errorf("reading the ID of the built image: %w", err)
	}
	return "containers-storage:" + strings.TrimSpace(string(id)), nil
}

// buildIndex builds an index under a random name and removes the name
// afterwards.
func (s storage) buildIndex(ctx context.Context, m *Machine, env, args []string, context string) (string, error) {
	name, out := "localhost/ghcr-publish-"+strings.ToLower(rand.Text()), filepath.Join(m.Temp, "layout")
	if err := m.runLogged(ctx, env, s.name, append(args, "--manifest", name, context)...); err != nil {
		return "", err
	}
	pushed := m.runLogged(ctx, nil, s.name, "manifest", "push", "--quiet", "--all", name, "oci:"+out)
	_, removed := m.output(ctx, s.name, "manifest", "rm", name)
	return "oci:" + out, errors.Join(pushed, removed)
}
