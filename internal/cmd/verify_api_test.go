package cmd_test

import (
	"net/http"
	"path/filepath"
	"strings"
	"testing"

	"github.com/ghcr-publish/ghcr-publish/internal/ghcrtest"
	"github.com/ghcr-publish/ghcr-publish/internal/ghcrtest/sigstore"
)

// GitHub's API possibly has the attestation, so its failure is not a verdict about the image.
func TestVerifySaysThatTheAPICannotBeRead(t *testing.T) {
	t.Parallel()
	a := newAttested(t)
	a.server.Inject(ghcrtest.Fault{Method: http.MethodGet, Path: "/attestations", Times: ghcrtest.Always, Effect: ghcrtest.Answer{Status: http.StatusForbidden, Message: "rate limit"}})
	r := a.with("repo", "acme/web").run().failsWith("attestation-missing")
	if !strings.Contains(r.stdout, "and GitHub's API cannot be read") || !strings.Contains(r.stdout, "rate limit") {
		r.fatal("the message does not name the API")
	}
	a.attach(a.bundle(a.digest, claims()))
	a.run().succeeds()
}

// The registry and the API have the same bundles, and every user with the right to push can
// add bundles.
func TestVerifyNamesEachReasonOnce(t *testing.T) {
	t.Parallel()
	a := newAttested(t)
	for range 3 {
		a.attach(a.bundle(otherDigest(), claims()))
	}
	for _, claim := range []string{"a", "b", "c", "d", "e"} {
		a.attach(a.bundle(a.digest, claims().With("ref", "refs/heads/"+claim)))
	}
	r := a.with("repo", "acme/web", "source-ref", "refs/heads/main").run().failsWith("policy-not-met")
	if n := strings.Count(r.stdout, "does not describe the digest"); n != 1 {
		r.fatal("the message has a reason %d times", n)
	}
	if !strings.Contains(r.stdout, "the number of further bundles that do not meet the policy is 1") || strings.Contains(r.stdout, "refs/heads/e") {
		r.fatal("the message names all bundles")
	}
}

// A registry lists the attestation only for the index.
func TestVerifyOfAPlatformNamesTheIndex(t *testing.T) {
	t.Parallel()
	s := newSigning(t, acme(), claims())
	source, _ := layout(t)
	published := s.with("source", source, "attest-store", "registry").run().succeeds()
	s.verify("source", s.image("acme/web")+"@"+published.outputs["digest-linux-amd64"]).failsWith("attestation-missing", "verify a tag or the digest of the index")
	r := s.verify("source", s.image("acme/web")+"@"+published.outputs["digest"], "repo", "acme/web").succeeds()
	if r.count(http.MethodGet, "/manifests/1") > 0 {
		r.fatal("the run read the tag")
	}
	// The file contains the digests of the platforms. With a digest and a file, the run needs
	// no access to the registry.
	r = s.verify("source", s.image("acme/web")+"@"+published.outputs["digest-linux-amd64"], "bundle", published.outputs["bundle-path"]).succeeds()
	if len(r.requests) > 0 {
		r.fatal("the run sent %d requests", len(r.requests))
	}
}

// Without the keys of the authority, the user must decide about the keys, and not about the
// image.
func TestVerifySaysHowToGetUnknownKeys(t *testing.T) {
	t.Parallel()
	s := newSigning(t, acme(), claims())
	s.run().succeeds()
	// The authority of another embedded Sigstore has the same name.
	root := filepath.Join(newSigning(t, acme(), claims()).folder, sigstore.RootFile)
	for _, path := range []string{"", root} {
		s.verify("trusted-root", path).failsWith("policy-not-met", "gh attestation trusted-root")
	}
}
