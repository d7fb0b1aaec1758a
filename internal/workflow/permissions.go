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

// Grant is the level of the permission "packages" that a workflow file gives
// to the token of a job.
type Grant struct {
	File  string // the path in the repository, or "" if the program could not read the file
	Level string // "write", "read" or "none", or "default" if the file has no permissions block
}

// PackagesGrant reads the permission "packages" of a job from the workflow file in the
// checkout. The argument "ref" is the value of GITHUB_WORKFLOW_REF (owner/name/PATH@ref),
// and the argument "repository" is the value of GITHUB_REPOSITORY. The result can be
// wrong, because the commit of the checkout can differ from the commit of the run. If
// PackagesGrant cannot read the file, it returns an empty Grant. The result is also empty
// if the file does not belong to the repository or does not contain the job.
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
		return Grant{} // The workflow file does not contain the job, because the job is in a reusable workflow.
	case !j.Permissions.IsZero():
		return Grant{File: path, Level: packagesLevel(j.Permissions)}
	case !doc.Permissions.IsZero():
		return Grant{File: path, Level: packagesLevel(doc.Permissions)}
	}
	return Grant{File: path, Level: "default"}
}

// readBelow reads a file in the directory dir. readBelow refuses a path or a
// link that leads out of dir.
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

// packagesLevel returns the level of the permission "packages" in a
// permissions block (workflow syntax, "permissions"). If the block does not
// contain a permission, the level of this permission is "none".
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
