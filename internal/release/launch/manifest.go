// Package launch describes the files of a release: the compressed programs, the
// release manifest with the checksums of the programs, and launch.cjs. The
// runner starts launch.cjs, which is a script for Node.js.
//
// The command internal/release uses this package to write the release manifest.
// In a release, launch.cjs runs only programs whose checksum is in the release
// manifest. Neither this package nor launch.cjs downloads anything. If the tree
// has no release manifest, the tree is not a release, and launch.cjs builds the
// program.
package launch

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
)

// These paths are slash-separated and relative to the root of the tree.
const (
	Dir          = "internal/release/launch"
	Bin          = Dir + "/bin"
	ManifestFile = Dir + "/manifest.json"
)

// StageEnv is the environment variable that contains the stage of the action:
// "main" or "post". The script launch.cjs sets StageEnv. If a user starts the
// program at a terminal, StageEnv is not set.
const StageEnv = "GHCR_PUBLISH_STAGE"

// Manifest is the content of manifest.json, the release manifest. Manifest
// contains the version of a release, the commit of its sources and the checksum
// of each program. The release manifest depends only on the commit, the version
// of Go and the version of zstd.
type Manifest struct {
	Version   string             `json:"version"` // Version is, for example, "v1.2.3".
	Commit    string             `json:"commit"`  // Commit is the commit ID of the sources.
	Date      string             `json:"date"`    // Date is the date of the commit in the format of RFC 3339.
	Go        string             `json:"go"`      // Go is the version of the toolchain in the form of runtime.Version.
	Zstd      string             `json:"zstd"`    // Zstd is the version of zstd that compressed the programs.
	Platforms map[string]Program `json:"platforms"`
}

// Program describes one program and its position in a compressed file.
type Program struct {
	SHA256 string `json:"sha256"` // SHA256 is lower-case hexadecimal.
	Size   int64  `json:"size"`   // Size is the number of bytes.
	Pack   string `json:"pack"`   // Pack is the name of the compressed file in the folder Bin.
	Offset int64  `json:"offset"` // Offset is the number of bytes before the program in the decompressed file.
}

// ReadManifest reads the release manifest of the tree at root. ReadManifest
// returns an error if the file cannot be read or decoded.
func ReadManifest(root string) (Manifest, error) {
	var m Manifest
	raw, err := os.ReadFile(filepath.Join(root, filepath.FromSlash(ManifestFile)))
	if err != nil {
		return m, fmt.Errorf("reading the release manifest: %w", err)
	}
	if err := json.Unmarshal(raw, &m); err != nil {
		return m, fmt.Errorf("decoding %q: %w", ManifestFile, err)
	}
	return m, nil
}

// Write writes the release manifest into the tree at root. Write returns an
// error if it cannot write the file.
func (m Manifest) Write(root string) error {
	raw, err := json.MarshalIndent(m, "", "  ")
	if err != nil {
		return fmt.Errorf("encoding the release manifest: %w", err)
	}
	file := filepath.Join(root, filepath.FromSlash(ManifestFile))
	if err := os.WriteFile(file, append(raw, '\n'), 0o644); err != nil {
		return fmt.Errorf("writing the release manifest: %w", err)
	}
	return nil
}
