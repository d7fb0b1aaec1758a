package detect

import (
	"fmt"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
)

// maxEntries is the maximum number of files and folders that Folder reads in
// one folder.
const maxEntries = 1000

// Folder detects the kind of the content of a folder. If the kind is unknown
// or the folder cannot be opened, Folder returns an empty Finding.
func Folder(folder string) Finding {
	dir, err := os.Open(folder)
	if err != nil {
		return Finding{}
	}
	defer dir.Close()
	entries, _ := dir.ReadDir(maxEntries) // An error is ignored, because Folder can detect the kind from an incomplete list of files.
	if len(entries) == 0 {
		return Finding{"is an empty folder", "The step that writes the image failed, or wrote the image to another folder. Read the log of that step, and set the input source to the folder to which the step writes."}
	}
	slices.SortFunc(entries, func(a, b os.DirEntry) int { return strings.Compare(a.Name(), b.Name()) })
	for _, detect := range []func(string, os.DirEntry) Finding{layoutEntry, archiveEntry, dockerfileEntry} {
		for _, e := range entries {
			if found := detect(folder, e); found.Found() {
				return found
			}
		}
	}
	top := map[string]bool{}
	for _, e := range entries {
		top[e.Name()] = true
	}
	if isRoot(top) {
		return Finding{
			"contains the files of a root file system",
			fmt.Sprintf("To create an image from these files, set content: %s:/ and remove the input source.", filepath.ToSlash(folder)),
		}
	}
	return Finding{}
}

// NotImage detects the kind of a folder that a user set as the source. If the path is not
// a folder, or if the folder can be an image, NotImage returns an empty Finding.
func NotImage(path string) Finding {
	if info, err := os.Stat(path); err != nil || !info.IsDir() || isLayout(path) {
		return Finding{}
	}
	if _, err := os.Stat(filepath.Join(path, "manifest.json")); err == nil {
		return Finding{}
	}
	return Folder(path)
}

// layoutEntry returns a Finding if the entry of the folder is an OCI layout.
func layoutEntry(folder string, e os.DirEntry) Finding {
	if !e.IsDir() || !isLayout(filepath.Join(folder, e.Name())) {
		return Finding{}
	}
	return Finding{fmt.Sprintf("contains the OCI layout %q", e.Name()), setSource(folder, e)}
}

// archiveEntry returns a Finding if the entry of the folder is an image
// archive.
func archiveEntry(folder string, e os.DirEntry) Finding {
	if e.IsDir() || !IsArchive(e.Name()) {
		return Finding{}
	}
	return Finding{fmt.Sprintf("contains the archive %q", e.Name()), setSource(folder, e)}
}

// dockerfileEntry returns a Finding if the entry of the folder is a
// Dockerfile.
func dockerfileEntry(folder string, e os.DirEntry) Finding {
	if e.IsDir() || !isBuildFile(e.Name()) {
		return Finding{}
	}
	return Finding{"contains a Dockerfile and not an image", useContext(folder, e.Name())}
}

func setSource(folder string, e os.DirEntry) string {
	return fmt.Sprintf("Set the input source to %s.", path.Join(filepath.ToSlash(folder), e.Name()))
}

// isLayout reports whether a folder is an OCI layout.
func isLayout(folder string) bool {
	_, err := os.Stat(filepath.Join(folder, "index.json"))
	return err == nil
}
