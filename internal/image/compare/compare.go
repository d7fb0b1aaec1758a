package compare

import (
	"fmt"
	"slices"
)

// Options selects the losses that are wanted.
type Options struct {
	// Stripped is true if the user removed the attestations of BuildKit on purpose. A
	// missing attestation or SBOM is then no loss.
	Stripped bool
	// Dropped are the names of the platforms that the user removed on purpose. The loss of
	// such a platform does not count.
	Dropped []string
}

// Images compares two images. The order of the platforms is the order of the old image,
// followed by the platforms that only the new image has.
func Images(before, after *Image, options Options) *Changes {
	out := &Changes{Before: before.Digest, After: after.Digest, Platforms: []PlatformChange{}}
	old, now := named(before.Platforms), named(after.Platforms)
	for _, name := range names(before.Platforms, after.Platforms) {
		out.Platforms = append(out.Platforms, platform(name, old[name], now[name]))
	}
	if before.Digest == "" || before.Digest != after.Digest {
		out.Attestations = attestations(before, after, old, now)
	}
	out.Packages = packages(before, after)
	out.Losses = losses(out, options)
	for i := range out.Platforms {
		out.Platforms[i].limit()
	}
	return out
}

// maxConfigChanges is the maximum number of entries in PlatformChange.Config.
const maxConfigChanges = 100

// limit removes the differences of the configs after the first maxConfigChanges.
func (p *PlatformChange) limit() {
	if p.Omitted = max(0, len(p.Config)-maxConfigChanges); p.Omitted > 0 {
		p.Config = p.Config[:maxConfigChanges]
	}
}

// named maps the names of platforms to the platforms.
func named(platforms []Platform) map[string]*Platform {
	out := map[string]*Platform{}
	for i, name := range unique(platforms) {
		out[name] = &platforms[i]
	}
	return out
}

// unique returns a different name for each platform. If an index has several images for
// one platform, the names of the further images end with a number.
func unique(platforms []Platform) []string {
	out := make([]string, len(platforms))
	seen := map[string]int{}
	for i, p := range platforms {
		out[i] = p.Name
		if seen[p.Name]++; seen[p.Name] > 1 {
			out[i] = fmt.Sprintf("%s (%d)", p.Name, seen[p.Name])
		}
	}
	return out
}

func names(before, after []Platform) []string {
	out := unique(before)
	known := map[string]bool{}
	for _, name := range out {
		known[name] = true
	}
	return append(out, slices.DeleteFunc(unique(after), func(name string) bool { return known[name] })...)
}

// platform compares the images of one platform. One of the images can be nil.
func platform(name string, before, after *Platform) PlatformChange {
	out := PlatformChange{Platform: name, Change: Changed}
	switch {
	case before == nil:
		before, out.Change = &Platform{}, Added
	case after == nil:
		after, out.Change = &Platform{}, Removed
	case before.Digest != "" && before.Digest == after.Digest:
		out.Change = Same
	}
	out.SizeBefore, out.SizeAfter, out.Uncompressed = before.Size, after.Size, before.Plain || after.Plain
	out.Layers = layers(before.Layers, after.Layers)
	if out.Change != Changed {
		return out
	}
	out.Base = base(before, after)
	if before.Config != nil && after.Config != nil {
		out.Config = config(before.Config, after.Config)
	}
	if before.Digest == "" || after.Digest == "" {
		out.Change = judged(&out)
	}
	return out
}

// judged decides about images whose digests are not known yet. Such images are the same
// if their layers and their configs are the same.
func judged(p *PlatformChange) Kind {
	if p.Layers.Added+p.Layers.Removed+len(p.Config) == 0 {
		return Same
	}
	return Changed
}

// layers counts the layers that are only in one of two images. A layer is kept if its
// digest is the same. If the digest of a layer is not known yet, its DiffID decides.
func layers(before, after []Layer) LayerChange {
	var out LayerChange
	byDigest, byDiffID := map[string][]int{}, map[string][]int{}
	for i, l := range before {
		byDigest[l.Digest] = append(byDigest[l.Digest], i)
		byDiffID[l.DiffID] = append(byDiffID[l.DiffID], i)
	}
	used := make([]bool, len(before))
	for _, l := range after {
		i := find(byDigest[l.Digest], used, func(int) bool { return l.Digest != "" })
		if i < 0 {
			i = find(byDiffID[l.DiffID], used, func(i int) bool {
				return l.DiffID != "" && (l.Digest == "" || before[i].Digest == "")
			})
		}
		if i < 0 {
			out.Added++
			out.AddedBytes += l.Size
			continue
		}
		used[i] = true
		out.Kept++
	}
	for i, l := range before {
		if !used[i] {
			out.Removed++
			out.RemovedBytes += l.Size
		}
	}
	return out
}

// find returns the first unused index that the function accepts, or -1.
func find(indexes []int, used []bool, accepts func(int) bool) int {
	for _, i := range indexes {
		if !used[i] && accepts(i) {
			return i
		}
	}
	return -1
}

// base compares the base images. If one of the images does not state its base image, the
// base image counts as changed if already the first layers differ.
func base(before, after *Platform) *BaseChange {
	out := &BaseChange{Change: Same, Before: before.Base.String(), After: after.Base.String()}
	for out.Layers < min(len(before.Layers), len(after.Layers)) && same(before.Layers[out.Layers], after.Layers[out.Layers]) {
		out.Layers++
	}
	if out.Stated = out.Before != "" && out.After != ""; out.Stated {
		if before.Base.differs(after.Base) {
			out.Change = Changed
		}
		return out
	}
	if out.Layers == 0 && len(before.Layers)+len(after.Layers) > 0 {
		out.Change = Changed
	}
	return out
}

// same reports whether two layers have the same content. A layer that was compressed
// again has the same content.
func same(a, b Layer) bool {
	return a.Digest != "" && a.Digest == b.Digest || a.DiffID != "" && a.DiffID == b.DiffID
}

// String returns the name and the digest of a base image, in the form NAME@DIGEST.
func (b Base) String() string {
	if b.Digest == "" || b.Name == "" {
		return b.Name + b.Digest
	}
	return b.Name + "@" + b.Digest
}

func (b Base) differs(other Base) bool {
	if b.Digest != "" && other.Digest != "" {
		return b.Digest != other.Digest
	}
	return b.Name != other.Name
}
