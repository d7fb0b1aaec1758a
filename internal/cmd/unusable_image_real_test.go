//go:build integration && linux

package cmd_test

import (
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/types"

	"github.com/ghcr-publish/ghcr-publish/internal/ci/needs"
	"github.com/ghcr-publish/ghcr-publish/internal/ghcrtest"
	"github.com/ghcr-publish/ghcr-publish/internal/source/sourcetest"
)

// The tests of this file ask real clients about the images that package image/rules
// refuses, and pull the images that it accepts. The words of the clients are part of the
// hints of the errors.

// addLayout adds a manifest and everything below it to the registry without any checks.
func (s *stage) addLayout(l *sourcetest.Layout, d v1.Descriptor, repo, tag string) {
	s.t.Helper()
	s.server.AddPackage(ghcrtest.Package{Name: repo, Visibility: ghcrtest.Public})
	files := map[string][]byte{}
	for _, f := range l.Files() {
		files[f.Name] = f.Body
	}
	var add func(d v1.Descriptor, tag string)
	add = func(d v1.Descriptor, tag string) {
		raw := files[sourcetest.BlobName(d.Digest)]
		var m struct{ Manifests, Layers []v1.Descriptor }
		s.check(json.Unmarshal(raw, &m))
		for _, child := range m.Manifests {
			add(child, "")
		}
		s.server.AddManifest(repo, tag, string(d.MediaType), raw)
	}
	for _, body := range files {
		_, err := s.server.AddBlob(repo, body)
		s.check(err)
	}
	add(d, tag)
}

// answer runs a client and returns its output and error output.
func (s *stage) answer(args ...string) (string, error) {
	cmd := exec.CommandContext(s.t.Context(), args[0], args[1:]...)
	cmd.Env = append(os.Environ(), "DOCKER_CONFIG=", "REGISTRY_AUTH_FILE=")
	out, err := cmd.CombinedOutput()
	return strings.TrimSpace(string(out)), err
}

// accepts fails the test unless a client succeeds.
func (s *stage) accepts(args ...string) string {
	s.t.Helper()
	out, err := s.answer(args...)
	if err != nil {
		s.t.Fatalf("%q: %v\n%s", args, err, out)
	}
	return out
}

// refuses fails the test unless a client fails with the words.
func (s *stage) refuses(words string, args ...string) {
	s.t.Helper()
	if out, err := s.answer(args...); err == nil || !strings.Contains(out, words) {
		s.t.Errorf("%q: %v, want %q in\n%s", args, err, words, out)
	}
}

// startContainerd starts a containerd of the machine that has its own folders, and returns
// the command line of its client.
func startContainerd(t *testing.T) []string {
	t.Helper()
	if os.Getuid() != 0 {
		needs.Missing(t, "containerd is started by root")
	}
	path, ctr := program(t, "containerd", true), program(t, "ctr", true)
	dir, err := os.MkdirTemp("", "c") //nolint:usetesting // its folders are too deep for a socket
	if err != nil {
		t.Fatal(err)
	}
	d := &dockerd{t: t, dir: dir}
	t.Cleanup(d.remove)
	if d.log, err = os.Create(filepath.Join(dir, "log")); err != nil {
		t.Fatal(err)
	}
	config := filepath.Join(dir, "config.toml")
	const text = `version = 2
disabled_plugins = ["io.containerd.grpc.v1.cri", "io.containerd.internal.v1.opt"]
`
	if err := os.WriteFile(config, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	client := []string{ctr, "--address", dir + "/s"}
	d.start(path, "--config", config, "--address", dir+"/s", "--root", dir+"/root", "--state", dir+"/state")
	d.await(func() bool {
		return exec.CommandContext(t.Context(), client[0], append(client[1:], "version")...).Run() == nil
	})
	return client
}

// pulls is the command line that pulls a reference with ctr.
func pulls(ctr []string, reference string, more ...string) []string {
	return slices.Concat(ctr, []string{"images", "pull", "--plain-http", "--snapshotter", "native"}, more, []string{reference})
}

func skopeo(t *testing.T, arch, reference string, more ...string) []string {
	return slices.Concat([]string{program(t, "skopeo", true), "--override-os", "linux", "--override-arch", arch}, more, []string{"inspect", "--tls-verify=false", "--format", "{{.Digest}}", "docker://" + reference})
}

func (d *dockerd) pulls(reference string, more ...string) []string {
	return slices.Concat([]string{"docker", "--config", d.dir, "--host", d.host, "pull", "--quiet"}, more, []string{reference})
}

// Docker and containerd refuse an image whose manifest and config list different numbers
// of layers. If manifest.json lists the right layers, they accept the published image.
func TestClientsAgreeAboutMissingLayers(t *testing.T) {
	d, ctr := startDockerd(t, installed), startContainerd(t)
	s := newStage(t, acme())
	saved := sourcetest.NewSaved(t, "web:1", "one", "two")
	l := sourcetest.NewLayout(t)
	broken := withoutLayers(l, saved.Config)
	l.Add(broken, "docker.io/library/web:1")
	s.addLayout(l, broken, "acme/broken", "1")
	bad := s.image("acme/broken:1")
	s.refuses("layers from manifest don't match image configuration", d.pulls(bad)...)
	s.refuses("mismatched image rootfs and manifest layers", pulls(ctr, bad)...)
	s.with("source", sourcetest.Dir(t, l.Files()), "tags", "1").run().wroteNothing().
		failsWith("image-layers-differ", "layers from manifest don't match image configuration", "mismatched image rootfs and manifest layers")

	var layers []string
	for _, raw := range saved.Layers {
		layers = append(layers, sourcetest.BlobName(l.Blob(types.OCIUncompressedLayer, raw).Digest))
	}
	files := append(l.Files(), sourcetest.ManifestJSON(t, sourcetest.Entry{Config: sourcetest.BlobName(saved.ID()), RepoTags: saved.Tags, Layers: layers}))
	s.with("source", sourcetest.Tar(t, files)).run().succeeds()
	good := s.image("acme/web:1")
	s.accepts(d.pulls(good)...)
	s.accepts(pulls(ctr, good)...)
	if got := d.inspect(good); !slices.Equal(got.RootFS.Layers, saved.DiffIDs()) {
		t.Errorf("Docker has the layers %q", got.RootFS.Layers)
	}
}

// podman, skopeo and CRI-O share their selection of a platform (containers/image).
func TestClientsAgreeAboutNamesOfPlatforms(t *testing.T) {
	d, ctr := startDockerd(t, installed), startContainerd(t)
	s := newStage(t, acme())
	index := func(p *v1.Platform) (*sourcetest.Layout, v1.Descriptor) {
		l := sourcetest.NewLayout(t)
		root := l.Index(sourcetest.On(l.Image(p, "x"), p))
		l.Add(root)
		return l, root
	}
	l, root := index(&v1.Platform{OS: "linux", Architecture: "x86_64"})
	s.addLayout(l, root, "acme/alias", "1")
	s.refuses(`no image found in image index for architecture amd64`, skopeo(t, "amd64", s.image("acme/alias:1"))...)
	s.accepts(pulls(ctr, s.image("acme/alias:1"))...)
	s.with("source", sourcetest.Dir(t, l.Files()), "tags", "1").run().wroteNothing().failsWith("image-platform-name", "linux/amd64", "podman")

	l, root = index(&v1.Platform{OS: "linux", Architecture: "arm32v7"})
	s.addLayout(l, root, "acme/lost", "1")
	lost := s.image("acme/lost:1")
	s.refuses("no matching manifest", d.pulls(lost, "--platform", "linux/arm/v7")...)
	s.refuses("no match for platform in manifest", pulls(ctr, lost, "--platform", "linux/arm/v7")...)
	s.refuses("no image found in image index", skopeo(t, "arm", lost, "--override-variant", "v7")...)
	s.with("source", sourcetest.Dir(t, l.Files())).run().wroteNothing().failsWith("image-platform-name", "linux/arm/v7", "no matching manifest", "no match for platform in manifest")

	l, root = index(&v1.Platform{OS: "linux", Architecture: "arm", Variant: "v7"})
	r := s.with("source", sourcetest.Dir(t, l.Files())).run().succeeds().hasOutputs("digest", root.Digest.String())
	s.accepts(d.pulls(r.outputs["tags"], "--platform", "linux/arm/v7")...)
	s.accepts(pulls(ctr, r.outputs["tags"], "--platform", "linux/arm/v7")...)
	s.accepts(skopeo(t, "arm", r.outputs["tags"], "--override-variant", "v7")...)
}

// No machine has these variants, so that no client selects the images without a request.
func TestClientsAgreeAboutVariants(t *testing.T) {
	ctr := startContainerd(t)
	s := newStage(t, acme())
	cases := []struct {
		arch, variant string
		code          string // the code of the error or of the warning
		ctr, skopeo   bool   // the client selects the image for the architecture
	}{
		{"arm64", "v8", "", true, true},
		{"arm64", "V8", "image-platform-name", true, false},
		{"arm64", "v7", "image-platform-name", false, false},
		{"arm", "v10", "image-platform-name", false, false},
		{"amd64", "v1", "image-platform-name", true, false},
		{"amd64", "v3", "image-platform-unusual", false, false},
	}
	for _, c := range cases {
		t.Run(c.arch+c.variant, func(t *testing.T) {
			s.t = t
			p := &v1.Platform{OS: "linux", Architecture: c.arch, Variant: c.variant}
			l := sourcetest.NewLayout(t)
			root := l.Index(sourcetest.On(l.Image(p, c.arch+c.variant), p))
			l.Add(root)
			repo := "acme/raw" + c.arch + strings.ToLower(c.variant) + fmt.Sprint(c.ctr)
			s.addLayout(l, root, repo, "1")
			ref := s.image(repo + ":1")
			if out, err := s.answer(pulls(ctr, ref, "--platform", "linux/"+c.arch)...); (err == nil) != c.ctr {
				t.Errorf("ctr: %v\n%s", err, out)
			}
			if out, err := s.answer(skopeo(t, c.arch, ref)...); (err == nil) != c.skopeo {
				t.Errorf("skopeo: %v\n%s", err, out)
			}
			r := s.with("source", sourcetest.Dir(t, l.Files()), "tags", "1", "dry-run", "true").run()
			if !strings.Contains(r.stdout+r.outputs["json"], c.code) {
				r.fatal("want the code %q", c.code)
			}
		})
	}
}

// containerd finds an image in an inner index, but Docker and podman do not find it.
func TestClientsAgreeAboutInnerIndexes(t *testing.T) {
	d, ctr := startDockerd(t, installed), startContainerd(t)
	s := newStage(t, acme())
	l := sourcetest.NewLayout(t)
	root := l.Index(l.Index(sourcetest.On(l.Image(sourcetest.AMD64, "x"), sourcetest.AMD64)))
	l.Add(root)
	s.addLayout(l, root, "acme/inner", "1")
	ref := s.image("acme/inner:1")
	s.refuses("no matching manifest", d.pulls(ref)...)
	s.refuses("Unexpectedly received a manifest list", podmanPulls(t, ref)...)
	s.accepts(pulls(ctr, ref)...)
	s.with("source", sourcetest.Dir(t, l.Files()), "tags", "1").run().wroteNothing().failsWith("image-index-nested", "no matching manifest", "Unexpectedly received a manifest list")
}

// Docker uses only the index for the architecture, so it gives an image for another
// architecture to an arm64 machine. Docker refuses an image for another system.
func TestClientsAgreeAboutAnotherPlatformInTheConfig(t *testing.T) {
	forEachEdition(t, everyEdition, func(t *testing.T, d *dockerd) {
		s := newStage(t, acme())
		l := sourcetest.NewLayout(t)
		root := l.Index(sourcetest.On(l.Image(sourcetest.AMD64, "x"), sourcetest.AMD64), sourcetest.On(l.Image(sourcetest.AMD64, "y"), sourcetest.ARM64))
		l.Add(root)
		r := s.with("source", sourcetest.Dir(t, l.Files()), "tags", "1").run().succeeds().hasOutputs("digest", root.Digest.String())
		r.warns("The index and the config state different architectures", "linux/arm64", "linux/amd64")
		s.accepts(d.pulls(s.image("acme/web:1"), "--platform", "linux/arm64")...)
	})
	d := startDockerd(t, installed)
	s := newStage(t, acme())
	l := sourcetest.NewLayout(t)
	root := l.Index(sourcetest.On(l.Image(windows("10.0.1"), "x"), sourcetest.AMD64))
	l.Add(root)
	s.addLayout(l, root, "acme/mixed", "1")
	s.refuses("cannot be used on this platform", d.pulls(s.image("acme/mixed:1"))...)
	s.with("source", sourcetest.Dir(t, l.Files()), "tags", "1").run().wroteNothing().failsWith("image-platform-differs", "cannot be used on this platform")
}

func TestClientsFindEachVersionOfWindowsByItsOutput(t *testing.T) {
	s := newStage(t, acme())
	l := sourcetest.NewLayout(t)
	one, two := windows("10.0.17763.1"), windows("10.0.20348.1")
	l.Add(l.Index(sourcetest.On(l.Image(one, "a"), one), sourcetest.On(l.Image(two, "b"), two)))
	r := s.with("source", sourcetest.Dir(t, l.Files()), "tags", "1").run().succeeds()
	var digests map[string]string
	s.check(json.Unmarshal([]byte(r.outputs["digests"]), &digests))
	ctr := startContainerd(t)
	for _, version := range []string{one.OSVersion, two.OSVersion} {
		digest := digests["windows("+version+")/amd64"]
		config := s.accepts(program(t, "skopeo", true), "--override-os", "windows", "inspect", "--tls-verify=false", "--config", "--raw", "docker://"+s.image("acme/web")+"@"+digest)
		if !strings.Contains(config, `"os.version":"`+version+`"`) {
			t.Errorf("the digest of %s belongs to %s", version, config)
		}
		s.accepts(slices.Concat(ctr, []string{"content", "fetch", "--plain-http", "--platform", "windows/amd64", s.image("acme/web") + "@" + digest})...)
	}
}

// A real docker save writes into the pipe.
func TestImageThatDockerSaveWritesIntoAPipeIsPublished(t *testing.T) {
	d := startDockerd(t, installed)
	s := newStage(t, acme())
	saved := sourcetest.NewSaved(t, "web:dev", "one", "two")
	d.docker("load", "--input", sourcetest.Tar(t, sourcetest.DockerSave(t, saved)))
	s.with("source", "-", "tags", "1").stdin = d.docker("save", "web:dev") + strings.Repeat("\x00", 1024)
	s.run().succeeds()
	s.accepts(d.pulls(s.image("acme/web:1"))...)
	if got := d.inspect(s.image("acme/web:1")); got.ID != saved.ID().String() {
		t.Errorf("Docker has the image %s, want %s", got.ID, saved.ID())
	}

	path := filepath.Join(s.dir, "pipe")
	s.accepts("mkfifo", path)
	save := exec.CommandContext(t.Context(), "sh", "-c", `docker --config "$1" --host "$2" save web:dev | gzip > "$3"`, "sh", d.dir, d.host, path)
	s.check(save.Start())
	s.with("source", path, "tags", "2").run().succeeds()
	s.check(save.Wait())
	if s.server.Tag("acme/web", "2") != s.server.Tag("acme/web", "1") {
		t.Error("the pipe gives another image")
	}
}

// Docker refuses wrong diff ids, so a pull for Docker fails with the same reason.
func TestClientsAgreeAboutWrongDiffIDs(t *testing.T) {
	d, ctr := startDockerd(t, installed), startContainerd(t)
	s := newStage(t, acme())
	l := sourcetest.NewLayout(t)
	root := l.JSON(types.OCIManifestSchema1, v1.Manifest{
		SchemaVersion: 2, MediaType: types.OCIManifestSchema1, Layers: []v1.Descriptor{l.Blob(types.OCILayer, sourcetest.Gzip(sourcetest.LayerTar(t, "x")))},
		Config: l.Blob(types.OCIConfigJSON, sourcetest.Config(t, sourcetest.AMD64, []byte("other"))),
	})
	s.addLayout(l, root, "acme/wrong", "1")
	s.refuses("layers from manifest don't match image configuration", d.pulls(s.image("acme/wrong:1"))...)
	s.refuses("wrong diff id calculated on extraction", pulls(ctr, s.image("acme/wrong:1"))...)
	s.with("command", "pull", "source", s.image("acme/wrong:1"), "verify-only", "true").run().failsWith("image-layer-wrong", "layers from manifest don't match", "wrong diff id")
}
