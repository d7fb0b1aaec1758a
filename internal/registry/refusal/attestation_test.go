package refusal_test

import (
	"strings"
	"testing"

	"github.com/ghcr-publish/ghcr-publish/internal/diag"
	"github.com/ghcr-publish/ghcr-publish/internal/registry"
	"github.com/ghcr-publish/ghcr-publish/internal/registry/refusal"
)

func TestARefusedAttestationProposesTheOlderForm(t *testing.T) {
	t.Parallel()
	promote := func(e *refusal.Evidence) { e.Promote = true }
	cases := []struct {
		name   string
		status int
		bend   func(*registry.Error)
		change func(*refusal.Evidence)
		code   string
		hint   string
	}{
		{"an invalid manifest", 400, nil, nil, refusal.CodeAttestationRefused, "Set attestations: legacy"},
		{"a method that is not allowed", 405, nil, nil, refusal.CodeAttestationRefused, "attestations: strip"},
		{"an unsupported media type", 415, nil, nil, refusal.CodeAttestationRefused, "Set attestations: legacy"},
		{"promote", 400, nil, promote, refusal.CodeAttestationRefused, "Use the command publish"},
		{"another manifest", 400, func(e *registry.Error) { e.Attestation = false }, nil, refusal.CodeRegistryRefused, ""},
		{"a web page", 400, func(e *registry.Error) { e.MediaType = "text/html" }, nil, refusal.CodeFrontEndFailed, ""},
		{"too many requests", 429, nil, nil, refusal.CodeTooManyRequests, ""},
		{"a token that is not valid", 401, nil, nil, refusal.CodeNotAuthenticated, ""},
		{"a failure of the registry", 500, nil, nil, refusal.CodeRegistryRefused, ""},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			e := answer(c.status, "manifest invalid")
			e.Attestation = true
			if c.bend != nil {
				c.bend(e)
			}
			all := diag.All(refusal.Explain(e, evidence(t, c.change)))
			if len(all) != 1 || all[0].Code != c.code || !strings.Contains(all[0].Hint, c.hint) {
				t.Errorf("got %v", all)
			}
		})
	}
}
