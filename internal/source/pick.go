package source

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/google/go-containerregistry/pkg/name"
	v1 "github.com/google/go-containerregistry/pkg/v1"
)

// The annotations by which tools name an image in a layout: the image-spec's,
// mostly just the tag, and containerd's with the whole reference.
const (
	refName   = "org.opencontainers.image.ref.name"
	imageName = "io.containerd.image.name"
)

// maxListed bounds how many images an error lists.
const maxListed = 20

// candidate is one of several images in a source.
type candidate interface {
	called() []string   // names and tags
	digests() []v1.Hash // the first is the identity, all can be picked
}

// entry is an image in index.json; entries of equal digest are one.
type entry struct {
	desc  v1.Descriptor
	names []string
}

func (e entry) called() []string   { return e.names }
func (e entry) digests() []v1.Hash { return []v1.Hash{e.desc.Digest} }

// entriesOf lists the images of an index.json.
func entriesOf(doc *document) []entry {
	var out []entry
	at := map[v1.Hash]int{}
	for _, desc := range doc.Manifests {
		i, met := at[desc.Digest]
		if !met {
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

// names lists the names of all candidates, each once.
func names[C candidate](all []C) []string {
	var out []string
	met := map[string]bool{}
	for _, c := range all {
		for _, n := range c.called() {
			if !met[n] {
				met[n] = true
				out = append(out, n)
			}
		}
	}
	return out
}

// pickOne finds the candidate that is meant. An empty pick means the only
// one. Otherwise the first way of reading the pick that fits any candidate
// decides: "@N" counts from 0, then a digest, then a name exactly as it
// stands, then the same name written differently ("app" and
// "docker.io/library/app:latest"), then a part of one (the tag, or the end of
// the name with or without the tag).
func pickOne[C candidate](path string, all []C, pick string) (C, error) {
	var none C
	if pick == "" {
		return only(path, all, pick)
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
			return only(path, found, pick)
		}
	}
	return none, noMatch(path, all, pick)
}

// only returns the one image found.
func only[C candidate](path string, found []C, pick string) (C, error) {
	var none C
	if len(found) == 0 {
		return none, problem(CodeNotLayout, hintRebuild, nil, "%q holds no image", path)
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

func hasName(c candidate, pick string) bool { return slices.Contains(c.called(), pick) }

func hasSameName(c candidate, pick string) bool {
	want, err := name.ParseReference(pick)
	if err != nil {
		return false
	}
	return slices.ContainsFunc(c.called(), func(n string) bool {
		got, err := name.ParseReference(n)
		return err == nil && got.Name() == want.Name()
	})
}

func hasPart(c candidate, pick string) bool {
	return slices.ContainsFunc(c.called(), func(n string) bool {
		ref, err := name.NewTag(n)
		if err != nil || !strings.ContainsAny(n, ":/") {
			return false // a tag alone, which hasName has seen
		}
		return ref.TagStr() == pick || strings.HasSuffix("/"+ref.Context().Name(), "/"+pick) ||
			strings.HasSuffix("/"+ref.Name(), "/"+pick)
	})
}

func ambiguous[C candidate](path string, found []C, pick string) error {
	hint := fmt.Sprintf("Pick one by putting #NAME, or #sha256:… with its digest, after %q.", path)
	if pick != "" {
		return problem(CodeAmbiguous, hint, nil, "%q names %d images in %q: %s", pick, len(found), path, list(found))
	}
	return problem(CodeAmbiguous, hint, nil, "%q holds %d images: %s", path, len(found), list(found))
}

func noMatch[C candidate](path string, all []C, pick string) error {
	return problem(CodeNoMatch, "Pick one of those by name, tag or digest.", nil,
		"no image in %q is %q; it holds: %s", path, pick, list(all))
}

// list names images for a message, a bounded number of them.
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
	if len(c.called()) == 0 {
		return digest + " (no name)"
	}
	return fmt.Sprintf("%.100q (%s)", c.called()[0], digest[:min(len(digest), 19)])
}
