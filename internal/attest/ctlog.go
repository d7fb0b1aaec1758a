package attest

import (
	"crypto/sha256"
	"crypto/x509"
	"encoding/asn1"
	"errors"
	"time"

	"golang.org/x/crypto/cryptobyte"
	cryptoasn1 "golang.org/x/crypto/cryptobyte/asn1"
)

// logProofs identifies the extension with the proofs of certificate logs (RFC 6962, section
// 3.3).
func logProofs() asn1.ObjectIdentifier {
	return asn1.ObjectIdentifier{1, 3, 6, 1, 4, 1, 11129, 2, 4, 2}
}

// errLogProof is the error for a certificate without a valid proof of a known log.
var errLogProof = errors.New("no known certificate log contains the certificate")

// checkLogged verifies that a known certificate log signed a proof for a certificate.
func (r *trustedRoot) checkLogged(chain []*x509.Certificate) error {
	if len(chain) < 2 {
		return errLogProof
	}
	leaf, issuer := chain[0], chain[1]
	logged, ok := withoutLogProofs(leaf.RawTBSCertificate)
	var extension []byte
	for _, e := range leaf.Extensions {
		if e.Id.Equal(logProofs()) {
			extension = e.Value
		}
	}
	var list, proofs cryptobyte.String
	outer := cryptobyte.String(extension)
	if !ok || !outer.ReadASN1(&list, cryptoasn1.OCTET_STRING) || !list.ReadUint16LengthPrefixed(&proofs) {
		return errLogProof
	}
	for !proofs.Empty() {
		var proof cryptobyte.String
		if !proofs.ReadUint16LengthPrefixed(&proof) {
			return errLogProof
		}
		if r.validProof(proof, logged, issuer) {
			return nil
		}
	}
	return errLogProof
}

// validProof reports whether a known log signed a proof, which is a signed certificate
// timestamp (RFC 6962, section 3.2).
func (r *trustedRoot) validProof(proof cryptobyte.String, logged []byte, issuer *x509.Certificate) bool {
	var version, hash, algorithm uint8
	var id []byte
	var milliseconds uint64
	var extensions, signature cryptobyte.String
	if !proof.ReadUint8(&version) || version != 0 || !proof.ReadBytes(&id, sha256.Size) || !proof.ReadUint64(&milliseconds) ||
		!proof.ReadUint16LengthPrefixed(&extensions) || !proof.ReadUint8(&hash) || !proof.ReadUint8(&algorithm) ||
		!proof.ReadUint16LengthPrefixed(&signature) || !proof.Empty() {
		return false
	}
	log := findLog(r.ctLogs, id)
	if log == nil || !log.valid.contains(time.UnixMilli(int64(milliseconds))) {
		return false
	}
	issuerKey := sha256.Sum256(issuer.RawSubjectPublicKeyInfo)
	var signed cryptobyte.Builder
	signed.AddBytes([]byte{0, 0}) // version 1, a timestamp of a certificate
	signed.AddUint64(milliseconds)
	signed.AddUint16(1) // a certificate before the log, "precert_entry"
	signed.AddBytes(issuerKey[:])
	signed.AddUint24LengthPrefixed(func(b *cryptobyte.Builder) { b.AddBytes(logged) })
	signed.AddUint16LengthPrefixed(func(b *cryptobyte.Builder) { b.AddBytes(extensions) })
	text, err := signed.Bytes()
	return err == nil && verifySignature(log.key, text, signature)
}

// withoutLogProofs returns the signed part of a certificate without the extension of the
// certificate logs. All other bytes stay the same.
func withoutLogProofs(certificate []byte) ([]byte, bool) {
	var fields, list cryptobyte.String
	outer := cryptobyte.String(certificate)
	if !outer.ReadASN1(&fields, cryptoasn1.SEQUENCE) || !outer.Empty() {
		return nil, false
	}
	wrapper := cryptoasn1.Tag(3).ContextSpecific().Constructed()
	var rest []byte
	for !fields.Empty() {
		var field cryptobyte.String
		var tag cryptoasn1.Tag
		if !fields.ReadAnyASN1Element(&field, &tag) {
			return nil, false
		}
		if tag != wrapper {
			rest = append(rest, field...)
			continue
		}
		if !field.ReadASN1(&field, wrapper) || !field.ReadASN1(&list, cryptoasn1.SEQUENCE) {
			return nil, false
		}
	}
	kept, ok := otherExtensions(list)
	if !ok {
		return nil, false
	}
	var out cryptobyte.Builder
	out.AddASN1(cryptoasn1.SEQUENCE, func(b *cryptobyte.Builder) {
		b.AddBytes(rest)
		b.AddASN1(wrapper, func(b *cryptobyte.Builder) {
			b.AddASN1(cryptoasn1.SEQUENCE, func(b *cryptobyte.Builder) { b.AddBytes(kept) })
		})
	})
	raw, err := out.Bytes()
	return raw, err == nil
}

// otherExtensions returns the extensions of a list, except the extension of the certificate
// logs.
func otherExtensions(list cryptobyte.String) (kept []byte, ok bool) {
	for !list.Empty() {
		var extension, content cryptobyte.String
		var id asn1.ObjectIdentifier
		if !list.ReadASN1Element(&extension, cryptoasn1.SEQUENCE) {
			return nil, false
		}
		inner := extension
		if !inner.ReadASN1(&content, cryptoasn1.SEQUENCE) || !content.ReadASN1ObjectIdentifier(&id) {
			return nil, false
		}
		if !id.Equal(logProofs()) {
			kept = append(kept, extension...)
		}
	}
	return kept, true
}
