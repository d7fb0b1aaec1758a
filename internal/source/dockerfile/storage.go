package dockerfile

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"path/filepath"
	"strings"

	"github.com/ghcr-publish/ghcr-publish/internal/safe/bounded"
)

// storage is buildah or podman. Buildah and podman use the same storage and
// accept nearly the same arguments. The program publishes a single image
// directly from the storage. The storage contains uncompressed layers, so the
// program compresses only layers that the registry does not have.
type storage struct{ name string }

func (s storage) String() string { return s.name }

func (s storage) available(ctx context.Context, m *Machine, _ *Request) error {
	_, err := m.output(ctx, s.name, "--version")
	return err
}

func (s storage) unsupported(r *Request) string {
	return listRequested(feature{r.Builder != "", "the input builder"}, feature{hasTypedCache(r.CacheFrom) || hasTypedCache(r.CacheTo), "a cache type in the input cache-from or the input cache-to"})
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
	id, err := bounded.File(idFile, maxID)
	if err != nil {
		return "", fmt.Errorf("reading the ID of the built image: %w", err)
	}
	return "containers-storage:" + strings.TrimSpace(string(id)), nil
}

// buildIndex builds an index with a random name, writes the index to an OCI
// layout, and then removes the name from the storage.
func (s storage) buildIndex(ctx context.Context, m *Machine, env, args []string, context string) (string, error) {
	name, out := "localhost/ghcr-publish-"+strings.ToLower(rand.Text()), filepath.Join(m.Temp, "layout")
	if err := m.runLogged(ctx, env, s.name, append(args, "--manifest", name, context)...); err != nil {
		return "", err
	}
	pushed := m.runLogged(ctx, nil, s.name, "manifest", "push", "--quiet", "--all", name, "oci:"+out)
	_, removed := m.output(ctx, s.name, "manifest", "rm", name)
	return "oci:" + out, errors.Join(pushed, removed)
}
