package ghcrtest

import (
	"encoding/json"
	"io"
	"net/http"
	"slices"
	"strconv"

	"github.com/klauspost/compress/snappy"
)

// maxAttestation is the maximum size of the body of a request that stores a bundle.
const maxAttestation = 32 << 20

// textNoAttestations is the refusal for a private repository of a user.
const textNoAttestations = "Feature not available for user-owned private repositories. To enable this feature, please make this repository public."

// attestation is a bundle that a repository stored.
type attestation struct {
	id            int64
	repository    string
	predicateType string
	digests       []string // ALGORITHM:HEX of each subject
	bundle        json.RawMessage
}

// attestationJSON is an attestation in a response. If the field "bundle_url" is empty,
// clients read the field "bundle". gh ignores attestations of other initiators than
// "user".
type attestationJSON struct {
	Bundle    json.RawMessage `json:"bundle"`
	BundleURL string          `json:"bundle_url"`
	Initiator string          `json:"initiator"`
}

// readAttestation reads the bundle from the body of a request. The API requires a bundle
// with a signed statement.
func readAttestation(body io.Reader) (attestation, *apiError) {
	var request struct {
		Bundle json.RawMessage `json:"bundle"`
	}
	var bundle struct {
		Envelope struct {
			Payload []byte `json:"payload"`
		} `json:"dsseEnvelope"`
	}
	var statement struct {
		Subject []struct {
			Digest map[string]string `json:"digest"`
		} `json:"subject"`
		PredicateType string `json:"predicateType"`
	}
	invalid := &apiError{http.StatusUnprocessableEntity, "Invalid request.\n\nThe bundle does not contain a statement."}
	if json.NewDecoder(io.LimitReader(body, maxAttestation)).Decode(&request) != nil ||
		json.Unmarshal(request.Bundle, &bundle) != nil || json.Unmarshal(bundle.Envelope.Payload, &statement) != nil {
		return attestation{}, invalid
	}
	out := attestation{bundle: request.Bundle, predicateType: statement.PredicateType}
	for _, subject := range statement.Subject {
		for algorithm, hex := range subject.Digest {
			out.digests = append(out.digests, algorithm+":"+hex)
		}
	}
	if len(out.digests) == 0 {
		return attestation{}, invalid
	}
	return out, nil
}

// storeAttestation serves POST /repos/{owner}/{repo}/attestations. The response has the
// status 201.
func (s *Server) storeAttestation(c *apiCall) *apiError {
	stored, refused := readAttestation(c.r.Body)
	s.state.mu.Lock()
	defer s.state.mu.Unlock()
	repo := s.state.repositoryLocked(c.part(1) + "/" + c.part(2))
	switch {
	case repo == nil || !s.state.seesRepositoryLocked(c.caller, repo):
		return notFound()
	case c.caller == nil || c.caller.Kind == ActionsToken && c.caller.Packages < Write:
		// The model has no permission "attestations". A job that may write packages
		// may also write attestations.
		return forbidden(textNotIntegration)
	case repo.Visibility != Public && s.state.ownerLocked(ownerOf(repo.Name)).Type == User:
		return forbidden(textNoAttestations)
	case refused != nil:
		return refused
	}
	stored.id, stored.repository = s.state.newIDLocked(), repo.Name
	s.state.attestations = append(s.state.attestations, stored)
	c.status = http.StatusCreated
	return c.reply(map[string]int64{"id": stored.id})
}

// bundlePath is the start of the paths of the storage for bundles.
const bundlePath = "/attestation-bundles/"

// describe returns an attestation for a response.
func (s *Server) describe(c *apiCall, a attestation) attestationJSON {
	if s.state.answers.BundleURLs {
		return attestationJSON{BundleURL: base(c.r) + bundlePath + strconv.FormatInt(a.id, 10), Initiator: "user"}
	}
	return attestationJSON{Bundle: a.bundle, Initiator: "user"}
}

// serveBundle serves a compressed bundle. The storage is another host at GitHub, so the
// client must not send the token.
func (s *Server) serveBundle(w http.ResponseWriter, r *http.Request) {
	s.state.mu.Lock()
	defer s.state.mu.Unlock()
	for _, a := range s.state.attestations {
		if r.URL.Path == bundlePath+strconv.FormatInt(a.id, 10) && r.Header.Get("Authorization") == "" {
			_, _ = w.Write(snappy.Encode(nil, a.bundle)) // A client that closed the connection needs no response.
			return
		}
	}
	http.Error(w, "The bundle does not exist, or the request has credentials.", http.StatusBadRequest)
}

// listAttestations serves GET /repos/{owner}/{repo}/attestations/{digest}, and the same
// for an organization or a user. The newest attestation is the first.
func (s *Server) listAttestations(c *apiCall, digest string) *apiError {
	s.state.mu.Lock()
	defer s.state.mu.Unlock()
	predicateType := c.r.URL.Query().Get("predicate_type")
	most, err := strconv.Atoi(c.r.URL.Query().Get("per_page"))
	if err != nil || most < 1 || most > 100 {
		most = 30
	}
	out := []attestationJSON{}
	for _, a := range slices.Backward(s.state.attestations) {
		repo := s.state.repositoryLocked(a.repository)
		switch {
		case !slices.Contains(a.digests, digest), predicateType != "" && predicateType != a.predicateType,
			c.part(0) == "repos" && key(a.repository) != key(c.part(1)+"/"+c.part(2)),
			c.part(0) != "repos" && key(ownerOf(a.repository)) != key(c.part(1)),
			!s.state.seesRepositoryLocked(c.caller, repo):
		case len(out) < most:
			out = append(out, s.describe(c, a))
		}
	}
	if len(out) == 0 {
		return notFound()
	}
	return c.reply(map[string]any{"attestations": out})
}
