package migrate

import "strings"

// looksLikeRegistryToken reports whether the name of a secret suggests a token
// for GitHub's registry. Examples are GHCR_TOKEN, CR_PAT and GH_PACKAGES_TOKEN.
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

// looksLikeToken returns false if the name of a secret suggests a user name, a
// host or another value that is not a token.
func looksLikeToken(name string) bool {
	name = strings.ToUpper(name)
	for _, part := range []string{"USER", "ACTOR", "OWNER", "HOST", "URL", "EMAIL", "SSH", "PORT", "REGISTRY_NAME", "_KEY"} {
		if strings.Contains(name, part) {
			return false
		}
	}
	return true
}
