package compare

import (
	"fmt"
	"slices"
	"strings"
)

// sbomTypes are parts of the types of documents that list packages: the predicate types
// of in-toto and the media types of SPDX and CycloneDX.
var sbomTypes = []string{"spdx.dev/document", "spdx+json", "cyclonedx", "sbom"}

// IsSBOM reports whether a predicate type or an artifact type belongs to an SBOM.
func IsSBOM(documentType string) bool {
	lower := strings.ToLower(documentType)
	return slices.ContainsFunc(sbomTypes, func(part string) bool { return strings.Contains(lower, part) })
}

// attestations lists the attestations that only one of two images has. The attestations
// of a platform that was added or removed belong to the change of the platform.
func attestations(before, after *Image, old, now map[string]*Platform) []AttestationChange {
	count := map[Attestation]int{}
	var order []Attestation
	add := func(list []Attestation, n int) {
		for _, a := range list {
			if a.Platform != "" && (old[a.Platform] == nil || now[a.Platform] == nil) {
				continue
			}
			if _, seen := count[a]; !seen {
				order = append(order, a)
			}
			count[a] += n
		}
	}
	add(before.Attestations, -1)
	add(after.Attestations, 1)
	var out []AttestationChange
	for _, a := range order {
		if n := count[a]; n != 0 {
			out = append(out, AttestationChange{Platform: a.Platform, Type: a.Type, SBOM: IsSBOM(a.Type), Change: kindOf(n < 0, n > 0)})
		}
	}
	return out
}

// changing are the labels that describe one build. The next build can lack such a label
// without a loss for the users of the image.
var changing = []string{
	"org.opencontainers.image.created", "org.opencontainers.image.revision", "org.opencontainers.image.version",
}

// losses lists the parts of the old image that the new image lacks.
func losses(c *Changes, options Options) []Loss {
	out := &lossList{index: map[lossKey]int{}}
	for _, p := range c.Platforms {
		if p.Change == Removed && p.Platform != "" && !slices.Contains(options.Dropped, p.Platform) {
			out.add(LostPlatform, p.Platform, "")
		}
	}
	for _, a := range c.Attestations {
		if a.Change != Removed || options.Stripped {
			continue
		}
		kind := LostAttestation
		if a.SBOM {
			kind = LostSBOM
		}
		out.add(kind, a.Type, a.Platform)
	}
	for _, p := range c.Platforms {
		out.addLabels(p)
	}
	return out.of
}

// addLabels adds the labels that a platform lacks.
func (l *lossList) addLabels(p PlatformChange) {
	for _, f := range p.Config {
		if f.Field == "label" && f.Change == Removed && !slices.Contains(changing, f.Name) {
			l.add(LostLabel, f.Name, p.Platform)
		}
	}
}

// lossList joins the losses of several platforms.
type lossList struct {
	of    []Loss
	index map[lossKey]int // the position of each loss, without its platforms
}

type lossKey struct {
	kind LossKind
	name string
}

func (l *lossList) add(kind LossKind, name, platform string) {
	key := lossKey{kind, name}
	i, known := l.index[key]
	if !known {
		i = len(l.of)
		l.index[key] = i
		l.of = append(l.of, Loss{Kind: kind, Name: name})
	}
	if platform != "" && !slices.Contains(l.of[i].Platforms, platform) {
		l.of[i].Platforms = append(l.of[i].Platforms, platform)
	}
}

// String describes the loss in a sentence, for example "the platform linux/arm64".
func (l Loss) String() string {
	out := ""
	switch l.Kind {
	case LostPlatform:
		return "the platform " + l.Name
	case LostLabel:
		out = "the label " + cut(l.Name)
	case LostSBOM, LostAttestation:
		out = "the " + DocumentName(l.Name)
	}
	if len(l.Platforms) == 0 {
		return out
	}
	return out + " of " + shortList(l.Platforms)
}

// shortList joins at most five names with commas and "and".
func shortList(names []string) string {
	const most = 5
	if n := len(names); n > most {
		names = append(names[:most:most], fmt.Sprintf("%d more", n-most))
	}
	last := len(names) - 1
	if last < 1 {
		return strings.Join(names, "")
	}
	return strings.Join(names[:last], ", ") + " and " + names[last]
}

// documentNames are short names for the types of documents. The key is a part of the type.
var documentNames = []struct{ part, name string }{
	{"spdx", "SBOM (SPDX)"}, {"cyclonedx", "SBOM (CycloneDX)"}, {"sbom", "SBOM"}, {"slsa.dev/provenance", "provenance (SLSA)"},
}

// DocumentName returns a short name for the type of an attestation or SBOM.
func DocumentName(kind string) string {
	for _, known := range documentNames {
		if strings.Contains(strings.ToLower(kind), known.part) {
			return known.name
		}
	}
	if kind == "" {
		return "attestation"
	}
	return cut(kind)
}
