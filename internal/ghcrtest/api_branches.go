package ghcrtest

import (
	"slices"
	"strings"
)

// branches serves GET …/branches and …/branches/{name}. The name of a branch can contain
// slashes.
func (c *apiCall) branches(repo *Repository, rest []string) *apiError {
	if len(rest) == 0 {
		out := []branchJSON{}
		for _, name := range repo.Branches {
			out = append(out, branchJSON{Name: name, Commit: parentJSON{repo.head(name)}})
		}
		return c.reply(page(c, out))
	}
	name := strings.Join(rest, "/")
	if !slices.Contains(repo.Branches, name) {
		return notFound()
	}
	return c.reply(branchJSON{Name: name, Commit: parentJSON{repo.head(name)}})
}

// head returns the commit id of a branch, or 40 zeros if the model has no commits of the
// branch.
func (repo *Repository) head(branch string) string {
	if at := repo.find(branch); at >= 0 {
		return repo.Commits[at]
	}
	return strings.Repeat("0", 40)
}
