package migrate

import (
	"strings"

	"github.com/ghcr-publish/ghcr-publish/internal/safe/lazy"
)

var (
	// variableBase matches an instruction FROM or an option --from whose reference begins
	// with a variable (Dockerfile reference, "Understand how ARG and FROM interact"). A
	// reference such as golang:${VERSION} names its registry without the variable.
	variableBase = lazy.Regexp(`(?im)(?:^\s*FROM\s+(?:--\S+\s+)*|--from=)\$\{?(\w+)`)
	// argument matches an instruction ARG with a default value.
	argument = lazy.Regexp(`(?im)^\s*ARG\s+(\w+)=["']?([^"'\s]*)`)
)

// unknownBase reports whether a base image in a Dockerfile can be an image of a registry,
// because a variable contains the name of the registry. The value of the variable is the
// build argument, or the default value in the Dockerfile.
func unknownBase(dockerfile, buildArgs, registry string) bool {
	values := map[string]string{}
	for _, m := range argument().FindAllStringSubmatch(dockerfile, -1) {
		values[m[1]] = m[2]
	}
	for line := range strings.Lines(buildArgs) {
		if name, value, found := strings.Cut(strings.TrimSpace(line), "="); found {
			values[name] = value
		}
	}
	for _, m := range variableBase().FindAllStringSubmatch(dockerfile, -1) {
		value, known := values[m[1]]
		if !known || value == "" || strings.Contains(value, "$") || strings.HasPrefix(value, registry) {
			return true
		}
	}
	return false
}
