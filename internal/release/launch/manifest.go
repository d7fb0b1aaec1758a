// Package launch describes the files of a release: the compressed programs, the
// release manifest with the checksums of the programs, and launch.cjs. The
// runner starts the script launch.cjs.
//
// The command internal/release writes the release manifest with this package.
// In a release, launch.cjs trusts only the release manifest. This package and
// launch.cjs download nothing. A tree without a release manifest is not a
// release. In such a tree, launch.cjs builds the program.
package launch

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
)

// These are slash-separated paths, relative to the root of the tree.
const (
	Dir          = "internal/release/launch"
	Bin          = Dir + "/bin"
	ManifestFile = Dir + "/manifest.json"
)

// StageEnv is the environment variable that contains the stage of the action:
// "main" or "post". launch.cjs sets the variable for the program. On a
// terminal, the variable is not set.
const StageEnv = "GHCR_PUBLISH_STAGE"

// Manifest is the content of manifest.json. It describes the version and the
// sources of a release, and contains the checksum of each program. The same
// commit, Go version and version of zstd always give the same manifest.
type Manifest struct {
	Version   string             `json:"version"` // "v1.2.3"
	Commit    string             `json:"commit"`  // the commit of the sources
	Date      string             `json:"date"`    // date of the commit, RFC 3339
	Go        string             `json:"go"`      // version of the toolchain, in the form of runtime.Version
	Zstd      string             `json:"zstd"`    // version of the compressor
	Platforms map[string]Program `json:"platforms"`
}

// Program describes one program, and its place in a compressed file.
type Program struct {
	SHA256 string `json:"sha256"` // lower-case hexadecimal
	Size   int64  `json:"size"`   // bytes
	Pack   string `json:"pack"`   // name of the compressed file in the folder Bin
	Offset int64  `json:"offset"` // bytes before the program in the decompressed content
}

// ReadManifest reads the manifest of the tree at root. It returns an error if
// the file cannot be read or decoded.
func ReadManifest(root string) (Manifest, error) {
	var m Manifest
	raw, err := os.ReadFile(filepath.Join(root, filepath.FromSlash(ManifestFile)))
	if err != nil {
		return m, fmt.Errorf("reading the manifest: %w", err)
	}
	if err := json.Unmarshal(raw, &m); err != nil {
		return m, fmt.Errorf("decoding %q: %w", ManifestFile, err)
	}
	return m, nil
}

// Write writes the manifest into the tree at root. It returns an error if the
// file cannot be written.
func (m Manifest) Write(root string) error {
	raw, err := json.MarshalIndent(m, "", "  ")
	if err != nil {
		return fmt.Errorf("encoding the manifest: %w", err)
	}
	file := filepath.Join(root, filepath.FromSlash(ManifestFile))
	if err := os.WriteFile(file, append(raw, '\n'), 0o644); err != nil {
		return fmt.Errorf("writing the manifest: %w", err)
	}
	return nil
}
