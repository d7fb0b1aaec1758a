package dockerfile

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/ghcr-publish/ghcr-publish/internal/diag"
	"github.com/ghcr-publish/ghcr-publish/internal/secret"
)

// programs replaces the programs of a machine. It maps the first words of a
// call to its output. A program without an entry is not installed.
type programs struct {
	answers map[string]string
	calls   []Command
	fails   string // the arguments of the call that fails
}

func (p *programs) exec(_ context.Context, c Command) ([]byte, error) {
	p.calls = append(p.calls, c)
	words := c.Name + " " + strings.Join(c.Args, " ")
	if p.fails != "" && strings.HasPrefix(words, p.fails) {
		return nil, errors.New("exit status 1")
	}
	for beginning, answer := range p.answers {
		if !strings.HasPrefix(words, beginning) {
			continue
		}
		if i := slices.Index(c.Args, "--iidfile"); i >= 0 {
			if err := os.WriteFile(c.Args[i+1], []byte("sha256:0123\n"), 0o600); err != nil {
				return nil, err
			}
		}
		return []byte(answer), nil
	}
	return nil, fmt.Errorf("finding %s: %w", c.Name, exec.ErrNotFound)
}

// built returns the call that built the image.
func (p *programs) built() Command {
	for _, c := range p.calls {
		if slices.Contains(c.Args, "build") {
			return c
		}
	}
	return Command{}
}

// machines contains the output of the tools on different machines.
var (
	container = map[string]string{"docker buildx version": "v0.19", "docker buildx inspect": "Name: b\nDriver:           docker-container\n", "docker buildx build": ""}
	driverOld = map[string]string{"docker buildx version": "v0.19", "docker buildx inspect": "Driver: docker\n", "docker info": `[["Backing Filesystem","extfs"]]`, "docker buildx build": "", "docker version": ""}
	driverNew = map[string]string{"docker buildx version": "v0.19", "docker buildx inspect": "Driver: docker\n", "docker info": `[["driver-type","io.containerd.snapshotter.v1"]]`, "docker buildx build": ""}
	engine    = map[string]string{"docker version": "28", "docker build ": ""}
	buildah   = map[string]string{"buildah": ""}
	podman    = map[string]string{"podman": ""}
)

func both(a, b map[string]string) map[string]string {
	out := map[string]string{}
	for _, m := range []map[string]string{a, b} {
		for key, value := range m {
			out[key] = value
		}
	}
	return out
}

func run(t *testing.T, p *programs, r Request) (string, string, error) {
	t.Helper()
	temp := t.TempDir()
	if r.Context == "" {
		r.Context = folder(t, "Dockerfile", "-f")
	}
	source, err := Run(t.Context(), &Machine{Temp: temp, Exec: p.exec, Environ: []string{"PATH=/bin", "INPUT_TOKEN=t", "GITHUB_TOKEN=t", "HOME=/h"}}, &r)
	return strings.Replace(source, temp+string(filepath.Separator), "", 1), strings.Join(p.built().Args, " "), err
}

// folder returns a new folder with empty files.
func folder(t *testing.T, names ...string) string {
	t.Helper()
	dir := t.TempDir()
	for _, name := range names {
		if err := os.WriteFile(filepath.Join(dir, name), nil, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

func TestMissingDockerfileIsReportedBeforeTheBuild(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		file    string
		context []string
		code    string
	}{
		"no file":                         {"", nil, CodeNoDockerfile},
		"another name":                    {"Dockerfile.prod", []string{"Dockerfile"}, CodeNoDockerfile},
		"a Containerfile":                 {"", []string{"Containerfile"}, ""},
		"a file in the context":           {"Dockerfile.prod", []string{"Dockerfile.prod"}, ""},
		"a file in the working directory": {"build.go", nil, ""},
		"a file that the builder fetches": {"https://example.com/Dockerfile", nil, ""},
	} {
		_, _, err := run(t, &programs{answers: buildah}, Request{Context: folder(t, c.context...), File: c.file})
		if (err != nil) != (c.code != "") || err != nil && !diag.Is(err, c.code) {
			t.Errorf("%s: got %v, want the code %q", name, err, c.code)
		}
	}
}

func TestTheFirstSuitableBuilderIsChosen(t *testing.T) {
	t.Parallel()
	two := []string{"linux/amd64", "linux/arm64"}
	cases := []struct {
		name      string
		available map[string]string
		request   Request
		source    string
		says      string // part of the command line
	}{
		{"buildx writes a layout", container, Request{Platforms: two}, "oci-archive:image.tar", "--platform linux/amd64,linux/arm64 --output type=oci,dest="},
		{"buildx with the driver docker and the containerd store writes a layout", driverNew, Request{Platforms: two}, "oci-archive:image.tar", "--output type=oci"},
		{"buildx with the driver docker and the classic store loads the image", driverOld, Request{}, "docker-daemon:sha256:0123", "--load --iidfile"},
		{"a builder by name", container, Request{Builder: "b"}, "oci-archive:image.tar", "--builder b"},
		{"the classic builder", engine, Request{Target: "x"}, "docker-daemon:sha256:0123", "build --target x --iidfile"},
		{"buildah if the engine does not support the request", both(engine, buildah), Request{Platforms: two}, "oci:layout", "--manifest localhost/ghcr-publish-"},
		{"buildah if the driver does not support the request", both(driverOld, buildah), Request{Platforms: two}, "oci:layout", "--platform linux/amd64,linux/arm64"},
		{"buildah", buildah, Request{File: "-f"}, "containers-storage:sha256:0123", "--file ." + string(filepath.Separator) + "-f"},
		{"podman", podman, Request{}, "containers-storage:sha256:0123", "build --iidfile"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			source, call, err := run(t, &programs{answers: c.available}, c.request)
			if err != nil || source != c.source || !strings.Contains(call, c.says) {
				t.Errorf("got %q by %q, %v; want %q by %q", source, call, err, c.source, c.says)
			}
		})
	}
}

func TestWithoutABuilderTheErrorNamesProgramsToInstall(t *testing.T) {
	t.Parallel()
	cases := []struct {
		name      string
		available map[string]string
		request   Request
		says      []string
	}{
		{"an empty machine", nil, Request{}, []string{"No builder is installed", "docker/setup-buildx-action", "buildah"}},
		{"a secret for the classic builder", engine, Request{Secrets: []Secret{{ID: "a"}}}, []string{"classic builder of the Docker engine does not support the input secrets", "setup-buildx"}},
		{"platforms on the classic store", driverOld, Request{Platforms: []string{"a", "b"}}, []string{"docker buildx does not support several platforms"}},
		{"GitHub's cache for buildah", buildah, Request{CacheFrom: []string{"type=gha"}}, []string{"buildah does not support a cache type in the input cache-from"}},
		{"a builder without buildx", podman, Request{Builder: "b"}, []string{"podman does not support the input builder"}},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			_, _, err := run(t, &programs{answers: c.available}, c.request)
			for _, says := range c.says {
				if !diag.Is(err, CodeNoBuilder) || !strings.Contains(err.Error(), says) {
					t.Errorf("got %v, want it to contain %q", err, says)
				}
			}
		})
	}
}

func TestSecretsArePassedInTheEnvironmentWithoutTheToken(t *testing.T) {
	t.Parallel()
	for name, available := range map[string]map[string]string{"buildx": container, "buildah": buildah} {
		p := &programs{answers: available}
		_, _, err := run(t, p, Request{Secrets: []Secret{{ID: "npm", Value: secret.New("hunter2")}, {ID: "key", Value: secret.New("a\nb\n")}}})
		if err != nil {
			t.Fatal(err)
		}
		c := p.built()
		if args := strings.Join(c.Args, " "); !strings.Contains(args, "--secret id=npm,env=GHCR_PUBLISH_SECRET_0 --secret id=key,env=GHCR_PUBLISH_SECRET_1") {
			t.Errorf("%s: arguments %q", name, args)
		}
		for _, want := range []string{"GHCR_PUBLISH_SECRET_0=hunter2", "GHCR_PUBLISH_SECRET_1=a\nb\n", "PATH=/bin", "HOME=/h", "NO_COLOR=1"} {
			if !slices.Contains(c.Env, want) {
				t.Errorf("%s: the environment does not contain %q", name, want)
			}
		}
		for _, call := range p.calls {
			for _, pair := range call.Env {
				if strings.Contains(pair, "TOKEN") || (strings.Contains(pair, "hunter2") && !slices.Contains(call.Args, "build")) {
					t.Errorf("%s: %s gets %q", name, call.Args, pair)
				}
			}
			if strings.Contains(strings.Join(call.Args, " "), "hunter2") {
				t.Errorf("%s: a secret is an argument: %q", name, call.Args)
			}
		}
	}
}

func TestEveryOptionIsPassedToTheBuilder(t *testing.T) {
	t.Parallel()
	p := &programs{answers: container}
	_, call, err := run(t, p, Request{
		File: "D", Target: "t", Args: []string{"A=1", "B=2"}, Labels: []string{"l=v w"},
		CacheFrom: []string{"type=gha"}, CacheTo: []string{"type=gha,mode=max"}, Context: "https://example.com/x.git",
	})
	want := []string{
		"buildx", "build", "--progress", "plain", "--file", "D", "--target", "t", "--build-arg", "A=1", "--build-arg", "B=2",
		"--label", "l=v w", "--cache-from", "type=gha", "--cache-to", "type=gha,mode=max", "--output",
	}
	got := p.built().Args
	if err != nil || len(got) != len(want)+2 || !slices.Equal(got[:len(want)], want) || got[len(got)-1] != "https://example.com/x.git" {
		t.Errorf("got %q, %v", call, err)
	}
}

func TestAnnotationsArePassedToABuilderThatSupportsThem(t *testing.T) {
	t.Parallel()
	cases := []struct{ name, help, want string }{
		{"a current buildx", "--annotation stringArray\n--provenance string", "--provenance=false --sbom=false --annotation manifest:a=b"},
		{"buildx 0.11", "--provenance string", "--provenance=false --sbom=false"},
		{"buildx 0.9", "--label stringArray", ""},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			p := &programs{answers: both(container, map[string]string{"docker buildx build": c.help})}
			if _, _, err := run(t, p, Request{Annotations: []string{"manifest:a=b"}, NoAttestations: true}); err != nil {
				t.Fatal(err)
			}
			words := strings.Join(p.calls[len(p.calls)-1].Args, " ")
			_, words, _ = strings.Cut(words, "--progress plain ")
			words, _, _ = strings.Cut(words, "--output")
			if got := strings.TrimSpace(words); got != c.want {
				t.Errorf("got %q, want %q", got, c.want)
			}
		})
	}
}

func TestFailuresAreReported(t *testing.T) {
	t.Parallel()
	_, _, err := run(t, &programs{answers: container, fails: "docker buildx build"}, Request{})
	if !diag.Is(err, CodeFailed) {
		t.Errorf("a failed build: %v", err)
	}
	_, _, err = run(t, &programs{answers: container, fails: "docker buildx inspect"}, Request{Builder: "gone"})
	if !diag.Is(err, CodeNoBuilder) || !strings.Contains(err.Error(), "exit status 1") {
		t.Errorf("a missing builder: %v", err)
	}
	_, _, err = run(t, &programs{answers: container}, Request{Context: filepath.Join(t.TempDir(), "none")})
	if !diag.Is(err, CodeContext) {
		t.Errorf("no context: %v", err)
	}
	p := &programs{answers: buildah, fails: "buildah manifest push"}
	_, _, err = run(t, p, Request{Platforms: []string{"a", "b"}})
	if last := p.calls[len(p.calls)-1].Args; !diag.Is(err, CodeFailed) || len(last) < 2 || last[1] != "rm" {
		t.Errorf("the name of the index was not removed: %v, %q", err, last)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := Run(ctx, &Machine{Exec: p.exec, Temp: t.TempDir()}, &Request{Context: folder(t, "Dockerfile")}); !errors.Is(err, context.Canceled) {
		t.Errorf("a cancelled run: %v", err)
	}
}
