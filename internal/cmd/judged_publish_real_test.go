//go:build integration

package cmd_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	v1 "github.com/google/go-containerregistry/pkg/v1"

	"github.com/ghcr-publish/ghcr-publish/internal/ghcrtest"
	"github.com/ghcr-publish/ghcr-publish/internal/ghcrtest/sigstore"
	"github.com/ghcr-publish/ghcr-publish/internal/source/sourcetest"
)

// unlogged are the flags with which cosign verifies an attestation without logs.
const unlogged = " --insecure-ignore-tlog --use-signed-timestamps --insecure-ignore-sct"

// judge runs the commands for other programs that the run prints for its attestations. gh
// also verifies the file of the output bundle-path, which needs no login.
func (s *signing) judge(r result) {
	s.t.Helper()
	j := newJudges(s.t)
	j.login(s.server.Host(), canary)
	list := attestations(s.t, r)
	if len(list) == 0 {
		r.fatal("the run made no attestation")
	}
	inOneLine := strings.ReplaceAll(r.summary, " \\\n  ", " ")
	for _, one := range list {
		if len(one.Verify) == 0 {
			r.fatal("the run prints no command for %s", one.PredicateType)
		}
		for _, command := range one.Verify {
			if !strings.Contains(inOneLine, command) {
				r.fatal("the summary does not contain the command %s", command)
			}
			j.accept(command, anyToken)
			if local := strings.Replace(command, "--bundle-from-oci", "--bundle "+r.outputs["bundle-path"], 1); local != command {
				j.accept(local)
			}
		}
		j.accept(s.verifyAttestation(r, one))
	}
}

// verifyAttestation returns the command of cosign for one statement.
func (s *signing) verifyAttestation(r result, one attestation) string {
	command := "cosign verify-attestation " + s.image("acme/web") + "@" + r.outputs["digest"] + " --type " + cosignType(one.PredicateType) +
		" --trusted-root " + s.folder + "/trusted_root.json --certificate-oidc-issuer-regexp ^" + sigstore.Issuer + " --certificate-identity " + one.Signer
	if one.LogIndex == nil {
		command += unlogged
	}
	return command
}

// cosignType returns the name of cosign for a type of statements, if cosign has a name.
func cosignType(predicateType string) string {
	names := map[string]string{"https://slsa.dev/provenance/v1": "slsaprovenance1", "https://cyclonedx.org/bom": "cyclonedx"}
	if name := names[predicateType]; name != "" {
		return name
	}
	return predicateType
}

// newJudged returns a stage whose registry alone stores the attestations, because gh reads
// GitHub's API only from GitHub.
func newJudged(t *testing.T, form sigstore.Form, claims sigstore.Claims) *signing {
	t.Helper()
	config := acme()
	config.Sigstore = form
	if form == sigstore.GitHub {
		config.Repositories[0].Visibility = ghcrtest.Private
	}
	s := newSigning(t, config, claims)
	s.with("attest", "true", "attest-store", "registry")
	return s
}

func TestOtherProgramsVerifyPublishedImages(t *testing.T) {
	t.Parallel()
	cases := []struct {
		name   string
		form   sigstore.Form
		claims sigstore.Claims
	}{
		{"the form of sigstore.dev", sigstore.PublicGood, claims()},
		{"the form of GitHub", sigstore.GitHub, claims()},
		{"a reusable workflow of another repository", sigstore.PublicGood, claims().With("job_workflow_ref", "acme/workflows/.github/workflows/ship.yml@refs/tags/v1")},
		{"an issuer with the slug of an enterprise", sigstore.PublicGood, claims().With("iss", sigstore.Issuer+"/acme-corp")},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			s := newJudged(t, c.form, c.claims)
			source, _ := layout(t)
			s.judge(s.with("source", source).run().succeeds().hasOutputs("attested", "yes"))
		})
	}
}

func TestOtherProgramsVerifyAnSBOM(t *testing.T) {
	t.Parallel()
	cases := map[string]string{
		"SPDX":      `{"spdxVersion":"SPDX-2.3","SPDXID":"SPDXRef-DOCUMENT","name":"web"}`,
		"CycloneDX": `{"bomFormat":"CycloneDX","serialNumber":"urn:uuid:3e671687-395b-41f5-a30f-a58921a69b79","specVersion":"1.6"}`,
	}
	for name, text := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newJudged(t, sigstore.PublicGood, claims())
			file := filepath.Join(s.dir, "sbom.json")
			s.check(os.WriteFile(file, []byte(text), 0o600))
			r := s.with("sbom", file).run().succeeds().hasOutputs("attested", "yes")
			if len(attestations(t, r)) != 2 {
				r.fatal("the attestations are %s", r.outputs["attestations"])
			}
			s.judge(r)
		})
	}
}

func TestOtherProgramsVerifyAMergedImage(t *testing.T) {
	t.Parallel()
	s := newJudged(t, sigstore.PublicGood, claims())
	delete(s.env, "INPUT_TAGS")
	digests := ""
	for name, platform := range map[string]*v1.Platform{"a": sourcetest.AMD64, "b": sourcetest.ARM64} {
		l := sourcetest.NewLayout(t)
		l.Add(l.Image(platform, name))
		r := s.with("push-by-digest", "true", "source", sourcetest.Dir(t, l.Files())).run().succeeds()
		digests += name + "=" + r.outputs["digest"] + "\n"
	}
	for _, name := range []string{"INPUT_PUSH-BY-DIGEST", "INPUT_SOURCE"} {
		delete(s.env, name)
	}
	s.judge(s.with("command", "merge", "digests", digests, "tags", "1").run().succeeds().hasOutputs("attested", "yes"))
}

func TestOtherProgramsVerifyAnImageThatWasAttestedLater(t *testing.T) {
	t.Parallel()
	s := newJudged(t, sigstore.PublicGood, claims())
	s.with("attest", "false").run().succeeds()
	for _, name := range []string{"INPUT_ATTEST", "INPUT_TAGS"} {
		delete(s.env, name)
	}
	s.judge(s.with("command", "attest", "source", s.image("acme/web")+":1").run().succeeds().hasOutputs("attested", "yes"))
}
