package pull

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	v1 "github.com/google/go-containerregistry/pkg/v1"

	"github.com/ghcr-publish/ghcr-publish/internal/diag"
)

// The codes of what can be wrong with what was asked for. They are stable:
// README and workflows name them.
const (
	CodeNotFound = "image-not-found"  // no such image, or it is hidden
	CodePlatform = "platform-missing" // the image is not made for it
	CodeForeign  = "foreign-layer"    // a layer that no address gives
)

// maxChildren bounds the images of one index: what package source takes.
const maxChildren = 20_000

// child is one image of an index.
type child struct {
	Digest   v1.Hash      `json:"digest"`
	Platform *v1.Platform `json:"platform"`
}

// Name prints a platform as os/arch[/variant], without the variant that every
// arm64 has.
func Name(p *v1.Platform) string {
	name := p.OS + "/" + p.Architecture
	if v := variant(*p); v != "" && v != usual[p.Architecture] {
		name += "/" + v
	}
	return name
}

// usual are the variants that are meant where none is given.
var usual = map[string]string{"arm64": "v8"}

func variant(p v1.Platform) string {
	if p.Variant == "" {
		return usual[p.Architecture]
	}
	return p.Variant
}

// matches reports whether an image for is runs where want is asked for. A
// platform without variant takes any.
func matches(want, is v1.Platform) bool {
	return want.OS == is.OS && want.Architecture == is.Architecture && (want.Variant == "" || variant(want) == variant(is)) &&
		(want.OSVersion == "" || want.OSVersion == is.OSVersion)
}

// closer reports whether a has the very variant that is wanted, and b not.
func closer(want, a, b v1.Platform) bool {
	return variant(a) == variant(want) && variant(b) != variant(want)
}

// choose finds the image of an index that is wanted: the first of the very
// variant, or else the first that matches.
func choose(raw []byte, w Want) (*child, error) {
	all, err := children(raw)
	if err != nil {
		return nil, &diag.Error{
			Code: "registry-index-malformed", Side: diag.Registry, Title: "The index " + w.Reference.Name() + " is not well formed", Err: err,
			Hint: "Ask whoever published it: as it is, no tool can pull it whole.",
		}
	}
	want := w.Platform
	if want == nil {
		if len(all) == 1 {
			return &all[0], nil
		}
		want = &w.Here
	}
	var best *child
	var names []string
	for i, c := range all {
		names = append(names, Name(c.Platform))
		if matches(*want, *c.Platform) && (best == nil || closer(*want, *c.Platform, *best.Platform)) {
			best = &all[i]
		}
	}
	if best == nil {
		return nil, missing(w.Reference.Name(), *want, names)
	}
	return best, nil
}

// children lists the images of an index that run somewhere, boundedly.
func children(raw []byte) ([]child, error) {
	var index struct {
		Manifests json.RawMessage `json:"manifests"`
	}
	if err := json.Unmarshal(raw, &index); err != nil {
		return nil, err
	}
	in := json.NewDecoder(bytes.NewReader(index.Manifests))
	if open, err := in.Token(); err != nil || open != json.Delim('[') {
		return nil, errors.Join(errors.New("its manifests are no list"), err)
	}
	var out []child
	for n := 0; in.More(); n++ {
		if n == maxChildren {
			return nil, fmt.Errorf("it has more than %d manifests", maxChildren)
		}
		var c child
		if err := in.Decode(&c); err != nil {
			return nil, err
		}
		if c.Platform != nil && c.Platform.OS != "unknown" && c.Digest != (v1.Hash{}) {
			out = append(out, c)
		}
	}
	return out, nil
}

// maxNamed bounds the platforms that an error lists.
const maxNamed = 20

func missing(name string, want v1.Platform, names []string) error {
	hint := "It names no platform at all: leave the input platform away, and write it to an OCI layout or archive."
	if len(names) > maxNamed {
		names = append(names[:maxNamed:maxNamed], fmt.Sprintf("and %d more", len(names)-maxNamed))
	}
	if len(names) > 0 {
		hint = "Set platform to one it has: " + strings.Join(names, ", ") + "."
	}
	return &diag.Error{
		Code: CodePlatform, Side: diag.Input, Input: "platform", Hint: hint,
		Title: fmt.Sprintf("%s has no image for %s", name, Name(&want)),
	}
}
