package cmd_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/ghcr-publish/ghcr-publish/internal/ghcrtest"
)

// store stores a bundle in GitHub's API as the attestation of the repository.
func (a *attested) store(bundle []byte) {
	a.t.Helper()
	body := strings.NewReader(`{"bundle":` + string(bundle) + `}`)
	req, err := http.NewRequestWithContext(a.t.Context(), http.MethodPost, a.server.URL()+"/api/v3/repos/acme/web/attestations", body)
	a.check(err)
	req.Header.Set("Authorization", "Bearer "+a.env["INPUT_TOKEN"])
	resp, err := http.DefaultClient.Do(req)
	a.check(err)
	resp.Body.Close()
	if resp.StatusCode != http.StatusCreated {
		a.t.Fatal(resp.Status)
	}
}

// An attestation can be only in GitHub's API, for example with attest-store: github.
func TestVerifyFindsAnAttestationInTheAPI(t *testing.T) {
	t.Parallel()
	for name, answers := range map[string]ghcrtest.Answers{"in the response": {}, "in another storage": {BundleURLs: true}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			config := acme()
			config.Answers = answers
			a := newAttestedOn(t, config)
			a.attach([]byte("no bundle"))
			a.store(a.bundle(a.digest, claims()))
			for policy, value := range map[string]string{"repo": "acme/web", "owner": "acme"} {
				r := a.with("repo", "", "owner", "").with(policy, value).run().succeeds()
				if !strings.Contains(r.stdout, "attestation 1 of "+value+" in GitHub's API") {
					t.Errorf("the log does not name the API:\n%s", r.stdout)
				}
			}
			a.with("repo", "mallory/web", "owner", "").run().failsWith("policy-not-met")
		})
	}
}
