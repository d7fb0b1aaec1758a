package mutate

import (
	"fmt"
	"slices"
	"strings"

	v1 "github.com/google/go-containerregistry/pkg/v1"

	"github.com/ghcr-publish/ghcr-publish/internal/diag"
	"github.com/ghcr-publish/ghcr-publish/internal/image"
	"github.com/ghcr-publish/ghcr-publish/internal/image/rewrite"
	"github.com/ghcr-publish/ghcr-publish/internal/image/rules"
)

// maxListed is the maximum number of platforms that an error or a notice lists.
const maxListed = 20

// dropped lists the manifests that an index lost.
type dropped struct {
	images []*image.Manifest // the removed images
	others int               // the number of removed attestations and other manifests that describe removed images
}

// KeepPlatforms keeps only the images for the wanted platforms in an index. It returns the
// platforms of the removed images, and a message that lists them. An image without a
// platform is only in the message. If the list of platforms is empty, all images stay. If
// the index has no other platforms, the digest of the root does not change.
func KeepPlatforms(root *image.Manifest, wanted []v1.Platform) (removed []*v1.Platform, notices []diag.Notice, err error) {
	if len(wanted) == 0 {
		return nil, nil, nil
	}
	source := root.Descriptor.Digest
	lost, err := keepPlatforms(root, wanted)
	if err != nil || len(lost.images) == 0 {
		return nil, nil, err
	}
	for _, m := range lost.images {
		if m.Platform != nil {
			removed = append(removed, m.Platform)
		}
	}
	return removed, []diag.Notice{{
		Code: CodePlatformsRemoved, Level: diag.Info, Title: "The published index has only the wanted platforms", Text: lost.text(root, source),
	}}, nil
}

// text returns a message about the removed images. The digest is the digest of the index
// before the removal.
func (d dropped) text(root *image.Manifest, source v1.Hash) string {
	var kept []string
	for _, m := range image.Images(root) {
		kept = append(kept, platformName(m))
	}
	var names []string
	for _, m := range d.images {
		names = append(names, platformName(m))
	}
	removed := listed(names)
	if d.others > 0 {
		removed += fmt.Sprintf(", and %s of these images", count(d.others))
	}
	return fmt.Sprintf("Because the input platforms is set, the run publishes a new index with the images for %s. The new index does not contain %s. The digest of the new index differs from the digest of the source (%s), so signatures and attestations of the source index do not apply to the new index. The digests of the images do not change, so their own signatures stay valid.",
		listed(kept), removed, source)
}

// keepPlatforms removes the images for other platforms from an index and from the indexes
// below it. keepPlatforms also removes the attestations and the other manifests that
// describe a removed image. The kept entries do not change. If the root is a single image,
// keepPlatforms only checks the platform of the image.
func keepPlatforms(root *image.Manifest, wanted []v1.Platform) (dropped, error) {
	kept, err := selected(root, wanted)
	if err != nil {
		return dropped{}, err
	}
	s := &selector{kept: kept, gone: map[v1.Hash]bool{}, changed: map[*image.Manifest]bool{}}
	for _, m := range image.Manifests(root) {
		if m != root && !m.Index() && s.isOtherImage(m) {
			s.gone[m.Descriptor.Digest] = true
			s.lost.images = append(s.lost.images, m)
		}
	}
	if len(s.gone) == 0 {
		return dropped{}, nil
	}
	return s.lost, s.visit(root)
}

// selected returns the digests of the images for the wanted platforms. selected returns an
// error if a wanted platform has no image.
func selected(root *image.Manifest, wanted []v1.Platform) (map[v1.Hash]bool, error) {
	images := image.Images(root)
	kept := map[v1.Hash]bool{}
	var missing []string
	for _, want := range wanted {
		found := matching(images, want)
		if len(found) == 0 {
			missing = append(missing, image.PlatformString(&want))
		}
		for _, m := range found {
			kept[m.Descriptor.Digest] = true
		}
	}
	if len(missing) > 0 {
		return nil, platformMissing(root, images, missing)
	}
	return kept, nil
}

// matching returns the images for a platform. If no image has exactly this platform, and
// the platform has no variant, matching returns the images for all variants.
func matching(images []*image.Manifest, want v1.Platform) []*image.Manifest {
	var exact, variants []*image.Manifest
	for _, m := range images {
		is, _ := rules.Usual(*m.Platform)
		if image.PlatformString(&is) == image.PlatformString(&want) || image.PlatformString(m.Platform) == image.PlatformString(&want) {
			exact = append(exact, m)
		} else if want.Variant == "" && is.OS == want.OS && is.Architecture == want.Architecture {
			variants = append(variants, m)
		}
	}
	if len(exact) > 0 {
		return exact
	}
	return variants
}

func platformMissing(root *image.Manifest, images []*image.Manifest, missing []string) error {
	var has []string
	for _, m := range images {
		if name := image.PlatformString(m.Platform); !slices.Contains(has, name) {
			has = append(has, name)
		}
	}
	hint := "Remove the input platforms, because the image states no platform."
	if len(has) > 0 {
		hint = "Write only platforms of the image into the input platforms. The platforms are: " + listed(has) + "."
	}
	thing := "The index"
	if !root.Index() {
		thing = "The image"
	}
	return diag.Inputf("platforms", diag.CodePlatformMissing, hint, "%s in the input source has no image for %s", thing, listed(missing))
}

// listed joins names. If there are many names, listed returns only the first names and the
// number of all names.
func listed(names []string) string {
	if len(names) <= maxListed {
		return strings.Join(names, ", ")
	}
	return fmt.Sprintf("%s and %d more", strings.Join(names[:maxListed], ", "), len(names)-maxListed)
}

// platformName returns the platform of an image for a message.
func platformName(m *image.Manifest) string {
	if m.Platform == nil {
		return "an image without a platform"
	}
	return image.PlatformTitle(image.PlatformString(m.Platform), m.Platform.OSVersion, m.Platform.OSFeatures)
}

// selector removes the images for other platforms from one tree.
type selector struct {
	kept, gone map[v1.Hash]bool // the digests of the kept and the removed images
	changed    map[*image.Manifest]bool
	lost       dropped
}

// isOtherImage reports whether a manifest is an image that the user does not want. An
// image without a platform is not wanted, because its platform is unknown.
func (s *selector) isOtherImage(m *image.Manifest) bool {
	isImage := m.IsRunnable() || m.Platform != nil && m.Platform.OS != "unknown"
	return isImage && !s.kept[m.Descriptor.Digest]
}

// visit removes entries from an index, after it has visited the indexes below it.
func (s *selector) visit(m *image.Manifest) error {
	if _, visited := s.changed[m]; visited || !m.Index() {
		return nil
	}
	s.changed[m] = false
	childChanged := false
	for _, c := range m.Children {
		if err := s.visit(c); err != nil {
			return err
		}
		childChanged = childChanged || s.changed[c]
	}
	if childChanged {
		raw, err := rewrite.Index(m, m.Raw)
		if err := replace(m, raw, err); err != nil {
			return err
		}
	}
	removed := slices.ContainsFunc(m.Children, s.remove)
	if s.changed[m] = childChanged || removed; !removed {
		return nil
	}
	for _, c := range m.Children {
		if s.describesRemoved(c) {
			s.lost.others++
		}
	}
	return rewrite.RemoveChildren(m, s.remove)
}

// remove reports whether an entry does not belong to the result.
func (s *selector) remove(m *image.Manifest) bool {
	return s.gone[m.Descriptor.Digest] || s.describesRemoved(m) || m.Index() && s.changed[m] && len(m.Children) == 0
}

// describesRemoved reports whether a manifest is an attestation or another manifest about
// a removed image.
func (s *selector) describesRemoved(m *image.Manifest) bool {
	if m.Index() {
		return false
	}
	if about, err := v1.NewHash(m.Descriptor.Annotations[image.ReferenceDigest]); err == nil && s.gone[about] {
		return true
	}
	subject, ok := m.Subject()
	return ok && s.gone[subject]
}
