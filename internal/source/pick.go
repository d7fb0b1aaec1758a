package source

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/google/go-containerregistry/pkg/name"
	v1 "github.com/google/go-containerregistry/pkg/v1"

	"github.com/ghcr-publish/ghcr-publish/internal/diag"
	"github.com/ghcr-publish/ghcr-publish/internal/image"
	"github.com/ghcr-publish/ghcr-publish/internal/image/document"
)

// refName and imageName are the annotations that contain the name of an image in a
// layout. The annotation refName of the image-spec often contains only the tag. The
// annotation imageName of containerd contains the whole reference.
const (
	refName   = "org.opencontainers.image.ref.name"
	imageName = "io.containerd.image.name"
)

// maxListed limits the number of images in an error message.
const maxListed = 20

// candidate is one of several images in a source.
type candidate interface {
	imageNames() []string // names and tags
	digests() []v1.Hash   // The first digest identifies the image, and a user can select the image by any of the digests.
}

// entry is an image in index.json. Descriptors with the same digest are
// merged into one entry.
type entry struct {
	desc  v1.Descriptor
	names []string
}

func (e entry) imageNames() []string { return e.names }
func (e entry) digests() []v1.Hash   { return []v1.Hash{e.desc.Digest} }

// The command cosign save writes the annotation "kind" to each entry of a
// layout. For an image, the value of the annotation starts with cosignImage.
// For a signature, an attestation or an SBOM, the value starts with
// cosignPrefix but not with cosignImage.
const (
	cosignKind   = "kind"
	cosignPrefix = "dev.cosignproject.cosign/"
	cosignImage  = cosignPrefix + "image"
)

// belongsToImage reports whether the entry is a signature, an attestation, an SBOM or a
// list of referrers of an image. cosign save marks such an entry with an annotation.
// Other tools give it only a technical tag as its name.
func (e entry) belongsToImage() bool {
	kind := e.desc.Annotations[cosignKind]
	return strings.HasPrefix(kind, cosignPrefix) && !strings.HasPrefix(kind, cosignImage) || e.hasTechnicalName()
}

// hasTechnicalName reports whether all names of the entry end with a technical tag.
func (e entry) hasTechnicalName() bool {
	for _, n := range e.names {
		if image.TechnicalSubject(n[strings.LastIndexByte(n, ':')+1:]) == "" {
			return false
		}
	}
	return len(e.names) > 0
}

// entriesOf lists the images of index.json.
func entriesOf(doc *document.Document) []entry {
	var out []entry
	at := map[v1.Hash]int{}
	for _, desc := range doc.Manifests {
		i, seen := at[desc.Digest]
		if !seen {
			i = len(out)
			at[desc.Digest] = i
			out = append(out, entry{desc: desc})
		}
		for _, key := range []string{imageName, refName} {
			if n := desc.Annotations[key]; n != "" && !slices.Contains(out[i].names, n) {
				out[i].names = append(out[i].names, n)
			}
		}
	}
	return out
}

// names lists the names of all candidates without duplicates.
func names[C candidate](all []C) []string {
	var out []string
	seen := map[string]bool{}
	for _, c := range all {
		for _, n := range c.imageNames() {
			if !seen[n] {
				seen[n] = true
				out = append(out, n)
			}
		}
	}
	return out
}

// pickOne returns the candidate that the argument "pick" selects. If "pick" is empty,
// pickOne returns the only candidate. The text "@N" selects the candidate at the position
// N, counted from 0.
//
// Otherwise, pickOne compares "pick" with the digests of the candidates, then with their
// exact names, and then with equivalent names. For example, "app" is equivalent to
// "docker.io/library/app:latest". Last, pickOne compares "pick" with parts of the names.
// A part is the tag, or the end of the repository with or without the tag. pickOne uses
// the first of these comparisons that finds a candidate.
func pickOne[C candidate](path string, all []C, pick string) (C, error) {
	var none C
	if pick == "" {
		return singleImage(path, all, pick)
	}
	if number, ok := strings.CutPrefix(pick, "@"); ok {
		i, err := strconv.Atoi(number)
		if err != nil || i < 0 || i >= len(all) {
			return none, noMatch(path, all, pick)
		}
		return all[i], nil
	}
	for _, fits := range []func(candidate, string) bool{hasDigest, hasName, hasSameName, hasPart} {
		var found []C
		for _, c := range all {
			if fits(c, pick) {
				found = append(found, c)
			}
		}
		if len(found) > 0 {
			return singleImage(path, found, pick)
		}
	}
	return none, noMatch(path, all, pick)
}

// singleImage returns the image in the list "found". If the list is empty or contains
// images with different digests, singleImage returns an error.
func singleImage[C candidate](path string, found []C, pick string) (C, error) {
	var none C
	if len(found) == 0 {
		return none, diag.New(CodeNotLayout, diag.Source, hintRebuild, nil, "%q contains no image", path)
	}
	for _, c := range found[1:] {
		if c.digests()[0] != found[0].digests()[0] {
			return none, ambiguous(path, found, pick)
		}
	}
	return found[0], nil
}

func hasDigest(c candidate, pick string) bool {
	for _, h := range c.digests() {
		if h.String() == pick {
			return true
		}
	}
	return false
}

func hasName(c candidate, pick string) bool { return slices.Contains(c.imageNames(), pick) }

func hasSameName(c candidate, pick string) bool {
	want, err := name.ParseReference(pick)
	if err != nil {
		return false
	}
	return slices.ContainsFunc(c.imageNames(), func(n string) bool {
		got, err := name.ParseReference(n)
		return err == nil && got.Name() == want.Name()
	})
}

func hasPart(c candidate, pick string) bool {
	return slices.ContainsFunc(c.imageNames(), func(n string) bool {
		ref, err := name.NewTag(n)
		if err != nil || !strings.ContainsAny(n, ":/") {
			return false // The name is only a tag, and the function hasName has already compared this tag.
		}
		return ref.TagStr() == pick || strings.HasSuffix("/"+ref.Context().Name(), "/"+pick) ||
			strings.HasSuffix("/"+ref.Name(), "/"+pick)
	})
}

func ambiguous[C candidate](path string, found []C, pick string) error {
	hint := fmt.Sprintf("To select one image, write #NAME or #sha256:… (the digest of the image) after %q.", path)
	if pick != "" {
		return diag.New(CodeAmbiguous, diag.Source, hint, nil, "the name %q matches %d images in %q: %s", pick, len(found), path, list(found))
	}
	return diag.New(CodeAmbiguous, diag.Source, hint, nil, "%q contains %d images: %s", path, len(found), list(found))
}

func noMatch[C candidate](path string, all []C, pick string) error {
	return diag.New(CodeNoMatch, diag.Source, "Select one of these images by name, tag or digest.", nil,
		"%q contains no image with the name or digest %q, but it contains these images: %s", path, pick, list(all))
}

// list returns a text with the names of at most maxListed images for a
// message.
func list[C candidate](all []C) string {
	var out []string
	for i, c := range all {
		if i == maxListed {
			out = append(out, fmt.Sprintf("and %d more", len(all)-i))
			break
		}
		out = append(out, label(c))
	}
	return strings.Join(out, ", ")
}

func label(c candidate) string {
	digest := c.digests()[0].String()
	if len(c.imageNames()) == 0 {
		return fmt.Sprintf("%s (no name%s)", digest, about(c))
	}
	return fmt.Sprintf("%.100q (%s)", c.imageNames()[0], digest[:min(len(digest), 19)])
}

// about returns the media type and the platform of an entry without a name, so that the
// user can distinguish the entries.
func about(c candidate) string {
	e, ok := c.(entry)
	if !ok {
		return ""
	}
	out := ", " + string(e.desc.MediaType)
	if e.desc.ArtifactType != "" {
		out = ", " + e.desc.ArtifactType
	}
	if p := e.desc.Platform; p != nil {
		out += ", " + image.PlatformString(p)
	}
	return fmt.Sprintf("%.200s", out)
}
