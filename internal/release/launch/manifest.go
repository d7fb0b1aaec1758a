// Package launch describes what a release carries: a program for each platform
// and the manifest of their checksums, side by side with launch.cjs, the script
// the runner starts.
//
// The Go half writes and reads that manifest (see internal/release); the
// JavaScript half trusts nothing else. Neither downloads anything. A tree
// without a manifest is no release, and there launch.cjs builds the program.
package launch

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
)

// Where things stand, as slash-separated paths from the top of the tree.
const (
	Dir          = "internal/release/launch"
	Bin          = Dir + "/bin"
	ManifestFile = Dir + "/manifest.json"
)

// StageEnv is how launch.cjs tells the program which step the runner is at:
// "main" or "post". It is unset at a terminal.
const StageEnv = "GHCR_PUBLISH_STAGE"

// Manifest is manifest.json: what was released, from what, and the checksum of
// every program. The same commit and Go version always give the same manifest.
type Manifest struct {
	Version   string             `json:"version"` // "v1.2.3"
	Commit    string             `json:"commit"`  // the commit the programs were built from
	Date      string             `json:"date"`    // of that commit, RFC 3339
	Go        string             `json:"go"`      // the toolchain, as runtime.Version says it
	Platforms map[string]Program `json:"platforms"`
}

// Program is one released file. Its name follows from its platform.
type Program struct {
	SHA256 string `json:"sha256"` // lower-case hexadecimal
	Size   int64  `json:"size"`   // bytes
}

// ReadManifest reads the manifest of the tree at root.
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

// Write writes the manifest into the tree at root.
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
