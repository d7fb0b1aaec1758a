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
	"github.com/ghcr-publish/ghcr-publish/internal/image/document"
)

// The following annotations state the origin of an image (image-spec, "Pre-Defined
// Annotation Keys"). The labels of a config have the same names.
const (
	keySource   = "org.opencontainers.image.source"
	keyRevision = "org.opencontainers.image.revision"
	keyVersion  = "org.opencontainers.image.version"
)

// Origin is the Git repository, the commit and the version of an image. An empty field
// means that the value is unknown.
type Origin struct {
	Source   string // Source is the URL of the Git repository.
	Revision string // commit id
	Version  string
}

// sameSource reports whether both origins state the same Git repository. The Git
// repositories can differ, because an image inherits the labels of its base image. The
// base image can come from another Git repository.
func (o Origin) sameSource(other Origin) bool {
	return o.Source != "" && strings.EqualFold(trim(o.Source), trim(other.Source))
}

func trim(url string) string { return strings.TrimSuffix(strings.TrimRight(url, "/"), ".git") }

func (o Origin) known() bool { return o.Source != "" && (o.Revision != "" || o.Version != "") }

// String returns the origin for messages, for example "1.2.3 (commit 0123456)".
func (o Origin) String() string {
	commit := o.Revision[:min(7, len(o.Revision))]
	switch {
	case o.Version != "" && commit != "":
		return fmt.Sprintf("%.64s (commit %s)", o.Version, commit)
	case o.Version != "":
		return fmt.Sprintf("%.64s", o.Version)
	}
	return "commit " + commit
}

// Remote reads a registry. Package registry implements Remote.
type Remote interface {
	Manifest(ctx context.Context, ref name.Reference) (v1.Descriptor, []byte, error)
	Blob(ctx context.Context, repo name.Repository, desc v1.Descriptor) (io.ReadCloser, error)
}

// Read reads the origin of an image in a registry from the annotations of its index
// or manifest. If these annotations do not state the origin, Read reads the labels of
// the first image.
func Read(ctx context.Context, remote Remote, repo name.Repository, digest v1.Hash) (Origin, error) {
	return read(ctx, remote, repo, digest, Origin.known)
}

// Revision returns the commit of an image in a registry, or "" if the image does not
// state its commit. Revision reads the annotations of the index or manifest, and then the
// labels of the first image.
func Revision(ctx context.Context, remote Remote, repo name.Repository, digest v1.Hash) (string, error) {
	found, err := read(ctx, remote, repo, digest, func(o Origin) bool { return o.Revision != "" })
	return found.Revision, err
}

// read reads the origin of an image in a registry. read stops at the first annotations
// for which the function "enough" returns true.
func read(ctx context.Context, remote Remote, repo name.Repository, digest v1.Hash, enough func(Origin) bool) (Origin, error) {
	var found Origin
	for range 3 { // The loop reads at most an index, an index in this index, and an image.
		desc, raw, err := remote.Manifest(ctx, repo.Digest(digest.String()))
		if err != nil {
			return found, fmt.Errorf("reading the origin of %s@%s: %w", repo, digest, err)
		}
		// The package document limits the list of manifests and refuses ambiguous keys.
		if _, err := document.Parse("manifest "+digest.String(), raw, desc.MediaType); err != nil {
			return found, fmt.Errorf("reading the origin of %s@%s: %w", repo, digest, err)
		}
		doc, err := parse(raw)
		if err != nil {
			return found, fmt.Errorf("reading the origin of %s@%s: %w", repo, digest, err)
		}
		if found = originOf(doc.Annotations); enough(found) {
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

// Of returns the origin of the image that the run publishes.
func Of(ctx context.Context, root *image.Manifest) (Origin, error) {
	for _, m := range append([]*image.Manifest{root}, image.Images(root)...) {
		if m.Pending() { // The manifest is not complete yet, but its annotations are known.
			if s := originOf(m.Annotations); s.known() {
				return s, nil
			}
			continue
		}
		doc, err := parse(m.Raw)
		if err != nil {
			return Origin{}, fmt.Errorf("reading the origin of the image: %w", err)
		}
		if s := originOf(doc.Annotations); s.known() {
			return s, nil
		}
	}
	for _, m := range image.Images(root) {
		if len(m.Blobs) > 0 {
			return labels(&m.Blobs[0].Descriptor, func(v1.Descriptor) (io.ReadCloser, error) { return m.Blobs[0].Open(ctx) })
		}
	}
	return Origin{}, nil
}

// fields contains the fields of an index or a manifest that this package reads.
type fields struct {
	Annotations map[string]string `json:"annotations"`
	Config      *v1.Descriptor    `json:"config"`
	Manifests   []v1.Descriptor   `json:"manifests"`
}

func parse(raw []byte) (*fields, error) {
	var doc fields
	if err := json.Unmarshal(raw, &doc); err != nil {
		return nil, err
	}
	return &doc, nil
}

// first returns the digest of the first image of an index. The function skips the
// attestations of BuildKit.
func (d *fields) first() (v1.Hash, bool) {
	for _, m := range d.Manifests {
		if m.Platform == nil || m.Platform.OS != "unknown" {
			return m.Digest, true
		}
	}
	return v1.Hash{}, false
}

func originOf(fields map[string]string) Origin {
	return Origin{Source: fields[keySource], Revision: fields[keyRevision], Version: fields[keyVersion]}
}

// labels reads the origin from the labels in the config of an image.
func labels(config *v1.Descriptor, open func(v1.Descriptor) (io.ReadCloser, error)) (Origin, error) {
	if config == nil || !config.MediaType.IsConfig() || config.Size > image.MaxConfig {
		return Origin{}, nil
	}
	in, err := open(*config)
	if err != nil {
		return Origin{}, fmt.Errorf("reading config %s: %w", config.Digest, err)
	}
	defer in.Close()
	var file struct {
		Config struct {
			Labels map[string]string `json:"Labels"`
		} `json:"config"`
	}
	if err := json.NewDecoder(io.LimitReader(in, image.MaxConfig)).Decode(&file); err != nil {
		return Origin{}, fmt.Errorf("reading config %s: %w", config.Digest, err)
	}
	return originOf(file.Config.Labels), nil
}
