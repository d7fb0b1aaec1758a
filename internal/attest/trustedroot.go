package attest

import (
	"bytes"
	"crypto"
	"crypto/sha256"
	"crypto/x509"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/url"
	"slices"
	"time"

	"github.com/ghcr-publish/ghcr-publish/internal/diag"
)

// CodeRoot means that a trusted root cannot be read.
const CodeRoot = "trusted-root-invalid"

// maxRoots is the maximum number of trusted roots in a file.
const maxRoots = 16

// rootType is the media type of a trusted root.
const rootType = "application/vnd.dev.sigstore.trustedroot+json;version=0.1"

// trustedRoot contains the keys and certificates of one instance.
type trustedRoot struct {
	authorities []authority
	timestamps  []authority
	logs        []logKey // transparency logs
	ctLogs      []logKey // logs of certificates
}

// authority is a certificate authority or a timestamp authority.
type authority struct {
	chain []*x509.Certificate // The last certificate is the root.
	valid validity
}

// logKey is the key of a log.
type logKey struct {
	id    []byte
	host  string
	key   crypto.PublicKey
	valid validity
}

// validity is the time during which a key or an authority is in use.
type validity struct {
	Start time.Time  `json:"start"`
	End   *time.Time `json:"end"`
}

func (v validity) contains(t time.Time) bool {
	return !t.Before(v.Start) && (v.End == nil || !t.After(*v.End))
}

// The form of a trusted root as JSON (Sigstore, sigstore_trustroot.proto).
type (
	rootJSON struct {
		MediaType   string          `json:"mediaType"`
		Logs        []logJSON       `json:"tlogs"`
		Authorities []authorityJSON `json:"certificateAuthorities"`
		CTLogs      []logJSON       `json:"ctlogs"`
		Timestamps  []authorityJSON `json:"timestampAuthorities"`
	}
	logJSON struct {
		URL       string `json:"baseUrl"`
		Hash      string `json:"hashAlgorithm"`
		PublicKey struct {
			Raw   []byte    `json:"rawBytes"`
			Valid *validity `json:"validFor"`
		} `json:"publicKey"`
		ID keyID `json:"logId"`
	}
	authorityJSON struct {
		Chain struct {
			Certificates []rawJSON `json:"certificates"`
		} `json:"certChain"`
		Valid validity `json:"validFor"`
	}
)

// readRoots reads one or more trusted roots, as JSON values.
func readRoots(file []byte) ([]*trustedRoot, error) {
	var out []*trustedRoot
	for decoder := json.NewDecoder(bytes.NewReader(file)); ; {
		var text rootJSON
		err := decoder.Decode(&text)
		if errors.Is(err, io.EOF) {
			if len(out) > 0 {
				return out, nil
			}
			err = errors.New("the file is empty")
		}
		if err == nil && len(out) == maxRoots {
			err = fmt.Errorf("the file contains more than %d roots", maxRoots)
		}
		var one *trustedRoot
		if err == nil {
			one, err = text.root()
		}
		if err != nil {
			return nil, diag.NotJSON(err)
		}
		out = append(out, one)
	}
}

func rootError(err error) error {
	return &diag.Error{
		Code: CodeRoot, Side: diag.Input, Input: "trusted-root", Title: "The trusted root cannot be read", Err: err,
		Hint: `Write the output of "gh attestation trusted-root" to a file, and set the input trusted-root to this file.`,
	}
}

func (r rootJSON) root() (*trustedRoot, error) {
	if r.MediaType != rootType {
		return nil, fmt.Errorf("the file has the media type %q, but %q is required", r.MediaType, rootType)
	}
	out := &trustedRoot{}
	var problems [4]error
	out.authorities, problems[0] = readAuthorities(r.Authorities)
	out.timestamps, problems[1] = readAuthorities(r.Timestamps)
	out.logs, problems[2] = readLogs(r.Logs)
	out.ctLogs, problems[3] = readLogs(r.CTLogs)
	if err := errors.Join(problems[:]...); err != nil {
		return nil, err
	}
	if len(out.authorities) == 0 || len(out.timestamps)+len(out.logs) == 0 {
		return nil, errors.New("the file contains no certificate authority, or neither a log nor a timestamp authority")
	}
	return out, nil
}

func readAuthorities(list []authorityJSON) ([]authority, error) {
	var out []authority
	for _, text := range list {
		one := authority{valid: text.Valid}
		for _, raw := range text.Chain.Certificates {
			certificate, err := x509.ParseCertificate(raw.Raw)
			if err != nil {
				return nil, fmt.Errorf("reading the certificate of an authority: %w", err)
			}
			one.chain = append(one.chain, certificate)
		}
		if len(one.chain) == 0 {
			return nil, errors.New("an authority has no certificate")
		}
		out = append(out, one)
	}
	return out, nil
}

func readLogs(list []logJSON) ([]logKey, error) {
	var out []logKey
	for _, text := range list {
		key, err := x509.ParsePKIXPublicKey(text.PublicKey.Raw)
		if err != nil {
			key, err = x509.ParsePKCS1PublicKey(text.PublicKey.Raw)
		}
		address, urlErr := url.Parse(text.URL)
		if err = errors.Join(err, urlErr); err != nil {
			return nil, fmt.Errorf("reading the key of the log %q: %w", text.URL, err)
		}
		if text.Hash != "SHA2_256" || len(text.ID.ID) == 0 || text.PublicKey.Valid == nil || text.PublicKey.Valid.Start.IsZero() {
			return nil, fmt.Errorf("the log %q has no identifier, no start time, or another hash algorithm than SHA2_256", text.URL)
		}
		out = append(out, logKey{text.ID.ID, address.Hostname(), key, *text.PublicKey.Valid})
	}
	return out, nil
}

// findLog returns the log with an identifier, or nil.
func findLog(list []logKey, id []byte) *logKey {
	for i := range list {
		if bytes.Equal(list[i].id, id) {
			return &list[i]
		}
	}
	return nil
}

// issued reports whether a certificate authority issued a certificate. Several authorities can
// have the same name.
func (r *trustedRoot) issued(leaf *x509.Certificate) bool {
	return slices.ContainsFunc(r.authorities, func(a authority) bool {
		return slices.ContainsFunc(a.chain, func(c *x509.Certificate) bool {
			return bytes.Equal(c.RawSubject, leaf.RawIssuer) && leaf.CheckSignatureFrom(c) == nil
		})
	})
}

// chains returns the chains from a certificate of a workflow to the authority that was in use
// at a time.
func (r *trustedRoot) chains(leaf *x509.Certificate, at time.Time) ([][]*x509.Certificate, error) {
	err := errors.New("no certificate authority of the trusted root was in use at this time")
	for _, a := range r.authorities {
		if !a.valid.contains(at) {
			continue
		}
		options := x509.VerifyOptions{
			Roots: x509.NewCertPool(), Intermediates: x509.NewCertPool(), CurrentTime: at,
			KeyUsages: []x509.ExtKeyUsage{x509.ExtKeyUsageCodeSigning},
		}
		last := len(a.chain) - 1
		options.Roots.AddCert(a.chain[last])
		for _, intermediate := range a.chain[:last] {
			options.Intermediates.AddCert(intermediate)
		}
		var found [][]*x509.Certificate
		if found, err = leaf.Verify(options); err == nil {
			return found, nil
		}
	}
	return nil, fmt.Errorf("the certificate was not valid at %s: %w", at.UTC().Format(time.RFC3339), err)
}

// noteHash returns the number of the key of a log in a checkpoint (c2sp.org, "signed-note").
// For a key of ECDSA, Sigstore uses the start of the hash of the key.
func (l *logKey) noteHash(name string) [sha256.Size]byte {
	if text, ok := ed25519Text(name, l.key); ok {
		return sha256.Sum256(text)
	}
	der, _ := x509.MarshalPKIXPublicKey(l.key) // never fails for a key that was read
	return sha256.Sum256(der)
}
