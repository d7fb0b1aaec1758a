package sigstore

import (
	"crypto/ecdsa"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"math/big"
	"net/http"
	"strings"
	"time"
)

// tokenTTL is the lifetime of an identity token.
const tokenTTL = 5 * time.Minute

// jwtHeader is the header of each token (RFC 7515, section 4).
const jwtHeader = `{"alg":"ES256","kid":"embedded","typ":"JWT"}`

// Env returns the environment variables with which a job requests its identity token,
// as KEY=VALUE. The argument "url" is the URL of the server.
func (s *Sigstore) Env(url string, claims Claims) []string {
	request := rand.Text()
	s.mu.Lock()
	defer s.mu.Unlock()
	s.jobs[request] = claims
	return []string{
		"ACTIONS_ID_TOKEN_REQUEST_URL=" + url + tokenPath + "?api-version=2.0",
		"ACTIONS_ID_TOKEN_REQUEST_TOKEN=" + request,
	}
}

// serveConfiguration serves the description of the issuer (OpenID Connect Discovery,
// section 4).
func (s *Sigstore) serveConfiguration(w http.ResponseWriter, r *http.Request, _ []byte) {
	answer(w, http.StatusOK, map[string]any{
		"issuer": Issuer, "jwks_uri": base(r) + jwksPath, "subject_types_supported": []string{"public"},
		"response_types_supported": []string{"id_token"}, "id_token_signing_alg_values_supported": []string{"ES256"},
	})
}

// serveKeys serves the key of the issuer (RFC 7517).
func (s *Sigstore) serveKeys(w http.ResponseWriter, _ *http.Request, _ []byte) {
	point, err := s.keys.token.PublicKey.Bytes()
	if err != nil {
		answer(w, http.StatusInternalServerError, problem{http.StatusInternalServerError, err.Error()})
		return
	}
	text := base64.RawURLEncoding.EncodeToString
	answer(w, http.StatusOK, map[string]any{"keys": []any{map[string]string{
		"kty": "EC", "crv": "P-256", "alg": "ES256", "use": "sig", "kid": "embedded",
		"x": text(point[1:33]), "y": text(point[33:]),
	}}})
}

// serveToken serves the endpoint of the runner that issues identity tokens.
func (s *Sigstore) serveToken(w http.ResponseWriter, r *http.Request, _ []byte) {
	_, request, _ := strings.Cut(r.Header.Get("Authorization"), " ")
	s.mu.Lock()
	claims, known := s.jobs[request]
	s.mu.Unlock()
	if !known {
		answer(w, http.StatusUnauthorized, map[string]string{"message": "Unauthorized"})
		return
	}
	token := s.Token(claims, r.URL.Query().Get("audience"))
	answer(w, http.StatusOK, map[string]any{"count": len(token), "value": token})
}

// Token returns an identity token for an audience.
func (s *Sigstore) Token(claims Claims, audience string) string {
	now := s.clock()
	all := map[string]any{
		"aud": audience, "jti": rand.Text(), "iat": now.Unix(),
		"nbf": now.Add(-tokenTTL).Unix(), "exp": now.Add(tokenTTL).Unix(),
	}
	for name, value := range claims {
		all[name] = value
	}
	payload, _ := json.Marshal(all) //nolint:errchkjson // never fails for texts and numbers
	text := base64.RawURLEncoding.EncodeToString
	signed := text([]byte(jwtHeader)) + "." + text(payload)
	hash := sha256.Sum256([]byte(signed))
	r, v, err := ecdsa.Sign(rand.Reader, s.keys.token, hash[:])
	if err != nil {
		return ""
	}
	signature := make([]byte, 64) // RFC 7518, section 3.4
	r.FillBytes(signature[:32])
	v.FillBytes(signature[32:])
	return signed + "." + text(signature)
}

// errToken is the error for every token that the instance does not accept.
var errToken = errors.New("There was an error processing the identity token") //nolint:staticcheck // the text of Fulcio

// checkToken returns the claims of a token for the audience "sigstore".
func (s *Sigstore) checkToken(token string) (Claims, error) {
	parts := strings.Split(token, ".")
	if len(parts) != 3 {
		return nil, errToken
	}
	payload, err := base64.RawURLEncoding.DecodeString(parts[1])
	signature, sigErr := base64.RawURLEncoding.DecodeString(parts[2])
	if err != nil || sigErr != nil || len(signature) != 64 {
		return nil, errToken
	}
	hash := sha256.Sum256([]byte(parts[0] + "." + parts[1]))
	r, v := new(big.Int).SetBytes(signature[:32]), new(big.Int).SetBytes(signature[32:])
	var all map[string]any
	if !ecdsa.Verify(&s.keys.token.PublicKey, hash[:], r, v) || json.Unmarshal(payload, &all) != nil {
		return nil, errToken
	}
	expires, _ := all["exp"].(float64)
	if all["aud"] != "sigstore" || s.clock().After(time.Unix(int64(expires), 0)) {
		return nil, errToken
	}
	claims := Claims{}
	for name, value := range all {
		if text, ok := value.(string); ok {
			claims[name] = text
		}
	}
	return claims, nil
}
