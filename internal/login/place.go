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

// Place is where logins are written.
type Place struct {
	Files  []string // absolute paths
	Notes  string   // see Session
	Folder string
	// Exports are variables that lead other programs there.
	Exports []Variable
}

// Variable is a variable of the environment.
type Variable struct{ Name, Value string }

// isolatedPrefix begins the names of private folders.
const isolatedPrefix = "ghcr-publish-docker-"

// fileName is what Docker calls its file (cli/config.ConfigFileName).
const fileName = "config.json"

// Find is where programs on this machine look for logins: Docker's file
// (DOCKER_CONFIG, else .docker in the home folder), which helm, oras, cosign,
// podman and others read too, and REGISTRY_AUTH_FILE where that names another
// one, because podman, buildah and skopeo then read that alone. In a workflow
// there is a folder for notes, so that logins can be taken away again.
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

// Isolate makes a private folder below RUNNER_TEMP, whose login file holds
// nothing but this job's logins, and says which variables lead there. If the
// job has one already, that is the place.
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
		p.Exports = append(p.Exports, Variable{"BUILDX_CONFIG", dir}) // its builders
	}
	return p, furnish(old, folder)
}

// furnish leads from the private folder to what Docker keeps beside its
// logins and a build needs: plugins, and the engine it is set to use.
func furnish(old, folder string) error {
	var settings struct {
		Context string   `json:"currentContext,omitempty"`
		Plugins []string `json:"cliPluginsExtraDirs,omitempty"`
	}
	if text, err := os.ReadFile(filepath.Join(old, fileName)); err == nil {
		_ = json.Unmarshal(text, &settings) // a file that Docker cannot read sets nothing
	}
	if dir := filepath.Join(old, "cli-plugins"); isDir(dir) {
		settings.Plugins = append([]string{dir}, settings.Plugins...)
	}
	if settings.Context != "" && os.Symlink(filepath.Join(old, "contexts"), filepath.Join(folder, "contexts")) != nil {
		settings.Context = "" // a context without its store would keep Docker from starting
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

// discard ends a private folder.
func (s *Session) discard() error {
	if !strings.HasPrefix(filepath.Base(s.Folder), isolatedPrefix) {
		return fmt.Errorf("taking the login away: %q is not a folder of ours", s.Folder)
	}
	return os.RemoveAll(s.Folder)
}
