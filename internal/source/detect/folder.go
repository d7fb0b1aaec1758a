package detect

import (
	"fmt"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
)

// maxEntries is the maximum number of entries of a folder that are read.
const maxEntries = 1000

// Folder detects the content of the folder at path. It returns no finding if the
// content is of no known kind or cannot be read.
func Folder(folder string) Finding {
	dir, err := os.Open(folder)
	if err != nil {
		return Finding{}
	}
	defer dir.Close()
	entries, _ := dir.ReadDir(maxEntries) // an incomplete list can be detected, too
	if len(entries) == 0 {
		return Finding{"is an empty folder", "The step that writes the image failed, or wrote it to another folder."}
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
			fmt.Sprintf("To create an image from these files, set content: %s:/ instead of source.", filepath.ToSlash(folder)),
		}
	}
	return Finding{}
}

// layoutEntry detects an OCI layout in a folder.
func layoutEntry(folder string, e os.DirEntry) Finding {
	if !e.IsDir() || !isLayout(filepath.Join(folder, e.Name())) {
		return Finding{}
	}
	return Finding{fmt.Sprintf("contains the OCI layout %q", e.Name()), setSource(folder, e)}
}

// archiveEntry detects an archive in a folder.
func archiveEntry(folder string, e os.DirEntry) Finding {
	if e.IsDir() || !IsArchive(e.Name()) {
		return Finding{}
	}
	return Finding{fmt.Sprintf("contains the archive %q", e.Name()), setSource(folder, e)}
}

// dockerfileEntry detects a Dockerfile in a folder.
func dockerfileEntry(folder string, e os.DirEntry) Finding {
	if e.IsDir() || !isBuildFile(e.Name()) {
		return Finding{}
	}
	return Finding{"contains a Dockerfile, not an image", useContext(folder, e.Name())}
}

func setSource(folder string, e os.DirEntry) string {
	return fmt.Sprintf("Set source to %s.", path.Join(filepath.ToSlash(folder), e.Name()))
}

// isLayout reports whether a folder is an OCI layout.
func isLayout(folder string) bool {
	_, err := os.Stat(filepath.Join(folder, "index.json"))
	return err == nil
}
