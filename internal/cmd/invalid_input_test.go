package cmd_test

import (
	"archive/tar"
	"os"
	"path/filepath"
	"strings"
	"testing"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/types"

	"github.com/ghcr-publish/ghcr-publish/internal/source/sourcetest"
)

// invalidInput is a case with invalid inputs and the error that they give before any
// write.
type invalidInput struct {
	name   string
	inputs func(*stage) []string // pairs of a name and a value
	env    map[string]string
	code   string
	words  []string // of the title and the hint
}

func (b invalidInput) run(t *testing.T) {
	t.Parallel()
	s := newStage(t, acme())
	source, _ := layout(t)
	s.with("source", source)
	if b.inputs != nil {
		s.with(b.inputs(s)...)
	}
	for name, value := range b.env {
		s.env[name] = value
	}
	r := s.run().wroteNothing().failsWith(b.code, b.words...)
	if tags := s.server.Tags("acme/web"); len(tags) > 0 {
		t.Errorf("tags exist: %q", tags)
	}
	if r.outputs["pushed"] == "true" || r.outputs["digest"] != "" {
		t.Errorf("the outputs report a publication: %v", r.outputs)
	}
}

// set returns inputs that do not depend on the stage.
func set(pairs ...string) func(*stage) []string {
	return func(*stage) []string { return pairs }
}

// entries returns an OCI archive that begins with additional files.
func entries(more ...sourcetest.File) func(*stage) []string {
	return func(s *stage) []string {
		l := sourcetest.NewLayout(s.t)
		l.Add(l.Image(sourcetest.AMD64, "x"))
		return []string{"source", sourcetest.Tar(s.t, append(more, l.Files()...))}
	}
}

// changedLayout returns a layout directory with changed files.
func changedLayout(change func(*sourcetest.Layout) []sourcetest.File) func(*stage) []string {
	return func(s *stage) []string {
		return []string{"source", sourcetest.Dir(s.t, change(sourcetest.NewLayout(s.t)))}
	}
}

func TestInvalidSources(t *testing.T) {
	t.Parallel()
	cases := []invalidInput{
		{name: "no source", inputs: set("source", " "), code: "source-missing", words: []string{"docker://REFERENCE"}},
		{name: "a path that does not exist", inputs: set("source", "/no/such/image.tar"), code: "source-not-found", words: []string{`"/no/such/image.tar"`}},
		{
			name: "a directory that is not a layout", code: "source-not-a-layout",
			inputs: changedLayout(func(*sourcetest.Layout) []sourcetest.File {
				return []sourcetest.File{{Name: "README", Body: []byte("hi")}}
			}),
		},
		{
			name: "a truncated tar", code: "source-truncated",
			inputs: func(s *stage) []string {
				l := sourcetest.NewLayout(s.t)
				l.Add(l.Image(sourcetest.AMD64, "x"))
				raw := sourcetest.TarBytes(s.t, l.Files())
				return []string{"source", sourcetest.Write(s.t, "image.tar", raw[:len(raw)/2+100])}
			},
		},
		{
			name: "a truncated gzip", code: "source-truncated",
			inputs: func(s *stage) []string {
				l := sourcetest.NewLayout(s.t)
				l.Add(l.Image(sourcetest.AMD64, "x"))
				raw := sourcetest.Gzip(sourcetest.TarBytes(s.t, l.Files()))
				return []string{"source", sourcetest.Write(s.t, "image.tgz", raw[:len(raw)/2])}
			},
		},
		{name: "an absolute path", inputs: entries(sourcetest.File{Name: "/etc/passwd", Body: []byte("x")}), code: "source-unsafe-path", words: []string{"/etc/passwd"}},
		{name: "a path outside the source", inputs: entries(sourcetest.File{Name: "../../x", Body: []byte("x")}), code: "source-unsafe-path", words: []string{"../../x"}},
		{name: "a link to a file outside the source", inputs: entries(sourcetest.File{Name: "blobs/x", Link: "../../../etc/passwd"}), code: "source-unsafe-path"},
		{name: "a device", inputs: entries(sourcetest.File{Name: "blobs/dev", Type: tar.TypeBlock}), code: "source-unsafe-path"},
		{name: "too many nested indexes", inputs: changedLayout(nestedIndexes), code: "source-too-deep"},
		{name: "an index with too many entries", inputs: changedLayout(manyEntries), code: "source-manifest-too-large"},
		{name: "a blob that is missing", code: "source-blob-missing", inputs: changedLayout(func(l *sourcetest.Layout) []sourcetest.File {
			l.Add(l.Image(sourcetest.AMD64, "x"))
			files := l.Files()
			return sourcetest.Without(files, files[3].Name)
		})},
		{name: "several images without a selection", code: "source-ambiguous", words: []string{"one", "two"}, inputs: changedLayout(func(l *sourcetest.Layout) []sourcetest.File {
			l.Add(l.Image(sourcetest.AMD64, "1"), "one")
			l.Add(l.Image(sourcetest.AMD64, "2"), "two")
			return l.Files()
		})},
		{name: "a layer over 10 GB", inputs: largeLayer, code: "layer-too-large", words: []string{"10 GB", "Split"}},
	}
	for _, c := range cases {
		t.Run(c.name, c.run)
	}
}

// nestedIndexes adds an index with a depth of 40.
func nestedIndexes(l *sourcetest.Layout) []sourcetest.File {
	d := l.Image(sourcetest.AMD64, "x")
	for range 40 {
		d = l.Index(d)
	}
	l.Add(d)
	return l.Files()
}

// manyEntries adds an index with 30,000 entries.
func manyEntries(l *sourcetest.Layout) []sourcetest.File {
	var many []v1.Descriptor
	d := l.Image(sourcetest.AMD64, "x")
	for range 30_000 {
		many = append(many, d)
	}
	l.Add(l.Index(many...))
	return l.Files()
}

// largeLayer writes a layout with a layer of 10 GB and one byte, as a sparse file.
func largeLayer(s *stage) []string {
	l := sourcetest.NewLayout(s.t)
	layer := l.Blob(types.OCILayer, []byte("sparse"))
	const size = 10_000_000_001
	layer.Size = size
	config := l.Blob(types.OCIConfigJSON, sourcetest.Config(s.t, sourcetest.AMD64, []byte("sparse")))
	l.Add(l.JSON(types.OCIManifestSchema1, v1.Manifest{
		SchemaVersion: 2, MediaType: types.OCIManifestSchema1, Config: config, Layers: []v1.Descriptor{layer},
	}))
	dir := sourcetest.Dir(s.t, l.Files())
	if err := os.Truncate(filepath.Join(dir, filepath.FromSlash(sourcetest.BlobName(layer.Digest))), size); err != nil {
		s.t.Skip("the file system has no sparse files:", err)
	}
	return []string{"source", dir}
}

func TestInvalidNames(t *testing.T) {
	t.Parallel()
	cases := []invalidInput{
		{name: "image without owner", inputs: func(s *stage) []string { return []string{"image", s.image("web")} }, code: "image-without-owner", words: []string{"contains no owner", "/OWNER/web", "/acme/web"}},
		{name: "image with digest", inputs: set("image", "ghcr.io/acme/web@sha256:"+strings.Repeat("a", 64)), code: "image-with-digest", words: []string{"contains a digest", "Write ghcr.io/acme/web without the digest"}},
		{name: "image with tag", inputs: set("image", "ghcr.io/acme/web:1"), code: "image-with-tag", words: []string{"contains a tag", "tags: 1"}},
		{name: "image that is not a name", inputs: set("image", "ghcr.io/acme/we b"), code: "image-invalid", words: []string{`"ghcr.io/acme/we b"`, "ghcr.io/acme/web"}},
		{name: "tag over 128 characters", inputs: set("tags", strings.Repeat("a", 129)), code: "tag-too-long", words: []string{"128"}},
		{name: "tag that begins with a dot", inputs: set("tags", ".x"), code: "tag-invalid"},
		{name: "tag of another repository", inputs: set("tags", "ghcr.io/other/app:1"), code: "tag-foreign", words: []string{"ghcr.io/other/app"}},
		{name: "tag with digest", inputs: set("tags", "ghcr.io/acme/web@sha256:"+strings.Repeat("a", 64)), code: "tag-digest"},
	}
	for _, c := range cases {
		t.Run(c.name, c.run)
	}
}

func TestInvalidValues(t *testing.T) {
	t.Parallel()
	cases := []invalidInput{
		{name: "no token", inputs: set("token", ""), code: "token-empty", words: []string{"input token", "GITHUB_TOKEN"}},
		{name: "a token of two words", inputs: set("token", "not a token"), code: "token-unusable", words: []string{"blanks"}},
		{name: "a value that is not allowed", inputs: set("visibility", "secret"), code: "input-value", words: []string{`visibility has the invalid value "secret"`, "public, private, internal, keep"}},
		{name: "a value that is not a boolean", inputs: set("dry-run", "yes"), code: "input-value", words: []string{`dry-run has the invalid value "yes"`, "true, false"}},
		{name: "a value that is not a duration", inputs: set("timeout", "soon"), code: "input-value", words: []string{`timeout has the invalid value "soon"`, "30m"}},
		{name: "an unknown command", inputs: set("command", "publsh"), code: "input-value", words: []string{`command has the invalid value "publsh"`, "publish"}},
		{name: "a credential without secret", inputs: set("credentials", "docker.io me "), code: "credentials-invalid", words: []string{"Line 1"}},
		{name: "several invalid inputs", inputs: set("visibility", "secret", "verify", "half", "image", "ghcr.io/a/b@x"), code: "input-value", words: []string{"visibility", "verify", "image"}},
		{name: "GITHUB_OUTPUT is missing", env: map[string]string{"GITHUB_OUTPUT": ""}, code: "output-file-missing", words: []string{"GITHUB_OUTPUT is not set"}},
		{name: "GITHUB_OUTPUT is a folder", env: map[string]string{"GITHUB_OUTPUT": "/"}, code: "output-file-unwritable", words: []string{"cannot write the file"}},
		{name: "a payload that is not JSON", env: map[string]string{"GITHUB_EVENT_PATH": "stage_test.go"}, code: "event-unreadable", words: []string{"GITHUB_EVENT_PATH"}},
		{name: "a server without https", env: map[string]string{"GITHUB_SERVER_URL": "http://evil.example"}, code: "server-url-unusable", words: []string{"https"}},
	}
	for _, c := range cases {
		t.Run(c.name, c.run)
	}
}

// No manifest is written, so no client can pull an image with a wrong blob.
func TestBlobWithAWrongDigestIsFoundDuringTheUpload(t *testing.T) {
	t.Parallel()
	cases := []struct {
		name   string
		change func([]byte) []byte
	}{
		{"other bytes", func(b []byte) []byte { b[len(b)-9] ^= 1; return b }},
		{"too short", func(b []byte) []byte { return b[:len(b)-1] }},
		{"too long", func(b []byte) []byte { return append(b, 0) }},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			s := newStage(t, acme())
			l := sourcetest.NewLayout(t)
			l.Add(l.Image(sourcetest.AMD64, "x"))
			files := l.Files()
			layer := files[3]
			source := sourcetest.Dir(t, sourcetest.Replace(files, layer.Name, c.change(append([]byte(nil), layer.Body...))))
			r := s.with("source", source).run()
			r.failsWith("source-blob-wrong", filepath.Base(layer.Name)[:12]).hasOutputs("pushed", "false", "digest", "")
			if n := r.count("PUT", "/manifests/"); n > 0 {
				t.Errorf("%d manifests were written", n)
			}
		})
	}
}

func TestUnknownMediaTypesAreCopied(t *testing.T) {
	t.Parallel()
	s := newStage(t, acme())
	l := sourcetest.NewLayout(t)
	m := v1.Manifest{
		SchemaVersion: 2, MediaType: types.OCIManifestSchema1,
		Config: l.Blob("application/vnd.example.config+json", []byte("{}")),
		Layers: []v1.Descriptor{l.Blob("application/vnd.example.thing", []byte("thing"))},
	}
	d := l.JSON(m.MediaType, m)
	l.Add(d)
	s.with("source", sourcetest.Dir(t, l.Files())).run().succeeds().hasOutputs("digest", d.Digest.String(), "digests", "{}")
}

func TestCorrectedNamesGiveANotice(t *testing.T) {
	t.Parallel()
	cases := []struct{ name, image, words string }{
		{"upper case", "ACME/Web", "published as"},
		{"another owner", "other/app", "refuses GITHUB_TOKEN"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			s := newStage(t, acme())
			source, _ := layout(t)
			r := s.with("source", source, "image", s.image(c.image), "dry-run", "true").run().succeeds()
			noticed := false
			for _, a := range r.annotations() {
				noticed = noticed || a.level == "notice" && strings.Contains(a.text, c.words)
			}
			if !noticed {
				t.Errorf("no notice contains %q:\n%s", c.words, r.stdout)
			}
		})
	}
}

// Row 13 of docs/ghcr.md, Refusals: registries accept only lower case.
func TestImageNameIsConvertedToLowerCase(t *testing.T) {
	t.Parallel()
	s := newStage(t, acme())
	source, digest := layout(t)
	s.with("source", source, "image", s.image("Acme/WEB")).run().succeeds().hasOutputs("digest", digest, "image", s.image("acme/web"))
}
