package attest

import (
	"crypto/x509"
	"encoding/asn1"
	"encoding/json"
	"os"
	"path"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	v1 "github.com/google/go-containerregistry/pkg/v1"

	"github.com/ghcr-publish/ghcr-publish/internal/diag"
	"github.com/ghcr-publish/ghcr-publish/internal/ghcrtest/sigstore"
	"github.com/ghcr-publish/ghcr-publish/internal/secret"
)

// claimsOf reads claims from a token.
func claimsOf(t *testing.T, claims sigstore.Claims) (*Claims, error) {
	t.Helper()
	services, err := sigstore.New(sigstore.Config{})
	if err != nil {
		t.Fatal(err)
	}
	return readClaims(secret.New(services.Token(claims, audience)), "https://github.example.com/")
}

// The file predicates.json contains the predicates that @actions/attest makes from the same
// claims (testdata/predicates.mjs).
func TestProvenanceIsThatOfActionsAttest(t *testing.T) {
	t.Parallel()
	raw, err := os.ReadFile(filepath.Join("testdata", "predicates.json"))
	if err != nil {
		t.Fatal(err)
	}
	var cases []struct {
		Name      string
		Claims    sigstore.Claims
		Predicate any
	}
	if err := json.Unmarshal(raw, &cases); err != nil {
		t.Fatal(err)
	}
	for _, c := range cases {
		claims, err := claimsOf(t, c.Claims)
		if err != nil {
			t.Errorf("%s: %v", c.Name, err)
			continue
		}
		got, err := claims.Provenance("ghcr.io/acme/web", nil)
		if err != nil {
			t.Fatal(err)
		}
		comparePredicates(t, c.Name, got.Predicate, c.Predicate)
	}
	if len(cases) < 7 {
		t.Errorf("the file contains only %d cases", len(cases))
	}
}

// comparePredicates compares all fields of two predicates.
func comparePredicates(t *testing.T, name string, raw json.RawMessage, want any) {
	t.Helper()
	var got any
	if err := json.Unmarshal(raw, &got); err != nil {
		t.Fatal(err)
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("%s:\ngot  %s\nwant %s", name, encode(t, got), encode(t, want))
	}
}

// The bundle was made by actions/attest on GitHub.com, in an enterprise with a slug. Its
// certificate contains the claims of the job.
func TestProvenanceIsThatOfARealBundle(t *testing.T) {
	t.Parallel()
	raw, err := os.ReadFile(filepath.Join("testdata", "custom-issuer.sigstore.json"))
	if err != nil {
		t.Fatal(err)
	}
	b, err := readBundle(raw)
	if err != nil {
		t.Fatal(err)
	}
	facts, err := summarize(b.leaf)
	if err != nil {
		t.Fatal(err)
	}
	text := func(number int) string { return findExtension(t, b.leaf, number) }
	const server = "https://github.com/"
	claims, err := claimsOf(t, sigstore.Claims{
		"iss": facts.Issuer, "sub": "x", "ref": facts.Ref, "sha": facts.Commit, "repository": strings.TrimPrefix(facts.Repository, server), "event_name": text(20),
		"job_workflow_ref": strings.TrimPrefix(facts.Signer, server), "workflow_ref": strings.TrimPrefix(facts.Workflow, server),
		"repository_id": text(15), "repository_owner_id": text(17), "runner_environment": facts.Runner,
		"run_id": path.Base(path.Dir(path.Dir(facts.Run))), "run_attempt": path.Base(facts.Run),
	})
	if err != nil {
		t.Fatal(err)
	}
	var statement struct{ Predicate any }
	if err := json.Unmarshal(b.Envelope.Payload, &statement); err != nil {
		t.Fatal(err)
	}
	got, err := claims.Provenance("ghcr.io/acme/web", nil)
	if err != nil {
		t.Fatal(err)
	}
	comparePredicates(t, "the real bundle", got.Predicate, statement.Predicate)
}

// findExtension returns the text of an extension of Fulcio.
func findExtension(t *testing.T, leaf *x509.Certificate, number int) string {
	t.Helper()
	for _, e := range leaf.Extensions {
		if e.Id.Equal(asn1.ObjectIdentifier{1, 3, 6, 1, 4, 1, 57264, 1, number}) {
			var text string
			if _, err := asn1.Unmarshal(e.Value, &text); err != nil {
				t.Fatal(err)
			}
			return text
		}
	}
	t.Fatalf("the certificate has no extension %d", number)
	return ""
}

func TestSubjectsAreTheDigestsInTheirOrder(t *testing.T) {
	t.Parallel()
	claims, err := claimsOf(t, job())
	if err != nil {
		t.Fatal(err)
	}
	got, err := claims.Provenance("ghcr.io/Acme/web", []v1.Hash{digestOf("index"), digestOf("image")})
	if err != nil {
		t.Fatal(err)
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
