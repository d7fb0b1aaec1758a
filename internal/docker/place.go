package docker

import (
	"os"
	"path/filepath"
	"runtime"
	"strings"
)

// place is where an engine listens.
type place struct {
	host string // as DOCKER_HOST has it: unix:///path, tcp://host:port, npipe:////./pipe/name
	tls  *keys  // nil: without
}

// keys are the files by which an engine and its users know each other.
type keys struct {
	ca, cert, key string
	unverified    bool
}

// defaultPipe is where Docker listens on Windows.
const defaultPipe = "npipe:////./pipe/docker_engine"

// locate finds the engine as Docker's command line does: DOCKER_HOST, then
// DOCKER_CONTEXT, then the current context of the login file, then the default
// socket. Beyond that, a rootless engine's socket is taken where the default
// one is not there.
func locate(getenv func(string) string, there func(path string) bool) (place, error) {
	if host := getenv("DOCKER_HOST"); host != "" {
		return byVariables(getenv, host), nil
	}
	context, err := contextName(getenv)
	if err != nil {
		return place{}, err
	}
	if context != "" && context != "default" {
		return byContext(folder(getenv), context)
	}
	if runtime.GOOS == "windows" {
		return place{host: defaultPipe}, nil
	}
	return place{host: "unix://" + socket(getenv, there)}, nil
}

// byVariables is an engine named by DOCKER_HOST, with the keys of
// DOCKER_CERT_PATH if DOCKER_TLS_VERIFY or DOCKER_TLS ask for them.
func byVariables(getenv func(string) string, host string) place {
	at := place{host: host}
	verify := getenv("DOCKER_TLS_VERIFY") != ""
	if !verify && getenv("DOCKER_TLS") == "" {
		return at
	}
	dir := getenv("DOCKER_CERT_PATH")
	if dir == "" {
		dir = folder(getenv)
	}
	at.tls = keysIn(dir)
	at.tls.unverified = !verify
	return at
}

func keysIn(dir string) *keys {
	return &keys{ca: filepath.Join(dir, "ca.pem"), cert: filepath.Join(dir, "cert.pem"), key: filepath.Join(dir, "key.pem")}
}

// socket is the first of the usual sockets that is there.
func socket(getenv func(string) string, there func(string) bool) string {
	const usual = "/var/run/docker.sock"
	candidates := []string{usual}
	if dir := getenv("XDG_RUNTIME_DIR"); dir != "" {
		candidates = append(candidates, dir+"/docker.sock")
	}
	if home := getenv("HOME"); home != "" {
		candidates = append(candidates, home+"/.docker/run/docker.sock") // Docker Desktop
	}
	for _, path := range candidates {
		if there(path) {
			return path
		}
	}
	return usual
}

func exists(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}

// folder is where Docker's command line keeps its settings; "" if nobody says.
func folder(getenv func(string) string) string {
	if dir := getenv("DOCKER_CONFIG"); dir != "" {
		return dir
	}
	for _, variable := range []string{"HOME", "USERPROFILE"} {
		if home := getenv(variable); home != "" {
			return filepath.Join(home, ".docker")
		}
	}
	return ""
}

// scheme splits a host.
func (p place) scheme() (scheme, rest string) {
	scheme, rest, ok := strings.Cut(p.host, "://")
	if !ok {
		return "", p.host
	}
	return scheme, rest
}
