package docker

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"

	"github.com/ghcr-publish/ghcr-publish/internal/safe/bounded"
)

// maxSettings is the maximum size of a settings file of Docker, in bytes.
const maxSettings = 1 << 20

// contextName returns the name of the current Docker context. For the default
// context, contextName returns "".
func contextName(getenv func(string) string) (string, error) {
	if name := getenv("DOCKER_CONTEXT"); name != "" {
		return name, nil
	}
	dir := settingsDir(getenv)
	if dir == "" {
		return "", nil
	}
	var settings struct {
		CurrentContext string `json:"currentContext"`
	}
	path := filepath.Join(dir, "config.json")
	if err := readJSON(path, &settings); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return "", endpointError(err, "Correct the JSON in the file, or set DOCKER_HOST to the address of the engine.", "Docker's settings file %q cannot be read", path)
	}
	return settings.CurrentContext, nil
}

// contextEndpoint returns the address of the engine in a Docker context.
// Docker stores each context in a directory whose name is the SHA-256 digest
// of the context's name.
func contextEndpoint(dir, name string) (endpoint, error) {
	sum := sha256.Sum256([]byte(name))
	id := hex.EncodeToString(sum[:])
	var context struct {
		Endpoints map[string]struct {
			Host          string
			SkipTLSVerify bool
		}
	}
	if err := readJSON(filepath.Join(dir, "contexts", "meta", id, "meta.json"), &context); err != nil {
		return endpoint{}, endpointError(err, "List the contexts with docker context ls, and set DOCKER_CONTEXT to one of the listed contexts. As an alternative, set DOCKER_HOST to the address of the engine.",
			"the Docker context %q cannot be read", name)
	}
	meta, ok := context.Endpoints["docker"]
	if !ok || meta.Host == "" {
		return endpoint{}, endpointError(nil, "Choose another context with docker context use NAME.", "the Docker context %q does not contain the address of a Docker engine", name)
	}
	found := endpoint{host: meta.Host}
	if k := tlsFilesIn(filepath.Join(dir, "contexts", "tls", id, "docker")); exists(k.ca) || exists(k.cert) || meta.SkipTLSVerify {
		found.tls, k.unverified = k, meta.SkipTLSVerify
	}
	return found, nil
}

// readJSON decodes a JSON file. If the file has more than maxSettings bytes,
// readJSON returns an error.
func readJSON(path string, into any) error {
	raw, err := bounded.File(path, maxSettings)
	if err != nil {
		return err
	}
	if err := json.Unmarshal(raw, into); err != nil {
		return fmt.Errorf("reading %q: %w", path, err)
	}
	return nil
}
