package files

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/google/go-containerregistry/pkg/name"
	v1 "github.com/google/go-containerregistry/pkg/v1"

	"github.com/ghcr-publish/ghcr-publish/internal/image"
	"github.com/ghcr-publish/ghcr-publish/internal/image/document"
	"github.com/ghcr-publish/ghcr-publish/internal/source"
)

// maxConfig limits the size of the config of a base image, in bytes.
const maxConfig = 8 << 20

// base is the base image for one platform. If the input "base" is not set, the struct
// contains only the platform.
type base struct {
	platform v1.Platform
	config   []byte // the config, or nil if the input "base" is not set
	layers   []*image.Blob
	digest   v1.Hash // the digest of the manifest
}

// bases returns the base image for each platform.
func (m *builder) bases(ctx context.Context, variants []*variant) ([]base, error) {
	want, err := m.platforms(ctx, variants)
	if err != nil {
		return nil, err
	}
	if i := slices.IndexFunc(want, func(p v1.Platform) bool { return p.OS == "windows" }); i >= 0 {
		return nil, contentError(CodePlatform, "Build the image with docker build on Windows, and set the input source to the built image.", nil, "an image for %s cannot be built from files, because layers of Windows images have another format", want[i])
	}
	if m.Files.Base == nil {
		if len(want) == 0 {
			want = []v1.Platform{normalize(v1.Platform{})}
		}
		var out []base
		for _, p := range want {
			out = append(out, base{platform: normalize(p)})
		}
		return out, nil
	}
	return m.fetch(ctx, want)
}

// platforms returns the platforms in the paths of the input "content" and in
// the input "platform". If the two inputs contain no platform, platforms
// returns the platform for which all programs among the files are built. If
// the programs are built for several platforms, platforms returns nil.
func (m *builder) platforms(ctx context.Context, variants []*variant) ([]v1.Platform, error) {
	var out []v1.Platform
	for _, v := range variants {
		if v.platform != nil {
			out = append(out, *v.platform)
		}
	}
	if len(out) > 0 || len(m.Files.Platforms) > 0 {
		return unique(append(out, m.Files.Platforms...)), nil
	}
	l, err := m.layers.layerFor(ctx, variants[0])
	if err != nil {
		return nil, err
	}
	if len(l.machines) == 1 {
		for machine := range l.machines {
			out = append(out, normalize(v1.Platform{Architecture: machine}))
		}
	}
	return out, nil
}

// unique removes duplicate platforms.
func unique(all []v1.Platform) []v1.Platform {
	var out []v1.Platform
	for _, p := range all {
		if !slices.ContainsFunc(out, func(o v1.Platform) bool { return samePlatform(o, p) }) {
			out = append(out, p)
		}
	}
	return out
}

// fetch reads the base image from its registry. If the base is an index, fetch reads only
// the images for the platforms in the argument "want". If "want" is empty, fetch reads
// all images for Linux.
func (m *builder) fetch(ctx context.Context, want []v1.Platform) ([]base, error) {
	ref := m.Files.Base
	desc, raw, err := m.Remote.Manifest(ctx, ref)
	if err != nil {
		return nil, fmt.Errorf("reading the base %q: %w", ref, err)
	}
	if !desc.MediaType.IsIndex() {
		one, err := m.read(ctx, knownManifest{m.Remote, desc, raw}, ref.Context().Digest(desc.Digest.String()), nil)
		if err != nil {
			return nil, err
		}
		if i := slices.IndexFunc(want, func(p v1.Platform) bool { return !samePlatform(p, one.platform) }); i >= 0 {
			return nil, m.noPlatform(want[i], []string{one.platform.String()})
		}
		return []base{*one}, nil
	}
	entries, err := m.choose(desc, raw, want)
	if err != nil {
		return nil, err
	}
	var out []base
	for _, e := range entries {
		one, err := m.read(ctx, m.Remote, ref.Context().Digest(e.Digest.String()), e.Platform)
		if err != nil {
			return nil, err
		}
		out = append(out, *one)
	}
	return out, nil
}

// choose returns the entries for the platforms in the argument "want" from the index of
// the base.
func (m *builder) choose(index v1.Descriptor, raw []byte, want []v1.Platform) ([]v1.Descriptor, error) {
	doc, err := document.Parse("manifest "+index.Digest.String(), raw, index.MediaType)
	if err != nil {
		return nil, baseError("Choose another base.", err, "the index of the base %q is not valid", m.Files.Base)
	}
	var linux []v1.Descriptor
	var names []string
	for _, d := range doc.Manifests {
		if d.Platform != nil && d.Platform.OS == "linux" {
			linux, names = append(linux, d), append(names, d.Platform.String())
		}
	}
	if len(want) == 0 && len(linux) > 0 {
		return linux, nil
	}
	var out []v1.Descriptor
	for _, p := range want {
		i := slices.IndexFunc(linux, func(d v1.Descriptor) bool { return samePlatform(*d.Platform, p) })
		if i < 0 {
			return nil, m.noPlatform(p, names)
		}
		out = append(out, linux[i])
	}
	if len(out) == 0 {
		return nil, baseError("Choose another base.", nil, "the base %q has no image for Linux", m.Files.Base)
	}
	return out, nil
}

func (m *builder) noPlatform(p v1.Platform, names []string) error {
	return baseError("Choose another base, or set the input platform to platforms of the base: "+strings.Join(names[:min(len(names), 20)], ", ")+".", nil,
		"the base %q has no image for %s", m.Files.Base, p)
}

// read reads the manifest and the config of one image.
func (m *builder) read(ctx context.Context, remote source.Remote, ref name.Digest, p *v1.Platform) (*base, error) {
	src, err := source.Open(ctx, "docker://"+ref.Name(), source.Options{Remote: remote, SkipPlatform: true})
	if err != nil {
		return nil, err
	}
	root := src.Root
	if root.Index() || len(root.Blobs) == 0 || !root.Blobs[0].Descriptor.MediaType.IsConfig() {
		return nil, baseError("Choose another base.", nil, "the base %q is not an image", m.Files.Base)
	}
	b := &base{layers: root.Blobs[1:], digest: root.Descriptor.Digest}
	if b.config, err = readConfig(ctx, root.Blobs[0]); err != nil {
		return nil, baseError("Run the step again, or choose another base.", err, "the config of the base %q cannot be read", m.Files.Base)
	}
	if p == nil {
		p = &v1.Platform{}
		if err := json.Unmarshal(b.config, p); err != nil || p.OS == "" {
			return nil, baseError("Choose another base.", err, "the config of the base %q has no platform", m.Files.Base)
		}
	}
	b.platform = *p
	return b, nil
}

func readConfig(ctx context.Context, b *image.Blob) ([]byte, error) {
	if b.Descriptor.Size > maxConfig {
		return nil, fmt.Errorf("the config has %d bytes, more than the limit of %d", b.Descriptor.Size, maxConfig)
	}
	in, err := b.Open(ctx)
	if err != nil {
		return nil, err
	}
	defer in.Close()
	return io.ReadAll(io.LimitReader(in, maxConfig+1)) // The reader verifies the digest of the config.
}

// knownManifest is a registry client that already has one manifest.
type knownManifest struct {
	source.Remote
	desc v1.Descriptor
	raw  []byte
}

// Manifest implements source.Remote. Manifest returns the known manifest
// without a request.
func (k knownManifest) Manifest(ctx context.Context, ref name.Reference) (v1.Descriptor, []byte, error) {
	if ref.Identifier() == k.desc.Digest.String() {
		return k.desc, k.raw, nil
	}
	return k.Remote.Manifest(ctx, ref)
}
