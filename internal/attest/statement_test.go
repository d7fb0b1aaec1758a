package attest

import (
	"encoding/json"
	"strings"
	"testing"

	v1 "github.com/google/go-containerregistry/pkg/v1"

	"github.com/ghcr-publish/ghcr-publish/internal/diag"
	"github.com/ghcr-publish/ghcr-publish/internal/ghcrtest/sigstore"
	"github.com/ghcr-publish/ghcr-publish/internal/secret"
)

// want is the predicate that actions/attest 4.2.2 makes from the same claims
// (actions/toolkit, packages/attest/src/provenance.ts).
const wantProvenance = `{
  "buildDefinition": {
    "buildType": "https://actions.github.io/buildtypes/workflow/v1",
    "externalParameters": {"workflow": {
      "ref": "refs/heads/main",
      "repository": "https://github.com/acme/web",
      "path": ".github/workflows/publish.yml"
    }},
    "internalParameters": {"github": {
      "event_name": "push",
      "repository_id": "1000",
      "repository_owner_id": "100",
      "runner_environment": "github-hosted"
    }},
    "resolvedDependencies": [{
      "uri": "git+https://github.com/acme/web@refs/heads/main",
      "digest": {"gitCommit": "0000000000000000000000000000000000000000"}
    }]
  },
  "runDetails": {
    "builder": {"id": "https://github.com/acme/workflows/.github/workflows/ship.yml@refs/tags/v1"},
    "metadata": {"invocationId": "https://github.com/acme/web/actions/runs/1/attempts/1"}
  }
}`

// claimsOf reads claims from a token.
func claimsOf(t *testing.T, claims sigstore.Claims) (*Claims, error) {
	t.Helper()
	services, err := sigstore.New(sigstore.Config{})
	if err != nil {
		t.Fatal(err)
	}
	return readClaims(secret.New(services.Token(claims, audience)), "https://github.example.com/")
}

func TestProvenanceIsThatOfActionsAttest(t *testing.T) {
	t.Parallel()
	claims, err := claimsOf(t, job().With("job_workflow_ref", "acme/workflows/.github/workflows/ship.yml@refs/tags/v1"))
	if err != nil {
		t.Fatal(err)
	}
	got, err := claims.Provenance("ghcr.io/Acme/web", []v1.Hash{digestOf("index"), digestOf("image")})
	if err != nil {
		t.Fatal(err)
	}
	var have, want any
	if json.Unmarshal(got.Predicate, &have) != nil || json.Unmarshal([]byte(wantProvenance), &want) != nil {
		t.Fatal("the predicate is not JSON")
	}
	if string(encode(t, have)) != string(encode(t, want)) {
		t.Errorf("got  %s\nwant %s", encode(t, have), encode(t, want))
	}
	if got.Type != "https://in-toto.io/Statement/v1" || got.PredicateType != "https://slsa.dev/provenance/v1" || len(got.Subject) != 2 ||
		got.Subject[0].Digest["sha256"] != digestOf("index").Hex || got.Subject[1].Name != "ghcr.io/acme/web" {
		t.Errorf("got %+v", got)
	}
}

func TestServerDependsOnTheIssuer(t *testing.T) {
	t.Parallel()
	cases := map[string]string{
		"https://token.actions.githubusercontent.com":           "https://github.com",
		"https://token.actions.githubusercontent.com/acme-corp": "https://github.com",
		"https://token.actions.acme.ghe.com":                    "https://acme.ghe.com",
		"https://token.actions.acme.ghe.com/corp":               "https://acme.ghe.com",
		"https://token.actions.githubusercontent.com.evil.org":  "https://github.example.com",
		"https://token.actions.evil.org/x.ghe.com":              "https://github.example.com",
		"https://token.actions.evil.org#.ghe.com":               "https://github.example.com",
		"https://github.example.com/_services/token":            "https://github.example.com",
	}
	for issuer, want := range cases {
		got, err := claimsOf(t, job().With("iss", issuer))
		if err != nil || got.Server != want {
			t.Errorf("%s: got %v, %v; want %s", issuer, got, err, want)
		}
	}
}

func TestMissingClaimsAreNamed(t *testing.T) {
	t.Parallel()
	_, err := claimsOf(t, job().With("run_id", "").With("sha", "").With("repository_visibility", ""))
	if !diag.Is(err, CodeClaims) || !strings.Contains(err.Error(), "sha, run_id") || strings.Contains(err.Error(), "visibility") {
		t.Errorf("got %v", err)
	}
	for _, token := range []string{"", "a.b", "a.!.c", "a.e30.c"} {
		if _, err := readClaims(secret.New(token), ""); !diag.Is(err, CodeClaims) {
			t.Errorf("%q: got %v", token, err)
		}
	}
}

func TestSBOMsAreRecognised(t *testing.T) {
	t.Parallel()
	cases := []struct{ name, file, want string }{
		{"SPDX", `{"spdxVersion":"SPDX-2.3","SPDXID":"SPDXRef-DOCUMENT"}`, "https://spdx.dev/Document/v2.3"},
		{"CycloneDX", `{"bomFormat":"CycloneDX","serialNumber":"urn:uuid:1","specVersion":"1.6"}`, "https://cyclonedx.org/bom"},
		{"SPDX without an identifier", `{"spdxVersion":"SPDX-2.3"}`, ""},
		{"SPDX without a version", `{"spdxVersion":"SPDX","SPDXID":"x"}`, ""},
		{"CycloneDX without a serial number", `{"bomFormat":"CycloneDX","specVersion":"1.6"}`, ""},
		{"SPDX with a version that is no word", `{"spdxVersion":"SPDX-2.3\u001b[31m\n::error::x","SPDXID":"x"}`, ""},
		{"SPDX with a number as version", `{"spdxVersion":2.3,"SPDXID":"x"}`, ""},
		{"other JSON", `{}`, ""},
		{"a list", `[]`, ""},
		{"XML", `<bom/>`, ""},
		{"a large file", `{"x":"` + strings.Repeat("x", MaxSBOM) + `"}`, ""},
	}
	for _, tc := range cases {
		got, err := SBOM(imageName, digestOf("image"), []byte(tc.file))
		if got.PredicateType != tc.want || (err != nil) != (tc.want == "") || err != nil && !diag.Is(err, CodeSBOM) {
			t.Errorf("%s: got %q, %v", tc.name, got.PredicateType, err)
		}
	}
}

// The names of branches and files can contain characters that a URL must escape.
func TestNamesOfBranchesAndFilesCanHaveAllCharacters(t *testing.T) {
	t.Parallel()
	r := newRig(t, sigstore.PublicGood)
	for _, ref := range []string{"refs/heads/größe", "refs/heads/fix#1", "refs/heads/a@b+c=d,(e)", "refs/heads/日本語/x'y&z"} {
		claims := job().With("ref", ref).With("job_workflow_ref", "acme/web/.github/workflows/veröffentlichen.yml@"+ref)
		session := r.open(claims)
		bundles, err := session.Sign(t.Context(), provenanceOf(t, session, "image"))
		if err != nil {
			t.Errorf("%s: %v", ref, err)
			continue
		}
		if got := bundles[0].Result.Ref; got != ref {
			t.Errorf("the Git reference is %q, want %q", got, ref)
		}
		if !strings.Contains(string(bundles[0].Statement.Predicate), `"id":`+string(encode(t, "https://github.com/"+claims["job_workflow_ref"]))) {
			t.Errorf("the builder is escaped: %s", bundles[0].Statement.Predicate)
		}
		r.compare(ref, bundles[0].Raw, digestOf("image"))
	}
}
