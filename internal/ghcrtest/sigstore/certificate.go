package sigstore

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/rand"
	"crypto/sha256"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"encoding/binary"
	"encoding/json"
	"encoding/pem"
	"errors"
	"net/http"
	"net/url"
	"strings"
	"time"
)

// certificateTTL is the lifetime of the certificate of a job.
const certificateTTL = 10 * time.Minute

// certificateRequest is the body of a request for a certificate (Fulcio,
// "CreateSigningCertificateRequest").
type certificateRequest struct {
	Credentials struct {
		Token string `json:"oidcIdentityToken"`
	} `json:"credentials"`
	Key struct {
		PublicKey struct {
			Content string `json:"content"`
		} `json:"publicKey"`
		Proof []byte `json:"proofOfPossession"`
	} `json:"publicKeyRequest"`
}

// The codes of Fulcio's refusals are codes of gRPC.
const (
	invalidArgument = 3
	unauthenticated = 16
)

// serveCertificate serves the requests for certificates. The token is in the body or in
// the header Authorization.
func (s *Sigstore) serveCertificate(w http.ResponseWriter, r *http.Request, body []byte) {
	var request certificateRequest
	if err := json.Unmarshal(body, &request); err != nil {
		answer(w, http.StatusBadRequest, problem{invalidArgument, err.Error()})
		return
	}
	token := request.Credentials.Token
	if bearer, ok := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer "); ok {
		token = bearer
	}
	claims, err := s.checkToken(token)
	if err != nil {
		answer(w, http.StatusUnauthorized, problem{unauthenticated, err.Error()})
		return
	}
	key, err := request.provenKey(claims["sub"])
	if err != nil {
		answer(w, http.StatusBadRequest, problem{invalidArgument, err.Error()})
		return
	}
	leaf, err := s.Certificate(key, claims)
	if err != nil {
		answer(w, http.StatusBadRequest, problem{invalidArgument, err.Error()})
		return
	}
	chain := []string{certificatePEM(leaf), certificatePEM(s.keys.ca.certificate.Raw), certificatePEM(s.keys.ca.root.Raw)}
	answer(w, http.StatusOK, map[string]any{"signedCertificateEmbeddedSct": map[string]any{"chain": map[string]any{"certificates": chain}}})
}

// provenKey returns the public key of the request. The proof is a signature over the
// subject of the token.
func (c certificateRequest) provenKey(subject string) (*ecdsa.PublicKey, error) {
	block, _ := pem.Decode([]byte(c.Key.PublicKey.Content))
	if block == nil {
		return nil, errors.New("The public key supplied in the request could not be parsed") //nolint:staticcheck // the text of Fulcio
	}
	parsed, err := x509.ParsePKIXPublicKey(block.Bytes)
	if err != nil {
		return nil, err
	}
	key, ok := parsed.(*ecdsa.PublicKey)
	hash := sha256.Sum256([]byte(subject))
	if !ok || !ecdsa.VerifyASN1(key, hash[:], c.Key.Proof) {
		return nil, errors.New("The signature supplied in the request could not be verified") //nolint:staticcheck // the text of Fulcio
	}
	return key, nil
}

func certificatePEM(der []byte) string {
	return string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}))
}

// Certificate returns the certificate of a job, as DER. The certificate of the form
// [PublicGood] contains the proof of the certificate log.
func (s *Sigstore) Certificate(key crypto.PublicKey, claims Claims) ([]byte, error) {
	return s.certificate(key, claims, s.form == PublicGood)
}

// UnloggedCertificate returns a certificate that no certificate log contains, as DER.
func (s *Sigstore) UnloggedCertificate(key crypto.PublicKey, claims Claims) ([]byte, error) {
	return s.certificate(key, claims, false)
}

func (s *Sigstore) certificate(key crypto.PublicKey, claims Claims, logged bool) ([]byte, error) {
	name, err := url.Parse(server + claims["job_workflow_ref"])
	if err != nil {
		return nil, err
	}
	now := s.clock()
	template := &x509.Certificate{
		SerialNumber: serial(), NotBefore: now, NotAfter: now.Add(certificateTTL),
		KeyUsage: x509.KeyUsageDigitalSignature, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageCodeSigning},
		URIs: []*url.URL{name}, ExtraExtensions: extensions(claims),
	}
	issuer := s.keys.ca
	der, err := x509.CreateCertificate(rand.Reader, template, issuer.certificate, key, issuer.key)
	if err != nil || !logged {
		return der, err
	}
	// The certificate log signs the certificate without the extension of the log. The
	// extension is the last one, so the rest of the certificate stays the same (RFC
	// 6962, section 3.3).
	before, err := x509.ParseCertificate(der)
	if err != nil {
		return nil, err
	}
	list, err := asn1.Marshal(s.logProof(before.RawTBSCertificate, now))
	if err != nil {
		return nil, err
	}
	template.ExtraExtensions = append(template.ExtraExtensions, pkix.Extension{
		Id: asn1.ObjectIdentifier{1, 3, 6, 1, 4, 1, 11129, 2, 4, 2}, Value: list,
	})
	return x509.CreateCertificate(rand.Reader, template, issuer.certificate, key, issuer.key)
}

// extensions returns the extensions of the certificate of a job (Fulcio, docs/oid-info.md).
func extensions(c Claims) []pkix.Extension {
	run := server + c["repository"] + "/actions/runs/" + c["run_id"] + "/attempts/" + c["run_attempt"]
	raw := []string{c["iss"], c["event_name"], c["sha"], c["workflow"], c["repository"], c["ref"]}
	encoded := []string{
		c["iss"], server + c["job_workflow_ref"], c["job_workflow_sha"], c["runner_environment"],
		server + c["repository"], c["sha"], c["ref"], c["repository_id"], server + c["repository_owner"],
		c["repository_owner_id"], server + c["workflow_ref"], c["workflow_sha"], c["event_name"], run,
		c["repository_visibility"],
	}
	var out []pkix.Extension
	add := func(number int, value []byte) {
		out = append(out, pkix.Extension{Id: asn1.ObjectIdentifier{1, 3, 6, 1, 4, 1, 57264, 1, number}, Value: value})
	}
	for i, text := range raw {
		add(i+1, []byte(text))
	}
	for i, text := range encoded {
		value, _ := asn1.MarshalWithParams(text, "utf8") // never fails for UTF-8, which JSON is
		add(i+8, value)
	}
	return out
}

// logProof returns a list with one signed certificate timestamp (RFC 6962, sections 3.2
// and 3.3).
func (s *Sigstore) logProof(certificate []byte, now time.Time) []byte {
	issuer := sha256.Sum256(s.keys.ca.certificate.RawSubjectPublicKeyInfo)
	at := binary.BigEndian.AppendUint64(nil, uint64(now.UnixMilli()))
	signed := append([]byte{0, 0}, at...)
	signed = append(signed, 0, 1) // a certificate before the log, "precert_entry"
	signed = append(signed, issuer[:]...)
	n := len(certificate)
	signed = append(signed, byte(n>>16), byte(n>>8), byte(n)) //nolint:gosec // the length has three bytes
	signed = append(signed, certificate...)
	signed = append(signed, 0, 0)
	id := keyID(s.keys.certificates)
	proof := append([]byte{0}, id[:]...)
	proof = append(proof, at...)
	proof = append(proof, 0, 0, 4, 3) // no extensions, SHA-256, ECDSA
	proof = appendSized(proof, sign(s.keys.certificates, signed))
	return appendSized(nil, appendSized(nil, proof))
}

// appendSized appends a text after its length, which has two bytes.
func appendSized(to, text []byte) []byte {
	return append(binary.BigEndian.AppendUint16(to, uint16(len(text))), text...) //nolint:gosec // all texts are short
}
