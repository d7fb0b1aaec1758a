package cmd_test

import (
	"net/http"
	"path/filepath"
	"strings"
	"testing"

	"github.com/ghcr-publish/ghcr-publish/internal/ghcrtest/sigstore"
)

// Only a valid bundle of the same repository, workflow, Git reference and commit replaces a new
// signature. Every user with the right to push can add other bundles.
func TestAttestationsOfOthersReplaceNoSignature(t *testing.T) {
	t.Parallel()
	const workflow = "acme/web/.github/workflows/"
	cases := []struct {
		name    string
		claims  sigstore.Claims
		existed bool
	}{
		{"another repository", sigstore.JobClaims("acme/api", "public"), false},
		{"another owner", sigstore.JobClaims("mallory/web", "public"), false},
		{"another workflow", claims().With("job_workflow_ref", workflow+"other.yml@refs/heads/main"), false},
		{"another version of the workflow", claims().With("job_workflow_ref", workflow+"publish.yml@refs/heads/old"), false},
		{"another branch", claims().With("ref", "refs/heads/old"), false},
		{"another commit", claims().With("sha", strings.Repeat("1", 40)), false},
		{"another run", claims().With("run_id", "7"), true},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			a := newAttested(t)
			a.attach(a.bundle(a.digest, c.claims))
			services, err := a.server.Sigstore()
			a.check(err)
			s := &signing{stage: newStage(t, acme()), folder: a.folder}
			s.server, s.env["GITHUB_SERVER_URL"], s.env["GITHUB_API_URL"] = a.server, a.env["GITHUB_SERVER_URL"], a.env["GITHUB_API_URL"]
			for _, pair := range services.Env(a.server.URL(), claims()) {
				name, value, _ := strings.Cut(pair, "=")
				s.env[name] = value
			}
			r := s.with("source", oneImage(t), "tags", "1", "sigstore", filepath.Clean(s.folder), "attest", "true").run().succeeds().hasOutputs("attested", "yes", "digest", a.digest.String())
			if list := attestations(t, r); len(list) != 1 || list[0].Existed != c.existed {
				r.fatal("the attestations are %s", r.outputs["attestations"])
			}
			if signed := r.count(http.MethodPost, "/api/v1/log/entries") > 0; signed == c.existed {
				r.fatal("signed: %t", signed)
			}
			s.verify().succeeds()
		})
	}
}
