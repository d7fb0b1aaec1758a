package sourcetest

import (
	"bytes"
	"encoding/json"
	"fmt"
	"testing"

	v1 "github.com/google/go-containerregistry/pkg/v1"
)

// Saved is one image for [DockerSave].
type Saved struct {
	Tags   []string
	Config []byte   // a config that the function Config returned
	Layers [][]byte // the bytes of each layer in the tar, which can be uncompressed or compressed with gzip
}

// NewSaved returns an image for linux/amd64 with one uncompressed layer for
// each text.
func NewSaved(tb testing.TB, tag string, texts ...string) Saved {
	tb.Helper()
	s := Saved{Tags: []string{tag}}
	for _, text := range texts {
		s.Layers = append(s.Layers, LayerTar(tb, text))
	}
	s.Config = Config(tb, AMD64, s.Layers...)
	return s
}

// Gzipped returns the image with layers that are compressed with gzip.
func (s Saved) Gzipped() Saved {
	var layers [][]byte
	for _, raw := range s.Layers {
		layers = append(layers, Gzip(raw))
	}
	s.Layers = layers
	return s
}

// DiffIDs returns the digests of the uncompressed layers.
func (s Saved) DiffIDs() []string {
	var c v1.ConfigFile
	if err := json.Unmarshal(s.Config, &c); err != nil {
		panic(err) // The config is valid JSON, because this package wrote it.
	}
	var out []string
	for _, id := range c.RootFS.DiffIDs {
		out = append(out, id.String())
	}
	return out
}

// ID returns the digest of the config.
func (s Saved) ID() v1.Hash {
	h, _, err := v1.SHA256(bytes.NewReader(s.Config))
	if err != nil {
		panic(err) // A read from memory cannot fail.
	}
	return h
}

// Entry is an image in manifest.json.
type Entry struct {
	Config       string
	RepoTags     []string
	Layers       []string
	LayerSources map[string]v1.Descriptor `json:",omitempty"`
}

// ManifestJSON returns a file manifest.json that contains the entries.
func ManifestJSON(tb testing.TB, entries ...Entry) File {
	tb.Helper()
	raw, err := json.Marshal(entries)
	check(tb, err)
	return File{Name: "manifest.json", Body: raw}
}

// DockerSave returns the files that docker save before version 25 writes.
// Each layer is in a separate directory. If an earlier image contains the
// same layer, DockerSave returns a symbolic link in place of the layer. The
// JSON documents are the last files.
func DockerSave(tb testing.TB, images ...Saved) []File {
	tb.Helper()
	var files []File
	var entries []Entry
	met := map[string]string{}
	for i, s := range images {
		e := Entry{Config: s.ID().Hex + ".json", RepoTags: s.Tags}
		for j, raw := range s.Layers {
			dir := fmt.Sprintf("%02d%02d", i, j)
			f := File{Name: dir + "/layer.tar", Body: raw}
			if other := met[string(raw)]; other != "" {
				f = File{Name: f.Name, Link: "../" + other}
			} else {
				met[string(raw)] = f.Name
			}
			files = append(files, File{Name: dir + "/VERSION", Body: []byte("1.0")}, f)
			e.Layers = append(e.Layers, f.Name)
		}
		files = append(files, File{Name: e.Config, Body: s.Config})
		entries = append(entries, e)
	}
	return append(files, ManifestJSON(tb, entries...), File{Name: "repositories", Body: []byte("{}")})
}

// DockerSaveOCI returns the files that docker save version 25 and later
// writes. The files are an OCI layout and a file manifest.json for the image.
func DockerSaveOCI(tb testing.TB, l *Layout, image v1.Descriptor, tags ...string) []File {
	tb.Helper()
	var m v1.Manifest
	for _, f := range l.files {
		if f.Name == BlobName(image.Digest) {
			check(tb, json.Unmarshal(f.Body, &m))
		}
	}
	e := Entry{Config: BlobName(m.Config.Digest), RepoTags: tags}
	for _, layer := range m.Layers {
		e.Layers = append(e.Layers, BlobName(layer.Digest))
	}
	return append(l.Files(), ManifestJSON(tb, e), File{Name: "repositories", Body: []byte("{}")})
}
