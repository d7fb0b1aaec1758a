package inspect

import (
	"cmp"
	"context"
	"encoding/json"
	"maps"
	"slices"
	"strings"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"golang.org/x/sync/errgroup"

	"github.com/ghcr-publish/ghcr-publish/internal/image"
	"github.com/ghcr-publish/ghcr-publish/internal/image/compare"
)

// predicateType is the annotation of a layer of an attestation that contains the type of
// the document (BuildKit documentation, "Image attestation storage").
const predicateType = "in-toto.io/predicate-type"

// These annotations or labels state the base image (image-spec, "Pre-Defined Annotation
// Keys").
const (
	keyBaseName   = "org.opencontainers.image.base.name"
	keyBaseDigest = "org.opencontainers.image.base.digest"
)

// Content is one image of a comparison. NewContent takes all descriptors from the tree of
// the image, so another goroutine may then change the tree, for example to publish the
// image.
type Content struct {
	root      *image.Manifest
	view      *View
	images    []*image.Manifest
	pending   []config
	configs   map[*image.Manifest]json.RawMessage
	documents map[*image.Manifest][]statement
	referrers []Referrer
	packages  map[*image.Manifest][]compare.Package
	listed    []compare.Package // listed are the packages of an SBOM for the whole image.
}

// NewContent returns the content of an image or index. NewContent reads no blob.
func NewContent(root *image.Manifest) (*Content, error) {
	c := &Content{root: root, documents: map[*image.Manifest][]statement{}, packages: map[*image.Manifest][]compare.Package{}}
	if err := c.Refresh(); err != nil {
		return nil, err
	}
	c.pending = configsOf(slices.DeleteFunc(slices.Clone(c.images), func(m *image.Manifest) bool {
		return m.IsAttestation() || m.Platform != nil && m.Platform.OS == "unknown"
	}))
	return c, nil
}

// Refresh takes the digests and the sizes from the tree again. The caller calls Refresh
// when the layers of the image are compressed.
func (c *Content) Refresh() (err error) {
	c.view, c.images, err = structure(c.root)
	for _, m := range c.images {
		c.documents[m] = documentsOf(m)
	}
	return err
}

// ReadConfigs reads the configs of all images, except the images whose digests are in the
// set. The other image of the comparison also contains these images.
func (c *Content) ReadConfigs(ctx context.Context, except map[string]bool) (err error) {
	var wanted []config
	for _, each := range c.pending {
		if !except[each.image] {
			wanted = append(wanted, each)
		}
	}
	c.configs, err = readConfigs(ctx, wanted)
	return err
}

// Digests returns the digests of all images. Digests omits unknown digests.
func (c *Content) Digests() map[string]bool {
	out := map[string]bool{}
	for _, i := range c.view.Images {
		if i.Digest != "" {
			out[i.Digest] = true
		}
	}
	return out
}

// Image returns the description for the comparison.
func (c *Content) Image() *compare.Image {
	out := &compare.Image{Digest: c.view.Digest, Packages: map[string][]compare.Package{}}
	platforms := map[string]string{} // digest to platform
	for i, each := range c.view.Images {
		name, ok := c.platformName(i)
		if !ok {
			continue
		}
		platforms[each.Digest] = name
		out.Platforms = append(out.Platforms, c.platform(i, name))
	}
	for i, each := range c.view.Images {
		m := c.images[i]
		if _, isPlatform := c.platformName(i); isPlatform {
			continue
		}
		platform := platforms[cmp.Or(each.Attests, each.Subject)]
		for _, d := range c.documents[m] {
			out.Attestations = append(out.Attestations, compare.Attestation{Platform: platform, Type: d.kind})
		}
		if list, ok := c.packages[m]; ok {
			out.Packages[platform] = append(out.Packages[platform], list...)
		}
	}
	for _, r := range c.referrers {
		out.Attestations = append(out.Attestations, compare.Attestation{Type: r.kind()})
	}
	if c.listed != nil {
		out.Packages[""] = c.listed
	}
	return out
}

// platformName returns the name of the platform of an image. The result "ok" is false for
// an attestation. An artifact that is not in an index has the name "".
func (c *Content) platformName(i int) (name string, ok bool) {
	each, m := c.view.Images[i], c.images[i]
	p := each.Platform
	if p == nil {
		p = statedPlatform(c.configs[m])
	}
	switch {
	case each.Attests != "" || m.IsAttestation() || p != nil && p.OS == "unknown":
		return "", false
	case p != nil && p.OS != "":
		return PlatformName(p), true
	}
	return "", !c.root.Index()
}

// statedPlatform returns the platform in a config, or nil.
func statedPlatform(config json.RawMessage) *v1.Platform {
	var p v1.Platform
	if json.Unmarshal(config, &p) != nil || p.OS == "" {
		return nil
	}
	return &p
}

// PlatformName returns the name of a platform in [Content.Image]. The name of a Windows platform contains the
// first three numbers of the version, which identify the release of Windows. The fourth
// number changes with each update.
func PlatformName(p *v1.Platform) string {
	name := image.PlatformString(p)
	if parts := strings.Split(p.OSVersion, "."); p.OS == "windows" && len(parts) > 2 {
		name += " " + strings.Join(parts[:3], ".")
	}
	return name
}

func (c *Content) platform(i int, name string) compare.Platform {
	each := c.view.Images[i]
	out := compare.Platform{Name: name, Digest: each.Digest, Size: each.Size}
	var file v1.ConfigFile
	raw := c.configs[c.images[i]]
	if raw != nil && json.Unmarshal(raw, &file) == nil {
		out.Config = &file.Config
	}
	for n, l := range each.Layers {
		layer := compare.Layer{Digest: l.Digest, DiffID: l.DiffID, Size: l.Size}
		if l.Digest == "" {
			layer.Size, out.Plain = l.PlainSize, true
			out.Size += l.PlainSize
		}
		if layer.DiffID == "" && len(file.RootFS.DiffIDs) == len(each.Layers) {
			layer.DiffID = hash(file.RootFS.DiffIDs[n])
		}
		out.Layers = append(out.Layers, layer)
	}
	for _, stated := range []map[string]string{each.Annotations, file.Config.Labels, c.view.Annotations} {
		if out.Base == (compare.Base{}) {
			out.Base = compare.Base{Name: stated[keyBaseName], Digest: stated[keyBaseDigest]}
		}
	}
	return out
}

// ReadAll reads the configs of a new image and of old images. ReadAll reads no config that
// is the same in the new image and in an old image. If the new image and an old image have
// an SBOM, ReadAll also reads the SBOMs in their attestations.
func ReadAll(ctx context.Context, now *Content, old []*Content) error {
	group, ctx := errgroup.WithContext(ctx)
	wanted := map[string]bool{} // images of the new image that differ from an old image
	sboms := false
	for _, c := range old {
		shared := intersection(now.Digests(), c.Digests())
		for digest := range now.Digests() {
			wanted[digest] = wanted[digest] || !shared[digest]
		}
		group.Go(func() error { return c.ReadConfigs(ctx, shared) })
		if c.HasSBOM() && now.HasSBOM() {
			sboms = true
			group.Go(func() error { return c.ReadSBOMs(ctx, shared) })
		}
	}
	except := map[string]bool{}
	for digest, differs := range wanted {
		except[digest] = !differs
	}
	group.Go(func() error { return now.ReadConfigs(ctx, except) })
	if sboms {
		group.Go(func() error { return now.ReadSBOMs(ctx, except) })
	}
	return group.Wait()
}

// intersection returns the digests that both sets contain.
func intersection(a, b map[string]bool) map[string]bool {
	maps.DeleteFunc(a, func(digest string, _ bool) bool { return !b[digest] })
	return a
}
