package ghcrtest

import (
	"cmp"
	"net/http"
	"net/url"
	"strings"
)

// apiPrefix is the path prefix of the REST API, as on GitHub Enterprise Server.
const apiPrefix = "/api/v3/"

// apiCall is one REST request with its caller and the path below the prefix.
type apiCall struct {
	w      http.ResponseWriter
	r      *http.Request
	caller *Credential // If caller is nil, the request is anonymous.
	parts  []string    // parts contains the unescaped segments of the path.
	usage  usage       // usage is the state of the caller's rate limits.
	value  any         // The handler sends the field "value" after it releases the lock.
	status int         // the status of the response; 0 means 200
}

// serveAPI serves the paths below /api/v3.
func (s *Server) serveAPI(w http.ResponseWriter, r *http.Request) {
	call := &apiCall{w: w, r: r}
	var err *apiError
	if call.caller, err = s.caller(r); err != nil {
		err.write(w, r)
		return
	}
	call.tokenHeaders()
	for part := range strings.SplitSeq(strings.TrimPrefix(r.URL.EscapedPath(), apiPrefix), "/") {
		plain, bad := url.PathUnescape(part)
		if bad != nil {
			notFound().write(w, r)
			return
		}
		call.parts = append(call.parts, plain)
	}
	if s.limit(call) {
		return
	}
	if err := s.dispatch(call); err != nil {
		err.write(w, r)
		return
	}
	call.send()
}

// part returns a segment of the path, or "" if the path has fewer segments.
func (c *apiCall) part(i int) string {
	if i < len(c.parts) {
		return c.parts[i]
	}
	return ""
}

// dispatch selects the group of endpoints by the first segments of the path.
func (s *Server) dispatch(c *apiCall) *apiError {
	switch {
	case c.part(0) == "user" && c.part(1) == "packages":
		return s.servePackages(c, "user", c.login(), c.parts[2:])
	case (c.part(0) == "orgs" || c.part(0) == "users") && c.part(2) == "packages":
		return s.servePackages(c, c.part(0), c.part(1), c.parts[3:])
	case c.part(2) == "attestations" || c.part(3) == "attestations":
		return s.serveAttestations(c)
	case c.r.Method != http.MethodGet:
		return notFound()
	case c.part(0) == "repos" && len(c.parts) >= 3:
		return s.serveRepository(c)
	case c.isRateLimit():
		return c.rateLimit()
	default:
		return s.serveAccount(c)
	}
}

// serveAttestations serves the attestations of a repository or of an owner.
func (s *Server) serveAttestations(c *apiCall) *apiError {
	repository := c.part(0) == "repos" && c.part(3) == "attestations"
	owner := (c.part(0) == "orgs" || c.part(0) == "users") && c.part(2) == "attestations"
	switch {
	case repository && c.r.Method == http.MethodPost && len(c.parts) == 4:
		return s.storeAttestation(c)
	case repository && c.r.Method == http.MethodGet && len(c.parts) == 5:
		return s.listAttestations(c, c.part(4))
	case owner && c.r.Method == http.MethodGet && len(c.parts) == 4:
		return s.listAttestations(c, c.part(3))
	}
	return notFound()
}

// login returns the login of the caller. The login is empty for an Actions token and
// for the token of a GitHub App.
func (c *apiCall) login() string {
	if c.caller == nil || c.caller.Kind == ActionsToken || c.caller.Kind == AppToken {
		return ""
	}
	return c.caller.Actor
}

// reply sets a value that is sent with status 200.
func (c *apiCall) reply(value any) *apiError {
	c.value = value
	return nil
}

// send responds with the value, or with status 204 if the value is nil.
func (c *apiCall) send() {
	if c.value == nil {
		c.w.WriteHeader(http.StatusNoContent)
		return
	}
	writeJSON(c.w, c.r, cmp.Or(c.status, http.StatusOK), c.value)
}
