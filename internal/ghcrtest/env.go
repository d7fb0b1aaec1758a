package ghcrtest

// defaultActor is the login of a token for which the configuration names no actor.
const defaultActor = "octocat"

// Token returns the secret that acts as GITHUB_TOKEN. The secret belongs to the token
// of [Config.Open], or the first valid Actions token of the configuration.
func (s *Server) Token() string { return s.token }

// Env returns the environment variables of a job, as KEY=VALUE. With these variables,
// a program uses this server instead of GitHub. The argument "repository" has the form
// owner/name.
func (s *Server) Env(repository string) []string {
	return []string{
		"GITHUB_SERVER_URL=" + s.URL(),
		"GITHUB_API_URL=" + s.URL() + "/api/v3",
		"GITHUB_GRAPHQL_URL=" + s.URL() + "/api/graphql",
		"GITHUB_REPOSITORY=" + repository,
		"GITHUB_REPOSITORY_OWNER=" + ownerOf(repository),
		"GITHUB_ACTOR=" + s.actor(),
		"GITHUB_TOKEN=" + s.Token(),
	}
}

// actor returns the login of the token that Token returns.
func (s *Server) actor() string {
	if c := s.state.credential(s.Token()); c != nil && c.Actor != "" {
		return c.Actor
	}
	return defaultActor
}
