package dockerfile

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

// buildx is BuildKit through docker's plugin.
type buildx struct {
	// loads says that the result goes into the engine: the driver "docker" on
	// the classic image store cannot write it anywhere else.
	loads bool
}

func (*buildx) String() string { return "docker buildx" }

func (b *buildx) there(ctx context.Context, m *Machine, r *Request) error {
	if _, err := m.ask(ctx, "docker", "buildx", "version"); err != nil {
		return err
	}
	inspect := []string{"buildx", "inspect"}
	if r.Builder != "" {
		inspect = append(inspect, r.Builder)
	}
	about, err := m.ask(ctx, "docker", inspect...)
	if err != nil {
		return err
	}
	if driver(about) == "docker" {
		status, err := m.ask(ctx, "docker", "info", "--format", "{{json .DriverStatus}}")
		if err != nil {
			return err
		}
		b.loads = !strings.Contains(status, "io.containerd.snapshotter")
	}
	return nil
}

// driver finds the driver in what buildx inspect prints.
func driver(about string) string {
	for line := range strings.Lines(about) {
		if value, ok := strings.CutPrefix(line, "Driver:"); ok {
			return strings.TrimSpace(value)
		}
	}
	return ""
}

func (b *buildx) lacks(r *Request) string {
	return lacking(
		lack{b.loads && len(r.Platforms) > 1, "several platforms with its driver docker on this engine's image store"},
		lack{b.loads && len(r.CacheTo) > 0, "cache-to with its driver docker on this engine's image store"},
	)
}

func (b *buildx) build(ctx context.Context, m *Machine, r *Request) (string, error) {
	args := append([]string{"buildx", "build", "--progress", "plain"}, r.common()...)
	secrets, env := r.secrets()
	args = append(args, secrets...)
	if r.Builder != "" {
		args = append(args, "--builder", r.Builder)
	}
	if b.loads {
		return loaded(ctx, m, env, append(args, "--load"), r.context())
	}
	out := filepath.Join(m.Temp, "image.tar")
	return "oci-archive:" + out, m.show(ctx, env, "docker", append(args, "--output", "type=oci,dest="+out, r.context())...)
}

// classic is the builder in the engine, for machines without buildx.
type classic struct{}

func (classic) String() string { return "the Docker engine's classic builder" }

func (classic) there(ctx context.Context, m *Machine, _ *Request) error {
	_, err := m.ask(ctx, "docker", "version")
	return err
}

func (classic) lacks(r *Request) string {
	return lacking(
		lack{r.Builder != "", "builder"}, lack{len(r.Secrets) > 0, "secrets"},
		lack{len(r.Platforms) > 1, "several platforms"},
		lack{len(r.CacheTo) > 0, "cache-to"}, lack{typed(r.CacheFrom), "cache-from with a type"},
	)
}

func (classic) build(ctx context.Context, m *Machine, r *Request) (string, error) {
	return loaded(ctx, m, []string{"DOCKER_BUILDKIT=0"}, append([]string{"build"}, r.common()...), r.context())
}

// typed reports caches in BuildKit's notation, which others do not read.
func typed(caches []string) bool { return strings.Contains(strings.Join(caches, "\n"), "type=") }

// loaded runs a build whose result is in the engine, by the id that it notes.
func loaded(ctx context.Context, m *Machine, env, args []string, context string) (string, error) {
	note := filepath.Join(m.Temp, "id")
	if err := m.show(ctx, env, "docker", append(args, "--iidfile", note, context)...); err != nil {
		return "", err
	}
	id, err := os.ReadFile(note)
	if err != nil {
		return "", fmt.Errorf("reading the id of the image that was built: %w", err)
	}
	return "docker-daemon:" + strings.TrimSpace(string(id)), nil
}
