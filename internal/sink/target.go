package sink

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/ghcr-publish/ghcr-publish/internal/diag"
	"github.com/ghcr-publish/ghcr-publish/internal/diag/nearest"
	"github.com/ghcr-publish/ghcr-publish/internal/input"
	"github.com/ghcr-publish/ghcr-publish/internal/safe/lazy"
)

// Kind is a kind of destination. The value is the prefix that users write,
// without the colon.
type Kind string

// A destination has one of these kinds.
const (
	Discard       Kind = ""               // Discard means that the pull writes nothing.
	OCILayout     Kind = "oci"            // OCILayout is a directory. A pull adds its image to the directory.
	OCIArchive    Kind = "oci-archive"    // OCIArchive is a tar archive of a layout. A pull replaces the file.
	DockerArchive Kind = "docker-archive" // DockerArchive is a tar archive for docker load. A pull replaces the file.
	DockerEngine  Kind = "docker-daemon"  // DockerEngine is the image store of a Docker engine.
)

// Target is a parsed destination.
type Target struct {
	Kind Kind
	Path string
	// Ref is the name of the image in the destination. If Ref is empty, the
	// image gets the pulled reference as its name.
	Ref string
}

// prefixes lists the prefixes of all destinations, without the colon.
var prefixes = []string{string(OCILayout), string(OCIArchive), string(DockerArchive), string(DockerEngine)}

// The map "unsupported" contains a hint for each prefix that only other programs
// support.
var unsupported = map[string]string{
	"docker":             "For the Docker engine, write docker-daemon:NAME. To copy between registries, use the command publish with `source: docker://REFERENCE`.",
	"containers-storage": "Write oci-archive:image.tar, and then run podman load -i image.tar. At a terminal, you can instead write oci-archive:- and pipe the output to podman load.",
	"dir":                "Write oci:DIRECTORY, and then copy the layout to the format dir with skopeo.",
}

// refName matches a valid value of the annotation
// org.opencontainers.image.ref.name (image-spec, "Pre-Defined Annotation
// Keys").
var refName = lazy.Regexp(`^[A-Za-z0-9]+(?:(?:[-._:@+/]|--)[A-Za-z0-9]+)*$`)

const hintForms = "Write oci:DIRECTORY, oci-archive:FILE, docker-archive:FILE, or docker-daemon:NAME for the Docker engine. To write to standard output, use - as FILE. To name the image, add :NAME after the directory or file. A path without a prefix is the directory of an OCI layout."

// Parse parses the value of the input "destination".
func Parse(text string) (Target, error) {
	prefix, rest, found := strings.Cut(text, ":")
	kind := Kind(prefix)
	switch {
	case text == "":
		return Target{}, invalidDestination(hintForms, "the destination is empty")
	case !found || hasDrive(text):
		return pathTarget(text)
	case kind == OCILayout || kind == OCIArchive || kind == DockerArchive:
		return prefixed(text, kind, rest)
	case kind == DockerEngine:
		return engineTarget(text, rest)
	case unsupported[prefix] != "":
		return Target{}, invalidDestination(unsupported[prefix], "the destination %q has the prefix %s:, which this program does not support", text, prefix)
	}
	hint := hintForms
	if near := nearest.Of(prefix, prefixes); len(near) > 0 {
		hint = fmt.Sprintf("Did you mean %s:%s? %s", near[0], rest, hintForms)
	}
	return Target{}, invalidDestination(hint, "the destination %q has the unknown prefix %q", text, prefix+":")
}

// pathTarget parses a path without a prefix. pathTarget refuses a path that
// looks like a file, because a directory with such a name is probably a
// mistake.
func pathTarget(path string) (Target, error) {
	info, err := os.Stat(path)
	file := err == nil && !info.IsDir()
	if path == Stream {
		return Target{}, invalidDestination("Write oci-archive:- or docker-archive:-.", "the destination \"-\" does not name a format")
	}
	if kind := Kind(path); err != nil && (kind == DockerEngine || kind == OCIArchive || kind == DockerArchive || kind == OCILayout) {
		return Target{}, invalidDestination(hintForms, "the destination %q is a prefix without a colon", path)
	}
	if ext := strings.ToLower(filepath.Ext(path)); file || (err != nil && (ext == ".tar" || ext == ".tgz" || ext == ".gz")) {
		return Target{}, invalidDestination(fmt.Sprintf("For a file, write %q or %q. For a directory with this name, write %q.", "oci-archive:"+path, "docker-archive:"+path, "oci:"+path),
			"the destination %q looks like a file", path)
	}
	return Target{Kind: OCILayout, Path: path}, nil
}

func prefixed(text string, kind Kind, rest string) (Target, error) {
	t := Target{Kind: kind, Path: rest}
	from := 0
	if hasDrive(rest) {
		from = 2
	}
	if i := strings.IndexByte(rest[from:], ':'); i >= 0 {
		t.Path, t.Ref = rest[:from+i], rest[from+i+1:]
		if err := t.checkRef(text); err != nil {
			return Target{}, err
		}
	}
	if t.Path == "" {
		return Target{}, invalidDestination(hintForms, "the destination %q has no path", text)
	}
	return t, nil
}

// engineTarget parses a destination in a Docker engine. If the argument "ref" is empty,
// the image gets the pulled reference as its name.
func engineTarget(text, ref string) (Target, error) {
	t := Target{Kind: DockerEngine, Ref: ref}
	if ref == "" {
		return t, nil
	}
	if fault := input.CheckLocalName(ref); fault != nil {
		return Target{}, invalidDestination(fault.Cure+" To keep the reference that you pull, write docker-daemon: without a name.",
			"the destination %q names the image %q, which %s", text, ref, fault.Is)
	}
	return t, nil
}

func (t Target) checkRef(text string) error {
	if !refName().MatchString(t.Ref) {
		return invalidDestination("Write a name such as web or ghcr.io/acme/web:1.2.3. A name consists of letters and digits. One of the characters \"-\", \".\", \"_\", \":\", \"@\", \"+\" and \"/\" can separate two parts.", "the destination %q contains the invalid name %q", text, t.Ref)
	}
	if t.Kind != DockerArchive {
		return nil
	}
	if fault := input.CheckLocalName(t.Ref); fault != nil {
		return invalidDestination(fault.Cure, "the destination %q names the image %q, which %s", text, t.Ref, fault.Is)
	}
	return nil
}

// hasDrive reports whether a path begins with a Windows drive, for example
// "C:\".
func hasDrive(s string) bool {
	return len(s) > 2 && s[1] == ':' && (s[2] == '\\' || s[2] == '/')
}

func invalidDestination(hint, format string, args ...any) error {
	return diag.Inputf("destination", CodeInvalid, hint, format, args...)
}
