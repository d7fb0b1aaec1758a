package docker

import (
	"os"
	"path/filepath"
	"runtime"
	"strings"
)

// endpoint is the address of an engine.
type endpoint struct {
	host string    // the address in the notation of DOCKER_HOST, for example unix:///path, tcp://host:port or npipe:////./pipe/name
	tls  *tlsFiles // the TLS files, or nil for a connection without TLS
}

// tlsFiles are the paths of the CA certificate, of the client certificate and
// of the private key of the client.
type tlsFiles struct {
	ca, cert, key string
	unverified    bool // If unverified is true, the client accepts every certificate of the engine.
}

// defaultPipe is the endpoint of Docker on Windows.
const defaultPipe = "npipe:////./pipe/docker_engine"

// locate returns the address of the engine. Like the command docker, locate
// reads DOCKER_HOST first, then DOCKER_CONTEXT, and then the current context
// in config.json. If these settings contain no address, locate uses the
// default socket. If the default socket does not exist, locate also looks for
// the sockets of a rootless engine and of Docker Desktop.
func locate(getenv func(string) string, fileExists func(path string) bool) (endpoint, error) {
	if host := getenv("DOCKER_HOST"); host != "" {
		return variablesEndpoint(getenv, host), nil
	}
	context, err := contextName(getenv)
	if err != nil {
		return endpoint{}, err
	}
	if context != "" && context != "default" {
		return contextEndpoint(settingsDir(getenv), context)
	}
	if runtime.GOOS == "windows" {
		return endpoint{host: defaultPipe}, nil
	}
	return endpoint{host: "unix://" + socket(getenv, fileExists)}, nil
}

// variablesEndpoint returns the endpoint in DOCKER_HOST. If DOCKER_TLS_VERIFY
// or DOCKER_TLS is set, the endpoint uses the TLS files in the directory
// DOCKER_CERT_PATH. If DOCKER_CERT_PATH is not set, the endpoint uses the TLS
// files in the directory of Docker's settings.
func variablesEndpoint(getenv func(string) string, host string) endpoint {
	found := endpoint{host: host}
	verify := getenv("DOCKER_TLS_VERIFY") != ""
	if !verify && getenv("DOCKER_TLS") == "" {
		return found
	}
	dir := getenv("DOCKER_CERT_PATH")
	if dir == "" {
		dir = settingsDir(getenv)
	}
	found.tls = tlsFilesIn(dir)
	found.tls.unverified = !verify
	return found
}

func tlsFilesIn(dir string) *tlsFiles {
	return &tlsFiles{ca: filepath.Join(dir, "ca.pem"), cert: filepath.Join(dir, "cert.pem"), key: filepath.Join(dir, "key.pem")}
}

// socket returns the path of the first default socket that exists.
func socket(getenv func(string) string, fileExists func(string) bool) string {
	const standard = "/var/run/docker.sock"
	candidates := []string{standard}
	if dir := getenv("XDG_RUNTIME_DIR"); dir != "" {
		candidates = append(candidates, dir+"/docker.sock")
	}
	if home := getenv("HOME"); home != "" {
		candidates = append(candidates, home+"/.docker/run/docker.sock") // Docker Desktop
	}
	for _, path := range candidates {
		if fileExists(path) {
			return path
		}
	}
	return standard
}

func exists(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}

// settingsDir returns the directory of Docker's settings. If no environment
// variable contains the directory, settingsDir returns "".
func settingsDir(getenv func(string) string) string {
	if dir := getenv("DOCKER_CONFIG"); dir != "" {
		return dir
	}
	variable := "HOME"
	if runtime.GOOS == "windows" {
		variable = "USERPROFILE" // On Windows, Git Bash sets HOME, but Docker ignores HOME (os.UserHomeDir).
	}
	if home := getenv(variable); home != "" {
		return filepath.Join(home, ".docker")
	}
	return ""
}

// scheme splits the address into its scheme and the text after "://".
func (p endpoint) scheme() (scheme, rest string) {
	scheme, rest, ok := strings.Cut(p.host, "://")
	if !ok {
		return "", p.host
	}
	return scheme, rest
}
