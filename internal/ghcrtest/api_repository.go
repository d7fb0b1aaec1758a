package ghcrtest

import (
	"slices"
	"strings"
)

type (
	repositoryJSON struct {
		ID            int64        `json:"id"`
		Name          string       `json:"name"`
		FullName      string       `json:"full_name"`
		Owner         accountJSON  `json:"owner"`
		Private       bool         `json:"private"`
		Visibility    Visibility   `json:"visibility"`
		Description   *string      `json:"description"`
		DefaultBranch string       `json:"default_branch"`
		HTMLURL       string       `json:"html_url"`
		URL           string       `json:"url"`
		License       *licenseJSON `json:"license"`
	}

	licenseJSON struct {
		Key    string `json:"key"`
		Name   string `json:"name"`
		SPDXID string `json:"spdx_id"`
	}
)

// serveRepository serves GET /repos/{owner}/{repo}, and the commits, comparisons, pull
// requests and branches below this path.
func (s *Server) serveRepository(c *apiCall) *apiError {
	s.state.mu.Lock()
	defer s.state.mu.Unlock()
	if refused := c.sso(c.part(1)); refused != nil {
		return refused
	}
	repo := s.state.repositoryLocked(c.part(1) + "/" + c.part(2))
	if repo == nil || !s.state.seesRepositoryLocked(c.caller, repo) {
		return notFound()
	}
	switch c.part(3) {
	case "":
		return c.reply(s.repositoryJSONLocked(c, repo))
	case "commits":
		return c.commit(repo, strings.Join(c.parts[4:], "/"))
	case "compare":
		return c.compare(repo, strings.Join(c.parts[4:], "/"))
	case "pulls":
		return c.pulls(repo, c.parts[4:])
	case "branches":
		return c.branches(repo, c.parts[4:])
	}
	return notFound()
}

// seesRepositoryLocked reports whether a credential may see a repository. If the
// repository is not public, the credential must be the token of a job of the
// repository, or the token of its owner or a member. A classic token of the owner
// or a member also needs the scope "repo".
func (w *state) seesRepositoryLocked(c *Credential, repo *Repository) bool {
	owner := w.ownerLocked(ownerOf(repo.Name))
	switch {
	case repo.Visibility == Public:
		return true
	case c == nil:
		return false
	case c.Kind == ActionsToken:
		return c.Repository == "" || key(c.Repository) == key(repo.Name)
	case c.Kind == ClassicPAT && !slices.Contains(c.Scopes, "repo"):
		return false
	}
	return key(owner.Login) == key(c.Actor) || containsFold(owner.Members, c.Actor) || containsFold(owner.Admins, c.Actor)
}

// repositoryJSONLocked returns the JSON of a repository.
func (s *Server) repositoryJSONLocked(c *apiCall, repo *Repository) repositoryJSON {
	_, short, _ := strings.Cut(repo.Name, "/")
	out := repositoryJSON{
		ID: stableID(repo.Name), Name: short, FullName: repo.Name,
		Owner:   c.account(s.state.ownerLocked(ownerOf(repo.Name))),
		Private: repo.Visibility != Public, Visibility: repo.Visibility,
		DefaultBranch: repo.DefaultBranch,
		HTMLURL:       base(c.r) + "/" + repo.Name,
		URL:           base(c.r) + apiPrefix + "repos/" + repo.Name,
	}
	if repo.Description != "" {
		out.Description = &repo.Description
	}
	if repo.License != "" {
		out.License = &licenseJSON{Key: strings.ToLower(repo.License), Name: repo.License, SPDXID: repo.License}
	}
	return out
}
