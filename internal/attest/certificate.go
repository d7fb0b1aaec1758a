package attest

import (
	"context"
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"time"

	"github.com/ghcr-publish/ghcr-publish/internal/diag"
	"github.com/ghcr-publish/ghcr-publish/internal/secret"
)

// CodeClock means that the clock of the machine is wrong.
const CodeClock = "clock-wrong"

// certificateRequest is a request for a certificate (Fulcio,
// "CreateSigningCertificateRequest").
type certificateRequest struct {
	Credentials credentials `json:"credentials"`
	Key         keyRequest  `json:"publicKeyRequest"`
}

type credentials struct {
	Token string `json:"oidcIdentityToken"`
}

type keyRequest struct {
	PublicKey publicKey `json:"publicKey"`
	Proof     []byte    `json:"proofOfPossession"`
}

type publicKey struct {
	Algorithm string `json:"algorithm"`
	Content   string `json:"content"`
}

// certificateResponse is the response of Fulcio. The proof of the certificate log is in the
// certificate, or beside it.
type certificateResponse struct {
	Embedded signedCertificate `json:"signedCertificateEmbeddedSct"`
	Detached signedCertificate `json:"signedCertificateDetachedSct"`
}

type signedCertificate struct {
	Chain struct {
		Certificates []string `json:"certificates"`
	} `json:"chain"`
}

// identity is a key that exists only in memory, with its certificate.
type identity struct {
	key         *ecdsa.PrivateKey
	certificate *x509.Certificate
}

// newIdentity creates a key and requests a certificate for it.
func (c *caller) newIdentity(ctx context.Context, authority string, token secret.Secret, claims *Claims) (*identity, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, fmt.Errorf("creating a key: %w", err)
	}
	der, err := x509.MarshalPKIXPublicKey(key.Public())
	if err != nil {
		return nil, fmt.Errorf("creating a key: %w", err)
	}
	id := &identity{key: key}
	proof, err := id.sign([]byte(claims.Subject))
	if err != nil {
		return nil, err
	}
	body, err := json.Marshal(certificateRequest{
		credentials{token.Reveal()},
		keyRequest{publicKey{"ECDSA", string(pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: der}))}, proof},
	})
	if err != nil {
		return nil, err
	}
	r := request{
		service: "certificate authority", method: http.MethodPost, url: authority + "/api/v2/signingCert", body: body,
		header: map[string]string{"Content-Type": "application/json"},
	}
	resp, err := c.do(ctx, r, http.StatusOK, http.StatusCreated)
	if err != nil {
		return nil, err
	}
	if id.certificate, err = readCertificate(resp.body); err != nil {
		return nil, r.refused(err)
	}
	return id, nil
}

// readCertificate returns the certificate of the job from the response of Fulcio.
func readCertificate(body []byte) (*x509.Certificate, error) {
	var answer certificateResponse
	if err := json.Unmarshal(body, &answer); err != nil {
		return nil, errors.New("the response is not JSON")
	}
	chain := slices.Concat(answer.Embedded.Chain.Certificates, answer.Detached.Chain.Certificates)
	if len(chain) == 0 {
		return nil, errors.New("the response contains no certificate")
	}
	block, _ := pem.Decode([]byte(chain[0]))
	if block == nil {
		return nil, errors.New("the response contains no certificate")
	}
	return x509.ParseCertificate(block.Bytes)
}

// sign returns the signature over the SHA-256 hash of a text.
func (i *identity) sign(text []byte) ([]byte, error) {
	hash := sha256.Sum256(text)
	return i.key.Sign(rand.Reader, hash[:], crypto.SHA256)
}

// pem returns the certificate as PEM.
func (i *identity) pem() []byte {
	return pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: i.certificate.Raw})
}

// checkClock returns an error if the certificate is not valid at a time of this machine.
// The authority issues the certificate for a few minutes, so the clock of the machine is
// wrong.
func (i *identity) checkClock(now time.Time) error {
	begin, end := i.certificate.NotBefore, i.certificate.NotAfter
	window := end.Sub(begin) // A small difference between the clocks is no error.
	if now.After(begin.Add(-window)) && now.Before(end) {
		return nil
	}
	return &diag.Error{
		Code: CodeClock, Side: diag.Runner,
		Title: fmt.Sprintf("The clock of this machine shows %s, but the certificate authority issued a certificate for %s to %s",
			now.UTC().Format(time.RFC3339), begin.UTC().Format(time.RFC3339), end.UTC().Format(time.RFC3339)),
		Hint: "Set the clock of the machine, for example with NTP, and run the step again.",
	}
}

// hasKey reports whether the certificate belongs to the key.
func (i *identity) hasKey() bool {
	key, ok := i.certificate.PublicKey.(*ecdsa.PublicKey)
	return ok && key.Equal(i.key.Public())
}
