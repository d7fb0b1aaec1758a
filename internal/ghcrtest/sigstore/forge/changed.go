package forge

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"time"

	"github.com/ghcr-publish/ghcr-publish/internal/ghcrtest/sigstore"
)

// proofs returns bundles with a wrong or missing proof of the log or of the certificate log.
func (i *instance) proofs(digest string) []Case {
	with := func(change func(*job)) bundle {
		j := i.genuine(digest)
		change(&j)
		return i.sign(j)
	}
	good, foreign := i.sign(i.genuine(digest)), i.sign(i.genuine(digest))
	return append(i.each(map[string]bundle{
		"no log entry":                      i.edit(good, func(b bundle) { delete(b.material(), "tlogEntries") }),
		"the log entry of another envelope": i.edit(good, func(b bundle) { b.material()["tlogEntries"] = foreign.material()["tlogEntries"] }),
		"a log entry with another time":     i.edit(good, func(b bundle) { b.entry()["integratedTime"] = "1700000000" }),
		"a log entry without a proof":       i.edit(good, func(b bundle) { delete(b.entry(), "inclusionProof") }),
		"a log entry of version 2 without a timestamp": i.edit(with(func(j *job) { j.rekor = 2 }), func(b bundle) {
			delete(b.material(), "timestampVerificationData")
		}),
	}),
		i.forged("a log entry after the certificate", with(func(j *job) { j.later = time.Hour })),
		i.forged("a log entry before the certificate", with(func(j *job) { j.later = -time.Hour })),
		i.forged("a certificate that no log contains", with(func(j *job) { j.issue = i.services.UnloggedCertificate })),
	)
}

// changes returns bundles with a changed part. In the bundles of an instance without logs,
// only the signature and the timestamp show the change.
func (i *instance) changes(digest, where string) []Case {
	good, foreign := i.sign(i.genuine(digest)), i.sign(i.genuine(other))
	return i.each(map[string]bundle{
		"another payload" + where:                i.edit(good, func(b bundle) { b.envelope()["payload"] = foreign.envelope()["payload"] }),
		"another payload type" + where:           i.edit(good, func(b bundle) { b.envelope()["payloadType"] = "text/plain" }),
		"another signature" + where:              i.edit(good, func(b bundle) { b.envelope()["signatures"] = foreign.signatures() }),
		"two signatures" + where:                 i.edit(good, func(b bundle) { b.envelope()["signatures"] = append(b.signatures(), foreign.signatures()...) }),
		"no signature" + where:                   i.edit(good, func(b bundle) { b.envelope()["signatures"] = []any{} }),
		"the certificate of another key" + where: i.edit(good, func(b bundle) { b.material()["certificate"] = foreign.material()["certificate"] }),
		"a changed certificate" + where:          i.edit(good, func(b bundle) { b.material()["certificate"] = i.changed(b.material()["certificate"]) }),
	})
}

// forms returns bundles in another form than version 0.3.
func (i *instance) forms(digest string) []Case {
	good := i.sign(i.genuine(digest))
	version := func(number string) bundle {
		return i.edit(good, func(b bundle) {
			chained(b)
			b["mediaType"] = "application/vnd.dev.sigstore.bundle+json;version=" + number
		})
	}
	return append(i.each(map[string]bundle{
		"a certificate chain":     i.edit(good, chained),
		"a bundle of version 0.1": version("0.1"),
		"a bundle of version 0.2": version("0.2"),
		"a public key instead of a certificate": i.edit(good, func(b bundle) {
			delete(b.material(), "certificate")
			b.material()["publicKey"] = map[string]any{"hint": "key"}
		}),
		"a signature over a message": i.edit(good, func(b bundle) {
			signature, _ := b.signatures()[0].(map[string]any)
			delete(b, "dsseEnvelope")
			b["messageSignature"] = map[string]any{"signature": signature["sig"]}
		}),
		"an unknown field": i.edit(good, func(b bundle) { b["x"] = "y" }),
		"an empty object":  {},
	}),
		i.text("no JSON", []byte("bundle")),
		i.text("two JSON values", append(i.encode(good), i.encode(good)...)),
		i.text("a repeated field", bytes.Replace(i.encode(good), []byte(`{`), []byte(`{"dsseEnvelope":{},`), 1)),
		i.text("a field name with other letters", bytes.Replace(i.encode(good), []byte(`"dsseEnvelope"`), []byte(`"DSSEEnvelope"`), 1)),
	)
}

// text returns a bundle whose text does not come from a map.
func (i *instance) text(name string, raw []byte) Case {
	c := i.forged(name, nil)
	c.Bundle = raw
	return c
}

// chained replaces the certificate by a chain of certificates.
func chained(b bundle) {
	b.material()["x509CertificateChain"] = map[string]any{"certificates": []any{b.material()["certificate"]}}
	delete(b.material(), "certificate")
}

// changed returns a certificate that names another repository.
func (i *instance) changed(certificate any) any {
	object, _ := certificate.(map[string]any)
	text, _ := object["rawBytes"].(string)
	raw, err := base64.StdEncoding.DecodeString(text)
	i.check(err)
	return map[string]any{"rawBytes": bytes.Replace(raw, []byte("acme/web"), []byte("acme/api"), 1)}
}

// roots returns genuine bundles for consumers who do not trust the keys of the instance.
func (i *instance) roots(digest string) []Case {
	stranger := newInstance(i.tb, sigstore.PublicGood)
	return []Case{
		stranger.forged("another root", i.sign(i.genuine(digest))),
		i.ended("a certificate authority that ended", digest, "certificateAuthorities"),
		i.ended("a log that ended", digest, "tlogs"),
		i.ended("a certificate log that ended", digest, "ctlogs"),
	}
}

// ended returns a genuine bundle for a consumer whose root contains the end of the validity
// of a kind of keys. The end is an hour before the signature.
func (i *instance) ended(name, digest, kind string) Case {
	c := i.forged(name, i.sign(i.genuine(digest)))
	var root map[string]any
	i.check(json.Unmarshal(c.Root, &root))
	list, _ := root[kind].([]any)
	for _, each := range list {
		object, _ := each.(map[string]any)
		if key, ok := object["publicKey"].(map[string]any); ok {
			object = key
		}
		valid, _ := object["validFor"].(map[string]any)
		valid["end"] = time.Now().Add(-time.Hour).UTC().Format(time.RFC3339)
	}
	c.Root = append(i.encode(root), '\n')
	return c
}
