package forge

import (
	"strings"
	"time"

	"github.com/ghcr-publish/ghcr-publish/internal/ghcrtest/sigstore"
)

// identities returns bundles that a job with another identity signed. All signatures and
// proofs are valid.
func (i *instance) identities(digest string) []Case {
	of := func(claims sigstore.Claims) bundle {
		j := i.genuine(digest)
		j.claims = claims
		return i.sign(j)
	}
	claims := sigstore.JobClaims(Repository, "public")
	signer := func(workflow string) bundle {
		return of(claims.With("job_workflow_ref", workflow+"@"+Ref))
	}
	return []Case{
		i.forged("another repository", of(sigstore.JobClaims("acme/other", "public"))),
		i.forged("another owner", of(sigstore.JobClaims("mallory/web", "public"))),
		i.forged("another repository with the required workflow", of(sigstore.JobClaims("mallory/web", "public").With("job_workflow_ref", Workflow+"@"+Ref))),
		i.forged("another workflow", signer("acme/web/.github/workflows/test.yml")),
		i.forged("a workflow whose name begins with the required name", signer(Workflow+"-evil.yml")),
		i.forged("a workflow of another repository", signer("mallory/"+Workflow)),
		i.forged("another Git reference", of(claims.With("ref", "refs/heads/fork"))),
		i.forged("another issuer", of(claims.With("iss", sigstore.Issuer+"/other"))),
	}
}

// contents returns bundles whose signature is valid, but whose statement is not the
// provenance of the image.
func (i *instance) contents(digest string) []Case {
	of := func(payloadType, text string) bundle {
		j := i.genuine(digest)
		j.payloadType, j.statement = payloadType, text
		return i.sign(j)
	}
	genuine := statement(statement1, provenance, digest)
	return []Case{
		i.forged("the bundle of another image", of(inToto, statement(statement1, provenance, other))),
		i.forged("another type of the predicate", of(inToto, statement(statement1, "https://cyclonedx.org/bom", digest))),
		i.forged("a statement of an unknown version", of(inToto, statement("https://in-toto.io/Statement/v9", provenance, digest))),
		i.forged("a statement without a subject", of(inToto, statement(statement1, provenance))),
		i.forged("a statement with two lists of subjects", of(inToto, strings.Replace(genuine, "{", `{"subject":[],`, 1))),
		i.forged("a statement with an unknown field", of(inToto, strings.Replace(genuine, "{", `{"x":1,`, 1))),
		i.forged("another signed payload type", of("text/plain", genuine)),
	}
}

// timestamps returns bundles of an instance without logs. Only the timestamp proves the time.
func (i *instance) timestamps(digest string) []Case {
	at := func(later time.Duration) bundle {
		j := i.genuine(digest)
		j.later = later
		return i.sign(j)
	}
	good, foreign := at(0), at(0)
	return []Case{
		i.forged("no timestamp and no log", i.edit(good, func(b bundle) { delete(b.material(), "timestampVerificationData") })),
		i.forged("the timestamp of another signature", i.edit(good, func(b bundle) {
			b.material()["timestampVerificationData"] = foreign.material()["timestampVerificationData"]
		})),
		i.forged("a timestamp after the certificate", at(time.Hour)),
		i.forged("a timestamp before the certificate", at(-time.Hour)),
		i.ended("a timestamp authority that ended", digest, "timestampAuthorities"),
	}
}
