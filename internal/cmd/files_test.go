package cmd_test

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"encoding/json"
	"errors"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	v1 "github.com/google/go-containerregistry/pkg/v1"

	"github.com/ghcr-publish/ghcr-publish/internal/ci/needs"
	"github.com/ghcr-publish/ghcr-publish/internal/ghcrtest"
	"github.com/ghcr-publish/ghcr-publish/internal/source/sourcetest"
)

// tree writes files below a new folder. The arguments are pairs of a name and a content.
func (s *stage) tree(pairs ...string) string {
	s.t.Helper()
	dir := s.t.TempDir()
	for i := 0; i < len(pairs); i += 2 {
		path := filepath.Join(dir, pairs[i])
		s.check(os.MkdirAll(filepath.Dir(path), 0o755))
		s.check(os.WriteFile(path, []byte(pairs[i+1]), 0o644))
	}
	return dir
}

// published returns an image on the registry of the stage, by tag or digest.
func (s *stage) published(repo, reference string) (v1.Manifest, v1.ConfigFile) {
	s.t.Helper()
	found, exists := s.server.Manifest(repo, reference)
	if !exists {
		s.t.Fatalf("%s has no manifest %q", repo, reference)
	}
	var m v1.Manifest
	s.check(json.Unmarshal(found.Raw, &m))
	raw, err := s.server.Blob(repo, m.Config.Digest.String())
	s.check(err)
	var c v1.ConfigFile
	s.check(json.Unmarshal(raw, &c))
	return m, c
}

// unpack lists the entries of a layer: name, mode and content, or the target of a link.
func (s *stage) unpack(repo string, layer v1.Descriptor) []string {
	s.t.Helper()
	raw, err := s.server.Blob(repo, layer.Digest.String())
	s.check(err)
	z, err := gzip.NewReader(bytes.NewReader(raw))
	s.check(err)
	var out []string
	for r := tar.NewReader(z); ; {
		h, err := r.Next()
		if errors.Is(err, io.EOF) {
			return out
		}
		s.check(err)
		body, err := io.ReadAll(r)
		s.check(err)
		out = append(out, h.Name+" "+h.FileInfo().Mode().Perm().String()+" "+string(body)+h.Linkname)
	}
}

func TestFilesGiveAnImageForEachPlatform(t *testing.T) {
	t.Parallel()
	s := newStage(t, acme())
	dist := s.tree("linux-amd64/app", "#!amd64", "linux-arm64/app", "#!arm64", "darwin-arm64/app", "#!mac")
	r := s.with("content", filepath.Join(dist, "{os}-{arch}", "app")+":/usr/bin/app", "entrypoint", "/usr/bin/app",
		"env", "A=1", "user", "65532", "workdir", "/srv", "tags", "1.2.3").run().succeeds()
	r.hasOutputs("outcome", "published", "pushed", "true", "anonymous-pull", "verified")
	if !strings.Contains(r.stdout, "darwin/arm64") {
		t.Errorf("the log does not report the omitted platform:\n%s", r.stdout)
	}
	doc := index(t, s, "1.2.3")
	for i, arch := range []string{"amd64", "arm64"} {
		d := doc.Manifests[i]
		if d.Platform.String() != "linux/"+arch || r.outputs["digest-linux-"+arch] != d.Digest.String() {
			t.Errorf("entry %d is %s for %s; the output is %s", i, d.Digest, d.Platform, r.outputs["digest-linux-"+arch])
		}
		m, c := s.published("acme/web", d.Digest.String())
		if c.OS != "linux" || c.Architecture != arch || c.Config.User != "65532" || c.Config.WorkingDir != "/srv" ||
			!slices.Equal(c.Config.Entrypoint, []string{"/usr/bin/app"}) || !slices.Equal(c.Config.Env, []string{"A=1"}) {
			t.Errorf("the config is %+v", c)
		}
		want := []string{"usr/ -rwxr-xr-x ", "usr/bin/ -rwxr-xr-x ", "usr/bin/app -rwxr-xr-x #!" + arch}
		if got := s.unpack("acme/web", m.Layers[0]); !slices.Equal(got, want) {
			t.Errorf("the layer contains %q, want %q", got, want)
		}
	}
	s.run().succeeds().wroteNothing().hasOutputs("outcome", "unchanged", "digest", r.outputs["digest"])
}

// The same files give the same digest with other times, modes and orders.
func TestFilesGiveTheSameDigestEverywhere(t *testing.T) {
	t.Parallel()
	digest := func(epoch string, change func(dir string, s *stage)) string {
		s := newStage(t, acme())
		s.env["SOURCE_DATE_EPOCH"] = epoch
		dir := s.tree("a.html", "hello", "b/c.css", "{}", "run", "#!/bin/sh\n")
		change(dir, s)
		return s.with("content", dir+":/site").run().succeeds().outputs["digest"]
	}
	plain := digest("", func(string, *stage) {})
	other := digest("", func(dir string, s *stage) {
		for i, name := range []string{"run", "b/c.css", "b", "a.html"} { // set other times and modes in another order
			path := filepath.Join(dir, name)
			s.check(os.Chtimes(path, time.Unix(int64(i), 5), time.Unix(int64(i), 5)))
			s.check(os.Chmod(path, 0o700))
			if os.Geteuid() == 0 {
				s.check(os.Chown(path, 1000+i, 1000+i))
			}
		}
		s.check(os.Rename(filepath.Join(dir, "a.html"), filepath.Join(dir, "x")))
		s.check(os.Link(filepath.Join(dir, "x"), filepath.Join(dir, "a.html")))
		s.check(os.Remove(filepath.Join(dir, "x")))
	})
	if plain != other {
		t.Errorf("digests are %s and %s", plain, other)
	}
	if dated := digest("1700000000", func(string, *stage) {}); dated == plain {
		t.Error("SOURCE_DATE_EPOCH changes nothing")
	}
}

// seedBase pushes an index for two platforms to a repository of the registry.
func seedBase(t *testing.T, s *stage, repo string) v1.Descriptor {
	t.Helper()
	l := sourcetest.NewLayout(t)
	root := l.MultiPlatform()
	l.Add(root)
	for _, f := range l.Files() {
		if _, err := s.server.AddBlob(repo, f.Body); err != nil {
			t.Fatal(err)
		}
	}
	var add func(d v1.Descriptor, tag string)
	add = func(d v1.Descriptor, tag string) {
		raw, _ := s.server.Blob(repo, d.Digest.String())
		var doc v1.IndexManifest
		s.check(json.Unmarshal(raw, &doc))
		for _, c := range doc.Manifests {
			add(c, "")
		}
		s.server.AddManifest(repo, tag, string(d.MediaType), raw)
	}
	add(root, "1")
	return root
}

func TestLayersOfTheBaseOfFilesAreMounted(t *testing.T) {
	t.Parallel()
	c := acme()
	c.Packages = []ghcrtest.Package{{Name: "other/base", Visibility: ghcrtest.Public}}
	s := newStage(t, c)
	seedBase(t, s, "other/base")
	site := s.tree("index.html", "hello", "tmp/x", "1")
	r := s.with("content", site+":/", "base", s.image("other/base:1"), "labels", "a=b").run().succeeds()
	if n := r.count("PUT", "/blobs/"); n != 3 { // the layer, two configs
		t.Errorf("%d blobs were pushed, want the layer and two configs", n)
	}
	doc := index(t, s, "main")
	if len(doc.Manifests) != 2 {
		t.Fatalf("the index has %d entries, want the two platforms of the base", len(doc.Manifests))
	}
	m, config := s.published("acme/web", doc.Manifests[1].Digest.String())
	if len(m.Layers) != 3 || len(config.RootFS.DiffIDs) != 3 || config.Architecture != "arm64" || config.Config.Labels["a"] != "b" {
		t.Errorf("the image for arm64 is %+v with %+v", m, config)
	}
	if got := m.Annotations["org.opencontainers.image.base.name"]; got != s.image("other/base:1") {
		t.Errorf("the name of the base is %q", got)
	}
	// A folder in the layer would replace the folder of the base and its mode.
	if got, want := s.unpack("acme/web", m.Layers[2]), []string{"index.html -rw-r--r-- hello", "tmp/x -rw-r--r-- 1"}; !slices.Equal(got, want) {
		t.Errorf("the layer contains %q, want %q", got, want)
	}
}

func TestInvalidContentInputs(t *testing.T) {
	t.Parallel()
	cases := []struct {
		name   string
		inputs func(s *stage) []string
		code   string
		words  []string
	}{
		{"with a source", func(*stage) []string { return []string{"source", "image.tar", "content", "a:/a"} }, "content-or-source", []string{"exclude each other"}},
		{"an entrypoint without content", func(*stage) []string { return []string{"source", "image.tar", "entrypoint", "/a"} }, "content-missing", []string{"without the input content"}},
		{"content without a path in the image", func(*stage) []string { return []string{"content", "dist"} }, "content-invalid", []string{`"dist"`, "PATH:/PATH/IN/IMAGE"}},
		{"a path that does not exist", func(*stage) []string { return []string{"content", "no/such:/a"} }, "content-not-found", []string{`"no/such"`}},
		{"a platform without files", func(s *stage) []string {
			return []string{"content", filepath.Join(s.tree("linux-amd64/a", "1"), "{os}-{arch}") + ":/", "platform", "linux/amd64,linux/arm64"}
		}, "platform-missing", []string{"linux/arm64"}},
		{"a link to a file outside the folder", func(s *stage) []string {
			dir := s.tree("a", "1")
			needs.Link(s.t, "../../etc/passwd", filepath.Join(dir, "b"))
			return []string{"content", dir + ":/"}
		}, "content-unsafe", []string{"etc/passwd", "cp -L"}},
		{"a whiteout", func(s *stage) []string { return []string{"content", s.tree(".wh.etc", "") + ":/"} }, "content-name", []string{".wh."}},
		{"a base that does not exist", func(s *stage) []string {
			return []string{"content", s.tree("a", "1") + ":/", "base", s.image("acme/none:1")}
		}, "image-not-found", []string{"acme/none:1"}},
		{"a base that the token may not read", func(s *stage) []string {
			s.server.AddPackage(ghcrtest.Package{Name: "other/secret", Visibility: ghcrtest.Private})
			seedBase(s.t, s, "other/secret")
			return []string{"content", s.tree("a", "1") + ":/", "base", s.image("other/secret:1")}
		}, "denied", []string{"other/secret", "role Read"}},
		{"windows", func(s *stage) []string {
			return []string{"content", s.tree("a", "1") + ":/", "platform", "windows/amd64"}
		}, "platform-missing", []string{"docker build on Windows"}},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			s := newStage(t, acme())
			s.with(c.inputs(s)...).run().wroteNothing().failsWith(c.code, c.words...)
		})
	}
}

// The folder .git of a checkout contains the token if actions/checkout kept it.
func TestContentLeavesOutTheGitFolder(t *testing.T) {
	t.Parallel()
	s := newStage(t, acme())
	dir := s.tree("a", "1", ".git/config", "extraheader = "+canary)
	r := s.with("content", dir+":/src", "tags", "1").run().succeeds()
	m, _ := s.published("acme/web", "1")
	if got, want := s.unpack("acme/web", m.Layers[0]), []string{"src/ -rwxr-xr-x ", "src/a -rw-r--r-- 1"}; !slices.Equal(got, want) {
		t.Errorf("the layer contains %q, want %q", got, want)
	}
	if !strings.Contains(r.stdout, "The image does not contain a .git folder") {
		t.Errorf("the log does not report that .git is omitted:\n%s", r.stdout)
	}
}
