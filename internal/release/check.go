package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"github.com/ghcr-publish/ghcr-publish/internal/release/launch"
)

// check builds each program of a release again from the sources in the release
// tree at root. The function "check" compares each new program with the compressed
// program in the tree and with the release manifest. The function "check" returns all
// differences as joined errors.
func check(ctx context.Context, root string, stdout io.Writer) error {
	m, err := launch.ReadManifest(root)
	if err != nil {
		return err
	}
	if here, err := toolchain(ctx); err != nil {
		return err
	} else if here != m.Go {
		return fmt.Errorf("comparing the release: the release was built with %[1]s, but the installed version of Go is %[2]s; install %[1]s", m.Go, here)
	}
	temp, err := os.MkdirTemp("", "release-check-")
	if err != nil {
		return fmt.Errorf("creating the folder for the build: %w", err)
	}
	defer os.RemoveAll(temp)

	problems := []error{compareNames(root, m)}
	b := build{root: root, version: m.Version, commit: m.Commit, date: m.Date}
	for _, p := range launch.Platforms() {
		want, ok := m.Platforms[p.String()]
		if !ok {
			continue
		}
		if err := compareProgram(ctx, b, p, want, filepath.Join(temp, p.Name())); err != nil {
			problems = append(problems, err)
			continue
		}
		fmt.Fprintf(stdout, "%s: same\n", p)
	}
	return errors.Join(problems...)
}

// compareProgram builds one program and writes it to the given file.
// compareProgram compares the new program with the program in the tree and with
// the entry in the release manifest.
func compareProgram(ctx context.Context, b build, p launch.Platform, want launch.Program, file string) error {
	inRelease, err := packed(b.root, want)
	if err != nil {
		return err
	}
	rebuilt, err := b.program(ctx, p, file)
	if err != nil {
		return err
	}
	if inRelease != want || rebuilt.SHA256 != want.SHA256 || rebuilt.Size != want.Size {
		return fmt.Errorf("%s differs:\n  manifest %s\n  in tree  %s\n  rebuilt  %s", p, want.SHA256, inRelease.SHA256, rebuilt.SHA256)
	}
	return nil
}

// compareNames finds files that the release manifest does not list.
// compareNames also finds entries of the release manifest for an unknown
// platform.
func compareNames(root string, m launch.Manifest) error {
	known, platforms := map[string]bool{}, 0
	for _, p := range launch.Platforms() {
		if program, ok := m.Platforms[p.String()]; ok {
			known[program.Pack] = true
			platforms++
		}
	}
	if platforms != len(m.Platforms) {
		return errors.New("the release manifest contains an unknown platform")
	}
	files, err := os.ReadDir(inTree(root, launch.Bin))
	if err != nil {
		return fmt.Errorf("listing the programs: %w", err)
	}
	var problems []error
	for _, f := range files {
		if !known[f.Name()] {
			problems = append(problems, fmt.Errorf("the release manifest does not contain the file %q", f.Name()))
		}
	}
	return errors.Join(problems...)
}
