package sourcetest

import (
	"archive/tar"
	"bufio"
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"

	v1 "github.com/google/go-containerregistry/pkg/v1"
)

// maxKept is the maximum size of a file that the fake engine keeps from an
// archive, in bytes. The fake engine does not keep larger files, such as
// large layers.
const maxKept = 1 << 20

// loaded is the content of an archive that a test sent to the engine.
type loaded struct {
	files   map[string][]byte // maps the name of each small file to its content
	diffs   map[string]string // maps the name of a blob to the digest of its uncompressed bytes
	damaged []string          // blobs whose digest differs from the digest in their name
}

// LoadedBlobs returns the names of the blobs in the last loaded archive.
func (e *Engine) LoadedBlobs() []string {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.loadedBlobs
}

// Names returns the names of the image with the given ID, or nil if no such
// image exists.
func (e *Engine) Names(id string) []string {
	e.mu.Lock()
	defer e.mu.Unlock()
	for _, i := range e.images {
		if i.ID == id {
			return append([]string{}, i.Names...)
		}
	}
	return nil
}

// load implements docker load. For an archive that is truncated or lacks a
// file, load sends the status 200 and the error message of dockerd. If the
// program sends an archive with a wrong digest, load fails the test.
func (e *Engine) load(w http.ResponseWriter, r *http.Request) {
	e.Loads.Add(1)
	if e.Loading != nil {
		e.Loading(w, r)
		return
	}
	if r.ContentLength <= 0 || r.FormValue("quiet") != "1" {
		e.tb.Errorf("the load request has %d bytes and quiet=%s, want a positive number and quiet=1", r.ContentLength, r.FormValue("quiet"))
	}
	l, err := read(r.Body)
	if err == nil {
		err = e.store(w, l)
	}
	if err != nil {
		check(e.tb, json.NewEncoder(w).Encode(map[string]any{"error": err.Error(), "errorDetail": map[string]string{"message": err.Error()}}))
	}
}

// read reads the archive and the bytes after it in the body of the request.
func read(body io.Reader) (*loaded, error) {
	l := &loaded{files: map[string][]byte{}, diffs: map[string]string{}}
	in := tar.NewReader(body)
	for {
		h, err := in.Next()
		if errors.Is(err, io.EOF) {
			_, err = io.Copy(io.Discard, body)
			return l, err
		}
		if err != nil {
			return nil, fmt.Errorf("Error processing tar file(exit status 1): %w", err) //nolint:staticcheck // the message of dockerd
		}
		if err := l.file(h, in); err != nil {
			return nil, err
		}
	}
}

func (l *loaded) file(h *tar.Header, r io.Reader) error {
	sum, diff := sha256.New(), sha256.New()
	var kept bytes.Buffer
	if h.Size <= maxKept {
		r = io.TeeReader(r, &kept)
	}
	in := bufio.NewReader(io.TeeReader(r, sum))
	plain := io.Reader(in)
	if magic, _ := in.Peek(2); bytes.Equal(magic, []byte{0x1f, 0x8b}) {
		unzipped, err := gzip.NewReader(in)
		if err != nil {
			return err
		}
		plain = unzipped
	}
	if _, err := io.Copy(diff, plain); err != nil {
		return err
	}
	l.files[h.Name] = kept.Bytes()
	if digest, ok := strings.CutPrefix(h.Name, "blobs/sha256/"); ok && digest != "" {
		l.diffs[h.Name] = "sha256:" + hex.EncodeToString(diff.Sum(nil))
		if hex.EncodeToString(sum.Sum(nil)) != digest {
			l.damaged = append(l.damaged, h.Name)
		}
	}
	return nil
}

// store checks a complete archive and adds its image to the engine.
func (e *Engine) store(w http.ResponseWriter, l *loaded) error {
	if len(l.damaged) > 0 {
		e.tb.Errorf("the program sent a complete archive in which these blobs are damaged: %q", l.damaged)
	}
	var entries []Entry
	var index v1.IndexManifest
	for name, into := range map[string]any{"manifest.json": &entries, "index.json": &index, "oci-layout": new(any)} {
		if err := json.Unmarshal(l.files[name], into); err != nil {
			return fmt.Errorf("reading %q: %w", name, err)
		}
	}
	if len(entries) != 1 || len(index.Manifests) != 1 || l.files[BlobName(index.Manifests[0].Digest)] == nil {
		e.tb.Errorf("manifest.json lists %d images and index.json lists %d images, want one image in each file and the manifest of the image in the archive", len(entries), len(index.Manifests))
	}
	var config v1.ConfigFile
	if err := json.Unmarshal(l.files[entries[0].Config], &config); err != nil {
		return fmt.Errorf("reading %q: %w", entries[0].Config, err)
	}
	added := EngineImage{ID: "sha256:" + strings.TrimPrefix(entries[0].Config, "blobs/sha256/")}
	if e.Containerd {
		added.ID = index.Manifests[0].Digest.String()
		added.Members = []string{added.ID}
	}
	for _, diff := range config.RootFS.DiffIDs {
		added.Layers = append(added.Layers, diff.String())
	}
	if err := e.layers(l, entries[0].Layers, added.Layers); err != nil {
		return err
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	e.loadedBlobs = nil
	for name := range l.diffs {
		e.loadedBlobs = append(e.loadedBlobs, name)
	}
	e.add(added, entries[0].RepoTags)
	fmt.Fprintf(w, `{"stream":"Loaded image: %s\n"}`+"\n", strings.Join(entries[0].RepoTags, " "))
	return nil
}

// layers compares the layers with their diff IDs. The classic image store
// does not read a layer if another image starts with the same layers up to
// this layer.
func (e *Engine) layers(l *loaded, files, diffs []string) error {
	if len(files) != len(diffs) {
		return fmt.Errorf("invalid manifest, layers length mismatch: expected %d, got %d", len(files), len(diffs))
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	for n, file := range files {
		known := slices.ContainsFunc(e.images, func(i EngineImage) bool {
			return len(i.Layers) > n && slices.Equal(i.Layers[:n+1], diffs[:n+1])
		})
		switch diff, ok := l.diffs[file]; {
		case !ok && e.Containerd:
			e.tb.Errorf("the archive lacks the layer %s, and the containerd image store would accept the archive without this layer", file)
		case known && !e.Containerd:
		case !ok:
			return fmt.Errorf("open /var/lib/docker/tmp/docker-import-1/%s: no such file or directory", file)
		case diff != diffs[n]:
			return fmt.Errorf("invalid diffID for layer %d: expected %q, got %q", n, diffs[n], diff)
		}
	}
	return nil
}

// add adds an image with the given names, and removes these names from all
// other images.
func (e *Engine) add(added EngineImage, names []string) {
	for i := range e.images {
		e.images[i].Names = slices.DeleteFunc(slices.Clone(e.images[i].Names), func(name string) bool {
			return slices.ContainsFunc(names, func(other string) bool { return familiar(other) == name })
		})
	}
	at := slices.IndexFunc(e.images, func(i EngineImage) bool { return i.ID == added.ID })
	if at < 0 {
		e.images, at = append(e.images, added), len(e.images)
	}
	for _, name := range names {
		e.images[at].Names = append(e.images[at].Names, familiar(name))
	}
}

// tag implements docker tag.
func (e *Engine) tag(w http.ResponseWriter, r *http.Request) {
	found := e.find(w, strings.TrimSuffix(r.PathValue("path"), "/tag"))
	if found == nil {
		return
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	e.add(*found, []string{r.FormValue("repo") + ":" + r.FormValue("tag")})
	w.WriteHeader(http.StatusCreated)
}

// familiar returns the name of an image in the form that Docker prints, for
// example "web" for "docker.io/library/web".
func familiar(name string) string {
	return strings.TrimPrefix(strings.TrimPrefix(name, "docker.io/"), "library/")
}
