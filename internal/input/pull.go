package input

import (
	"errors"
	"os"
	"strings"

	"github.com/google/go-containerregistry/pkg/name"
	v1 "github.com/google/go-containerregistry/pkg/v1"

	"github.com/ghcr-publish/ghcr-publish/internal/attest"
	"github.com/ghcr-publish/ghcr-publish/internal/safe/lazy"
	"github.com/ghcr-publish/ghcr-publish/internal/source/detect"
)

// PullConfig is the configuration of `pull`.
type PullConfig struct {
	Common

	Reference   name.Reference
	Destination string       // package sink parses this text
	Platform    *v1.Platform // nil means all platforms, or the platform of the machine or the engine if the destination accepts only one platform
	VerifyOnly  bool
	Require     *attest.Requirement // the attestation that the image must have, or nil
}

// ParsePull reads and checks the inputs of `pull`.
func ParsePull(env Environment) (*PullConfig, error) {
	r := newReader(Pull, env)
	c := &PullConfig{Platform: r.platform(), VerifyOnly: r.boolean("verify-only"), Destination: r.text("destination")}
	r.registryInputs(&c.Common, env)
	c.Require = r.require(c.GitHub.ServerURL)
	source := r.text("source")
	switch {
	case r.refuseOtherOrder(source, c.Destination):
		c.Destination = "" // the destination is not a destination
		return c, errors.Join(r.errs...)
	case source != "" && !r.refuseFile(source):
		c.Reference = r.reference("source", source, &c.Common)
	case source == "" && !r.refused("image"):
		r.failEmpty("source", CodeSourceMissing, "Set the input source to the reference of the image: ghcr.io/acme/web:1.2.3.")
	}
	switch {
	case c.VerifyOnly && c.Destination != "":
		r.fail("destination", CodeDestinationWithVerifyOnly, "Remove one of the two inputs, because a run with verify-only: true writes nothing.", "The inputs destination and verify-only exclude each other")
	case !c.VerifyOnly && c.Destination == "":
		r.fail("destination", CodeDestinationMissing, "Set the input destination to a directory for an OCI layout, to oci-archive:FILE, docker-archive:FILE or docker-daemon:, or set verify-only: true.", "The input destination is empty")
	}
	return c, errors.Join(r.errs...)
}

// refuseOtherOrder refuses a reference as the destination, if the source is not a
// reference, and reports whether the user exchanged the two values.
func (r *reader) refuseOtherOrder(source, destination string) bool {
	host, path := splitHost(destination)
	if source == "" || strings.Contains(source, "/") && !strings.HasPrefix(source, ".") || filePrefix().MatchString(destination) || host == "" || path == "" || !hostPort(host) {
		return false
	}
	hint := "Write source: " + destination + " and destination: " + source + "."
	if r.terminal {
		hint = "Write the reference first: ghcr-publish pull " + destination + " " + source + "."
	}
	r.fail("source", CodeReferenceInvalid, hint, "The input source is %q, and the input destination is the reference %q", source, destination)
	return true
}

// refuseFile refuses a file as the source of a command that accepts only images of a
// registry, and reports whether the source is such a file.
func (r *reader) refuseFile(text string) bool {
	info, err := os.Stat(text)
	isFile := err == nil && info.Mode().IsRegular()
	if _, rest, ok := strings.Cut(text, "://"); ok && strings.Contains(rest, "/") {
		return false // The error about the address names the right reference.
	}
	name, _, _ := strings.Cut(text, "#")
	if !detect.IsArchive(name) && !(isFile && strings.ContainsAny(text, `/\`)) && !filePrefix().MatchString(text) {
		return false
	}
	title := "The input source is %q, but the command %s reads an image from a registry"
	if isFile {
		title = "The input source is the file %q, but the command %s reads an image from a registry"
	}
	hint, code := "Write the reference of the image, such as ghcr.io/acme/web:1.2.3.", CodeReferenceInvalid
	if r.command == Promote {
		code = CodeSourceInvalid
		hint += " To publish this image, set command: publish."
	}
	r.fail("source", code, hint, title, text, r.command)
	return true
}

// filePrefix matches the prefixes of sources that are not in a registry, and the
// beginning of a path.
var filePrefix = lazy.Regexp(`^(?:(?:oci|oci-archive|docker-archive|docker-daemon|containers-storage|dir):|\.{0,2}/|~/)`)
