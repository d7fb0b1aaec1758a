//go:build integration && linux

package cmd_test

import (
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	v1 "github.com/google/go-containerregistry/pkg/v1"

	"github.com/ghcr-publish/ghcr-publish/internal/source/sourcetest"
)

// Since Docker 29, the containerd image store is the default. There an image keeps its
// digest from the registry and all platforms.

// loaded loads an index with two platforms and their attestations into an engine as
// web:dev, without the dropped manifests.
func (d *dockerd) loaded(drop func(amd, arm v1.Descriptor) []v1.Descriptor) (index, amd, arm v1.Descriptor) {
	d.t.Helper()
	l := sourcetest.NewLayout(d.t)
	amd = sourcetest.On(l.Image(sourcetest.AMD64, "shared", "amd64"), sourcetest.AMD64)
	arm = sourcetest.On(l.Image(sourcetest.ARM64, "shared", "arm64"), sourcetest.ARM64)
	index = l.Index(amd, arm, l.Attestation(amd), l.Attestation(arm))
	l.Add(index, "docker.io/library/web:dev")
	files := l.Files()
	for _, each := range drop(amd, arm) {
		files = sourcetest.Without(files, sourcetest.BlobName(each.Digest))
	}
	d.docker("load", "--input", sourcetest.Tar(d.t, files))
	return index, amd, arm
}

// digestOf returns the digest that Docker shows for an image.
func (d *dockerd) digestOf(name string) string {
	d.t.Helper()
	_, digest, _ := strings.Cut(d.docker("inspect", "--format", "{{index .RepoDigests 0}}", name), "@")
	return digest
}

// save implements docker save --platform, which the command line of Debian lacks.
func (d *dockerd) save(id string, p *v1.Platform, path string) {
	d.t.Helper()
	platform, err := json.Marshal(p)
	if err != nil {
		d.t.Fatal(err)
	}
	socket := &http.Transport{DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
		return (&net.Dialer{}).DialContext(ctx, "unix", strings.TrimPrefix(d.host, "unix://"))
	}}
	defer socket.CloseIdleConnections()
	resp, err := (&http.Client{Transport: socket}).Get("http://docker/images/" + id + "/get?platform=" + url.QueryEscape(string(platform)))
	if err != nil {
		d.t.Fatal(err)
	}
	defer resp.Body.Close()
	raw, err := io.ReadAll(resp.Body)
	if err = errors.Join(err, os.WriteFile(path, raw, 0o600)); err != nil || resp.StatusCode != http.StatusOK {
		d.t.Fatalf("the engine answers %s: %v", resp.Status, err)
	}
}

func TestIndexInTheContainerdStoreIsPublishedWithItsDigest(t *testing.T) {
	d := startDockerd(t, currentSnapshots)
	index, amd, arm := d.loaded(func(_, _ v1.Descriptor) []v1.Descriptor { return nil })
	id, digest := d.docker("images", "--quiet", "--no-trunc", "web:dev"), d.digestOf("web:dev")
	if digest != index.Digest.String() {
		t.Fatalf("Docker shows the digest %s, and the index has %s", digest, index.Digest)
	}
	for _, source := range []string{"web:dev", "docker-daemon:web:dev", id, id[7:19], "web@" + digest} {
		s := newStage(t, acme()).with("tags", "edge", "verify", "full", "source", source)
		s.env["DOCKER_HOST"] = d.host
		s.run().succeeds().hasOutputs("digest", digest,
			"digest-linux-amd64", amd.Digest.String(), "digest-linux-arm64", arm.Digest.String())
	}

	s := newStage(t, acme()).with("tags", "edge", "source", "web:dev")
	s.env["DOCKER_HOST"] = d.host
	d.push(s, "web:dev", "edge")
	if r := s.run().succeeds(); s.server.Tag("acme/web", "edge") != digest || r.outputs["changed"] != "false" {
		r.fatal("docker push pushed %s, and publish changed the tag: %s", s.server.Tag("acme/web", "edge"), r.outputs["changed"])
	}
	raw, err := exec.CommandContext(t.Context(), program(t, "skopeo", true), "inspect", "--raw", "--tls-verify=false", "docker://"+s.image("acme/web")+":edge").Output()
	if got := fmt.Sprintf("sha256:%x", sha256.Sum256(raw)); err != nil || got != digest {
		t.Errorf("skopeo reads %s, want %s: %v", got, digest, err)
	}
	s.with("source", "wep:dev").run().failsWith("source-not-found", "Did you mean web:dev?").wroteNothing()
	s.with("source", "web").run().failsWith("source-not-found", "Did you mean web:dev?").wroteNothing()
}

func TestEngineWithOnePlatformOfAnIndexPublishesThatPlatform(t *testing.T) {
	cases := []struct {
		name string
		drop func(amd, arm v1.Descriptor) []v1.Descriptor
		want func(amd, arm v1.Descriptor) v1.Descriptor
	}{
		{
			"its own",
			func(_, arm v1.Descriptor) []v1.Descriptor { return []v1.Descriptor{arm} },
			func(amd, _ v1.Descriptor) v1.Descriptor { return amd },
		},
		{
			"another",
			func(amd, _ v1.Descriptor) []v1.Descriptor { return []v1.Descriptor{amd} },
			func(_, arm v1.Descriptor) v1.Descriptor { return arm },
		},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			d := startDockerd(t, currentSnapshots)
			index, amd, arm := d.loaded(c.drop)
			s := newStage(t, acme()).with("tags", "edge", "verify", "full", "source", "web:dev")
			s.env["DOCKER_HOST"] = d.host
			r := s.run().succeeds().hasOutputs("digest", c.want(amd, arm).Digest.String())
			r.warns("Only one platform is published", index.Digest.String())

			file := filepath.Join(t.TempDir(), "image.tar")
			d.save(index.Digest.String(), c.want(amd, arm).Platform, file)
			s.with("source", file).run().succeeds().hasOutputs("digest", r.outputs["digest"], "changed", "false")
		})
	}
}

// buildx stores an index of the image and the attestation of BuildKit in the containerd
// image store.
func TestAfterARebuildByBuildxOnlyTheNewLayerIsPushed(t *testing.T) {
	d := startDockerd(t, currentSnapshots)
	s := builderStage(t, "docker").withBuildx(d)
	context := s.env["INPUT_CONTEXT"]
	for _, input := range []string{"INPUT_CONTEXT", "INPUT_BUILD-ARGS"} {
		delete(s.env, input)
	}
	var sent []int
	for _, comment := range []string{"# old\n", "# new\n"} {
		s.check(os.WriteFile(filepath.Join(context, "Dockerfile"), []byte(dockerfile+comment), 0o600))
		s.buildx("build", "--load", "--tag", "web:dev", context)
		r := s.with("source", "web:dev", "tags", "edge", "monotonic", "false").run().succeeds().hasOutputs("digest", d.digestOf("web:dev"))
		sent = append(sent, r.count("PUT", "/blobs/"))
	}
	if want := []int{5, 3}; !slices.Equal(sent, want) {
		t.Errorf("%d blobs were pushed, want %d: two layers, a config, and an attestation with its config; then a layer, a config and an attestation", sent, want)
	}
}

// A tar of the classic store has uncompressed layers, and docker load keeps them
// uncompressed.
func TestUncompressedLayersInTheContainerdStoreAreCompressedWithANotice(t *testing.T) {
	d := startDockerd(t, currentSnapshots)
	saved := sourcetest.NewSaved(t, "web:dev", layer("one"))
	d.docker("load", "--input", sourcetest.Tar(t, sourcetest.DockerSave(t, saved)))
	s := newStage(t, acme()).with("tags", "edge", "source", "web:dev")
	s.env["DOCKER_HOST"] = d.host
	r := s.run().succeeds()
	if digest := d.digestOf("web:dev"); r.outputs["digest"] == digest || s.configOf("edge") != saved.ID().String() {
		r.fatal("the digest is that of uncompressed layers, or the config is not %s", saved.ID())
	}
	r.warns("Layers are compressed for publishing", d.digestOf("web:dev"))
}

// warns ends the test unless a notice or a warning has the title and contains the words.
func (r result) warns(title string, words ...string) {
	r.t.Helper()
	for _, a := range r.annotations() {
		if a.title == title && !slices.ContainsFunc(words, func(w string) bool { return !strings.Contains(a.text, w) }) {
			return
		}
	}
	r.fatal("no notice or warning has the title %q and contains %q", title, words)
}
