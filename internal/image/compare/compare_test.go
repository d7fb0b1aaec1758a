package compare_test

import (
	"encoding/json"
	"fmt"
	"reflect"
	"strings"
	"testing"

	v1 "github.com/google/go-containerregistry/pkg/v1"

	"github.com/ghcr-publish/ghcr-publish/internal/image/compare"
)

// layer returns a compressed layer of 100 bytes.
func layer(id string) compare.Layer {
	return compare.Layer{Digest: "sha256:" + id, DiffID: "sha256:plain-" + id, Size: 100}
}

// on returns the image of a platform with the given layers.
func on(name string, ids ...string) compare.Platform {
	p := compare.Platform{Name: name, Digest: "sha256:" + name + strings.Join(ids, ""), Config: &v1.Config{}}
	for _, id := range ids {
		p.Layers = append(p.Layers, layer(id))
		p.Size += 100
	}
	return p
}

func index(digest string, platforms ...compare.Platform) *compare.Image {
	return &compare.Image{Digest: "sha256:" + digest, Platforms: platforms}
}

// first compares two images and returns the change of the first platform.
func first(t *testing.T, before, after compare.Platform) compare.PlatformChange {
	t.Helper()
	got := compare.Images(index("old", before), index("new", after), compare.Options{})
	if len(got.Platforms) == 0 {
		t.Fatal("no platform was compared")
	}
	return got.Platforms[0]
}

func TestPlatformsAreAddedRemovedChangedOrUnchanged(t *testing.T) {
	t.Parallel()
	got := compare.Images(
		index("old", on("linux/amd64", "a"), on("linux/386", "x"), on("linux/arm/v7", "b")),
		index("new", on("linux/386", "x"), on("linux/amd64", "c"), on("linux/arm64", "d")), compare.Options{})
	var list []string
	for _, p := range got.Platforms {
		list = append(list, fmt.Sprintf("%s %s %d→%d", p.Platform, p.Change, p.SizeBefore, p.SizeAfter))
	}
	want := []string{"linux/amd64 changed 100→100", "linux/386 unchanged 100→100", "linux/arm/v7 removed 100→0", "linux/arm64 added 0→100"}
	if !reflect.DeepEqual(list, want) {
		t.Errorf("got  %q\nwant %q", list, want)
	}
	if len(got.Losses) != 1 || got.Losses[0].Kind != compare.LostPlatform || got.Losses[0].Name != "linux/arm/v7" {
		t.Errorf("got the losses %+v", got.Losses)
	}
}

func TestSeveralImagesOfOnePlatformAreComparedInTheirOrder(t *testing.T) {
	t.Parallel()
	got := compare.Images(index("old", on("linux/amd64", "a"), on("linux/amd64", "b")), index("new", on("linux/amd64", "a")), compare.Options{})
	if len(got.Platforms) != 2 || got.Platforms[0].Change != compare.Same || got.Platforms[1].Platform != "linux/amd64 (2)" || got.Platforms[1].Change != compare.Removed {
		t.Errorf("got %+v", got.Platforms)
	}
}

func TestLayers(t *testing.T) {
	t.Parallel()
	plain := compare.Layer{DiffID: "sha256:plain-a", Size: 300}
	again := compare.Layer{Digest: "sha256:zstd", DiffID: "sha256:plain-a", Size: 80}
	cases := []struct {
		name          string
		before, after []compare.Layer
		want          compare.LayerChange
	}{
		{"no layers", nil, nil, compare.LayerChange{}},
		{"the same", []compare.Layer{layer("a"), layer("b")}, []compare.Layer{layer("a"), layer("b")}, compare.LayerChange{Kept: 2}},
		{"another last layer", []compare.Layer{layer("a"), layer("b")}, []compare.Layer{layer("a"), layer("c"), layer("d")}, compare.LayerChange{Kept: 1, Added: 2, Removed: 1, AddedBytes: 200, RemovedBytes: 100}},
		{"a layer that occurs once less", []compare.Layer{layer("a"), layer("a")}, []compare.Layer{layer("a")}, compare.LayerChange{Kept: 1, Removed: 1, RemovedBytes: 100}},
		{"a layer that is not compressed yet", []compare.Layer{layer("a")}, []compare.Layer{plain}, compare.LayerChange{Kept: 1}},
		{"a layer that was compressed again", []compare.Layer{layer("a")}, []compare.Layer{again}, compare.LayerChange{Added: 1, Removed: 1, AddedBytes: 80, RemovedBytes: 100}},
		{"layers without any digest", []compare.Layer{{Size: 1}}, []compare.Layer{{Size: 2}}, compare.LayerChange{Added: 1, Removed: 1, AddedBytes: 2, RemovedBytes: 1}},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			got := first(t, compare.Platform{Layers: c.before}, compare.Platform{Layers: c.after})
			if got.Layers != c.want {
				t.Errorf("got %+v, want %+v", got.Layers, c.want)
			}
		})
	}
}

func TestBase(t *testing.T) {
	t.Parallel()
	based := func(name, digest string, ids ...string) compare.Platform {
		p := on("linux/amd64", ids...)
		p.Base = compare.Base{Name: name, Digest: digest}
		p.Digest = name + digest + strings.Join(ids, "") + "."
		return p
	}
	cases := []struct {
		name          string
		before, after compare.Platform
		want          compare.BaseChange
	}{
		{"another digest", based("alpine:3", "sha256:1", "a"), based("alpine:3", "sha256:2", "a"), compare.BaseChange{Change: compare.Changed, Before: "alpine:3@sha256:1", After: "alpine:3@sha256:2", Layers: 1, Stated: true}},
		{"the same digest", based("alpine:3", "sha256:1", "a"), based("alpine:3.20", "sha256:1", "b"), compare.BaseChange{Change: compare.Same, Before: "alpine:3@sha256:1", After: "alpine:3.20@sha256:1", Stated: true}},
		{"another name without a digest", based("alpine:3.19", "", "a"), based("alpine:3.20", "", "a"), compare.BaseChange{Change: compare.Changed, Before: "alpine:3.19", After: "alpine:3.20", Layers: 1, Stated: true}},
		{"not stated, and the first layers are the same", based("", "", "a", "b", "c"), based("", "", "a", "b", "d"), compare.BaseChange{Change: compare.Same, Layers: 2}},
		{"not stated, and the first layer differs", based("", "", "a", "b"), based("", "", "x", "b"), compare.BaseChange{Change: compare.Changed}},
		{"stated by one image", based("alpine:3", "sha256:1", "a"), based("", "", "a", "b"), compare.BaseChange{Change: compare.Same, Before: "alpine:3@sha256:1", Layers: 1}},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			got := first(t, c.before, c.after)
			if got.Base == nil || *got.Base != c.want {
				t.Errorf("got %+v, want %+v", got.Base, c.want)
			}
		})
	}
}

func TestConfig(t *testing.T) {
	t.Parallel()
	set := func(keys ...string) map[string]struct{} {
		out := map[string]struct{}{}
		for _, key := range keys {
			out[key] = struct{}{}
		}
		return out
	}
	before, after := on("linux/amd64", "a"), on("linux/amd64", "b")
	before.Config = &v1.Config{
		User: "root", Entrypoint: []string{"/old"}, Cmd: []string{"serve"}, WorkingDir: "/", StopSignal: "SIGTERM",
		ExposedPorts: set("80/tcp"), Volumes: set("/data"), Env: []string{"TOKEN=canary-old", "PATH=/bin", "GONE=canary-gone"},
		Labels: map[string]string{"kept": "same", "gone": "was", "other": "1"},
	}
	after.Config = &v1.Config{
		User: "65532", Entrypoint: []string{"/new"}, WorkingDir: "/srv", StopSignal: "SIGINT",
		ExposedPorts: set("8080/tcp"), Env: []string{"TOKEN=canary-new", "PATH=/bin", "NEW=canary-added"},
		Labels: map[string]string{"kept": "same", "other": "2", "come": "x"},
	}
	var got []string
	for _, c := range first(t, before, after).Config {
		got = append(got, strings.TrimSpace(fmt.Sprintf("%s %s %s %s→%s", c.Field, c.Name, c.Change, c.Before, c.After)))
	}
	want := []string{
		"user  changed root→65532", `entrypoint  changed ["/old"]→["/new"]`, `cmd  removed ["serve"]→`, "workdir  changed /→/srv", "stop-signal  changed SIGTERM→SIGINT",
		"port 80/tcp removed →", "port 8080/tcp added →", "volume /data removed →",
		"env GONE removed →", "env NEW added →", "env TOKEN changed →",
		"label come added →x", "label gone removed was→", "label other changed 1→2",
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got  %q\nwant %q", got, want)
	}
}

func TestValuesOfVariablesAreNotInTheResult(t *testing.T) {
	t.Parallel()
	before, after := on("linux/amd64", "a"), on("linux/amd64", "b")
	before.Config.Env = []string{"A=canary1", "B=canary2", "canary-without-a-value"}
	after.Config.Env = []string{"A=canary3", "C=canary4=canary5"}
	raw, err := json.Marshal(compare.Images(index("old", before), index("new", after), compare.Options{}).Platforms)
	if err != nil {
		t.Fatal(err)
	}
	if strings.Contains(strings.ReplaceAll(string(raw), "canary-without-a-value", ""), "canary") {
		t.Errorf("the result contains a value: %s", raw)
	}
	if !strings.Contains(string(raw), `"name":"C"`) {
		t.Errorf("the result lacks a name: %s", raw)
	}
}

func TestTheDifferencesOfAConfigAreLimited(t *testing.T) {
	t.Parallel()
	before, after := on("linux/amd64", "a"), on("linux/amd64", "b")
	before.Config.Labels = map[string]string{}
	for i := range 150 {
		before.Config.Labels[fmt.Sprint("key", i)] = strings.Repeat("x", 1000)
	}
	got := compare.Images(index("old", before), index("new", after), compare.Options{})
	p := got.Platforms[0]
	if len(p.Config) != 100 || p.Omitted != 50 || len(p.Config[0].Before) > 410 {
		t.Errorf("got %d differences, %d omitted, a value of %d bytes", len(p.Config), p.Omitted, len(p.Config[0].Before))
	}
	if len(got.Losses) != 150 {
		t.Errorf("got %d losses, want all", len(got.Losses))
	}
}

func TestLosses(t *testing.T) {
	t.Parallel()
	const spdx, slsa = "https://spdx.dev/Document", "https://slsa.dev/provenance/v1"
	labelled := func(p compare.Platform, keys ...string) compare.Platform {
		p.Config = &v1.Config{Labels: map[string]string{}}
		for _, key := range keys {
			p.Config.Labels[key] = p.Digest
		}
		return p
	}
	attested := func(i *compare.Image, platform string, types ...string) *compare.Image {
		for _, each := range types {
			i.Attestations = append(i.Attestations, compare.Attestation{Platform: platform, Type: each})
		}
		return i
	}
	cases := []struct {
		name          string
		before, after *compare.Image
		options       compare.Options
		want          string
	}{
		{"nothing", index("old", on("linux/amd64", "a")), index("new", on("linux/amd64", "b")), compare.Options{}, ""},
		{"a platform", index("old", on("linux/amd64", "a"), on("linux/arm64", "a")), index("new", on("linux/amd64", "a")), compare.Options{}, "platform linux/arm64 []"},
		{"the labels and attestations of a lost platform are not counted", attested(index("old", on("linux/amd64", "a"), labelled(on("linux/arm64", "a"), "k")), "linux/arm64", spdx), index("new", on("linux/amd64", "a")), compare.Options{}, "platform linux/arm64 []"},
		{"an SBOM and a provenance", attested(index("old", on("linux/amd64", "a")), "linux/amd64", spdx, slsa), index("new", on("linux/amd64", "b")), compare.Options{}, "sbom " + spdx + " [linux/amd64]; attestation " + slsa + " [linux/amd64]"},
		{"an attestation of the index", attested(index("old", on("linux/amd64", "a")), "", slsa), index("new", on("linux/amd64", "b")), compare.Options{}, "attestation " + slsa + " []"},
		{"a platform that the user removed", index("old", on("linux/amd64", "a"), on("linux/arm64", "b"), on("linux/386", "c")), index("new", on("linux/amd64", "a")), compare.Options{Dropped: []string{"linux/arm64"}}, "platform linux/386 []"},
		{"attestations that the user removed", attested(index("old", on("linux/amd64", "a")), "linux/amd64", spdx, slsa), index("new", on("linux/amd64", "b")), compare.Options{Stripped: true}, ""},
		{"an attestation that the new image adds", index("old", on("linux/amd64", "a")), attested(index("new", on("linux/amd64", "b")), "linux/amd64", slsa), compare.Options{}, ""},
		{"a label of two platforms", index("old", labelled(on("linux/amd64", "a"), "k", "l"), labelled(on("linux/arm64", "a"), "k")), index("new", labelled(on("linux/amd64", "b"), "l"), labelled(on("linux/arm64", "b"))), compare.Options{}, "label k [linux/amd64 linux/arm64]"},
		{"labels that describe one build", index("old", labelled(on("linux/amd64", "a"), "org.opencontainers.image.created", "org.opencontainers.image.revision", "org.opencontainers.image.version")), index("new", labelled(on("linux/amd64", "b"))), compare.Options{}, ""},
		{"a content without a platform", index("old", on("", "a")), index("new", on("linux/amd64", "a")), compare.Options{}, ""},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			var got []string
			for _, l := range compare.Images(c.before, c.after, c.options).Losses {
				got = append(got, fmt.Sprintf("%s %s %v", l.Kind, l.Name, l.Platforms))
			}
			if text := strings.Join(got, "; "); text != c.want {
				t.Errorf("got  %q\nwant %q", text, c.want)
			}
		})
	}
}

func TestPackages(t *testing.T) {
	t.Parallel()
	of := func(platform string, list ...string) map[string][]compare.Package {
		out := map[string][]compare.Package{platform: {}}
		for _, each := range list {
			name, version, _ := strings.Cut(each, "@")
			out[platform] = append(out[platform], compare.Package{Name: name, Version: version})
		}
		return out
	}
	before, after := index("old", on("linux/amd64", "a")), index("new", on("linux/amd64", "b"))
	before.Packages = of("linux/amd64", "kept@1", "openssl@3.0", "gone@2", "twice@1", "twice@2")
	after.Packages = of("linux/amd64", "openssl@3.1", "kept@1", "new@5", "twice@1", "twice@3")
	before.Packages["linux/arm64"] = []compare.Package{{Name: "openssl", Version: "3.0"}}
	after.Packages["linux/arm64"] = []compare.Package{{Name: "openssl", Version: "3.1"}}
	before.Packages["linux/386"] = []compare.Package{{Name: "not compared", Version: "1"}}
	got := compare.Images(before, after, compare.Options{}).Packages
	want := &compare.PackageChanges{Added: 1, Removed: 1, Updated: 2, Rows: []compare.PackageChange{
		{Name: "gone", Change: compare.Removed, Before: "2", Platforms: []string{"linux/amd64"}},
		{Name: "new", Change: compare.Added, After: "5", Platforms: []string{"linux/amd64"}},
		{Name: "openssl", Change: compare.Changed, Before: "3.0", After: "3.1"},
		{Name: "twice", Change: compare.Changed, Before: "2", After: "3", Platforms: []string{"linux/amd64"}},
	}}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got  %+v\nwant %+v", got, want)
	}
	after.Packages = nil
	if got := compare.Images(before, after, compare.Options{}).Packages; got != nil {
		t.Errorf("got %+v for an image without an SBOM", got)
	}
}

func TestTheRowsOfPackagesAreLimited(t *testing.T) {
	t.Parallel()
	before, after := index("old", on("linux/amd64", "a")), index("new", on("linux/amd64", "b"))
	before.Packages, after.Packages = map[string][]compare.Package{"": {}}, map[string][]compare.Package{}
	for i := range 60 {
		after.Packages[""] = append(after.Packages[""], compare.Package{Name: fmt.Sprintf("p%02d", i)})
	}
	got := compare.Images(before, after, compare.Options{}).Packages
	if got == nil || got.Added != 60 || len(got.Rows) != compare.MaxRows || compare.MaxRows != 50 {
		t.Errorf("got %+v", got)
	}
}

func TestDifferent(t *testing.T) {
	t.Parallel()
	unknown := func(ids ...string) *compare.Image {
		p := on("linux/amd64", ids...)
		p.Digest = ""
		return &compare.Image{Platforms: []compare.Platform{p}}
	}
	cases := []struct {
		name          string
		before, after *compare.Image
		want          bool
	}{
		{"the same digest", index("x", on("linux/amd64", "a")), index("x", on("linux/amd64", "a")), false},
		{"other digests with the same content", index("x", on("linux/amd64", "a")), index("y", on("linux/amd64", "a")), true},
		{"unknown digests with the same layers", unknown("a"), unknown("a"), false},
		{"unknown digests with other layers", unknown("a"), unknown("b"), true},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			if got := compare.Images(c.before, c.after, compare.Options{}).Different(); got != c.want {
				t.Errorf("got %t", got)
			}
		})
	}
}
