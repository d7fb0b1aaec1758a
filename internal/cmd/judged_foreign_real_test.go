//go:build integration

package cmd_test

import (
	"bytes"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"testing"

	"github.com/ghcr-publish/ghcr-publish/internal/ghcrtest/sigstore"
)

// The attestations of cosign have another form than ours: the subject of a signature has no
// name, and the statement of an attestation has version 0.1.
func TestVerifyAcceptsWhatCosignSigned(t *testing.T) {
	t.Parallel()
	const predicate = `{"buildDefinition":{"buildType":"https://example.com/type","externalParameters":{}},"runDetails":{"builder":{"id":"https://example.com/builder"}}}`
	cases := []struct {
		name, command, predicateType string
		rekor                        int
	}{
		{"a signature", "sign", "https://sigstore.dev/cosign/sign/v1", 1},
		{"an attestation", "attest --type slsaprovenance1 --predicate predicate.json", "", 1},
		{"a signature in version 2 of the log", "sign", "https://sigstore.dev/cosign/sign/v1", 2},
		{"an attestation in version 2 of the log", "attest --type slsaprovenance1 --predicate predicate.json", "", 2},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			s := newJudged(t, sigstore.PublicGood, claims())
			r := s.with("attest", "false").run().succeeds()
			j := newJudges(t)
			j.login(s.server.Host(), canary)
			services, err := s.server.Sigstore()
			s.check(err)
			s.check(os.WriteFile(filepath.Join(j.home, "token"), []byte(services.Token(claims(), "sigstore")), 0o600))
			s.check(os.WriteFile(filepath.Join(j.home, "predicate.json"), []byte(predicate), 0o600))
			config := services.SigningConfig(s.server.URL())
			if c.rekor == 2 {
				config = s.secondLog(config)
			}
			s.check(os.WriteFile(filepath.Join(j.home, "signing_config.json"), config, 0o600))
			j.accept("cosign " + c.command + " --yes --signing-config signing_config.json --trusted-root " + s.folder + "/trusted_root.json" +
				" --identity-token token " + s.image("acme/web") + "@" + r.outputs["digest"])
			if log := fmt.Sprintf("/api/v%d/log/entries", c.rekor); position(s.server.Requests(), http.MethodPost, log) < 0 {
				t.Errorf("cosign did not use the log %s", log)
			}
			found := s.verify("predicate-type", c.predicateType).succeeds()
			if found.outputs["digest"] != r.outputs["digest"] {
				found.fatal("verify found another image")
			}
			s.verify("predicate-type", c.predicateType, "repo", "acme/api").failsWith("policy-not-met")
		})
	}
}

// secondLog returns a signing configuration that names version 2 of the log.
func (s *signing) secondLog(config []byte) []byte {
	s.t.Helper()
	at := bytes.Index(config, []byte(`"rekorTlogUrls"`))
	if at < 0 {
		s.t.Fatalf("the signing configuration is %s", config)
	}
	const version = `"majorApiVersion":`
	return append(config[:at:at], bytes.Replace(config[at:], []byte(version+"1"), []byte(version+"2"), 1)...)
}
