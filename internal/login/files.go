package login

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"

	"github.com/ghcr-publish/ghcr-publish/internal/safe/locked"
)

// Files names the login files to which a session writes.
type Files struct {
	Paths          []string // absolute paths
	StateFolder    string   // see Session
	IsolatedFolder string   // see Session
	// Exports are environment variables that make other programs use these
	// files.
	Exports []Variable
}

// Variable is an environment variable.
type Variable struct{ Name, Value string }

// isolatedPrefix is the prefix of the names of private folders.
const isolatedPrefix = "ghcr-publish-docker-"

// fileName is the name of the Docker config file (cli/config.ConfigFileName).
const fileName = "config.json"

// Find returns the files in which programs on this machine look for logins. The
// first file is the Docker config file. It is in the folder DOCKER_CONFIG, or
// in the folder .docker of the home folder. Programs such as helm, oras, cosign
// and podman also read the Docker config file. If REGISTRY_AUTH_FILE names
// another file, this other file is the second file. In this case, podman,
// buildah and skopeo read only the second file.
//
// In a workflow, Find sets StateFolder, so that the logins can be removed. Find
// returns an error if it cannot determine a path.
func Find(getenv func(string) string) (Files, error) {
	dir, err := dockerDir(getenv)
	if err != nil {
		return Files{}, err
	}
	f := Files{Paths: []string{filepath.Join(dir, fileName)}}
	if other := getenv("REGISTRY_AUTH_FILE"); other != "" {
		if other, err = filepath.Abs(other); err != nil {
			return f, err
		}
		if other != f.Paths[0] {
			f.Paths = append(f.Paths, other)
		}
	}
	if temp := getenv("RUNNER_TEMP"); temp != "" && getenv("GITHUB_ACTIONS") == "true" {
		f.StateFolder = filepath.Join(temp, "ghcr-publish-login")
	}
	return f, nil
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

// Isolate creates a private folder below RUNNER_TEMP and returns the login file
// in this folder. Exports selects this file, and the file contains only the
// logins of this job. If DOCKER_CONFIG already names a private folder, Isolate
// returns the files of that folder. It returns an error if RUNNER_TEMP is not
// set or the folder cannot be created.
func Isolate(getenv func(string) string) (Files, error) {
	temp := getenv("RUNNER_TEMP")
	if temp == "" {
		return Files{}, errors.New("creating a private login file: RUNNER_TEMP is not set")
	}
	old, err := dockerDir(getenv)
	if err != nil && getenv("DOCKER_CONFIG") != "" {
		return Files{}, err
	}
	if strings.HasPrefix(filepath.Base(old), isolatedPrefix) {
		return Find(getenv)
	}
	folder, err := os.MkdirTemp(temp, isolatedPrefix)
	if err != nil {
		return Files{}, fmt.Errorf("creating a private login file: %w", err)
	}
	path := filepath.Join(folder, fileName)
	f := Files{Paths: []string{path}, IsolatedFolder: folder, Exports: []Variable{
		{"DOCKER_CONFIG", folder}, {"REGISTRY_AUTH_FILE", path},
	}}
	if dir := filepath.Join(old, "buildx"); old != "" && isDir(dir) && getenv("BUILDX_CONFIG") == "" {
		f.Exports = append(f.Exports, Variable{"BUILDX_CONFIG", dir}) // keeps the builders of buildx
	}
	return f, linkDockerSettings(old, folder)
}

// linkDockerSettings copies the Docker settings that a build needs into the
// private folder. These settings are the folders of the plugins, and the
// context that selects the engine.
func linkDockerSettings(old, folder string) error {
	var settings struct {
		Context string   `json:"currentContext,omitempty"`
		Plugins []string `json:"cliPluginsExtraDirs,omitempty"`
	}
	if text, _, err := readRegular(filepath.Join(old, fileName)); err == nil {
		_ = json.Unmarshal(text, &settings) // Docker also ignores a file that it cannot parse
	}
	if dir := filepath.Join(old, "cli-plugins"); isDir(dir) {
		settings.Plugins = append([]string{dir}, settings.Plugins...)
	}
	if settings.Context != "" && linkOrCopy(filepath.Join(old, "contexts"), filepath.Join(folder, "contexts")) != nil {
		settings.Context = "" // Docker does not start if the store of its context is missing
	}
	text, err := json.MarshalIndent(settings, "", "\t")
	if err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(folder, fileName), text, private)
}

// linkOrCopy links a folder. If the link cannot be created, linkOrCopy copies the
// folder, because Windows permits links only to administrators.
func linkOrCopy(from, to string) error {
	if os.Symlink(from, to) == nil {
		return nil
	}
	return os.CopyFS(to, os.DirFS(from))
}

func isDir(path string) bool {
	info, err := os.Stat(path)
	return err == nil && info.IsDir()
}

// removeFolder deletes the private folder of the session.
func (s *Session) removeFolder() error {
	if !strings.HasPrefix(filepath.Base(s.IsolatedFolder), isolatedPrefix) {
		return fmt.Errorf("removing the login: %q was not created by this program", s.IsolatedFolder)
	}
	return locked.Retry(func() error { return os.RemoveAll(s.IsolatedFolder) }) // another program can read the login file
}
