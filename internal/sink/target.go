package sink

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"

	"github.com/google/go-containerregistry/pkg/name"

	"github.com/ghcr-publish/ghcr-publish/internal/diag"
)

// Kind is a kind of destination: the transport prefix that names it, without
// its colon.
type Kind string

// The kinds of destination.
const (
	Nowhere       Kind = ""               // nothing is written
	OCILayout     Kind = "oci"            // a directory, added to
	OCIArchive    Kind = "oci-archive"    // a tar of a layout, replaced
	DockerArchive Kind = "docker-archive" // the same for docker load, replaced
	DockerEngine  Kind = "docker-daemon"  // a Docker engine
)

// Target is where to write, told from its name.
type Target struct {
	Kind Kind
	Path string
	// Ref is the name that the image gets there; empty: what it was pulled by.
	Ref string
}

// elsewhere are transports of the field that are not written, and what to do.
var elsewhere = map[string]string{
	"docker":             "To copy between registries use publish with source: docker://REFERENCE.",
	"containers-storage": "Write oci-archive:image.tar, then run: podman load -i image.tar. At a terminal a pipe does: oci-archive:- | podman load.",
	"dir":                "Write oci:DIRECTORY; skopeo copies it to any other form.",
}

// refName is the grammar of the annotation org.opencontainers.image.ref.name
// (image-spec, "Pre-Defined Annotation Keys").
var refName = regexp.MustCompile(`^[A-Za-z0-9]+(?:(?:[-._:@+/]|--)[A-Za-z0-9]+)*$`)

const forms = "Write oci:DIRECTORY, oci-archive:FILE or docker-archive:FILE (- for a pipe), each with :NAME after it if the image shall have another name there; or docker-daemon:NAME for the Docker engine. A path alone is the directory of an OCI layout."

// Parse reads the name of a destination.
func Parse(text string) (Target, error) {
	prefix, rest, found := strings.Cut(text, ":")
	kind := Kind(prefix)
	switch {
	case text == "":
		return Target{}, invalid(forms, "there is no destination")
	case !found || drive(text):
		return bare(text)
	case kind == OCILayout || kind == OCIArchive || kind == DockerArchive:
		return prefixed(text, kind, rest)
	case kind == DockerEngine:
		return inEngine(text, rest)
	case elsewhere[prefix] != "":
		return Target{}, invalid(elsewhere[prefix], "the destination %q is of a kind that is not written (%s:)", text, prefix)
	}
	return Target{}, invalid(forms, "the destination %q has the prefix %q, which is none", text, prefix+":")
}

// bare is a path without a prefix. One that looks like a file is asked about:
// a directory of that name would surprise.
func bare(path string) (Target, error) {
	info, err := os.Stat(path)
	file := err == nil && !info.IsDir()
	if path == Stream {
		return Target{}, invalid("Write oci-archive:- or docker-archive:-.", "the destination - does not say what to write")
	}
	if kind := Kind(path); err != nil && (kind == DockerEngine || kind == OCIArchive || kind == DockerArchive || kind == OCILayout) {
		return Target{}, invalid(forms, "the destination %q is a kind without its colon", path)
	}
	if ext := strings.ToLower(filepath.Ext(path)); file || (err != nil && (ext == ".tar" || ext == ".tgz" || ext == ".gz")) {
		return Target{}, invalid(fmt.Sprintf("For a file write %q or %q; for a directory of that name %q.", "oci-archive:"+path, "docker-archive:"+path, "oci:"+path),
			"the destination %q looks like a file", path)
	}
	return Target{Kind: OCILayout, Path: path}, nil
}

func prefixed(text string, kind Kind, rest string) (Target, error) {
	t := Target{Kind: kind, Path: rest}
	from := 0
	if drive(rest) {
		from = 2
	}
	if i := strings.IndexByte(rest[from:], ':'); i >= 0 {
		t.Path, t.Ref = rest[:from+i], rest[from+i+1:]
		if err := t.checkRef(text); err != nil {
			return Target{}, err
		}
	}
	if t.Path == "" {
		return Target{}, invalid(forms, "the destination %q names no path", text)
	}
	return t, nil
}

// inEngine is a name in a Docker engine. Without one the image keeps its own.
func inEngine(text, ref string) (Target, error) {
	t := Target{Kind: DockerEngine, Ref: ref}
	if ref == "" {
		return t, nil
	}
	if _, err := name.NewTag(ref); err != nil || strings.HasPrefix(ref, "/") { // a name may not, whatever NewTag says
		return Target{}, invalid("Write a name in lower case and a tag, docker-daemon:acme/web:1.2.3; or docker-daemon: alone for the name that the image is pulled by.",
			"the destination %q names the image %q, which no Docker engine takes", text, ref)
	}
	return t, nil
}

func (t Target) checkRef(text string) error {
	if !refName.MatchString(t.Ref) {
		return invalid("Write letters and digits, with single - . _ : @ + / between them: web, or ghcr.io/acme/web:1.2.3.", "the destination %q names the image %q", text, t.Ref)
	}
	if t.Kind != DockerArchive {
		return nil
	}
	if _, err := name.NewTag(t.Ref); err != nil {
		return invalid("Write a name and a tag: acme/web:1.2.3.", "the destination %q names the image %q, which docker load does not take", text, t.Ref)
	}
	return nil
}

// drive reports a path that begins with a Windows drive.
func drive(s string) bool {
	return len(s) > 2 && s[1] == ':' && (s[2] == '\\' || s[2] == '/')
}

func invalid(hint, format string, args ...any) error {
	return diag.Inputf("destination", CodeInvalid, hint, format, args...)
}
