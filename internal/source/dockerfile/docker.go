package dockerfile

import (
	"context"
	"fmt"
	"path/filepath"
	"strings"

	"github.com/ghcr-publish/ghcr-publish/internal/safe/bounded"
)

// buildx runs BuildKit through the command docker buildx.
type buildx struct {
	// loadsIntoEngine is true if the builder can write the built image only to the image
	// store of the Docker engine. The field is true for the driver "docker" with the
	// classic image store.
	loadsIntoEngine bool
}

func (*buildx) String() string { return "docker buildx" }

func (b *buildx) available(ctx context.Context, m *Machine, r *Request) error {
	if _, err := m.output(ctx, "docker", "buildx", "version"); err != nil {
		return err
	}
	inspect := []string{"buildx", "inspect"}
	if r.Builder != "" {
		inspect = append(inspect, r.Builder)
	}
	about, err := m.output(ctx, "docker", inspect...)
	if err != nil {
		return err
	}
	if driver(about) == "docker" {
		status, err := m.output(ctx, "docker", "info", "--format", "{{json .DriverStatus}}")
		if err != nil {
			return err
		}
		b.loadsIntoEngine = !strings.Contains(status, "io.containerd.snapshotter")
	}
	return nil
}

// driver returns the name of the driver in the output of the command docker
// buildx inspect.
func driver(about string) string {
	for line := range strings.Lines(about) {
		if value, ok := strings.CutPrefix(line, "Driver:"); ok {
			return strings.TrimSpace(value)
		}
	}
	return ""
}

func (b *buildx) unsupported(r *Request) string {
	return listRequested(
		feature{b.loadsIntoEngine && len(r.Platforms) > 1, "several platforms with the driver docker and the classic image store"},
		feature{b.loadsIntoEngine && len(r.CacheTo) > 0, "the input cache-to with the driver docker and the classic image store"},
	)
}

func (b *buildx) build(ctx context.Context, m *Machine, r *Request) (string, error) {
	args := append([]string{"buildx", "build", "--progress", "plain"}, r.commonArgs()...)
	secrets, env := r.secrets()
	args = append(args, secrets...)
	if r.Builder != "" {
		args = append(args, "--builder", r.Builder)
	}
	if b.loadsIntoEngine {
		return buildIntoEngine(ctx, m, env, append(args, "--load"), r.context())
	}
	args = append(args, imageArgs(ctx, m, r)...)
	out := filepath.Join(m.Temp, "image.tar")
	return "oci-archive:" + out, m.runLogged(ctx, env, "docker", append(args, "--output", "type=oci,dest="+out, r.context())...)
}

// imageArgs returns the arguments for the annotations and for an image without
// attestations. Older versions of buildx do not have these options, so imageArgs reads the
// options from the help of buildx.
func imageArgs(ctx context.Context, m *Machine, r *Request) []string {
	if !r.NoAttestations && len(r.Annotations) == 0 {
		return nil
	}
	help, err := m.output(ctx, "docker", "buildx", "build", "--help")
	if err != nil {
		return nil
	}
	var args []string
	if r.NoAttestations && strings.Contains(help, "--provenance") {
		args = append(args, "--provenance=false", "--sbom=false")
	}
	if strings.Contains(help, "--annotation") {
		for _, annotation := range r.Annotations {
			args = append(args, "--annotation", annotation)
		}
	}
	return args
}

// classic is the classic builder of the Docker engine, which the program uses
// on machines without buildx.
type classic struct{}

func (classic) String() string { return "the classic builder of the Docker engine" }

func (classic) available(ctx context.Context, m *Machine, _ *Request) error {
	_, err := m.output(ctx, "docker", "version")
	return err
}

func (classic) unsupported(r *Request) string {
	return listRequested(
		feature{r.Builder != "", "the input builder"}, feature{len(r.Secrets) > 0, "the input secrets"},
		feature{len(r.Platforms) > 1, "several platforms"},
		feature{len(r.CacheTo) > 0, "the input cache-to"}, feature{hasTypedCache(r.CacheFrom), "a cache type in the input cache-from"},
	)
}

func (classic) build(ctx context.Context, m *Machine, r *Request) (string, error) {
	return buildIntoEngine(ctx, m, []string{"DOCKER_BUILDKIT=0"}, append([]string{"build"}, r.commonArgs()...), r.context())
}

// hasTypedCache reports whether a cache contains "type=", which only BuildKit
// accepts.
func hasTypedCache(caches []string) bool {
	return strings.Contains(strings.Join(caches, "\n"), "type=")
}

// maxID limits the file in which a builder writes the ID of an image, in bytes.
const maxID = 4096

// buildIntoEngine runs a build that stores the image in the Docker engine.
// buildIntoEngine returns "docker-daemon:" and the ID of the image, which the builder
// writes to a file.
func buildIntoEngine(ctx context.Context, m *Machine, env, args []string, context string) (string, error) {
	idFile := filepath.Join(m.Temp, "id")
	if err := m.runLogged(ctx, env, "docker", append(args, "--iidfile", idFile, context)...); err != nil {
		return "", err
	}
	id, err := bounded.File(idFile, maxID)
	if err != nil {
		return "", fmt.Errorf("reading the ID of the built image: %w", err)
	}
	return "docker-daemon:" + strings.TrimSpace(string(id)), nil
}
