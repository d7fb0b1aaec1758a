package ghcrtest

// serveAccount is GET /user, /users/{login} and /orgs/{org}.
func (s *Server) serveAccount(c *apiCall) *apiError {
	s.world.mu.Lock()
	defer s.world.mu.Unlock()
	switch {
	case c.part(0) == "user" && len(c.parts) == 1:
		return s.self(c)
	case c.part(0) == "users" && len(c.parts) == 2:
		return s.account(c)
	case c.part(0) == "orgs" && len(c.parts) == 2:
		return s.organization(c)
	}
	return notFound()
}

// self is GET /user. Installation tokens are nobody, the job's among them
// (docs/ghcr.md, Package API and GITHUB_TOKEN).
func (s *Server) self(c *apiCall) *apiError {
	if c.by == nil {
		return &apiError{401, "Requires authentication"}
	}
	login := c.login()
	if login == "" {
		return forbidden(textNotIntegration)
	}
	owner := s.world.owner(login)
	if owner == nil {
		owner = &Owner{Login: login, Type: User}
	}
	return c.reply(c.account(owner))
}

// account finds users and organizations alike: its type says which.
func (s *Server) account(c *apiCall) *apiError {
	owner := s.world.owner(c.part(1))
	if owner == nil {
		return notFound()
	}
	return c.reply(c.account(owner))
}

// organization is where a classic token that needs SSO learns so.
func (s *Server) organization(c *apiCall) *apiError {
	owner := s.world.owner(c.part(1))
	if owner == nil || owner.Type != Organization {
		return notFound()
	}
	if why := c.sso(owner.Login); why != nil {
		return why
	}
	return c.reply(c.account(owner))
}
