package ghcrtest

import (
	"net/http"

	"github.com/ghcr-publish/ghcr-publish/internal/ghcrtest/sigstore"
)

// Sigstore returns the embedded Sigstore of the server. The server creates the keys at
// the first call, because most runs do not use Sigstore.
func (s *Server) Sigstore() (*sigstore.Sigstore, error) { return s.sigstore() }

// IdentityEnv returns the environment variables of a job with the permission id-token:
// write, as KEY=VALUE. The claims belong to the branch main of a repository, which has
// the form owner/name.
func (s *Server) IdentityEnv(repository string) ([]string, error) {
	services, err := s.Sigstore()
	if err != nil {
		return nil, err
	}
	visibility := Public
	s.state.mu.Lock()
	if known := s.state.repositoryLocked(repository); known != nil {
		visibility = known.Visibility
	}
	s.state.mu.Unlock()
	return services.Env(s.URL(), sigstore.JobClaims(repository, string(visibility))), nil
}

// serveSigstore serves the paths of Sigstore.
func (s *Server) serveSigstore(w http.ResponseWriter, r *http.Request) {
	services, err := s.Sigstore()
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	services.ServeHTTP(w, r)
}
