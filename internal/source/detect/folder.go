package detect

import (
	"fmt"
	"os"
	"path"
	"path/filepath"
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
	top := map[string]bool{}
	for _, e := range entries {
		top[e.Name()] = true
		if found := entry(folder, e); found.Found() {
			return found
		}
	}
	if isRoot(top) {
		return Finding{
			"contains the files of a root file system",
			fmt.Sprintf("To create an image from these files, set content: %s:/ instead of source.", filepath.ToSlash(folder)),
		}
	}
	return Finding{}
}

// entry detects an entry of a folder that the user probably meant.
func entry(folder string, e os.DirEntry) Finding {
	inside := path.Join(filepath.ToSlash(folder), e.Name())
	switch {
	case !e.IsDir() && isBuildFile(e.Name()):
		return Finding{"contains a Dockerfile, not an image", useContext(folder, e.Name())}
	case !e.IsDir() && IsArchive(e.Name()):
		return Finding{fmt.Sprintf("contains the archive %q", e.Name()), fmt.Sprintf("Set source to %s.", inside)}
	case e.IsDir() && isLayout(filepath.Join(folder, e.Name())):
		return Finding{fmt.Sprintf("contains the OCI layout %q", e.Name()), fmt.Sprintf("Set source to %s.", inside)}
	}
	return Finding{}
}

// isLayout reports whether a folder is an OCI layout.
func isLayout(folder string) bool {
	_, err := os.Stat(filepath.Join(folder, "index.json"))
	return err == nil
}
