package protect

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"strings"

	"github.com/google/go-containerregistry/pkg/name"
	v1 "github.com/google/go-containerregistry/pkg/v1"

	"github.com/ghcr-publish/ghcr-publish/internal/image"
)

// The keys that tell where an image comes from (image-spec, "Pre-Defined
// Annotation Keys"). Labels of a config have the same names.
const (
	keySource   = "org.opencontainers.image.source"
	keyRevision = "org.opencontainers.image.revision"
	keyVersion  = "org.opencontainers.image.version"
)

// Stamp is what an image, or a run, says of its origin. Empty fields are not
// known.
type Stamp struct {
	Source   string // URL of the Git repository
	Revision string // commit id
	Version  string
}

// Same repository, as far as both say: what an image inherits from its base
// image speaks of another one.
func (s Stamp) sameSource(o Stamp) bool {
	return s.Source != "" && strings.EqualFold(trim(s.Source), trim(o.Source))
}

func trim(url string) string { return strings.TrimSuffix(strings.TrimRight(url, "/"), ".git") }

func (s Stamp) known() bool { return s.Source != "" && (s.Revision != "" || s.Version != "") }

// words name the stamp for people: "1.2.3 (commit 0123456)".
func (s Stamp) words() string {
	commit := s.Revision[:min(7, len(s.Revision))]
	switch {
	case s.Version != "" && commit != "":
		return fmt.Sprintf("%.64s (commit %s)", s.Version, commit)
	case s.Version != "":
		return fmt.Sprintf("%.64s", s.Version)
	}
	return "commit " + commit
}

// Remote reads a registry; package registry implements it.
type Remote interface {
	Manifest(ctx context.Context, ref name.Reference) (v1.Descriptor, []byte, error)
	Blob(ctx context.Context, repo name.Repository, desc v1.Descriptor) (io.ReadCloser, error)
}

// Read reads the stamp of an image in a registry: from the annotations of its
// index or manifest, else from the labels of its first image.
func Read(ctx context.Context, remote Remote, repo name.Repository, digest v1.Hash) (Stamp, error) {
	var found Stamp
	for range 3 { // an index, an image, and one level to spare
		_, raw, err := remote.Manifest(ctx, repo.Digest(digest.String()))
		if err != nil {
			return found, fmt.Errorf("reading what %s@%s says of itself: %w", repo, digest, err)
		}
		doc, err := parse(raw)
		if err != nil {
			return found, fmt.Errorf("reading what %s@%s says of itself: %w", repo, digest, err)
		}
		if found = stampOf(doc.Annotations); found.known() {
			return found, nil
		}
		next, ok := doc.first()
		if !ok {
			return labels(doc.Config, func(d v1.Descriptor) (io.ReadCloser, error) { return remote.Blob(ctx, repo, d) })
		}
		digest = next
	}
	return found, nil
}

// Of reads the stamp of an image that is at hand.
func Of(ctx context.Context, root *image.Manifest) (Stamp, error) {
	for _, m := range append([]*image.Manifest{root}, image.Images(root)...) {
		if m.Pending() { // of its bytes that much is known
			if s := stampOf(m.Annotations); s.known() {
				return s, nil
			}
			continue
		}
		doc, err := parse(m.Raw)
		if err != nil {
			return Stamp{}, fmt.Errorf("reading what the image says of itself: %w", err)
		}
		if s := stampOf(doc.Annotations); s.known() {
			return s, nil
		}
	}
	for _, m := range image.Images(root) {
		if len(m.Blobs) > 0 {
			return labels(&m.Blobs[0].Descriptor, func(v1.Descriptor) (io.ReadCloser, error) { return m.Blobs[0].Open(ctx) })
		}
	}
	return Stamp{}, nil
}

// document is what an index and a manifest have to say.
type document struct {
	Annotations map[string]string `json:"annotations"`
	Config      *v1.Descriptor    `json:"config"`
	Manifests   []v1.Descriptor   `json:"manifests"`
}

func parse(raw []byte) (*document, error) {
	var doc document
	if err := json.Unmarshal(raw, &doc); err != nil {
		return nil, err
	}
	return &doc, nil
}

// first is the first image of an index; BuildKit's attestations are none.
func (d *document) first() (v1.Hash, bool) {
	for _, m := range d.Manifests {
		if m.Platform == nil || m.Platform.OS != "unknown" {
			return m.Digest, true
		}
	}
	return v1.Hash{}, false
}

func stampOf(fields map[string]string) Stamp {
	return Stamp{Source: fields[keySource], Revision: fields[keyRevision], Version: fields[keyVersion]}
}

// labels reads an image's config. One without labels says nothing.
func labels(config *v1.Descriptor, open func(v1.Descriptor) (io.ReadCloser, error)) (Stamp, error) {
	if config == nil || !config.MediaType.IsConfig() || config.Size > image.MaxConfig {
		return Stamp{}, nil
	}
	in, err := open(*config)
	if err != nil {
		return Stamp{}, fmt.Errorf("reading config %s: %w", config.Digest, err)
	}
	defer in.Close()
	var file struct {
		Config struct {
			Labels map[string]string `json:"Labels"`
		} `json:"config"`
	}
	if err := json.NewDecoder(io.LimitReader(in, image.MaxConfig)).Decode(&file); err != nil {
		return Stamp{}, fmt.Errorf("reading config %s: %w", config.Digest, err)
	}
	return stampOf(file.Config.Labels), nil
}
