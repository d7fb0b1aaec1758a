package mutate_test

import (
	"strings"
	"testing"

	v1 "github.com/google/go-containerregistry/pkg/v1"

	"github.com/ghcr-publish/ghcr-publish/internal/diag"
	"github.com/ghcr-publish/ghcr-publish/internal/image"
	"github.com/ghcr-publish/ghcr-publish/internal/image/mutate"
	"github.com/ghcr-publish/ghcr-publish/internal/source/sourcetest"
)

func TestKeepPlatforms(t *testing.T) {
	t.Parallel()
	platformed := func(l *sourcetest.Layout, text string) v1.Descriptor {
		p, err := v1.ParsePlatform(text)
		if err != nil {
			t.Fatal(err)
		}
		return sourcetest.On(l.Image(p, text), p)
	}
	images := func(texts ...string) func(*sourcetest.Layout) v1.Descriptor {
		return func(l *sourcetest.Layout) v1.Descriptor {
			var all []v1.Descriptor
			for _, text := range texts {
				all = append(all, platformed(l, text))
			}
			return l.Index(all...)
		}
	}
	attested := func(l *sourcetest.Layout) v1.Descriptor {
		one, two := platformed(l, "linux/amd64"), platformed(l, "linux/arm64")
		return l.Index(one, two, l.Attestation(one), l.BoundAttestation(two), l.BoundAttestation(one))
	}
	nested := func(l *sourcetest.Layout) v1.Descriptor {
		return l.Index(images("linux/amd64")(l), images("linux/arm64", "linux/386")(l))
	}
	cases := []struct {
		name   string
		make   func(*sourcetest.Layout) v1.Descriptor
		wanted string
		shape  string // the tree after the change
		kept   string
		notice string // a part of the notice, or "" if nothing changes
		err    string // a part of the hint of the error
	}{
		{"one of two platforms", images("linux/amd64", "linux/arm64"), "linux/arm64", "(i)", "linux/arm64", "does not contain linux/amd64.", ""},
		{"two of three platforms", images("linux/amd64", "linux/arm64", "linux/386"), "linux/386,linux/amd64", "(ii)", "linux/amd64,linux/386", "does not contain linux/arm64.", ""},
		{"all platforms", images("linux/amd64", "linux/arm64"), "linux/arm64,linux/amd64", "(ii)", "linux/amd64,linux/arm64", "", ""},
		{"the default variant of arm64", images("linux/amd64", "linux/arm64/v8"), "linux/arm64", "(i)", "linux/arm64", "linux/amd64", ""},
		{"all variants without a variant", images("linux/arm/v6", "linux/arm/v7", "linux/386"), "linux/arm", "(ii)", "linux/arm/v6,linux/arm/v7", "linux/386", ""},
		{"the exact platform has precedence over variants", images("linux/amd64", "linux/amd64/v3"), "linux/amd64", "(i)", "linux/amd64", "linux/amd64/v3", ""},
		{"one variant", images("linux/arm/v6", "linux/arm/v7"), "linux/arm/v7", "(i)", "linux/arm/v7", "linux/arm/v6", ""},
		{"all versions of Windows", images("windows/amd64:10.0.1", "windows/amd64:10.0.2", "linux/amd64"), "windows/amd64", "(ii)", "windows/amd64,windows/amd64", "linux/amd64", ""},
		{"a name of uname in the index", images("linux/x86_64", "linux/arm64"), "linux/amd64", "(i)", "linux/x86_64", "linux/arm64", ""},
		{"attestations of a removed image", attested, "linux/arm64", "(ia)", "linux/arm64", "linux/amd64, and 2 attestations of these images.", ""},
		{"an index below the index", nested, "linux/386", "((i))", "linux/386", "linux/amd64, linux/arm64", ""},
		{"a single image for the platform", func(l *sourcetest.Layout) v1.Descriptor { return l.Image(amd64, "a") }, "linux/amd64", "i", "linux/amd64", "", ""},
		{"a missing platform", images("linux/amd64", "linux/arm64"), "linux/amd64,linux/s390x", "", "", "", "The platforms are: linux/amd64, linux/arm64."},
		{"a single image for another platform", func(l *sourcetest.Layout) v1.Descriptor { return l.Image(amd64, "a") }, "linux/arm64", "", "", "", "The platforms are: linux/amd64."},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			root := open(t, c.make)
			before := root.Descriptor.Digest
			removed, notices, err := mutate.KeepPlatforms(root, parsePlatforms(t, c.wanted))
			if c.err != "" {
				if !diag.Is(err, diag.CodePlatformMissing) || !strings.Contains(diag.All(err)[0].Hint, c.err) {
					t.Fatalf("got %v, want a hint with %q", err, c.err)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			exact(t, root)
			var kept []string
			for _, m := range image.Images(root) {
				kept = append(kept, image.PlatformString(m.Platform))
			}
			if got := shape(root); got != c.shape || strings.Join(kept, ",") != c.kept {
				t.Errorf("got %s with %s, want %s with %s", got, kept, c.shape, c.kept)
			}
			if changed := root.Descriptor.Digest != before; changed != (c.notice != "") || changed != (len(notices) == 1) || changed != (len(removed) > 0) {
				t.Errorf("the digest changed: %t, notices %v, removed %v", changed, notices, removed)
			}
			for _, p := range removed {
				if !strings.Contains(notices[0].Text, image.PlatformString(p)) {
					t.Errorf("the notice does not contain the removed platform %s", p)
				}
			}
			if c.notice != "" && (!strings.Contains(notices[0].Text, c.notice) || !strings.Contains(notices[0].Text, before.String())) {
				t.Errorf("got %q, want %q and the previous digest", notices[0].Text, c.notice)
			}
		})
	}
}

func parsePlatforms(t *testing.T, text string) []v1.Platform {
	t.Helper()
	var out []v1.Platform
	for _, each := range strings.Split(text, ",") {
		p, err := v1.ParsePlatform(each)
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, *p)
	}
	return out
}
