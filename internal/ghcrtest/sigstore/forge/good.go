package forge

import "github.com/ghcr-publish/ghcr-publish/internal/ghcrtest/sigstore"

// goodCases returns the bundles that verifiers must accept.
func goodCases(public, private *instance, digest string) []Case {
	with := func(change func(*job)) bundle {
		j := public.genuine(digest)
		change(&j)
		return public.sign(j)
	}
	of := func(text string) bundle { return with(func(j *job) { j.statement = text }) }
	genuine := public.sign(public.genuine(digest))
	stranger := newInstance(public.tb, sigstore.PublicGood)
	foreign := stranger.sign(stranger.genuine(digest))
	hidden := private.genuine(digest)
	hidden.claims = sigstore.JobClaims(Repository, "private")
	return []Case{
		public.good("log and timestamp", genuine),
		public.good("log without a timestamp", with(func(j *job) { j.untimed = true })),
		public.good("log entry without a promise, and a timestamp", public.edit(genuine, func(b bundle) { delete(b.entry(), "inclusionPromise") })),
		public.good("log of version 2", with(func(j *job) { j.rekor = 2 })),
		public.good("older spelling of the media type", public.edit(genuine, func(b bundle) {
			b["mediaType"] = "application/vnd.dev.sigstore.bundle+json;version=0.3"
		})),
		public.good("statement of version 0.1, as cosign writes it", of(statement(statement01, provenance, digest))),
		public.good("several subjects", of(statement(statement1, provenance, other, digest))),
		public.good("another name of the subject", of(statement(statement1, provenance, "ghcr.io/acme/api@"+digest))),
		public.good("self-hosted runner", with(func(j *job) { j.claims = j.claims.With("runner_environment", "self-hosted") })),
		public.good("timestamp of an unknown authority beside the log", public.edit(genuine, func(b bundle) {
			b.material()["timestampVerificationData"] = foreign.material()["timestampVerificationData"]
		})),
		private.good("timestamp without a log, in the form of GitHub", private.sign(hidden)),
	}
}
