package ghcrtest

import (
	"slices"
	"strings"
)

type (
	commitJSON struct {
		SHA     string       `json:"sha"`
		HTMLURL string       `json:"html_url"`
		Parents []parentJSON `json:"parents"`
	}

	parentJSON struct {
		SHA string `json:"sha"`
	}

	comparisonJSON struct {
		Status          string       `json:"status"`
		AheadBy         int          `json:"ahead_by"`
		BehindBy        int          `json:"behind_by"`
		TotalCommits    int          `json:"total_commits"`
		BaseCommit      commitJSON   `json:"base_commit"`
		MergeBaseCommit commitJSON   `json:"merge_base_commit"`
		Commits         []commitJSON `json:"commits"`
		HTMLURL         string       `json:"html_url"`
	}
)

// minAbbreviation is the minimum length of an abbreviated commit id.
const minAbbreviation = 4

// find returns the position of a commit in the history. The argument "ref" is a
// branch, a tag or a commit id. If the repository does not have ref, find returns
// -1.
func (repo *Repository) find(ref string) int {
	if sha, ok := repo.Refs[ref]; ok {
		ref = sha
	}
	if ref == repo.DefaultBranch || ref == "HEAD" {
		return len(repo.Commits) - 1
	}
	return slices.IndexFunc(repo.Commits, func(sha string) bool {
		return len(ref) >= minAbbreviation && strings.HasPrefix(sha, strings.ToLower(ref))
	})
}

func (c *apiCall) commitJSON(repo *Repository, at int) commitJSON {
	sha := repo.Commits[at]
	out := commitJSON{SHA: sha, HTMLURL: base(c.r) + "/" + repo.Name + "/commit/" + sha, Parents: []parentJSON{}}
	if at > 0 {
		out.Parents = append(out.Parents, parentJSON{repo.Commits[at-1]})
	}
	return out
}

// commit serves GET …/commits/{ref}. GitHub answers an unknown id with status 422.
func (c *apiCall) commit(repo *Repository, ref string) *apiError {
	at := repo.find(ref)
	if at < 0 {
		return &apiError{422, "No commit found for SHA: " + ref}
	}
	return c.reply(c.commitJSON(repo, at))
}

// compare serves GET …/compare/{base}...{head}. The history of a repository is linear
// in this model.
func (c *apiCall) compare(repo *Repository, refs string) *apiError {
	from, to, found := strings.Cut(refs, "...")
	a, b := repo.find(from), repo.find(to)
	if !found || a < 0 || b < 0 {
		return notFound()
	}
	out := comparisonJSON{
		Status: "identical", BaseCommit: c.commitJSON(repo, a), MergeBaseCommit: c.commitJSON(repo, min(a, b)),
		Commits: []commitJSON{}, HTMLURL: base(c.r) + "/" + repo.Name + "/compare/" + refs,
	}
	switch {
	case b > a:
		out.Status, out.AheadBy = "ahead", b-a
	case b < a:
		out.Status, out.BehindBy = "behind", a-b
	}
	for at := a + 1; at <= b; at++ {
		out.Commits = append(out.Commits, c.commitJSON(repo, at))
	}
	out.TotalCommits = len(out.Commits)
	return c.reply(out)
}
