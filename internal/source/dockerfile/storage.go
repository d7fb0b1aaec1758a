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

// storage is buildah or podman, which build into their own storage and take
// nearly the same arguments. One image is published out of it: there its plain
// layers are, of which only new ones have to be compressed.
type storage struct{ name string }

func (s storage) String() string { return s.name }

func (s storage) there(ctx context.Context, m *Machine, _ *Request) error {
	_, err := m.ask(ctx, s.name, "--version")
	return err
}

func (s storage) lacks(r *Request) string {
	return lacking(lack{r.Builder != "", "builder"}, lack{typed(r.CacheFrom) || typed(r.CacheTo), "caches with a type"})
}

func (s storage) build(ctx context.Context, m *Machine, r *Request) (string, error) {
	secrets, env := r.secrets()
	args := append(append([]string{"build"}, r.common()...), secrets...)
	if len(r.Platforms) > 1 {
		return s.several(ctx, m, env, args, r.context())
	}
	note := filepath.Join(m.Temp, "id")
	if err := m.show(ctx, env, s.name, append(args, "--iidfile", note, r.context())...); err != nil {
		return "", err
	}
	id, err := os.ReadFile(note)
	if err != nil {
		return "", fmt.Errorf("reading the id of the image that was built: %w", err)
	}
	return "containers-storage:" + strings.TrimSpace(string(id)), nil
}

// several builds an index under a name that nothing else has, and takes the
// name away again.
func (s storage) several(ctx context.Context, m *Machine, env, args []string, context string) (string, error) {
	name, out := "localhost/ghcr-publish-"+strings.ToLower(rand.Text()), filepath.Join(m.Temp, "layout")
	if err := m.show(ctx, env, s.name, append(args, "--manifest", name, context)...); err != nil {
		return "", err
	}
	pushed := m.show(ctx, nil, s.name, "manifest", "push", "--quiet", "--all", name, "oci:"+out)
	_, removed := m.ask(ctx, s.name, "manifest", "rm", name)
	return "oci:" + out, errors.Join(pushed, removed)
}
