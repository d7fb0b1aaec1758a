package main

import (
	"bytes"
	"os"
	"strings"
	"testing"

	"github.com/ghcr-publish/ghcr-publish/internal/release/launch"
)

func TestCheckAcceptsAValidRelease(t *testing.T) {
	t.Parallel()
	r := newRelease(t, newClone(t))
	var out bytes.Buffer
	if err := run(t.Context(), []string{"-check", r.out}, &out); err != nil {
		t.Error(err)
	}
	if got, want := out.String(), launch.Host().String()+": same\n"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestCheckFindsEachDifference(t *testing.T) {
	t.Parallel()
	src := newClone(t)
	host := launch.Host()
	cases := []struct {
		name   string
		damage func(t *testing.T, root string)
		want   string
	}{
		{"sources that give another program", func(t *testing.T, root string) {
			writeFile(t, inTree(root, "main.go"), "package main\n\nfunc main() { println(`bad`) }\n")
		}, host.String() + " differs"},
		{"another program", func(t *testing.T, root string) {
			writeFile(t, inTree(root, host.Path()), "bad")
		}, host.String() + " differs"},
		{"another program with its checksum in the manifest", func(t *testing.T, root string) {
			writeFile(t, inTree(root, host.Path()), "bad")
			changeManifest(t, root, func(m *launch.Manifest) {
				m.Platforms[host.String()] = launch.Program{SHA256: "0f3f", Size: 3}
			})
		}, host.String() + " differs"},
		{"no program", func(t *testing.T, root string) {
			if err := os.Remove(inTree(root, host.Path())); err != nil {
				t.Fatal(err)
			}
		}, "opening a program"},
		{"one program more", func(t *testing.T, root string) {
			writeFile(t, inTree(root, launch.Bin+"/more"), "bad")
		}, `"more" is not in the manifest`},
		{"an unknown platform", func(t *testing.T, root string) {
			changeManifest(t, root, func(m *launch.Manifest) { m.Platforms["plan9-mips"] = launch.Program{} })
		}, "names an unknown platform"},
		{"other checksums", func(t *testing.T, root string) {
			writeFile(t, inTree(root, sumsFile), "")
		}, `SHA256SUMS" differs from the manifest`},
		{"another Go", func(t *testing.T, root string) {
			changeManifest(t, root, func(m *launch.Manifest) { m.Go = "go1.20" })
		}, "was built with go1.20, but the installed version is go"},
		{"no manifest", func(t *testing.T, root string) {
			if err := os.Remove(inTree(root, launch.ManifestFile)); err != nil {
				t.Fatal(err)
			}
		}, "reading the manifest"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			r := newRelease(t, src)
			c.damage(t, r.out)
			err := run(t.Context(), []string{"-check", r.out}, &bytes.Buffer{})
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("got %v, want %q", err, c.want)
			}
		})
	}
}

func changeManifest(t *testing.T, root string, change func(*launch.Manifest)) {
	t.Helper()
	m, err := launch.ReadManifest(root)
	if err != nil {
		t.Fatal(err)
	}
	change(&m)
	if err := m.Write(root); err != nil {
		t.Fatal(err)
	}
}
