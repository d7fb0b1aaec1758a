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

// serveRepository is GET /repos/{owner}/{repo}, its commits and comparisons.
func (s *Server) serveRepository(c *apiCall) *apiError {
	s.world.mu.Lock()
	defer s.world.mu.Unlock()
	if why := c.sso(c.part(1)); why != nil {
		return why
	}
	repo := s.world.repository(c.part(1) + "/" + c.part(2))
	if repo == nil || !s.world.seesRepository(c.by, repo) {
		return notFound()
	}
	switch c.part(3) {
	case "":
		return c.reply(s.repositoryJSON(c, repo))
	case "commits":
		return c.commit(repo, strings.Join(c.parts[4:], "/"))
	case "compare":
		return c.compare(repo, strings.Join(c.parts[4:], "/"))
	}
	return notFound()
}

// seesRepository is for what is not public: the repository's own job, and
// people with the repo scope who belong to the owner (locked).
func (w *world) seesRepository(c *Credential, repo *Repository) bool {
	owner := w.owner(ownerOf(repo.Name))
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
	return key(owner.Login) == key(c.Actor) || holds(owner.Members, c.Actor) || holds(owner.Admins, c.Actor)
}

// repositoryJSON renders a repository (locked).
func (s *Server) repositoryJSON(c *apiCall, repo *Repository) repositoryJSON {
	_, short, _ := strings.Cut(repo.Name, "/")
	out := repositoryJSON{
		ID: stableID(repo.Name), Name: short, FullName: repo.Name,
		Owner:   c.account(s.world.owner(ownerOf(repo.Name))),
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
