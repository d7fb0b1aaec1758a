//go:build integration && linux

package cmd_test

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	v1 "github.com/google/go-containerregistry/pkg/v1"
)

// TestAnnotationLevelsHaveThePlacesOfBuildx builds an index twice with docker buildx. The
// first build has no annotations. The command "publish" adds annotations to the index, and
// the command "merge" adds annotations to a new index of the same images. The second build
// gets the same annotations from buildx. All images must have the same annotations at the
// same places.
func TestAnnotationLevelsHaveThePlacesOfBuildx(t *testing.T) {
	d := startDockerd(t, currentSnapshots)
	s := builderStage(t, "docker").withBuildx(d)
	context := s.env["INPUT_CONTEXT"]
	for _, input := range []string{"INPUT_CONTEXT", "INPUT_BUILD-ARGS"} {
		delete(s.env, input)
	}
	folder := t.TempDir() // The path has no comma, because a comma separates the options of buildx.
	plain, metadata := filepath.Join(folder, "plain.tar"), filepath.Join(folder, "metadata.json")
	s.buildx(ociBuild(context, plain)...)
	images := s.with("source", plain, "tags", "plain").run().succeeds().outputs
	digests := images["digest-linux-amd64"] + "\n" + images["digest-linux-arm64"]
	cases := [][]string{
		{"manifest:org.example.a=1"},
		{"index:org.example.a=1"},
		{"manifest[linux/arm64]:org.example.a=1"},
		{"manifest-descriptor:org.example.a=1"},
		{"manifest-descriptor[linux/amd64]:org.example.a=1"},
		{"index-descriptor:org.example.a=1"},
		{"index-descriptor[linux/amd64]:org.example.a=1"},
		{"index[linux/amd64]:org.example.a=1"},
		{"index,manifest:org.example.a=1"},
		{"manifest:org.example.a=all", "manifest[linux/amd64]:org.example.a=one"},
		{"manifest[linux/amd64],manifest-descriptor[linux/arm64]:org.example.a=1=2:3", "index:org.example.b=x y"},
	}
	for i, lines := range cases {
		t.Run(strings.Join(lines, " "), func(t *testing.T) {
			annotated := filepath.Join(folder, fmt.Sprintf("annotated-%d.tar", i))
			var flags []string
			for _, line := range lines {
				flags = append(flags, "--annotation", line)
			}
			s.buildx(ociBuild(context, annotated, flags...)...)
			theirs, ours := fmt.Sprintf("theirs-%d", i), fmt.Sprintf("ours-%d", i)
			s.with("source", annotated, "tags", theirs, "annotations", "").run().succeeds()
			s.with("source", plain, "tags", ours, "annotations", strings.Join(lines, "\n"), "metadata-file", metadata).run().succeeds()
			delete(s.env, "INPUT_METADATA-FILE")
			merged := fmt.Sprintf("merged-%d", i)
			delete(s.env, "INPUT_SOURCE")
			s.with("command", "merge", "digests", digests, "tags", merged).run().succeeds()
			delete(s.env, "INPUT_COMMAND")
			delete(s.env, "INPUT_DIGESTS")
			want, got := s.exampleAnnotations(theirs), s.exampleAnnotations(ours)
			if got := s.exampleAnnotations(merged); !slices.Equal(got, want) {
				t.Errorf("merge writes %q, buildx writes %q", got, want)
			}
			if !slices.Equal(got, want) || len(want) == 0 != strings.HasPrefix(lines[0], "index-descriptor") {
				t.Errorf("got %q, buildx writes %q", got, want)
			}
			raw, err := os.ReadFile(metadata)
			s.check(err)
			if inDescriptor := strings.Count(string(raw), `"org.example.a": "1"`) > 0; inDescriptor != strings.HasPrefix(lines[0], "index-descriptor") {
				t.Errorf("the metadata file contains the annotation of the descriptor: %t", inDescriptor)
			}
		})
	}
}

// ociBuild returns the arguments of a build for two platforms into an OCI archive.
func ociBuild(context, file string, flags ...string) []string {
	return append(append([]string{"build", "--platform", "linux/amd64,linux/arm64", "--provenance=false", "--output", "type=oci,dest=" + file}, flags...), context)
}

// exampleAnnotations returns the annotations whose keys begin with org.example, with their
// places in the index acme/web.
func (s *stage) exampleAnnotations(tag string) []string {
	s.t.Helper()
	var out []string
	add := func(place string, annotations map[string]string) {
		for key, value := range annotations {
			if strings.HasPrefix(key, "org.example.") {
				out = append(out, place+" "+key+"="+value)
			}
		}
	}
	root := index(s.t, s, tag)
	add("index", root.Annotations)
	for _, entry := range root.Manifests {
		add("descriptor "+entry.Platform.String(), entry.Annotations)
		stored, ok := s.server.Manifest("acme/web", entry.Digest.String())
		if !ok {
			s.t.Fatalf("the manifest %s does not exist", entry.Digest)
		}
		var manifest v1.Manifest
		s.check(json.Unmarshal(stored.Raw, &manifest))
		add("manifest "+entry.Platform.String(), manifest.Annotations)
	}
	slices.Sort(out)
	return out
}
