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

// index builds the index of the entries.
func (j *Result) index(images []ReadImage, entries []entry, o Options) (*image.Manifest, error) {
	doc := v1.IndexManifest{SchemaVersion: 2, MediaType: types.OCIImageIndex}
	if o.Docker {
		if err := allDocker(entries); err != nil {
			return nil, err
		}
		doc.MediaType = types.DockerManifestList
	} else if all := j.annotations(images, o); len(all) > 0 {
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
		return nil, inputError("digests", CodeIndexTooLarge, "Merge fewer images, or set attestations: strip.", nil,
			"The index has %d bytes, but registries accept at most %d bytes", len(raw), image.MaxManifestSize)
	}
	root.Raw = raw
	root.Descriptor, err = newDescriptor(doc.MediaType, raw)
	return root, err
}

// descriptor returns the descriptor of a manifest for the new index. The
// descriptor contains the complete platform, and the annotations that the
// descriptor has in the index of the matrix job.
func descriptor(e entry) v1.Descriptor {
	d := subjectDescriptor(e.Descriptor)
	d.Annotations, d.ArtifactType = e.Descriptor.Annotations, e.Descriptor.ArtifactType
	d.Platform = e.Platform
	return d
}

func newDescriptor(t types.MediaType, raw []byte) (v1.Descriptor, error) {
	digest, size, err := v1.SHA256(bytes.NewReader(raw))
	return v1.Descriptor{MediaType: t, Size: size, Digest: digest}, err
}

// annotations returns the annotations for the new index. If the indexes of
// two jobs have different values for an annotation, annotations omits the
// annotation and adds a notice. A default annotation does not replace an
// annotation of the indexes. The annotations of the options replace all other
// annotations.
func (j *Result) annotations(images []ReadImage, o Options) map[string]string {
	all := map[string]string{}
	var conflicting []string
	for _, img := range images {
		for k, v := range indexAnnotations(img.Root) {
			if had, seen := all[k]; seen && had != v {
				conflicting = append(conflicting, k)
			}
			all[k] = v
		}
	}
	slices.Sort(conflicting)
	var dropped []string
	for _, k := range slices.Compact(conflicting) {
		delete(all, k)
		if _, replaced := o.Annotations[k]; !replaced {
			dropped = append(dropped, k)
		}
	}
	if len(dropped) > 0 {
		j.Notices = append(j.Notices, diag.Notice{
			Code: CodeAnnotationsDiffer, Level: diag.Warning, Title: "The index does not contain some annotations",
			Text: fmt.Sprintf("The jobs set different values for %s. Set a value for each of these annotations in the input annotations.", strings.Join(dropped, ", ")),
		})
	}
	for k, v := range defaults(images, o.Defaults) {
		if _, set := all[k]; !set {
			all[k] = v
		}
	}
	maps.Copy(all, o.Annotations)
	return all
}

// defaults returns the default annotations. If the images have a label with the same key
// as an annotation, the annotation gets the value of the label. The two values must be
// equal, because clients show the annotation and the label. If the images have different
// values for the label, defaults omits the annotation. defaults sends no requests, and
// uses only the configs that the run has already read.
func defaults(images []ReadImage, pairs map[string]string) map[string]string {
	out := maps.Clone(pairs)
	first := map[string]string{}
	for _, img := range images {
		for _, m := range image.Manifests(img.Root) {
			for key, value := range labels(m) {
				switch had, seen := first[key]; {
				case pairs[key] == "":
				case !seen:
					first[key], out[key] = value, value
				case had != value:
					delete(out, key)
				}
			}
		}
	}
	return out
}

// labels returns the labels in the config of an image. If the run has not read the
// config, labels returns nil.
func labels(m *image.Manifest) map[string]string {
	var config struct {
		Config struct {
			Labels map[string]string `json:"Labels"`
		} `json:"config"`
	}
	if len(m.Blobs) == 0 || json.Unmarshal(m.Blobs[0].Content, &config) != nil {
		return nil
	}
	return config.Config.Labels
}

func indexAnnotations(m *image.Manifest) map[string]string {
	var doc struct {
		Annotations map[string]string `json:"annotations"`
	}
	if !m.Index() || json.Unmarshal(m.Raw, &doc) != nil {
		return nil // Only the annotations of an index are copied to the new index, because an image manifest keeps its annotations.
	}
	return doc.Annotations
}

// allDocker returns an error if an entry does not have a Docker media type,
// because Docker's index can list only Docker media types.
func allDocker(entries []entry) error {
	for _, e := range entries {
		if !isDockerType(e.Descriptor.MediaType) {
			return inputError("index-type", CodeNotDocker, "Remove the input index-type, or build every image with oci-mediatypes=false and provenance: false.", nil,
				"%s has the media type %s, but index-type: docker accepts only Docker media types", capital(place(e.job)), e.Descriptor.MediaType)
		}
	}
	return nil
}
