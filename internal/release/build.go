package main

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"github.com/ghcr-publish/ghcr-publish/internal/release/launch"
)

// build contains the values that determine the bytes of a program.
type build struct {
	root                  string // root is the folder of the sources.
	version, commit, date string
}

// program builds the program for a platform and writes it to the given file.
// The method returns the size and the checksum of the program.
func (b build) program(ctx context.Context, p launch.Platform, file string) (launch.Program, error) {
	file, err := filepath.Abs(file)
	if err != nil {
		return launch.Program{}, fmt.Errorf("resolving the path %q: %w", file, err)
	}
	if _, err := command(ctx, b.root, environment(p), "go", "build", "-mod=readonly", "-trimpath",
		"-buildvcs=false", "-ldflags="+b.ldflags(), "-o", file, "."); err != nil {
		return launch.Program{}, fmt.Errorf("building for %s: %w", p, err)
	}
	return measure(file)
}

// ldflags returns the flags of the linker. The flags set the variables of package
// version. The flags also remove the data that only a debugger needs, and the build ID,
// which differs between builds.
func (b build) ldflags() string {
	const pkg = "github.com/ghcr-publish/ghcr-publish/internal/release/version"
	return fmt.Sprintf("-s -w -buildid= -X %[1]s.release=%[2]s -X %[1]s.commit=%[3]s -X %[1]s.date=%[4]s",
		pkg, b.version, b.commit, b.date)
}

// environment returns environment variables for the build. These variables
// replace the settings of the machine that could change the bytes of the
// program.
func environment(p launch.Platform) []string {
	return []string{
		"GOOS=" + p.OS, "GOARCH=" + p.Arch, "GOAMD64=v1", "GOARM64=v8.0",
		"CGO_ENABLED=0", "GOTOOLCHAIN=local", "GOWORK=off", "GOFLAGS=", "GOEXPERIMENT=",
	}
}

// toolchain returns the version of the command go, for example "go1.26.0".
func toolchain(ctx context.Context) (string, error) {
	return command(ctx, "", []string{"GOTOOLCHAIN=local"}, "go", "env", "GOVERSION")
}

// measure computes the size and the checksum of a file.
func measure(file string) (launch.Program, error) {
	f, err := os.Open(file)
	if err != nil {
		return launch.Program{}, fmt.Errorf("opening a program: %w", err)
	}
	defer f.Close()
	hash := sha256.New()
	size, err := io.Copy(hash, f)
	if err != nil {
		return launch.Program{}, fmt.Errorf("computing the checksum of %q: %w", file, err)
	}
	return launch.Program{SHA256: hex.EncodeToString(hash.Sum(nil)), Size: size}, nil
}
