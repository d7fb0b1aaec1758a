package attest

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/sha512"
)

// verifySignature reports whether a signature over a text belongs to a key. The curve of a
// key of ECDSA determines the hash.
func verifySignature(key crypto.PublicKey, text, signature []byte) bool {
	switch k := key.(type) {
	case *ecdsa.PublicKey:
		return ecdsa.VerifyASN1(k, hashFor(k, text), signature)
	case ed25519.PublicKey:
		return len(signature) == ed25519.SignatureSize && ed25519.Verify(k, text, signature)
	case *rsa.PublicKey:
		hash := sha256.Sum256(text)
		return rsa.VerifyPKCS1v15(k, crypto.SHA256, hash[:], signature) == nil
	}
	return false
}

func hashFor(key *ecdsa.PublicKey, text []byte) []byte {
	switch key.Curve {
	case elliptic.P384():
		hash := sha512.Sum384(text)
		return hash[:]
	case elliptic.P521():
		hash := sha512.Sum512(text)
		return hash[:]
	}
	hash := sha256.Sum256(text)
	return hash[:]
}

// ed25519Text returns the text whose hash identifies a key of Ed25519 in a signed note.
func ed25519Text(name string, key crypto.PublicKey) ([]byte, bool) {
	k, ok := key.(ed25519.PublicKey)
	const algorithm = 1
	return append([]byte(name+"\n"), append([]byte{algorithm}, k...)...), ok
}
