package merge

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/types"

	"github.com/ghcr-publish/ghcr-publish/internal/diag"
	"github.com/ghcr-publish/ghcr-publish/internal/image"
)

// index writes the index of the entries.
func (j *Joined) index(legs []Image, entries []entry, o Options) (*image.Manifest, error) {
	doc := v1.IndexManifest{SchemaVersion: 2, MediaType: types.OCIImageIndex}
	if o.Docker {
		if err := allDocker(entries); err != nil {
			return nil, err
		}
		doc.MediaType = types.DockerManifestList
	} else if all := j.annotations(legs, o.Annotations); len(all) > 0 {
		doc.Annotations = all
	}
	root := &image.Manifest{}
	for _, e := range entries {
		doc.Manifests = append(doc.Manifests, descriptor(e))
		root.Children = append(root.Children, e.Manifest)
	}
	raw, err := json.Marshal(doc)
	if err != nil {
		return nil, fmt.Errorf("writing the index: %w", err)
	}
	if len(raw) > image.MaxManifestSize {
		return nil, inputError("digests", "index-too-large", "Merge fewer images, or strip attestations.", nil,
			"The index would have %d bytes; registries take %d", len(raw), image.MaxManifestSize)
	}
	root.Raw = raw
	root.Descriptor, err = describing(doc.MediaType, raw)
	return root, err
}

// descriptor is the index's entry for a manifest: exact, with the platform in
// full and the annotations that its own index gave it.
func descriptor(e entry) v1.Descriptor {
	d := plain(e.Descriptor)
	d.Annotations, d.ArtifactType = e.Descriptor.Annotations, e.Descriptor.ArtifactType
	d.Platform = e.Platform
	return d
}

func describing(t types.MediaType, raw []byte) (v1.Descriptor, error) {
	digest, size, err := v1.SHA256(bytes.NewReader(raw))
	return v1.Descriptor{MediaType: t, Size: size, Digest: digest}, err
}

// annotations are those of the legs' indexes as far as they agree, and ours.
func (j *Joined) annotations(legs []Image, ours map[string]string) map[string]string {
	all := map[string]string{}
	var disputed []string
	for _, leg := range legs {
		for k, v := range indexAnnotations(leg.Root) {
			if had, met := all[k]; met && had != v {
				disputed = append(disputed, k)
			}
			all[k] = v
		}
	}
	slices.Sort(disputed)
	var lost []string
	for _, k := range slices.Compact(disputed) {
		delete(all, k)
		if _, replaced := ours[k]; !replaced {
			lost = append(lost, k)
		}
	}
	if len(lost) > 0 {
		j.Notices = append(j.Notices, diag.Notice{
			Code: "annotations-differ", Level: diag.Warning, Title: "Annotations were left out",
			Text: fmt.Sprintf("The legs do not agree on %s. Set them with the input annotations.", strings.Join(lost, ", ")),
		})
	}
	maps.Copy(all, ours)
	return all
}

func indexAnnotations(m *image.Manifest) map[string]string {
	var doc struct {
		Annotations map[string]string `json:"annotations"`
	}
	if !m.Index() || json.Unmarshal(m.Raw, &doc) != nil {
		return nil // what is no index has annotations of its own, which stay there
	}
	return doc.Annotations
}

// allDocker refuses what Docker's list cannot hold.
func allDocker(entries []entry) error {
	for _, e := range entries {
		if !docker(e.Descriptor.MediaType) {
			return inputError("index-type", CodeNotDocker, "Take index-type away, or let every leg be built with oci-mediatypes=false and provenance: false.", nil,
				"Leg %s brought %s, and a list of Docker's holds images of Docker's types alone", e.leg, e.Descriptor.MediaType)
		}
	}
	return nil
}
