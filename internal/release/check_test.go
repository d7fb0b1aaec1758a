package main

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"os"
	"strings"
	"testing"

	"github.com/klauspost/compress/zstd"

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
			m, err := launch.ReadManifest(root)
			if err != nil {
				t.Fatal(err)
			}
			writePack(t, root, make([]byte, m.Platforms[host.String()].Size))
		}, host.String() + " differs"},
		{"another program with its checksum in the manifest", func(t *testing.T, root string) {
			writePack(t, root, []byte("bad"))
			changeManifest(t, root, func(m *launch.Manifest) {
				sum := sha256.Sum256([]byte("bad"))
				m.Platforms[host.String()] = launch.Program{SHA256: hex.EncodeToString(sum[:]), Size: 3, Pack: launch.PackName(host.Arch)}
			})
		}, host.String() + " differs"},
		{"a shorter program", func(t *testing.T, root string) {
			writePack(t, root, []byte("bad"))
		}, "decompressing"},
		{"a file that is not compressed", func(t *testing.T, root string) {
			writeFile(t, inTree(root, hostPack), "bad")
		}, "decompressing"},
		{"no compressed file", func(t *testing.T, root string) {
			if err := os.Remove(inTree(root, hostPack)); err != nil {
				t.Fatal(err)
			}
		}, "opening compressed programs"},
		{"one program more", func(t *testing.T, root string) {
			writeFile(t, inTree(root, launch.Bin+"/more"), "bad")
		}, `does not contain the file "more"`},
		{"an unknown platform", func(t *testing.T, root string) {
			changeManifest(t, root, func(m *launch.Manifest) { m.Platforms["plan9-mips"] = launch.Program{} })
		}, "contains an unknown platform"},
		{"another Go", func(t *testing.T, root string) {
			changeManifest(t, root, func(m *launch.Manifest) { m.Go = "go1.20" })
		}, "was built with go1.20, but the installed version of Go is go"},
		{"no manifest", func(t *testing.T, root string) {
			if err := os.Remove(inTree(root, launch.ManifestFile)); err != nil {
				t.Fatal(err)
			}
		}, "reading the release manifest"},
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

// writePack replaces the compressed file with the program for this machine.
func writePack(t *testing.T, root string, content []byte) {
	t.Helper()
	encoder, err := zstd.NewWriter(nil)
	if err != nil {
		t.Fatal(err)
	}
	writeFile(t, inTree(root, hostPack), string(encoder.EncodeAll(content, nil)))
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
