package cmd_test

import (
	"archive/tar"
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/types"

	"github.com/ghcr-publish/ghcr-publish/internal/source/sourcetest"
)

// builderVariable makes the test program act as "docker buildx". It is the path of a
// file to which the builder appends its arguments.
const builderVariable = "GHCR_PUBLISH_TEST_BUILDER"

// withFakeBuildx sets the PATH of the stage to a folder with a docker buildx that builds an
// image with the labels of its arguments.
func (s *stage) withFakeBuildx() *stage {
	s.t.Helper()
	program, err := os.Executable()
	s.check(err)
	bin := s.t.TempDir()
	s.env["CALLS"] = filepath.Join(s.dir, "calls")
	sourcetest.Program(s.t, bin, "docker", fmt.Sprintf("#!/bin/sh\nGHCR_PUBLISH_TEST_MAIN= %s='%s' exec '%s' \"$@\"\n", builderVariable, s.env["CALLS"], program))
	s.env["PATH"] = bin
	return s
}

// runBuilder is docker buildx of the tests: it writes an OCI archive with one image.
func runBuilder(args []string, calls string) error {
	switch {
	case len(args) > 1 && args[1] == "version":
		fmt.Println("v0.30.0")
		return nil
	case len(args) > 1 && args[1] == "inspect":
		fmt.Println("Driver: docker-container")
		return nil
	case len(args) > 2 && args[2] == "--help":
		fmt.Println("--provenance string")
		return nil
	}
	f, err := os.OpenFile(calls, os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o600)
	if err != nil {
		return err
	}
	defer f.Close()
	labels, out := map[string]string{}, ""
	for i, arg := range args {
		fmt.Fprintf(f, "%q\n", arg)
		if i == 0 {
			continue
		}
		switch args[i-1] {
		case "--label":
			key, value, _ := strings.Cut(arg, "=")
			labels[key] = value
		case "--output":
			_, out, _ = strings.Cut(arg, "dest=")
		}
	}
	context, err := os.ReadFile(filepath.Join(args[len(args)-1], "Dockerfile"))
	if err != nil {
		return err
	}
	return os.WriteFile(out, builtArchive(labels, string(context)), 0o600)
}

// builtArchive returns an OCI archive with an image for linux/amd64.
func builtArchive(labels map[string]string, text string) []byte {
	var archive bytes.Buffer
	w := tar.NewWriter(&archive)
	add := func(name string, raw []byte) {
		_ = w.WriteHeader(&tar.Header{Name: name, Mode: 0o644, Size: int64(len(raw))})
		_, _ = w.Write(raw)
	}
	blob := func(t types.MediaType, raw []byte) v1.Descriptor {
		hash, size, _ := v1.SHA256(bytes.NewReader(raw))
		add("blobs/sha256/"+hash.Hex, raw)
		return v1.Descriptor{MediaType: t, Digest: hash, Size: size}
	}
	encode := func(v any) []byte {
		raw, err := json.Marshal(v)
		if err != nil {
			panic(err) // the values are structures of this test
		}
		return raw
	}
	layer := tarOf("file", text)
	diff, _, _ := v1.SHA256(bytes.NewReader(layer))
	manifest := v1.Manifest{SchemaVersion: 2, MediaType: types.OCIManifestSchema1, Config: blob(types.OCIConfigJSON, encode(v1.ConfigFile{
		OS: "linux", Architecture: "amd64", RootFS: v1.RootFS{Type: "layers", DiffIDs: []v1.Hash{diff}}, Config: v1.Config{Labels: labels},
	}))}
	manifest.Layers = []v1.Descriptor{blob(types.OCILayer, sourcetest.Gzip(layer))}
	root := blob(types.OCIManifestSchema1, encode(manifest))
	add("index.json", encode(v1.IndexManifest{SchemaVersion: 2, Manifests: []v1.Descriptor{root}}))
	add("oci-layout", []byte(`{"imageLayoutVersion":"1.0.0"}`))
	_ = w.Close()
	return archive.Bytes()
}

func tarOf(name, text string) []byte {
	var out bytes.Buffer
	w := tar.NewWriter(&out)
	_ = w.WriteHeader(&tar.Header{Name: name, Mode: 0o644, Size: int64(len(text))})
	_, _ = w.Write([]byte(text))
	_ = w.Close()
	return out.Bytes()
}

func TestLabelsOfABuildAddNoAnnotations(t *testing.T) {
	t.Parallel()
	context := t.TempDir()
	if err := os.WriteFile(filepath.Join(context, "Dockerfile"), []byte("FROM scratch\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	cases := []struct {
		name, labels, annotations string
		wantLabel, wantAnnotation string
	}{
		{"labels", "org.example.a=1", "", "1", ""},
		{"annotations", "", "org.example.a=2", "", "2"},
		{"labels and annotations", "org.example.a=1", "org.example.a=2", "1", "2"},
		{"only comments", "# none", "", "", ""},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			s := newStage(t, acme()).withFakeBuildx().with("context", context, "tags", "1", "labels", c.labels, "annotations", c.annotations)
			s.run().succeeds()
			labels, annotations := s.namesOf("acme/web", "1")
			if labels["org.example.a"] != c.wantLabel || annotations["org.example.a"] != c.wantAnnotation {
				t.Errorf("labels %v, annotations %v", labels, annotations)
			}
			if c.annotations == "" && len(annotations) > 0 || c.name == "only comments" && len(labels) > 0 {
				t.Errorf("labels %v, annotations %v", labels, annotations)
			}
		})
	}
}

// namesOf returns the labels and the annotations of an image in the registry.
func (s *stage) namesOf(name, tag string) (labels, annotations map[string]string) {
	s.t.Helper()
	stored, ok := s.server.Manifest(name, tag)
	if !ok {
		s.t.Fatalf("%s:%s does not exist", name, tag)
	}
	var manifest v1.Manifest
	s.check(json.Unmarshal(stored.Raw, &manifest))
	raw, err := s.server.Blob(name, manifest.Config.Digest.String())
	s.check(err)
	var config v1.ConfigFile
	s.check(json.Unmarshal(raw, &config))
	return config.Config.Labels, manifest.Annotations
}
