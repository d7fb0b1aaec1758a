package source

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strings"

	"github.com/google/go-containerregistry/pkg/name"
)

// place is where a source lies, told from its name.
type place struct {
	kind Kind   // empty: look at what is there
	path string // a file, a directory, or a reference
	pick string // which of several images; empty: the only one
	dir  bool
}

// elsewhere are transports of the field that are not read, and what to do.
var elsewhere = map[string]string{
	"dir":    "Copy it to a layout first: skopeo copy dir:PATH oci:LAYOUT, and use LAYOUT as the source.",
	"ostree": "Copy it to a layout first with skopeo, and use the layout as the source.",
	"sif":    "Copy it to a layout first with skopeo, and use the layout as the source.",
}

// locate finds the path and the pick in the name of a source.
func locate(text string) (place, error) {
	prefix, rest, ok := strings.Cut(text, ":")
	if !ok {
		return look(text, text, "")
	}
	switch kind := Kind(prefix); kind {
	case Registry:
		if ref, ok := strings.CutPrefix(rest, "//"); ok {
			return place{kind: Registry, path: ref}, nil
		}
	case DockerEngine, ContainersStorage:
		return place{kind: kind, path: rest}, nil
	case OCILayout, OCIArchive, DockerArchive:
		return look(text, rest, kind)
	}
	at, err := look(text, text, "")
	if hint, known := elsewhere[prefix]; known && err != nil {
		return place{}, problem(CodeNotSupported, hint, nil, "the source %q is of a kind that is not read here (%s:)", text, prefix)
	}
	return at, err
}

// look finds the longest beginning of rest that is a path; what follows it
// after "#", or after ":" where there was a prefix, picks an image.
func look(text, rest string, kind Kind) (place, error) {
	var cause error
	for _, cut := range cuts(rest, kind != "") {
		info, err := os.Stat(cut.path)
		if absent(err) {
			cause = errors.Join(cause, odd(err))
			continue
		}
		if err != nil {
			return place{}, explained(err, "the source %q cannot be opened", text)
		}
		cut.kind, cut.dir = kind, info.IsDir()
		return cut, cut.check(text, info)
	}
	return place{}, notFound(text, rest, cause)
}

// absent reports errors that mean there is nothing by that name. A name that
// the system cannot even look up (too long, a NUL, a file used as a folder,
// two colons on Windows) is as absent as any.
func absent(err error) bool { return err != nil && !errors.Is(err, fs.ErrPermission) }

// odd is what is worth telling of an error of absence, without the path.
func odd(err error) error {
	var failed *fs.PathError
	if errors.Is(err, fs.ErrNotExist) || !errors.As(err, &failed) {
		return nil
	}
	return failed.Err
}

// cuts lists the ways to read a name, longest path first. A colon after one
// letter is a Windows drive.
func cuts(rest string, colons bool) []place {
	out := []place{{path: rest}}
	for i := len(rest) - 1; i > 0; i-- {
		if rest[i] == '#' || colons && rest[i] == ':' && !drive(rest, i) {
			out = append(out, place{path: rest[:i], pick: rest[i+1:]})
		}
	}
	return out
}

func drive(rest string, colon int) bool {
	return colon == 1 && len(rest) > 2 && (rest[2] == '\\' || rest[2] == '/')
}

// check refuses what is there but of the wrong sort.
func (p place) check(text string, info fs.FileInfo) error {
	switch {
	case !info.IsDir() && !info.Mode().IsRegular():
		return problem(CodeUnreadable, "Write the image to a regular file; it is read more than once.", nil,
			"the source %q is neither a file nor a directory (%s)", text, info.Mode().Type())
	case p.kind == OCILayout && !info.IsDir():
		return problem(CodeNotLayout, fmt.Sprintf("For a tar write %q.", "oci-archive:"+p.path), nil,
			"the source %q is a file, and oci: names a directory", text)
	case p.kind != OCILayout && p.kind != "" && info.IsDir():
		return problem(CodeNotLayout, fmt.Sprintf("For an OCI layout write %q; a directory unpacked from docker save has to be packed again.", "oci:"+p.path), nil,
			"the source %q is a directory, and %s: names a tar", text, p.kind)
	}
	return nil
}

// notFound says that there is no such source and what it may have meant.
func notFound(text, rest string, cause error) error {
	if text == "" {
		return problem(CodeNotFound, "Give the path of an OCI layout or of a tar, docker-daemon:NAME, or docker://REFERENCE.", nil, "no source is named")
	}
	return problem(CodeNotFound, guess(rest), cause, "no such source: %.300q is no file and no directory", rest)
}

// hintPick begins the hint for a path that is there, with too much behind it.
const hintPick = "To pick an image out of"

func guess(rest string) string {
	for _, cut := range cuts(rest, true)[1:] {
		if _, err := os.Stat(cut.path); err == nil && cut.pick != "" {
			return fmt.Sprintf(hintPick+" %q write %q.", cut.path, cut.path+"#"+cut.pick)
		}
	}
	const path = "Check the path; it is taken from the directory the step runs in, and the step that writes it must run before."
	ref, err := name.ParseReference(rest)
	if err != nil || strings.HasPrefix(rest, ".") || strings.HasPrefix(rest, "/") {
		return path
	}
	if host, _, ok := strings.Cut(rest, "/"); ok && strings.ContainsAny(host, ".:") || strings.Contains(rest, "@sha256:") {
		return fmt.Sprintf("For an image in a registry write %q. %s", "docker://"+rest, path)
	}
	return fmt.Sprintf("For an image in the Docker engine write %q, in podman's storage %q, in a registry %q. %s",
		"docker-daemon:"+rest, "containers-storage:"+rest, "docker://"+ref.Name(), path)
}
