package main

import (
	"context"
	"crypto/sha256"
	_ "embed"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"strconv"

	"github.com/klauspost/compress/zstd"
	"golang.org/x/sync/errgroup"

	"github.com/ghcr-publish/ghcr-publish/internal/release/launch"
)

// packScript is a script for Node.js that compresses programs. The command uses
// Node.js, because the implementation of zstd in Node.js compresses better than
// the implementations in Go. Node.js is not an additional dependency, because
// launch.cjs also needs it.
//
//go:embed pack.cjs
var packScript string

// pack compresses the programs of each architecture into one file of the tree.
// The method "pack" adds the name of the compressed file and the position of each
// program to the release manifest.
func (r release) pack(ctx context.Context, m launch.Manifest) error {
	if err := os.MkdirAll(inTree(r.out, launch.Bin), 0o755); err != nil {
		return fmt.Errorf("creating the folder of the compressed programs: %w", err)
	}
	group, ctx := errgroup.WithContext(ctx)
	for _, arch := range launch.Architectures() {
		if files := r.place(m, arch); len(files) > 0 {
			group.Go(func() error { return r.compress(ctx, arch, files) })
		}
	}
	return group.Wait()
}

// place adds the positions of the programs for an architecture to the release
// manifest. The method "place" returns the paths of the programs in the order of their
// positions.
func (r release) place(m launch.Manifest, arch string) []string {
	var files []string
	var offset int64
	for _, p := range r.platforms {
		if p.Arch != arch {
			continue
		}
		program := m.Platforms[p.String()]
		program.Pack, program.Offset = launch.PackName(arch), offset
		m.Platforms[p.String()] = program
		offset += program.Size
		files = append(files, r.program(p))
	}
	return files
}

// compress writes the compressed file for an architecture.
func (r release) compress(ctx context.Context, arch string, files []string) error {
	args := append([]string{"-e", packScript, "--", strconv.Itoa(r.level), inTree(r.out, launch.Pack(arch))}, files...)
	if _, err := command(ctx, "", nil, "node", args...); err != nil {
		return fmt.Errorf("compressing the programs for %s: %w", arch, err)
	}
	return nil
}

// compressor returns the version of zstd in Node.js. This version determines
// the bytes of the compressed files.
func compressor(ctx context.Context) (string, error) {
	version, err := command(ctx, "", nil, "node", "-p", "process.versions.zstd ?? ''")
	if err != nil {
		return "", err
	}
	if version == "" {
		return "", errors.New("the installed Node.js has no zstd; install Node.js 24")
	}
	return version, nil
}

// packed decompresses one program from a compressed file in the tree at root.
// The function "packed" returns the size and the checksum of the program.
func packed(root string, p launch.Program) (launch.Program, error) {
	f, err := os.Open(inTree(root, launch.Bin+"/"+p.Pack))
	if err != nil {
		return launch.Program{}, fmt.Errorf("opening compressed programs: %w", err)
	}
	defer f.Close()
	content, err := zstd.NewReader(f, zstd.WithDecoderMaxWindow(1<<27))
	if err != nil {
		return launch.Program{}, fmt.Errorf("decompressing %q: %w", p.Pack, err)
	}
	defer content.Close()
	if _, err := io.CopyN(io.Discard, content, p.Offset); err != nil {
		return launch.Program{}, fmt.Errorf("decompressing %q: %w", p.Pack, err)
	}
	hash := sha256.New()
	size, err := io.CopyN(hash, content, p.Size)
	if err != nil {
		return launch.Program{}, fmt.Errorf("decompressing %q: %w", p.Pack, err)
	}
	return launch.Program{SHA256: hex.EncodeToString(hash.Sum(nil)), Size: size, Pack: p.Pack, Offset: p.Offset}, nil
}
