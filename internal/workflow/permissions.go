package workflow

import (
	"io"
	"os"
	"path/filepath"
	"strings"

	"go.yaml.in/yaml/v3"
)

// maxFile bounds a workflow file that is read, in bytes.
const maxFile = 1 << 20

// Grant is what a workflow file gives a job's token for packages.
type Grant struct {
	File  string // relative to the repository; "" if nothing could be read
	Level string // write, read, none, or default where no block says
}

// PackagesGrant reads the permissions of a job from its workflow file, where
// the repository is checked out. ref is GITHUB_WORKFLOW_REF (owner/name/PATH@ref),
// repository GITHUB_REPOSITORY. It is evidence and no proof: what cannot be
// read, or is another file than the one that runs, is an empty Grant.
func PackagesGrant(workspace, ref, repository, job string) Grant {
	path, ok := strings.CutPrefix(ref, repository+"/")
	path, _, at := strings.Cut(path, "@")
	if !ok || !at || workspace == "" || job == "" {
		return Grant{}
	}
	raw, err := readBelow(workspace, path)
	if err != nil {
		return Grant{}
	}
	var doc struct {
		Permissions yaml.Node `yaml:"permissions"`
		Jobs        map[string]struct {
			Permissions yaml.Node `yaml:"permissions"`
		} `yaml:"jobs"`
	}
	if yaml.Unmarshal(raw, &doc) != nil {
		return Grant{}
	}
	j, ok := doc.Jobs[job]
	switch {
	case !ok:
		return Grant{} // a job of a workflow that this one calls
	case !j.Permissions.IsZero():
		return Grant{File: path, Level: packagesLevel(j.Permissions)}
	case !doc.Permissions.IsZero():
		return Grant{File: path, Level: packagesLevel(doc.Permissions)}
	}
	return Grant{File: path, Level: "default"}
}

// readBelow reads a file that is really below dir.
func readBelow(dir, path string) ([]byte, error) {
	root, err := os.OpenRoot(dir)
	if err != nil {
		return nil, err
	}
	defer root.Close()
	f, err := root.Open(filepath.FromSlash(path))
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return io.ReadAll(io.LimitReader(f, maxFile))
}

// packagesLevel reads a permissions block (workflow syntax, "permissions"):
// what it does not name is none.
func packagesLevel(block yaml.Node) string {
	switch block.Value {
	case "write-all":
		return "write"
	case "read-all":
		return "read"
	}
	var scopes map[string]string
	if block.Decode(&scopes) == nil && scopes["packages"] != "" {
		return scopes["packages"]
	}
	return "none"
}
