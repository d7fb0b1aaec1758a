package login

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"
)

// Place names the files to which logins are written.
type Place struct {
	Files  []string // absolute paths
	Notes  string   // see Session
	Folder string
	// Exports are environment variables that make other programs use these
	// files.
	Exports []Variable
}

// Variable is an environment variable.
type Variable struct{ Name, Value string }

// isolatedPrefix is the prefix of the names of private folders.
const isolatedPrefix = "ghcr-publish-docker-"

// fileName is the name of Docker's login file (cli/config.ConfigFileName).
const fileName = "config.json"

// Find returns the files in which programs on this machine look for logins. The
// first is Docker's file, in DOCKER_CONFIG or in .docker in the home folder;
// helm, oras, cosign, podman and other programs also read it. The second is
// REGISTRY_AUTH_FILE, if it names another file, because podman, buildah and
// skopeo then read only that file. In a workflow, Notes is set, so that the
// logins can be removed. Find returns an error if it cannot determine a path.
func Find(getenv func(string) string) (Place, error) {
	dir, err := dockerDir(getenv)
	if err != nil {
		return Place{}, err
	}
	p := Place{Files: []string{filepath.Join(dir, fileName)}}
	if other := getenv("REGISTRY_AUTH_FILE"); other != "" {
		if other, err = filepath.Abs(other); err != nil {
			return p, err
		}
		if other != p.Files[0] {
			p.Files = append(p.Files, other)
		}
	}
	if temp := getenv("RUNNER_TEMP"); temp != "" && getenv("GITHUB_ACTIONS") == "true" {
		p.Notes = filepath.Join(temp, "ghcr-publish-login")
	}
	return p, nil
}

func dockerDir(getenv func(string) string) (string, error) {
	if dir := getenv("DOCKER_CONFIG"); dir != "" {
		return filepath.Abs(dir)
	}
	variable := "HOME"
	if runtime.GOOS == "windows" {
		variable = "USERPROFILE"
	}
	home := getenv(variable)
	if home == "" {
		return "", fmt.Errorf("finding the login file: neither DOCKER_CONFIG nor %s is set", variable)
	}
	return filepath.Abs(filepath.Join(home, ".docker"))
}

// Isolate creates a private folder below RUNNER_TEMP and returns its login file
// and the variables that select it. The file contains only the logins of this
// job. If DOCKER_CONFIG already names such a folder, Isolate returns the files
// of that folder. It returns an error if RUNNER_TEMP is not set or the folder
// cannot be created.
func Isolate(getenv func(string) string) (Place, error) {
	temp := getenv("RUNNER_TEMP")
	if temp == "" {
		return Place{}, errors.New("making a private login file: RUNNER_TEMP is not set")
	}
	old, err := dockerDir(getenv)
	if err != nil && getenv("DOCKER_CONFIG") != "" {
		return Place{}, err
	}
	if strings.HasPrefix(filepath.Base(old), isolatedPrefix) {
		return Find(getenv)
	}
	folder, err := os.MkdirTemp(temp, isolatedPrefix)
	if err != nil {
		return Place{}, fmt.Errorf("making a private login file: %w", err)
	}
	path := filepath.Join(folder, fileName)
	p := Place{Files: []string{path}, Folder: folder, Exports: []Variable{
		{"DOCKER_CONFIG", folder}, {"REGISTRY_AUTH_FILE", path},
	}}
	if dir := filepath.Join(old, "buildx"); old != "" && isDir(dir) && getenv("BUILDX_CONFIG") == "" {
		p.Exports = append(p.Exports, Variable{"BUILDX_CONFIG", dir}) // keeps the builders of buildx
	}
	return p, linkDockerSettings(old, folder)
}

// linkDockerSettings gives the private folder the Docker settings that a build
// needs: the plugins, and the context that selects the engine.
func linkDockerSettings(old, folder string) error {
	var settings struct {
		Context string   `json:"currentContext,omitempty"`
		Plugins []string `json:"cliPluginsExtraDirs,omitempty"`
	}
	if text, err := os.ReadFile(filepath.Join(old, fileName)); err == nil {
		_ = json.Unmarshal(text, &settings) // Docker also ignores a file that it cannot parse
	}
	if dir := filepath.Join(old, "cli-plugins"); isDir(dir) {
		settings.Plugins = append([]string{dir}, settings.Plugins...)
	}
	if settings.Context != "" && os.Symlink(filepath.Join(old, "contexts"), filepath.Join(folder, "contexts")) != nil {
		settings.Context = "" // Docker does not start if the store of its context is missing
	}
	text, err := json.MarshalIndent(settings, "", "\t")
	if err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(folder, fileName), text, private)
}

func isDir(path string) bool {
	info, err := os.Stat(path)
	return err == nil && info.IsDir()
}

// removeFolder deletes the private folder of the session.
func (s *Session) removeFolder() error {
	if !strings.HasPrefix(filepath.Base(s.Folder), isolatedPrefix) {
		return fmt.Errorf("taking the login away: %q is not a folder of ours", s.Folder)
	}
	return os.RemoveAll(s.Folder)
}
