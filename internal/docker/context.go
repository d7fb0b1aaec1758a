package docker

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
)

// maxSettings bounds a file of settings, in bytes.
const maxSettings = 1 << 20

// contextName is the context in use; "" for the default one.
func contextName(getenv func(string) string) (string, error) {
	if name := getenv("DOCKER_CONTEXT"); name != "" {
		return name, nil
	}
	dir := folder(getenv)
	if dir == "" {
		return "", nil
	}
	var settings struct {
		CurrentContext string `json:"currentContext"`
	}
	path := filepath.Join(dir, "config.json")
	if err := readJSON(path, &settings); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return "", misplaced(err, "Mend the file, or set DOCKER_HOST.", "Docker's settings in %q cannot be read", path)
	}
	return settings.CurrentContext, nil
}

// byContext reads one of Docker's contexts, which lie in folders called by the
// digest of the context's name.
func byContext(dir, name string) (place, error) {
	sum := sha256.Sum256([]byte(name))
	id := hex.EncodeToString(sum[:])
	var context struct {
		Endpoints map[string]struct {
			Host          string
			SkipTLSVerify bool
		}
	}
	if err := readJSON(filepath.Join(dir, "contexts", "meta", id, "meta.json"), &context); err != nil {
		return place{}, misplaced(err, "docker context ls shows those there are. Set DOCKER_CONTEXT to one of them, or DOCKER_HOST.",
			"the Docker context %q cannot be read", name)
	}
	endpoint, ok := context.Endpoints["docker"]
	if !ok || endpoint.Host == "" {
		return place{}, misplaced(nil, "Choose another one: docker context use NAME.", "the Docker context %q leads to no Docker engine", name)
	}
	at := place{host: endpoint.Host}
	if k := keysIn(filepath.Join(dir, "contexts", "tls", id, "docker")); exists(k.ca) || exists(k.cert) || endpoint.SkipTLSVerify {
		at.tls, k.unverified = k, endpoint.SkipTLSVerify
	}
	return at, nil
}

// readJSON reads a small file.
func readJSON(path string, into any) error {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	defer f.Close()
	if err := json.NewDecoder(io.LimitReader(f, maxSettings)).Decode(into); err != nil {
		return fmt.Errorf("reading %q: %w", path, err)
	}
	return nil
}
