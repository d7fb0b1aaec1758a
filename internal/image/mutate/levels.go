package mutate

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	v1 "github.com/google/go-containerregistry/pkg/v1"

	"github.com/ghcr-publish/ghcr-publish/internal/diag"
	"github.com/ghcr-publish/ghcr-publish/internal/image"
	"github.com/ghcr-publish/ghcr-publish/internal/image/rewrite"
	"github.com/ghcr-publish/ghcr-publish/internal/image/rules"
)

// levels are annotations with levels. The run writes them to the places at which BuildKit
// writes the annotations of docker buildx (BuildKit, package exporter/containerimage,
// annotations.go and writer.go).
type levels []image.PlacedAnnotation

// targets returns the manifests that can have the annotations of the levels "manifest" and
// "manifest-descriptor". These manifests are the images of an index, or a root that is not
// an index.
func targets(root *image.Manifest) []*image.Manifest {
	if !root.Index() {
		return []*image.Manifest{root}
	}
	return image.Images(root)
}

// check returns an error for an annotation that has no place in the tree, because the run
// would lose the annotation. BuildKit also refuses such an annotation. An annotation with
// several levels needs a place for only one level.
func (l levels) check(root *image.Manifest) error {
	for _, a := range l {
		kept := slices.ContainsFunc(l, func(other image.PlacedAnnotation) bool {
			return other.Key == a.Key && other.Value == a.Value && hasPlace(root, other)
		})
		if !kept {
			return unplaced(root, a)
		}
	}
	return nil
}

// hasPlace reports whether the tree has a place for an annotation.
func hasPlace(root *image.Manifest, a image.PlacedAnnotation) bool {
	if a.Level == image.LevelIndex || a.Level == image.LevelIndexDescriptor {
		return root.Index()
	}
	return slices.ContainsFunc(targets(root), func(m *image.Manifest) bool { return selects(a, m) })
}

func unplaced(root *image.Manifest, a image.PlacedAnnotation) error {
	if a.Level == image.LevelIndex || a.Level == image.LevelIndexDescriptor {
		return diag.Inputf("annotations", CodeAnnotationLevel, fmt.Sprintf("Write manifest:%s=VALUE, or write the key without a level.", a.Key),
			"The annotation %s has the level %q, but the image has no index", a.Key, a.Level)
	}
	var names []string
	for _, m := range image.Images(root) {
		names = append(names, image.PlatformString(m.Platform))
	}
	hint := "Remove the platform from the annotation, because the image states no platform."
	if len(names) > 0 {
		hint = "Write one of the platforms of the image: " + listed(names) + "."
	}
	return diag.Inputf("annotations", CodeAnnotationLevel, hint,
		"The annotation %s is for the platform %s, but the image has no such platform", a.Key, platformText(a.Platform))
}

// platformText returns the platform of an annotation for a message.
func platformText(p *v1.Platform) string {
	if p == nil {
		return "of an image"
	}
	return image.PlatformString(p)
}

// selects reports whether an annotation is for an image. A platform without a variant
// means the default variant of the architecture, as in BuildKit (containerd, package
// platforms, "Normalization").
func selects(a image.PlacedAnnotation, m *image.Manifest) bool {
	if a.Platform == nil {
		return true
	}
	if m.Platform == nil {
		return false
	}
	return normalized(*a.Platform) == normalized(*m.Platform)
}

func normalized(p v1.Platform) string {
	p, _ = rules.Usual(p)
	if p.Architecture == "arm" && p.Variant == "" {
		p.Variant = "v7"
	}
	return image.PlatformString(&p)
}

// of returns the annotations of a level for a manifest. An annotation for one platform has
// precedence over an annotation for all platforms. The last annotation with the same key
// has precedence over earlier annotations.
func (l levels) of(level image.Level, m *image.Manifest) map[string]string {
	out := map[string]string{}
	isIndex := level == image.LevelIndex || level == image.LevelIndexDescriptor
	for _, specific := range []bool{false, true} {
		for _, a := range l {
			forAll := a.Platform == nil || isIndex
			if a.Level == level && forAll != specific && (forAll || selects(a, m)) {
				out[a.Key] = a.Value
			}
		}
	}
	return out
}

// DescriptorAnnotations returns the annotations of the descriptor of the root. A registry
// does not store this descriptor.
func DescriptorAnnotations(root *image.Manifest, placed []image.PlacedAnnotation) map[string]string {
	if root.Index() {
		return levels(placed).of(image.LevelIndexDescriptor, root)
	}
	return levels(placed).of(image.LevelManifestDescriptor, root)
}

// annotator writes annotations with levels into one tree.
type annotator struct {
	levels
	changed map[*image.Manifest]bool // the visited manifests whose bytes changed
	attestations
	unsupported bool // a Docker manifest cannot have the annotations
}

func (l levels) annotator() *annotator {
	return &annotator{levels: l, changed: map[*image.Manifest]bool{}}
}

// visit calls the function "edit" for each manifest of the tree. The method "visit" starts
// with the children of a manifest, and updates an index whose children changed. The
// function "edit" returns true if it changed the manifest.
func (a *annotator) visit(m *image.Manifest, edit func(*image.Manifest) (bool, error)) error {
	if _, visited := a.changed[m]; visited {
		return nil
	}
	a.changed[m] = false
	for _, c := range m.Children {
		if err := a.visit(c, edit); err != nil {
			return err
		}
	}
	childChanged, imageChanged := a.changes(m.Children)
	if childChanged && !m.Pending() { // Finish writes the digests of the children into a pending index.
		raw, err := rewrite.Index(m, m.Raw)
		if err := replace(m, raw, err); err != nil {
			return err
		}
	}
	if imageChanged && !m.Pending() {
		if err := a.update(m); err != nil {
			return err
		}
	}
	edited, err := edit(m)
	a.changed[m] = childChanged || edited
	return err
}

// changes reports whether a manifest of a list changed, and whether an image of the list
// changed.
func (a *annotator) changes(list []*image.Manifest) (manifest, image bool) {
	for _, m := range list {
		manifest = manifest || a.changed[m]
		image = image || a.changed[m] && !m.Index()
	}
	return manifest, image
}

// manifests writes the annotations of the levels "manifest" and "index".
func (a *annotator) manifests(root *image.Manifest) error {
	isTarget := map[*image.Manifest]bool{}
	for _, m := range targets(root) {
		isTarget[m] = true
	}
	return a.visit(root, func(m *image.Manifest) (bool, error) {
		var pairs map[string]string
		switch {
		case isTarget[m]:
			pairs = a.of(image.LevelManifest, m)
		case m == root:
			pairs = a.of(image.LevelIndex, m)
		}
		result, err := addAnnotations(m, pairs)
		a.unsupported = a.unsupported || result == annotationsUnsupported
		return result == annotationsAdded, err
	})
}

// descriptors writes the annotations of the level "manifest-descriptor" into the entries
// of the indexes. The tree must not be pending.
func (a *annotator) descriptors(root *image.Manifest) error {
	isTarget := map[*image.Manifest]bool{}
	for _, m := range image.Images(root) {
		isTarget[m] = !includes(m.Descriptor.Annotations, a.of(image.LevelManifestDescriptor, m))
	}
	return a.visit(root, func(m *image.Manifest) (bool, error) {
		if !slices.ContainsFunc(m.Children, func(c *image.Manifest) bool { return isTarget[c] }) {
			return false, nil
		}
		if strings.Contains(string(m.Descriptor.MediaType), ".docker.") {
			a.unsupported = true
			return false, nil
		}
		raw, err := rewrite.Edit(m.Raw, func(index rewrite.Fields) error { return a.annotateEntries(m, index) })
		return true, replace(m, raw, err)
	})
}

// annotateEntries adds annotations to the entries of an index.
func (a *annotator) annotateEntries(m *image.Manifest, index rewrite.Fields) error {
	list, err := index.List("manifests")
	if err != nil || len(list) != len(m.Children) {
		return err
	}
	for i, c := range m.Children {
		pairs := a.of(image.LevelManifestDescriptor, c)
		if c.Index() || c.IsAttestation() || len(pairs) == 0 {
			continue
		}
		all := maps.Clone(c.Descriptor.Annotations)
		if all == nil {
			all = map[string]string{}
		}
		maps.Copy(all, pairs)
		c.Descriptor.Annotations = all
		if err := list[i].Merge("annotations", pairs); err != nil {
			return err
		}
	}
	return index.Set("manifests", list)
}
