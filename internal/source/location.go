package source

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"runtime"
	"slices"
	"strings"
	"syscall"

	"github.com/google/go-containerregistry/pkg/name"

	"github.com/ghcr-publish/ghcr-publish/internal/diag"
	"github.com/ghcr-publish/ghcr-publish/internal/diag/missing"
	"github.com/ghcr-publish/ghcr-publish/internal/diag/nearest"
	"github.com/ghcr-publish/ghcr-publish/internal/source/archive"
	"github.com/ghcr-publish/ghcr-publish/internal/source/detect"
)

// location is the parsed name of a source.
type location struct {
	kind Kind   // The kind is empty if Open must detect the kind from the content of the files.
	path string // a file, a directory, or a reference
	pick string // the name, tag or digest that selects one of several images, or ""
	dir  bool
	// stream is true for standard input and for a named pipe.
	stream bool
}

// unsupportedTransports contains a hint for each transport prefix that skopeo
// supports and this package does not support.
var unsupportedTransports = map[string]string{
	"dir":    "Copy the image to a layout first (skopeo copy dir:PATH oci:LAYOUT), and use the layout as the source.",
	"ostree": "Copy the image to a layout first (skopeo copy), and use the layout as the source.",
	"sif":    "Copy the image to a layout first (skopeo copy), and use the layout as the source.",
}

// locate splits the name of a source into a path and the name of the image to
// pick.
func locate(text string) (location, error) {
	if pick, ok := isStdin(text, false); ok {
		return location{path: stdin, pick: pick, stream: true}, nil
	}
	if severalImages(text) || severalPaths(text) {
		return location{}, diag.New(CodeNotFound, diag.Source, hintSeveral, nil, "the source %.300q contains several images", text)
	}
	prefix, rest, ok := strings.Cut(text, ":")
	if !ok {
		return findPath(text, text, "")
	}
	switch kind := Kind(prefix); kind {
	case Registry:
		if ref, ok := strings.CutPrefix(rest, "//"); ok {
			return location{kind: Registry, path: ref}, nil
		}
	case DockerEngine, ContainersStorage:
		return location{kind: kind, path: rest}, nil
	case OCILayout, OCIArchive, DockerArchive:
		return findPath(text, rest, kind)
	}
	at, err := findPath(text, text, "")
	if meant := meantTransport(prefix, rest); meant != "" && err != nil {
		return location{}, diag.New(CodeNotFound, diag.Source, fmt.Sprintf("Did you mean %s? For an image in the Docker engine, write docker-daemon:NAME. For an image in the storage of podman, write containers-storage:NAME. For an image in a registry, write docker://REFERENCE.", meant), nil,
			"the source %.300q has the unknown prefix %s:", text, prefix)
	}
	if hint, known := unsupportedTransports[prefix]; known && err != nil {
		return location{}, diag.New(CodeNotSupported, diag.Source, hint, nil, "the source %q has the transport %s:, which is not supported", text, prefix)
	}
	return at, err
}

// meantTransport corrects the prefix of a source, for example "podman:web" to
// "containers-storage:web". If meantTransport does not recognize the prefix,
// it returns "".
func meantTransport(prefix, rest string) string {
	ref, isReference := strings.CutPrefix(rest, "//")
	switch prefix {
	case "docker", "docker-image":
		return "docker-daemon:" + ref
	case "podman", "buildah", "containers", "storage":
		return "containers-storage:" + ref
	case "registry":
		return "docker://" + ref
	case "oci-layout":
		return "oci:" + ref
	case "oci-tar", "tar":
		return "oci-archive:" + ref
	}
	if strings.ContainsAny(prefix, "./\\@") {
		return ""
	}
	known := []string{string(OCIArchive), string(DockerArchive), string(DockerEngine), string(ContainersStorage)}
	if isReference {
		known = []string{string(Registry)}
	}
	like := nearest.Of(prefix, known)
	switch {
	case len(like) == 0 || len(prefix) < 4:
		return ""
	case isReference:
		return "docker://" + ref
	}
	return like[0] + ":" + rest
}

// findPath returns the longest prefix of the argument "rest" that is an existing path.
// The text after "#" selects an image. If the source has a transport prefix, the text
// after ":" also selects an image.
func findPath(text, rest string, kind Kind) (location, error) {
	if pick, ok := isStdin(rest, kind != ""); ok && (kind == OCIArchive || kind == DockerArchive) {
		return location{kind: kind, path: stdin, pick: pick, stream: true}, nil
	} else if ok && kind == OCILayout {
		return location{}, diag.New(CodeNotLayout, diag.Source, "Write oci-archive:- for a tar of an OCI layout, or - to detect the format.", nil, "the source %q is standard input, but oci: needs a directory", text)
	}
	var cause error
	for _, cut := range cuts(rest, kind != "") {
		info, err := os.Stat(cut.path)
		if absent(err) {
			cause = errors.Join(cause, systemError(err))
			continue
		}
		if err != nil {
			return location{}, unreadable(err, "the source %q cannot be opened", text)
		}
		cut.kind, cut.dir, cut.stream = kind, info.IsDir(), isStream(info)
		return cut, cut.check(text, info)
	}
	return location{}, notFound(text, rest, cause)
}

// absent reports whether the error err means that a file does not exist. absent also
// returns true for a file name that the operating system refuses. For example, the name
// is too long, contains a NUL byte, uses a file as a directory, or has two colons on
// Windows.
func absent(err error) bool { return err != nil && !errors.Is(err, fs.ErrPermission) }

// errInvalidName is the error of Windows for a name that no file can have,
// for example a name with an asterisk or a newline (ERROR_INVALID_NAME,
// System Error Codes).
const errInvalidName = syscall.Errno(123)

// systemError returns the error of the operating system without the path, or
// nil if the file does not exist. The message for the user contains every
// other error, but does not repeat "does not exist".
func systemError(err error) error {
	var failed *fs.PathError
	if errors.Is(err, fs.ErrNotExist) || !errors.As(err, &failed) {
		return nil
	}
	if runtime.GOOS == "windows" && errors.Is(failed.Err, errInvalidName) {
		return nil
	}
	return failed.Err
}

// cuts lists all ways to split a name into a path and the name of an image,
// with the longest path first. cuts does not split a name at the colon of a
// Windows drive.
func cuts(rest string, colons bool) []location {
	out := []location{{path: rest}}
	for i := len(rest) - 1; i > 0; i-- {
		if rest[i] == '#' || colons && rest[i] == ':' && !drive(rest, i) {
			out = append(out, location{path: rest[:i], pick: rest[i+1:]})
		}
	}
	return out
}

func drive(rest string, colon int) bool {
	return colon == 1 && len(rest) > 2 && (rest[2] == '\\' || rest[2] == '/')
}

// check returns an error if the path exists but has the wrong type for the
// transport.
func (p location) check(text string, info fs.FileInfo) error {
	switch {
	case info.Mode()&fs.ModeCharDevice != 0:
		return diag.New(CodeUnreadable, diag.Source, "Send the image with a pipe, for example docker save web | ghcr-publish publish -. In a workflow, set the input source to a file.", nil,
			"the source %q is a terminal or another device, and contains no image", text)
	case !info.IsDir() && !info.Mode().IsRegular() && !p.stream:
		return diag.New(CodeUnreadable, diag.Source, "Set the input source to a file, a directory or a pipe.", nil,
			"the source %q is neither a file nor a directory nor a pipe (%s)", text, info.Mode().Type())
	case p.kind == OCILayout && !info.IsDir():
		return diag.New(CodeNotLayout, diag.Source, fmt.Sprintf("If the file is a tar of an OCI layout, write %q.", "oci-archive:"+p.path), nil,
			"the source %q is a file, but oci: needs a directory", text)
	case p.kind != OCILayout && p.kind != "" && info.IsDir():
		return diag.New(CodeNotLayout, diag.Source, fmt.Sprintf("If the directory is an OCI layout, write %q. If the directory is an unpacked archive of docker save, pack the directory into a tar again.", "oci:"+p.path), nil,
			"the source %q is a directory, but %s: needs a tar", text, p.kind)
	}
	return nil
}

// notFound returns the error for a source that does not exist. The hint of the error
// names the source that the user probably means.
func notFound(text, rest string, cause error) error {
	if text == "" {
		return diag.New(CodeNotFound, diag.Source, "Set the input source to the path of an OCI layout or of a tar, to docker-daemon:NAME, or to docker://REFERENCE.", nil, "the source is empty")
	}
	if rest == "" {
		return diag.New(CodeNotFound, diag.Source, "Write the path of the image after the prefix.", nil, "the source %q has no path after its prefix", text)
	}
	return diag.New(CodeNotFound, diag.Source, guess(rest), cause, "the source %.300q does not exist: no file or directory has this name", rest)
}

// hintPick is the start of the hint for a name whose first part is an existing
// path.
const hintPick = "To select one image of"

const hintSeveral = "The input source accepts one image. Publish each image in a separate step, or write NAME=SOURCE for each image in the input sources."

// severalPaths reports whether a text that is not the name of a file is a list of files.
func severalPaths(text string) bool {
	_, err := os.Lstat(text)
	return err != nil && (strings.Contains(text, "\n") || severalFiles(text))
}

// severalImages reports whether a text is a list of sources with prefixes.
func severalImages(text string) bool {
	sources := strings.FieldsFunc(text, func(c rune) bool { return strings.ContainsRune(",; \n", c) })
	for _, source := range sources {
		prefix, rest, ok := strings.Cut(source, ":")
		if !ok || rest == "" || !slices.Contains([]Kind{Registry, DockerEngine, ContainersStorage, OCILayout, OCIArchive, DockerArchive}, Kind(prefix)) {
			return false
		}
	}
	return len(sources) > 1
}

// digestHint explains a digest after the name of a file, or a digest without a name.
func digestHint(rest string) string {
	before, digest, ok := strings.Cut(rest, "sha256:")
	file := strings.TrimSuffix(before, "@")
	switch {
	case !ok:
		return ""
	case before == "":
		return fmt.Sprintf("A digest does not contain the name of the repository. Write docker://HOST/OWNER/NAME@%s. For the id of an image in the Docker engine, write docker-daemon:%s.", rest, rest)
	case file != before && (detect.IsArchive(file) || isFile(file)):
		return fmt.Sprintf("The file contains the image, so write only the path: %s. To publish the image only if its digest is sha256:%s, compare the digest in an earlier step: ghcr-publish inspect --digest-only %s.", file, digest, file)
	}
	return ""
}

func isFile(path string) bool {
	info, err := os.Stat(path)
	return err == nil && info.Mode().IsRegular()
}

// commandHint explains a command of a shell that is written instead of a file.
func commandHint(rest string) string {
	words := strings.Fields(rest)
	if len(words) < 2 || !slices.Contains([]string{"docker", "podman", "buildah", "skopeo", "crane", "nerdctl", "cat"}, words[0]) {
		return ""
	}
	if words[1] == "save" {
		return fmt.Sprintf("The value is a command, and the input source does not run commands. For an image in the Docker engine, write docker-daemon:%s. Or run %s save --output image.tar %s in an earlier step, and write image.tar.", words[len(words)-1], words[0], words[len(words)-1])
	}
	return "The value is a command, and the input source does not run commands. Run the command in an earlier step, let the command write a file such as image.tar, and write the path of the file."
}

func guess(rest string) string {
	for _, cut := range cuts(rest, true)[1:] {
		if _, err := os.Stat(cut.path); err == nil && cut.pick != "" {
			return fmt.Sprintf(hintPick+" %q, write %q.", cut.path, cut.path+"#"+cut.pick)
		}
	}
	if strings.Contains(rest, "\n") || severalFiles(rest) {
		return hintSeveral
	}
	if hint := digestHint(rest); hint != "" {
		return hint
	}
	if hint := commandHint(rest); hint != "" {
		return hint
	}
	if ref, ok := strings.CutPrefix(rest, "https://"); ok && isImageName(ref) {
		return fmt.Sprintf("For an image in a registry, write %q. To publish a file from a URL, download the file in a step before this step.", "docker://"+ref)
	}
	if hint := missing.Text(rest); hint != "" {
		return hint
	}
	near := missing.Folder(rest)
	if strings.HasPrefix(near, "Did you mean ") {
		return near + " " + guessReference(rest) + HintPath
	}
	return guessReference(rest) + near + " " + HintPath
}

// severalFiles reports whether a text is a list of existing files or of archives.
func severalFiles(text string) bool {
	files := strings.FieldsFunc(text, func(c rune) bool { return strings.ContainsRune(",; ", c) })
	for _, file := range files {
		if _, err := os.Stat(file); err != nil && !detect.IsArchive(file) {
			return false
		}
	}
	return len(files) > 1
}

// guessReference returns sentences that tell the user to write a transport
// prefix before the name of an image. If the text cannot be the name of an
// image, guessReference returns "".
func guessReference(rest string) string {
	ref, err := name.ParseReference(rest)
	if err != nil || !isImageName(rest) || detect.IsArchive(rest) {
		return ""
	}
	if host, _, ok := strings.Cut(rest, "/"); ok && strings.ContainsAny(host, ".:") || strings.Contains(rest, "@sha256:") {
		return fmt.Sprintf("For an image in a registry, write %q. ", "docker://"+rest)
	}
	return fmt.Sprintf("For an image in the Docker engine, write %q. For an image in the storage of podman, write %q. For an image in a registry, write %q. ",
		"docker-daemon:"+rest, "containers-storage:"+rest, "docker://"+ref.Name())
}

// notImage returns an error that names the kind of the files, for example a
// Helm chart. If the kind is not known, notImage returns the argument err.
func (s *Source) notImage(at location, err error) error {
	var found detect.Finding
	switch files := s.files.(type) {
	case nil:
		found = detect.File(at.path)
	case *archive.Archive:
		if slices.Contains(files.Names(), "manifest.json") {
			return err // An archive of docker save contains an archive for each layer.
		}
		found = detect.Names(at.path, files.Names())
	default:
		found = detect.Folder(at.path)
	}
	if !found.Found() {
		return err
	}
	return diag.New(CodeNotLayout, diag.Source, found.Hint, nil, "the source %.300q %s", at.path, found.Is)
}
