//go:build integration

package push_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"math/big"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// signer makes tokens for the token authentication of distribution. A token is a JWT that
// is signed with ES256. Its header contains the certificate of the signer (distribution,
// "Token Authentication Implementation").
type signer struct {
	key  *ecdsa.PrivateKey
	cert []byte
}

func newSigner(t *testing.T) *signer {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "token"},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
		KeyUsage: x509.KeyUsageDigitalSignature | x509.KeyUsageCertSign, IsCA: true, BasicConstraintsValid: true,
	}
	cert, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	return &signer{key, cert}
}

type grantedAccess struct {
	Type    string   `json:"type"`
	Name    string   `json:"name"`
	Actions []string `json:"actions"`
}

func (s *signer) token(scopes []string) (string, error) {
	var access []grantedAccess
	for _, scope := range strings.Fields(strings.Join(scopes, " ")) {
		parts := strings.Split(scope, ":")
		access = append(access, grantedAccess{parts[0], parts[1], strings.Split(parts[2], ",")})
	}
	now := time.Now().Unix()
	head, err := json.Marshal(map[string]any{
		"typ": "JWT", "alg": "ES256", "x5c": []string{base64.StdEncoding.EncodeToString(s.cert)},
	})
	if err != nil {
		return "", err
	}
	claims, err := json.Marshal(map[string]any{
		"iss": "issuer", "aud": "registry", "sub": "octocat", "jti": rand.Text(),
		"nbf": now - 10, "iat": now, "exp": now + 60, "access": access,
	})
	if err != nil {
		return "", err
	}
	part := base64.RawURLEncoding.EncodeToString
	signed := part(head) + "." + part(claims)
	digest := sha256.Sum256([]byte(signed))
	x, y, err := ecdsa.Sign(rand.Reader, s.key, digest[:])
	if err != nil {
		return "", err
	}
	return signed + "." + part(append(x.FillBytes(make([]byte, 32)), y.FillBytes(make([]byte, 32))...)), nil
}

func (s *signer) serve(w http.ResponseWriter, r *http.Request) {
	if _, password, _ := r.BasicAuth(); password != secret {
		w.WriteHeader(http.StatusUnauthorized)
		return
	}
	token, err := s.token(r.URL.Query()["scope"])
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	_, _ = fmt.Fprintf(w, `{"token":%q,"expires_in":60}`, token)
}

// tokenRegistry starts a registry behind a proxy, and returns the address of the proxy. The
// proxy also issues tokens. The path of its token endpoint is not /token, so that the
// client must read the challenge.
func tokenRegistry(t *testing.T) string {
	t.Helper()
	s := newSigner(t)
	bundle := filepath.Join(t.TempDir(), "bundle.pem")
	if err := os.WriteFile(bundle, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: s.cert}), 0o600); err != nil {
		t.Fatal(err)
	}
	mux := http.NewServeMux()
	front := httptest.NewServer(mux)
	t.Cleanup(front.Close)
	back := distribution(t, fmt.Sprintf("auth: {token: {realm: %q, service: registry, issuer: issuer, rootcertbundle: %q}}\n", front.URL+"/service/token", bundle))
	mux.HandleFunc("/service/token", s.serve)
	mux.Handle("/v2/", httputil.NewSingleHostReverseProxy(&url.URL{Scheme: "http", Host: back}))
	return front.Listener.Addr().String()
}
