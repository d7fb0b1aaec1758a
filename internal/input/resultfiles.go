package input

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/ghcr-publish/ghcr-publish/internal/diag/missing"
)

// resultFiles reads the paths of the files that a successful run writes. resultFiles
// refuses a path that the run could not write, because the run writes the files only after
// the upload.
func (r *reader) resultFiles() ResultFiles {
	f := ResultFiles{Metadata: r.resultFile("metadata-file"), Digest: r.resultFile("digest-file")}
	if f.Metadata != "" && f.Metadata == f.Digest {
		r.fail("digest-file", CodeResultFilesEqual, "Write two different paths, because the run writes JSON to one file and the digest to the other file.", "The inputs metadata-file and digest-file name the same file %q", f.Digest)
	}
	return f
}

// resultFile returns the path of a file, or "".
func (r *reader) resultFile(input string) string {
	text := r.text(input)
	if text == "" {
		return ""
	}
	path := filepath.Clean(text)
	if target, err := filepath.EvalSymlinks(path); err == nil {
		path = target // The run replaces the file, and a link must continue to point at the file.
	}
	if r.isSource(path) {
		r.fail(input, CodeResultFile, "Write another path, because the run would replace the image.", "The file %q in the input %s is the source of the image", text, input)
		return path
	}
	if hint := missing.Unexpanded(text); hint != "" {
		r.fail(input, CodeResultFile, hint, "The file %q in the input %s contains text that only a shell replaces", text, input)
		return path
	}
	if os.IsPathSeparator(text[len(text)-1]) {
		r.fail(input, CodeResultFile, "Append the name of a file to the path.", "The file %q in the input %s cannot be written, because the path is a folder", text, input)
		return path
	}
	if text == "true" || text == "false" {
		r.fail(input, CodeResultFile, "Write the path of the file that the run writes, such as "+resultExample(input)+".", "The input %s is %q, but it is the path of a file", input, text)
		return path
	}
	if title, hint := Unwritable(path); title != "" {
		r.fail(input, CodeResultFile, hint, "The file %q in the input %s cannot be written, because %s", text, input, title)
	}
	return path
}

// resultExample returns the example in the table for the path of a file.
func resultExample(name string) string {
	in, _ := Find(name)
	return in.Example
}

// isSource reports whether a path is a file of the inputs "source" and "sources".
func (r *reader) isSource(path string) bool {
	target, err := os.Stat(path)
	if err != nil {
		return false
	}
	sources := []string{r.text("source")}
	for _, line := range r.lines("sources") {
		_, source, _ := strings.Cut(line, "=")
		sources = append(sources, source)
	}
	for _, source := range sources {
		source, _, _ = strings.Cut(strings.TrimPrefix(strings.TrimPrefix(source, "oci-archive:"), "docker-archive:"), "#")
		if info, err := os.Stat(source); err == nil && os.SameFile(info, target) {
			return true
		}
	}
	return false
}

// Unwritable returns the reason why a file cannot be replaced, and a hint. Unwritable
// returns "" if the file can be replaced. To find out if the user may write to the folder,
// Unwritable creates a temporary file and removes the file again.
func Unwritable(path string) (reason, hint string) {
	folder := filepath.Dir(path)
	switch info, err := os.Stat(folder); {
	case err != nil:
		return fmt.Sprintf("the folder %q does not exist", folder), "Create the folder before this run, or write another path. " + missing.Hint(folder)
	case !info.IsDir():
		return fmt.Sprintf("%q is not a folder", folder), "Write the path of a file in a folder."
	}
	switch info, err := os.Stat(path); {
	case err == nil && info.IsDir():
		return "the path is a folder", "Append the name of a file to the path."
	case err == nil && !info.Mode().IsRegular():
		return "the path is not a regular file", "Write the path of a regular file, and read the file after the run."
	}
	probe, err := os.CreateTemp(folder, ".ghcr-publish-*")
	if err != nil {
		return fmt.Sprintf("the run may not create a file in the folder %q", folder), "Write a path in a folder that the user of the run may write to."
	}
	_ = probe.Close()
	_ = os.Remove(probe.Name()) // If the empty file remains, it harms no later step.
	return "", ""
}
