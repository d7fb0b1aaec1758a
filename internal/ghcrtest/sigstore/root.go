package sigstore

import (
	"crypto/ecdsa"
	"encoding/json"
	"os"
	"path/filepath"
	"time"
)

// The names of the files with which a client uses an instance.
const (
	RootFile    = "trusted_root.json"
	SigningFile = "signing_config.json"
)

// object is an object of JSON.
type object = map[string]any

// TrustedRoot returns the keys and certificates of the instance. The argument "url" is
// the URL of the server. The file has one line that ends with a newline, because gh reads
// JSON lines.
func (s *Sigstore) TrustedRoot(url string) []byte {
	file := object{
		"mediaType":              "application/vnd.dev.sigstore.trustedroot+json;version=0.1",
		"certificateAuthorities": []any{s.authorityJSON(s.keys.ca, url)},
		"timestampAuthorities":   []any{s.authorityJSON(s.keys.tsa, url+timestampPath)},
	}
	if s.form == PublicGood {
		file["tlogs"] = []any{s.logJSON(s.keys.log, url), s.logJSON(s.keys.log2, url)}
		file["ctlogs"] = []any{s.logJSON(s.keys.certificates, url)}
	}
	return line(file)
}

func (s *Sigstore) validity() object {
	return object{"start": s.keys.from.UTC().Format(time.RFC3339)}
}

func (s *Sigstore) authorityJSON(a authority, url string) object {
	certificates := []any{object{"rawBytes": a.certificate.Raw}, object{"rawBytes": a.root.Raw}}
	return object{
		"subject": object{"organization": a.organization, "commonName": a.root.Subject.CommonName},
		"uri":     url, "certChain": object{"certificates": certificates}, "validFor": s.validity(),
	}
}

func (s *Sigstore) logJSON(key *ecdsa.PrivateKey, url string) object {
	id := keyID(key)
	return object{
		"baseUrl": url, "hashAlgorithm": "SHA2_256", "logId": object{"keyId": id[:]},
		"publicKey": object{"rawBytes": publicDER(key), "keyDetails": "PKIX_ECDSA_P256_SHA_256", "validFor": s.validity()},
	}
}

// SigningConfig returns the addresses of the services for clients that sign. An instance
// with logs names Rekor 1.
func (s *Sigstore) SigningConfig(url string) []byte {
	file := object{
		"mediaType": "application/vnd.dev.sigstore.signingconfig.v0.2+json",
		"caUrls":    []any{s.serviceJSON(url)}, "oidcUrls": []any{s.serviceJSON(Issuer)},
		"tsaUrls": []any{s.serviceJSON(url + timestampPath)}, "tsaConfig": object{"selector": "ANY"},
	}
	if s.form == PublicGood {
		file["rekorTlogUrls"], file["rekorTlogConfig"] = []any{s.serviceJSON(url)}, object{"selector": "ANY"}
	}
	return line(file)
}

func (s *Sigstore) serviceJSON(url string) object {
	return object{"url": url, "majorApiVersion": 1, "operator": s.form.organization(), "validFor": s.validity()}
}

func line(file object) []byte {
	raw, _ := json.Marshal(file) //nolint:errchkjson // never fails: texts, numbers and bytes
	return append(raw, '\n')
}

// WriteFiles writes both files to a folder, and creates the folder if it does not exist.
func (s *Sigstore) WriteFiles(folder, url string) error {
	if err := os.MkdirAll(folder, 0o755); err != nil {
		return err
	}
	for name, content := range map[string][]byte{RootFile: s.TrustedRoot(url), SigningFile: s.SigningConfig(url)} {
		if err := os.WriteFile(filepath.Join(folder, name), content, 0o644); err != nil {
			return err
		}
	}
	return nil
}
