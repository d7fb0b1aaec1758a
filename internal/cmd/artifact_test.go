package cmd_test

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	v1 "github.com/google/go-containerregistry/pkg/v1"
)

// artifact is a manifest in the registry.
type artifact struct {
	v1.Manifest
	ArtifactType string         `json:"artifactType"`
	Subject      *v1.Descriptor `json:"subject"`
}

func (s *stage) artifact(repo, reference string) artifact {
	s.t.Helper()
	found, exists := s.server.Manifest(repo, reference)
	var a artifact
	if err := json.Unmarshal(found.Raw, &a); !exists || err != nil {
		s.t.Fatalf("manifest %q: exists: %t, %v", reference, exists, err)
	}
	return a
}

// An SBOM becomes a referrer of its image, without a tag.
func TestArtifactIsAReferrerOfItsSubject(t *testing.T) {
	t.Parallel()
	s := newStage(t, acme())
	path, digest := layout(t)
	s.with("source", path, "tags", "1").run().succeeds()
	sbom := filepath.Join(s.tree("web.cdx.json", `{"bomFormat":"CycloneDX"}`), "web.cdx.json")
	s.with("source", "", "tags", "", "content", sbom+":application/vnd.cyclonedx+json", "artifact-type", "application/vnd.cyclonedx+json",
		"subject", s.image("acme/web:1"), "annotations", "a=b")
	r := s.run().succeeds().hasOutputs("outcome", "published", "pushed", "true", "tags", "")
	a := s.artifact("acme/web", r.outputs["digest"])
	if a.ArtifactType != "application/vnd.cyclonedx+json" || a.Subject.Digest.String() != digest || a.Annotations["a"] != "b" ||
		a.Config.MediaType != "application/vnd.oci.empty.v1+json" || a.Config.Size != 2 {
		t.Errorf("the manifest is %+v", a)
	}
	if l := a.Layers[0]; l.MediaType != "application/vnd.cyclonedx+json" || l.Annotations["org.opencontainers.image.title"] != "web.cdx.json" {
		t.Errorf("the file is %+v", l)
	}
	list := index(t, s, strings.Replace(digest, ":", "-", 1))
	if len(list.Manifests) != 1 || list.Manifests[0].Digest.String() != r.outputs["digest"] ||
		list.Manifests[0].ArtifactType != a.ArtifactType || list.Manifests[0].Annotations["a"] != "b" {
		t.Errorf("referrers are %+v", list.Manifests)
	}
	s.run().succeeds().wroteNothing().hasOutputs("outcome", "unchanged", "digest", r.outputs["digest"])
}

func TestArtifactWithoutASubjectGetsTags(t *testing.T) {
	t.Parallel()
	s := newStage(t, acme())
	dir := s.tree("a.wasm", "wasm", "README.md", "hi")
	r := s.with("content", dir+"/a.wasm:application/wasm\n"+dir+"/README.md", "artifact-type", "application/vnd.acme.plugin", "tags", "1.0").run().succeeds()
	r.hasOutputs("anonymous-pull", "verified", "digests", "{}")
	a := s.artifact("acme/web", "1.0")
	if a.Layers[0].MediaType != "application/wasm" || a.Layers[1].MediaType != "application/octet-stream" || a.Subject != nil {
		t.Errorf("the manifest is %+v", a)
	}
}

// packed writes a Helm chart as helm package does.
func (s *stage) packed(files ...string) string {
	s.t.Helper()
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	w := tar.NewWriter(z)
	for i := 0; i < len(files); i += 2 {
		s.check(w.WriteHeader(&tar.Header{Name: files[i], Mode: 0o644, Size: int64(len(files[i+1]))}))
		_, err := w.Write([]byte(files[i+1]))
		s.check(err)
	}
	s.check(w.Close())
	s.check(z.Close())
	path := filepath.Join(s.t.TempDir(), "chart.tgz")
	s.check(os.WriteFile(path, b.Bytes(), 0o600))
	return path
}

const helm = "application/vnd.cncf.helm.config.v1+json"

func TestHelmChartHasTheMediaTypesThatHelmPulls(t *testing.T) {
	t.Parallel()
	s := newStage(t, acme())
	chart := s.packed("web/charts/db/Chart.yaml", "name: db\nversion: 9.9.9\n", "web/Chart.yaml",
		"apiVersion: v2\nname: web\nversion: 1.2.3\ndescription: A web\nkeywords: [a, b]\n", "web/values.yaml", "x: 1")
	s.with("content", chart, "artifact-type", helm, "tags", "1.2.3").run().succeeds()
	a := s.artifact("acme/web", "1.2.3")
	if string(a.Config.MediaType) != helm || len(a.Layers) != 1 || a.Layers[0].MediaType != "application/vnd.cncf.helm.chart.content.v1.tar+gzip" ||
		a.Annotations["org.opencontainers.image.version"] != "1.2.3" {
		t.Errorf("the manifest is %+v", a)
	}
	raw, err := s.server.Blob("acme/web", a.Config.Digest.String())
	s.check(err)
	if want := `{"apiVersion":"v2","description":"A web","keywords":["a","b"],"name":"web","version":"1.2.3"}`; string(raw) != want {
		t.Errorf("the config is %s, want %s", raw, want)
	}
}

// A chart has only the tag of its version, with _ instead of + (helm/helm#10166). Events
// that do not release a version publish no chart.
func TestTagOfAHelmChartIsItsVersion(t *testing.T) {
	t.Parallel()
	cases := []struct {
		name, event, ref string
		inputs           []string
		tags             string
		warned           bool
	}{
		{"default branch", "push", "refs/heads/main", nil, "0.1.0_meta", false},
		{"Git tag of another version", "push", "refs/tags/v9.9.9", nil, "0.1.0_meta", false},
		{"dispatch on a branch", "workflow_dispatch", "refs/heads/dev", nil, "0.1.0_meta", false},
		{"another branch", "push", "refs/heads/dev", nil, "", false},
		{"pull request", "pull_request", "refs/pull/7/merge", nil, "", false},
		{"schedule", "schedule", "refs/heads/main", nil, "", false},
		{"merge queue", "merge_group", "refs/heads/gh-readonly-queue/main/pr-1", nil, "", false},
		{"the same tag", "push", "refs/heads/dev", []string{"tags", "0.1.0+meta"}, "0.1.0_meta", false},
		{"another tag", "push", "refs/heads/main", []string{"tags", "1.2.3"}, "1.2.3", true},
		{"a tag in addition", "push", "refs/heads/main", []string{"tags", "0.1.0+meta\nlatest"}, "0.1.0_meta\nlatest", true},
		{"the input version", "push", "refs/heads/main", []string{"version", "v1.2.3+x"}, "1.2.3_x", true},
		{"a suffix", "push", "refs/heads/main", []string{"flavor", "suffix=-x"}, "0.1.0_meta-x", true},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			s := newStage(t, acme())
			s.env["GITHUB_EVENT_NAME"], s.env["GITHUB_REF"] = c.event, c.ref
			chart := s.packed("web/Chart.yaml", "apiVersion: v2\nname: web\nversion: 0.1.0+meta\n")
			r := s.with("content", chart, "artifact-type", helm).with(c.inputs...).run().succeeds().hasOutputs("tag-names", c.tags)
			if c.tags == "" {
				r.wroteNothing().hasOutputs("outcome", "skipped")
			}
			if strings.Contains(r.stdout, "::warning") != c.warned {
				r.fatal("want a warning: %t", c.warned)
			}
		})
	}
}

// helm push writes the version as it is, with a leading v and with missing numbers. Without
// the complete version, Helm ignores such a tag.
func TestVersionsThatHelmFindsOnlyByTheirCompleteNameGetAWarning(t *testing.T) {
	t.Parallel()
	for version, inputs := range map[string][]string{"v1.2.3": {"version", "v1.2.3"}, "1.2": nil, "1": nil} {
		s := newStage(t, acme())
		chart := s.packed("web/Chart.yaml", fmt.Sprintf("apiVersion: v2\nname: web\nversion: %q\n", version))
		r := s.with("content", chart, "artifact-type", helm).with(inputs...).run().succeeds().hasOutputs("tag-names", version)
		if !strings.Contains(r.stdout, "::warning title=The version of the chart is "+version) || !strings.Contains(r.stdout, "--version "+version) {
			r.fatal("no warning about the version %s", version)
		}
	}
}

func TestInvalidArtifactInputs(t *testing.T) {
	t.Parallel()
	cases := []struct {
		name   string
		inputs func(s *stage) []string
		code   string
		words  []string
	}{
		{"a folder", func(s *stage) []string { return []string{"content", s.tree("a", "1")} }, "content-unsafe", []string{"tar -czf"}},
		{"a file that does not exist", func(*stage) []string { return []string{"content", "no/such"} }, "content-not-found", []string{"no/such"}},
		{"the same name twice", func(s *stage) []string {
			return []string{"content", s.tree("a", "1") + "/a\n" + s.tree("a", "2") + "/a"}
		}, "content-twice", []string{"the same name"}},
		{"a chart that is not an archive", func(s *stage) []string {
			return []string{"content", s.tree("a.tgz", "1") + "/a.tgz", "artifact-type", helm}
		}, "content-unreadable", []string{"helm package"}},
		{"a chart without metadata", func(s *stage) []string {
			return []string{"content", s.packed("web/values.yaml", "a: 1"), "artifact-type", helm}
		}, "content-unreadable", []string{"Chart.yaml"}},
		{"a chart without version", func(s *stage) []string {
			return []string{"content", s.packed("web/Chart.yaml", "apiVersion: v2\nname: web"), "artifact-type", helm}
		}, "chart-invalid", []string{"no version", "chart.metadata.version is required"}},
		{"a subject that does not exist", func(s *stage) []string {
			return []string{"content", s.tree("a", "1") + "/a", "subject", "sha256:" + strings.Repeat("0", 64)}
		}, "image-not-found", []string{"0000"}},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			s := newStage(t, acme()).with("artifact-type", "application/vnd.x")
			s.with(c.inputs(s)...).run().wroteNothing().failsWith(c.code, c.words...)
		})
	}
}
