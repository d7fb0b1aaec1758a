package workflow

import (
	"io"
	"os"
	"path/filepath"
	"strings"

	"go.yaml.in/yaml/v3"
)

// maxFile is the maximum size of a workflow file, in bytes.
const maxFile = 1 << 20

// Grant is the access to packages that a workflow file gives to the token of a job.
type Grant struct {
	File  string // relative to the repository; "" if the file could not be read
	Level string // write, read or none; default if the file has no permissions block
}

// PackagesGrant reads the permissions of a job from the workflow file in the
// checkout. The argument ref is GITHUB_WORKFLOW_REF (owner/name/PATH@ref), and
// repository is GITHUB_REPOSITORY. The result is not a proof, because the checkout
// can have another commit. The result is empty if the file cannot be read, does not
// belong to the repository or does not contain the job.
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
		return Grant{} // the job belongs to a called workflow
	case !j.Permissions.IsZero():
		return Grant{File: path, Level: packagesLevel(j.Permissions)}
	case !doc.Permissions.IsZero():
		return Grant{File: path, Level: packagesLevel(doc.Permissions)}
	}
	return Grant{File: path, Level: "default"}
}

// readBelow reads a file in dir. It refuses paths and links to files outside dir.
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

// packagesLevel parses a permissions block (workflow syntax, "permissions"). A scope
// that the block does not name has the level none.
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
