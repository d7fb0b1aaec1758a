package migrate

import "strings"

// looksLikeRegistryToken guesses from the name of a secret that it holds a
// token for GitHub's registry, such as GHCR_TOKEN, CR_PAT or GH_PACKAGES_TOKEN.
func looksLikeRegistryToken(name string) bool {
	if !strings.HasPrefix(name, "secrets.") || !looksLikeToken(name) || isToken(name) {
		return false
	}
	name = strings.ToUpper(strings.TrimPrefix(name, "secrets."))
	for _, part := range []string{"GHCR", "CR_PAT", "CR_TOKEN", "PACKAGES", "PACKAGE_TOKEN", "CONTAINER_REGISTRY"} {
		if strings.Contains(name, part) {
			return true
		}
	}
	return false
}

// looksLikeToken returns false for the names of secrets that hold a user or a
// host.
func looksLikeToken(name string) bool {
	name = strings.ToUpper(name)
	for _, part := range []string{"USER", "ACTOR", "OWNER", "HOST", "URL", "EMAIL", "SSH", "PORT", "REGISTRY_NAME", "_KEY"} {
		if strings.Contains(name, part) {
			return false
		}
	}
	return true
}
