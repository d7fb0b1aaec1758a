package sigstore

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"errors"
	"fmt"
	"math/big"
	"time"
)

// lifetime is the time before and after the start during which the certificates of the
// authorities are valid.
const lifetime = 365 * 24 * time.Hour

// keys are the keys and certificates of an instance.
type keys struct {
	token, log, log2, certificates *ecdsa.PrivateKey // token issuer, both logs, certificate log

	ca   authority // signs the certificates of jobs
	tsa  authority // signs timestamps
	from time.Time // the begin of the validity
}

// authority is a key with its certificate and the certificate of its issuer.
type authority struct {
	key          *ecdsa.PrivateKey
	certificate  *x509.Certificate
	root         *x509.Certificate
	organization string
}

func newKeys(organization string, now time.Time) (*keys, error) {
	k := &keys{from: now.Add(-lifetime)}
	var err error
	for _, key := range []**ecdsa.PrivateKey{&k.token, &k.log, &k.log2, &k.certificates} {
		*key, err = newKey(err)
	}
	k.ca, err = newAuthority(err, now, organization, "sigstore", &x509.Certificate{
		IsCA: true, BasicConstraintsValid: true, MaxPathLenZero: true,
		KeyUsage: x509.KeyUsageCertSign | x509.KeyUsageCRLSign, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageCodeSigning},
	})
	if err != nil {
		return nil, err
	}
	usage, err := asn1.Marshal([]asn1.ObjectIdentifier{{1, 3, 6, 1, 5, 5, 7, 3, 8}})
	k.tsa, err = newAuthority(err, now, organization, "sigstore-tsa", &x509.Certificate{
		KeyUsage: x509.KeyUsageDigitalSignature,
		// RFC 3161, section 2.3: the extended key usage must be critical.
		ExtraExtensions: []pkix.Extension{{Id: asn1.ObjectIdentifier{2, 5, 29, 37}, Critical: true, Value: usage}},
	})
	return k, err
}

// newKey returns a new key, or the earlier error.
func newKey(earlier error) (*ecdsa.PrivateKey, error) {
	if earlier != nil {
		return nil, earlier
	}
	return ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
}

// newAuthority creates a root certificate, and below it the certificate of an authority.
func newAuthority(err error, now time.Time, organization, name string, template *x509.Certificate) (authority, error) {
	rootKey, err := newKey(err)
	key, err := newKey(err)
	if err != nil {
		return authority{}, err
	}
	root := &x509.Certificate{
		SerialNumber: serial(), Subject: pkix.Name{CommonName: name + "-root", Organization: []string{organization}},
		NotBefore: now.Add(-lifetime), NotAfter: now.Add(lifetime), IsCA: true, BasicConstraintsValid: true,
		KeyUsage: x509.KeyUsageCertSign | x509.KeyUsageCRLSign,
	}
	rootDER, rootErr := x509.CreateCertificate(rand.Reader, root, root, rootKey.Public(), rootKey)
	template.SerialNumber, template.NotBefore, template.NotAfter = serial(), root.NotBefore, root.NotAfter
	template.Subject = pkix.Name{CommonName: name, Organization: []string{organization}}
	der, err := x509.CreateCertificate(rand.Reader, template, root, key.Public(), rootKey)
	if err = errors.Join(rootErr, err); err != nil {
		return authority{}, fmt.Errorf("creating the certificate of %q: %w", name, err)
	}
	out := authority{key: key, organization: organization}
	out.root, rootErr = x509.ParseCertificate(rootDER)
	out.certificate, err = x509.ParseCertificate(der)
	return out, errors.Join(rootErr, err)
}

// serial returns the random number of a certificate.
func serial() *big.Int {
	var b [15]byte
	_, _ = rand.Read(b[:]) // never fails (crypto/rand)
	return new(big.Int).SetBytes(b[:])
}

// publicDER returns the public key of a log in the form of RFC 5280.
func publicDER(key *ecdsa.PrivateKey) []byte {
	der, _ := x509.MarshalPKIXPublicKey(key.Public()) // never fails for a P-256 key
	return der
}

// keyID returns the identifier of a log, which is the hash of its public key (RFC 6962,
// section 3.2).
func keyID(key *ecdsa.PrivateKey) [32]byte { return sha256.Sum256(publicDER(key)) }

// sign returns the signature over the SHA-256 hash of a text.
func sign(key *ecdsa.PrivateKey, text []byte) []byte {
	hash := sha256.Sum256(text)
	signature, _ := ecdsa.SignASN1(rand.Reader, key, hash[:]) // never fails for a P-256 key
	return signature
}
