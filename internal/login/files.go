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

// Files contains the paths of the login files to which a session writes.
type Files struct {
	Paths          []string // absolute paths
	StateFolder    string   // see Session
	IsolatedFolder string   // see Session
	// Exports contains the environment variables that make other programs use
	// the login files.
	Exports []Variable
}

// Variable is the name and the value of an environment variable.
type Variable struct{ Name, Value string }

// isolatedPrefix is the prefix of the names of private folders.
const isolatedPrefix = "ghcr-publish-docker-"

// fileName is the name of the Docker config file (cli/config.ConfigFileName).
const fileName = "config.json"

// Find returns the login files that programs on this machine read. The first file is the
// Docker config file. This file is in the folder DOCKER_CONFIG, or in the folder .docker
// of the home folder. Programs such as helm, oras, cosign and podman also read the Docker
// config file. If the variable REGISTRY_AUTH_FILE names another file, Find also returns
// that file. If REGISTRY_AUTH_FILE is set, the programs podman, buildah and skopeo read
// only the file in REGISTRY_AUTH_FILE.
//
// In a workflow, Find sets StateFolder, so that a later step can remove the
// logins. Find returns an error if it cannot determine the path of a login
// file.
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

// Isolate creates a private folder below RUNNER_TEMP with a login file for this
// job. The variables in Exports make other programs use this login file. If
// DOCKER_CONFIG already names a private folder, Isolate returns the files of
// that folder. Isolate returns an error if RUNNER_TEMP is not set or if it
// cannot create the folder.
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
		f.Exports = append(f.Exports, Variable{"BUILDX_CONFIG", dir}) // BUILDX_CONFIG is set, so that buildx still finds its builders.
	}
	return f, linkDockerSettings(old, folder)
}

// linkDockerSettings copies the Docker settings that a build needs into the
// private folder. The build needs the folders of the plugins, and the context
// that selects the Docker engine.
func linkDockerSettings(old, folder string) error {
	var settings struct {
		Context string   `json:"currentContext,omitempty"`
		Plugins []string `json:"cliPluginsExtraDirs,omitempty"`
	}
	if text, _, err := readRegular(filepath.Join(old, fileName)); err == nil {
		_ = json.Unmarshal(text, &settings) // The error is ignored, because Docker also ignores a config file with invalid JSON.
	}
	if dir := filepath.Join(old, "cli-plugins"); isDir(dir) {
		settings.Plugins = append([]string{dir}, settings.Plugins...)
	}
	if settings.Context != "" && linkOrCopy(filepath.Join(old, "contexts"), filepath.Join(folder, "contexts")) != nil {
		settings.Context = "" // The new file does not name a Docker context, because the command docker fails if it cannot find the context.
	}
	text, err := json.MarshalIndent(settings, "", "\t")
	if err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(folder, fileName), text, private)
}

// linkOrCopy creates a symbolic link to a folder. If this fails, linkOrCopy
// copies the folder, because only administrators can create symbolic links on
// Windows.
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
	return locked.Retry(func() error { return os.RemoveAll(s.IsolatedFolder) }) // Windows returns an error while another program reads the login file.
}
