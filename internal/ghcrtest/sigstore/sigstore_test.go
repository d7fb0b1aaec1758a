package sigstore_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/sigstore/sigstore-go/pkg/bundle"
	"github.com/sigstore/sigstore-go/pkg/root"
	"github.com/sigstore/sigstore-go/pkg/sign"
	"github.com/sigstore/sigstore-go/pkg/verify"

	"github.com/ghcr-publish/ghcr-publish/internal/ghcrtest/sigstore"
)

// The tests sign and verify with sigstore-go, which shares no code with the services.

// start serves an instance on a loopback port.
func start(t *testing.T, c sigstore.Config) (*sigstore.Sigstore, string) {
	t.Helper()
	s, err := sigstore.New(c)
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(s)
	t.Cleanup(server.Close)
	return s, server.URL
}

// get sends a GET request with a bearer token.
func get(t *testing.T, url, bearer string) (int, string) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url, nil)
	if err != nil {
		t.Fatal(err)
	}
	if bearer != "" {
		r.Header.Set("Authorization", "Bearer "+bearer)
	}
	return do(t, r)
}

// post sends a POST request.
func post(t *testing.T, url, mediaType string, body []byte) (int, string) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, url, bytes.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Content-Type", mediaType)
	return do(t, r)
}

func do(t *testing.T, r *http.Request) (int, string) {
	t.Helper()
	resp, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return resp.StatusCode, string(body)
}

// token requests the identity token of a job, as a step does.
func token(t *testing.T, s *sigstore.Sigstore, url, audience string) string {
	t.Helper()
	variables := map[string]string{}
	for _, pair := range s.Env(url, sigstore.JobClaims("acme/web", "public")) {
		name, value, _ := strings.Cut(pair, "=")
		variables[name] = value
	}
	status, body := get(t, variables["ACTIONS_ID_TOKEN_REQUEST_URL"]+"&audience="+audience, variables["ACTIONS_ID_TOKEN_REQUEST_TOKEN"])
	var answer struct{ Value string }
	if err := json.Unmarshal([]byte(body), &answer); err != nil || status != http.StatusOK {
		t.Fatalf("%d %s", status, body)
	}
	return answer.Value
}

// trusted reads the trusted root of an instance.
func trusted(t *testing.T, url string) *root.TrustedRoot {
	t.Helper()
	_, file := get(t, url+"/"+sigstore.RootFile, "")
	if strings.Count(file, "\n") != 1 || !strings.HasSuffix(file, "\n") {
		t.Errorf("gh reads JSON lines, but the file of the root is %q", file)
	}
	out, err := root.NewTrustedRootFromJSON([]byte(file))
	if err != nil {
		t.Fatal(err)
	}
	return out
}

const statement = `{"_type":"https://in-toto.io/Statement/v1","subject":[{"name":"x","digest":{"sha256":"` +
	`aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"}}],"predicateType":"https://slsa.dev/provenance/v1","predicate":{}}`

// attest signs the statement with the services of an instance.
func attest(t *testing.T, s *sigstore.Sigstore, url string, rekor uint32, timestamps bool) *bundle.Bundle {
	t.Helper()
	key, err := sign.NewEphemeralKeypair(nil)
	if err != nil {
		t.Fatal(err)
	}
	options := sign.BundleOptions{
		CertificateProvider:        sign.NewFulcio(&sign.FulcioOptions{BaseURL: url}),
		CertificateProviderOptions: &sign.CertificateProviderOptions{IDToken: token(t, s, url, "sigstore")},
		Context:                    t.Context(),
	}
	if timestamps {
		options.TimestampAuthorities = []*sign.TimestampAuthority{sign.NewTimestampAuthority(&sign.TimestampAuthorityOptions{URL: url + "/api/v1/timestamp"})}
	}
	if rekor > 0 {
		options.TransparencyLogs = []sign.Transparency{sign.NewRekor(&sign.RekorOptions{BaseURL: url, Version: rekor})}
	}
	signed, err := sign.Bundle(&sign.DSSEData{Data: []byte(statement), PayloadType: "application/vnd.in-toto+json"}, key, options)
	if err != nil {
		t.Fatal(err)
	}
	out, err := bundle.NewBundle(signed)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func TestIndependentClientSignsAndVerifies(t *testing.T) {
	t.Parallel()
	cases := []struct {
		name       string
		form       sigstore.Form
		rekor      uint32
		timestamps bool
		rules      []verify.VerifierOption
	}{
		{"Rekor 1", sigstore.PublicGood, 1, false, []verify.VerifierOption{verify.WithTransparencyLog(1), verify.WithIntegratedTimestamps(1), verify.WithSignedCertificateTimestamps(1)}},
		{"Rekor 1 and a timestamp", sigstore.PublicGood, 1, true, []verify.VerifierOption{verify.WithTransparencyLog(1), verify.WithSignedTimestamps(1), verify.WithSignedCertificateTimestamps(1)}},
		{"Rekor 2", sigstore.PublicGood, 2, true, []verify.VerifierOption{verify.WithTransparencyLog(1), verify.WithSignedTimestamps(1), verify.WithSignedCertificateTimestamps(1)}},
		{"the form of GitHub", sigstore.GitHub, 0, true, []verify.VerifierOption{verify.WithSignedTimestamps(1)}},
	}
	for _, tc := range cases {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			s, url := start(t, sigstore.Config{Form: tc.form})
			signed := attest(t, s, url, tc.rekor, tc.timestamps)
			verifier, err := verify.NewVerifier(trusted(t, url), tc.rules...)
			if err != nil {
				t.Fatal(err)
			}
			identity, err := verify.NewShortCertificateIdentity(sigstore.Issuer, "", "https://github.com/acme/web/.github/workflows/publish.yml@refs/heads/main", "")
			if err != nil {
				t.Fatal(err)
			}
			result, err := verifier.Verify(signed, verify.NewPolicy(verify.WithArtifactDigest("sha256", bytes.Repeat([]byte{0xaa}, 32)), verify.WithCertificateIdentity(identity)))
			if err != nil {
				t.Fatal(err)
			}
			got := result.Signature.Certificate
			if got.SourceRepositoryURI != "https://github.com/acme/web" || got.SourceRepositoryRef != "refs/heads/main" ||
				got.RunInvocationURI != "https://github.com/acme/web/actions/runs/1/attempts/1" || got.SourceRepositoryVisibilityAtSigning != "public" {
				t.Errorf("the certificate has other claims: %+v", got)
			}
		})
	}
}

func TestGitHubsFormHasNoLogs(t *testing.T) {
	t.Parallel()
	_, url := start(t, sigstore.Config{Form: sigstore.GitHub})
	if got := trusted(t, url); len(got.RekorLogs())+len(got.CTLogs()) != 0 {
		t.Error("the root contains logs")
	}
	if status, _ := post(t, url+"/api/v1/log/entries", "application/json", []byte("{}")); status != http.StatusNotFound {
		t.Errorf("the log answers %d", status)
	}
}

func TestTokensAreRefused(t *testing.T) {
	t.Parallel()
	now := time.Now()
	s, url := start(t, sigstore.Config{Clock: func() time.Time { return now }})
	stranger, _ := start(t, sigstore.Config{})
	claims := sigstore.JobClaims("acme/web", "public")
	old, _ := start(t, sigstore.Config{Clock: func() time.Time { return now.Add(-time.Hour) }})
	good := s.Token(claims, "sigstore")
	cases := []struct{ name, token string }{
		{"no token", ""},
		{"another audience", s.Token(claims, "api")},
		{"another issuer's key", stranger.Token(claims, "sigstore")},
		{"expired", old.Token(claims, "sigstore")},
		{"changed", strings.Replace(good, ".", ".A", 1)},
	}
	for _, tc := range cases {
		body := fmt.Appendf(nil, `{"credentials":{"oidcIdentityToken":%q}}`, tc.token)
		if status, text := post(t, url+"/api/v2/signingCert", "application/json", body); status != http.StatusUnauthorized {
			t.Errorf("%s: got %d %s", tc.name, status, text)
		}
	}
	// The token is accepted in the body, and only the proof of the key is missing.
	body := fmt.Appendf(nil, `{"credentials":{"oidcIdentityToken":%q}}`, good)
	if status, text := post(t, url+"/api/v2/signingCert", "application/json", body); status != http.StatusBadRequest {
		t.Errorf("a good token without a key: got %d %s", status, text)
	}
	if status, _ := get(t, url+"/_services/pipelines/idtoken?audience=sigstore", "unknown"); status != http.StatusUnauthorized {
		t.Errorf("the token endpoint answers an unknown job with %d", status)
	}
}

func TestTheLogRefusesAWrongSignatureAndARepeatedEntry(t *testing.T) {
	t.Parallel()
	s, url := start(t, sigstore.Config{})
	signed := attest(t, s, url, 1, false)
	envelope, err := json.Marshal(map[string]any{
		"payload": signed.GetDsseEnvelope().GetPayload(), "payloadType": signed.GetDsseEnvelope().GetPayloadType(),
		"signatures": []any{map[string]any{"sig": signed.GetDsseEnvelope().GetSignatures()[0].GetSig()}},
	})
	if err != nil {
		t.Fatal(err)
	}
	certificate := signed.GetVerificationMaterial().GetCertificate().GetRawBytes()
	entry := func(envelope []byte) []byte {
		raw, err := json.Marshal(map[string]any{"apiVersion": "0.0.1", "kind": "dsse", "spec": map[string]any{"proposedContent": map[string]any{
			"envelope": string(envelope), "verifiers": [][]byte{pemOf(certificate)},
		}}})
		if err != nil {
			t.Fatal(err)
		}
		return raw
	}
	post(t, url+"/api/v1/log/entries", "application/json", entry(envelope))
	status, text := post(t, url+"/api/v1/log/entries", "application/json", entry(envelope))
	if status != http.StatusConflict || !strings.Contains(text, "an equivalent entry already exists") {
		t.Errorf("a repeated entry: got %d %s", status, text)
	}
	changed := bytes.Replace(envelope, []byte("in-toto+json"), []byte("in-toto+JSON"), 1)
	if status, text := post(t, url+"/api/v1/log/entries", "application/json", entry(changed)); status != http.StatusBadRequest {
		t.Errorf("a wrong signature: got %d %s", status, text)
	}
}

func TestTimestampsAcceptJSON(t *testing.T) {
	t.Parallel()
	_, url := start(t, sigstore.Config{})
	body := []byte(`{"artifactHash":"LCa0a2j/xo/5m0U8HTBBNBNCLXBkg7+g+YpeiGJm564=","hashAlgorithm":"sha256"}`)
	if status, _ := post(t, url+"/api/v1/timestamp", "application/json", body); status != http.StatusCreated {
		t.Errorf("got %d", status)
	}
	if status, _ := post(t, url+"/api/v1/timestamp", "application/timestamp-query", []byte("x")); status != http.StatusBadRequest {
		t.Errorf("a request that is not DER: got %d", status)
	}
}

func TestFilesHaveTheAddressesOfTheServer(t *testing.T) {
	t.Parallel()
	s, url := start(t, sigstore.Config{})
	folder := filepath.Join(t.TempDir(), "sigstore")
	if err := s.WriteFiles(folder, url); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{sigstore.RootFile, sigstore.SigningFile} {
		got, err := os.ReadFile(filepath.Join(folder, name))
		if err != nil {
			t.Fatal(err)
		}
		if _, served := get(t, url+"/"+name, ""); served != string(got) {
			t.Errorf("the file %s differs from the served file", name)
		}
	}
	config, err := root.NewSigningConfigFromPath(filepath.Join(folder, sigstore.SigningFile))
	if err != nil {
		t.Fatal(err)
	}
	if got := config.FulcioCertificateAuthorityURLs(); len(got) != 1 || got[0].URL != url {
		t.Errorf("got %v", got)
	}
}
