package storage

import (
	"context"
	"errors"
	"io"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-containerregistry/pkg/name"

	"github.com/ghcr-publish/ghcr-publish/internal/diag"
	"github.com/ghcr-publish/ghcr-publish/internal/source/sourcetest"
)

const id = "53e8ef0abdd4dc40d652b77b8395e10891a85f5f22964cbb1fdd3c25fce71ee0"

const (
	lower = "sha256:1111111111111111111111111111111111111111111111111111111111111111"
	upper = "sha256:2222222222222222222222222222222222222222222222222222222222222222"
	first = "sha256:3333333333333333333333333333333333333333333333333333333333333333"
)

// The output of podman and buildah for the image "web". The base image of
// "web" is the image "base", which comes from a registry.
const (
	webForPodman  = `[{"Id":"` + id + `","ManifestType":"application/vnd.oci.image.manifest.v1+json","Annotations":{"a":"b"},"RepoDigests":["localhost/web@` + first + `"],"RootFS":{"Layers":["` + lower + `","` + upper + `"]}}]`
	baseForPodman = `[{"Id":"` + baseID + `","ManifestType":"application/vnd.docker.distribution.manifest.v2+json","RepoDigests":["ghcr.io/acme/base@` + first + `"],"RootFS":{"Layers":["` + lower + `"]}}]`
	listForPodman = `[{"Id":"` + id + `","RepoDigests":["localhost/web@` + first + `"]},{"Id":"` + baseID + `","RepoDigests":["ghcr.io/acme/base@` + first + `"]},{"Id":"x","RepoDigests":null}]`

	webForBuildah  = `{"FromImage":"localhost/web:1","FromImageID":"` + id + `","FromImageDigest":"` + first + `","Manifest":"{\"annotations\":{\"a\":\"b\"}}","OCIv1":{"rootfs":{"diff_ids":["` + lower + `","` + upper + `"]}}}`
	baseForBuildah = `{"FromImage":"ghcr.io/acme/base:1","FromImageID":"` + baseID + `","FromImageDigest":"` + first + `","Manifest":"{\"mediaType\":\"application/vnd.docker.distribution.manifest.v2+json\"}","OCIv1":{"rootfs":{"diff_ids":["` + lower + `"]}}}`
	listForBuildah = `[{"id":"53e8","names":["localhost/web:1"]},{"id":"1111","names":["ghcr.io/acme/base:1"]},{"id":"2222"}]`

	baseID = "0000ef0abdd4dc40d652b77b8395e10891a85f5f22964cbb1fdd3c25fce71ee0"
)

// fake is a tool that has the images "web" and "base". The export of "web" is
// the text "the tar".
const fake = `#!/bin/sh
for last; do :; done
case "${0##*/} $*" in
*odd) echo no id ;;
podman*inspect*web | podman*inspect*` + id + `) echo '` + webForPodman + `' ;;
podman*inspect*` + baseID + `) echo '` + baseForPodman + `' ;;
podman\ images*) echo '` + listForPodman + `' ;;
buildah*inspect*web | buildah*inspect*` + id + `) echo '` + webForBuildah + `' ;;
buildah*inspect*base:1) echo '` + baseForBuildah + `' ;;
buildah\ images*) echo '` + listForBuildah + `' ;;
*\ save*full | *\ push*full*) printf 'the'; echo 'no space left' >&2; exit 125 ;;
*\ save*slow | *\ push*slow*) exec /bin/sleep 600 ;;
*\ save*` + id + ` | *\ push*` + id + `*) printf 'the tar' ;;
*) echo "$last: image not known" >&2; exit 125 ;;
esac
`

// with returns a storage on a machine with these tools.
func with(t *testing.T, names ...string) *Storage {
	t.Helper()
	dir := t.TempDir()
	for _, name := range names {
		sourcetest.Program(t, dir, name, fake)
	}
	return New(func() []string { return []string{"PATH=" + dir} })
}

func TestAnImageIsFoundAndExportedByEitherTool(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"podman", "buildah"} {
		s := with(t, name)
		got, err := s.Find(t.Context(), "web")
		if err != nil || got.ID != id || !slices.Equal(got.Names, []string{"web"}) || !got.OCI || got.Annotations["a"] != "b" {
			t.Fatalf("%s: got %+v, %v", name, got, err)
		}
		r, err := s.Export(t.Context(), got.ID)
		if err != nil {
			t.Fatal(err)
		}
		raw, err := io.ReadAll(r)
		if err = errors.Join(err, r.Close()); err != nil || string(raw) != "the tar" {
			t.Errorf("%s: got %q, %v", name, raw, err)
		}
	}
}

func TestOriginsAreFoundInTheBaseImage(t *testing.T) {
	t.Parallel()
	for _, tool := range []string{"podman", "buildah"} {
		s := with(t, tool)
		got, err := s.Origins(t.Context(), id, func(repo name.Repository) bool { return repo.RegistryStr() == "ghcr.io" })
		if err != nil || len(got) != 1 {
			t.Fatalf("%s: got %v, %v", tool, got, err)
		}
		if o := got[0]; o.Repository.Name() != "ghcr.io/acme/base" || o.Digest.String() != first || len(o.DiffIDs) != 1 || o.DiffIDs[0].String() != lower {
			t.Errorf("%s: got %v", tool, o)
		}
	}
}

func TestErrorsContainTheMessageOfTheTool(t *testing.T) {
	t.Parallel()
	s := with(t, "buildah")
	cases := []struct{ name, image, code, says string }{
		{"unknown", "gone", "source-not-found", "gone: image not known"},
		{"an option", "--all", "source-not-found", "not the name of an image"},
		{"nothing", "", "source-not-found", "not the name of an image"},
		{"another storage", "[vfs@/x]web", "source-not-found", "not the name of an image"},
		{"an invalid answer", "odd", CodeRefused, "for \"odd\""},
	}
	for _, c := range cases {
		if _, err := s.Find(t.Context(), c.image); !diag.Is(err, c.code) || !strings.Contains(err.Error(), c.says) {
			t.Errorf("%s: got %v, want %s: %s", c.name, err, c.code, c.says)
		}
	}
	_, found := with(t).Find(t.Context(), "web")
	_, exported := with(t).Export(t.Context(), id)
	for _, err := range []error{found, exported} {
		if !diag.Is(err, CodeNoProgram) {
			t.Errorf("no tool: %v", err)
		}
	}
}

func TestAFailedExportReturnsAnError(t *testing.T) {
	t.Parallel()
	r, err := with(t, "podman").Export(t.Context(), "full")
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	raw, err := io.ReadAll(r)
	if !diag.Is(err, CodeRefused) || !strings.Contains(err.Error(), "no space left") {
		t.Errorf("got %q, %v", raw, err)
	}
}

func TestAnExportEndsWithItsReaderOrItsContext(t *testing.T) {
	t.Parallel()
	s := with(t, "podman")
	r, err := s.Export(t.Context(), "slow")
	if err != nil {
		t.Fatal(err)
	}
	if err := r.Close(); err != nil {
		t.Error(err)
	}
	if _, err := r.Read(make([]byte, 1)); !errors.Is(err, io.ErrClosedPipe) {
		t.Errorf("a closed export returns content: %v", err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	if r, err = s.Export(ctx, "slow"); err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	cancel()
	if _, err := io.ReadAll(r); err == nil {
		t.Error("an export continues after its run")
	}
}
