package ghcrtest

// defaultActor is who acts where nobody is named.
const defaultActor = "octocat"

// Token is the secret that acts as GITHUB_TOKEN: the open world's, or the
// first Actions token of the configuration that still works.
func (s *Server) Token() string { return s.token }

// Env lists, as KEY=VALUE, what a job's environment says of the service, so
// that a program takes this server for GitHub. repository is owner/name.
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

// actor is who stands behind Token.
func (s *Server) actor() string {
	if c := s.world.credential(s.Token()); c != nil && c.Actor != "" {
		return c.Actor
	}
	return defaultActor
}
