package input

import (
	"fmt"
	"strings"

	"github.com/google/go-containerregistry/pkg/name"
)

// parseHost parses a registry host with an optional port. Other tools use addresses for
// hosts, so parseHost accepts https://HOST/ and Docker Hub's https://index.docker.io/v1/.
func parseHost(text string) (string, error) {
	host := strings.TrimSuffix(strings.TrimPrefix(strings.ToLower(text), "https://"), "/")
	if host == name.DefaultRegistry+"/v1" {
		host = name.DefaultRegistry
	}
	if !hostPort(host) {
		return "", fmt.Errorf("%q is not a host", text)
	}
	reg, err := name.NewRegistry(host)
	if err != nil {
		return "", fmt.Errorf("%q is not a host: %w", text, err)
	}
	return reg.RegistryStr(), nil
}
