package ghcrtest

// serveAccount serves GET /user, /users/{login} and /orgs/{org}.
func (s *Server) serveAccount(c *apiCall) *apiError {
	s.state.mu.Lock()
	defer s.state.mu.Unlock()
	switch {
	case c.part(0) == "user" && len(c.parts) == 1:
		return s.selfLocked(c)
	case c.part(0) == "users" && len(c.parts) == 2:
		return s.accountLocked(c)
	case c.part(0) == "orgs" && len(c.parts) == 2:
		return s.organizationLocked(c)
	}
	return notFound()
}

// selfLocked serves GET /user. Installation tokens have no user. The token of a
// job is an installation token (docs/ghcr.md, Package API and GITHUB_TOKEN).
func (s *Server) selfLocked(c *apiCall) *apiError {
	if c.caller == nil {
		return &apiError{401, "Requires authentication"}
	}
	login := c.login()
	if login == "" {
		return forbidden(textNotIntegration)
	}
	owner := s.state.ownerLocked(login)
	if owner == nil {
		owner = &Owner{Login: login, Type: User}
	}
	return c.reply(c.account(owner))
}

// accountLocked serves GET /users/{login}. The endpoint /users/{login} finds users
// and organizations.
func (s *Server) accountLocked(c *apiCall) *apiError {
	owner := s.state.ownerLocked(c.part(1))
	if owner == nil {
		return notFound()
	}
	return c.reply(c.account(owner))
}

// organizationLocked serves GET /orgs/{org}. organizationLocked refuses a classic
// token that is not authorized for the SSO of the organization.
func (s *Server) organizationLocked(c *apiCall) *apiError {
	owner := s.state.ownerLocked(c.part(1))
	if owner == nil || owner.Type != Organization {
		return notFound()
	}
	if refused := c.sso(owner.Login); refused != nil {
		return refused
	}
	return c.reply(c.account(owner))
}
