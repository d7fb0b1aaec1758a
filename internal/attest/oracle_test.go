package attest

import (
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/sigstore/sigstore-go/pkg/bundle"
	"github.com/sigstore/sigstore-go/pkg/root"
	"github.com/sigstore/sigstore-go/pkg/verify"

	"github.com/ghcr-publish/ghcr-publish/internal/ghcrtest/sigstore"
)

// oracle returns the verdict of sigstore-go about a bundle, without a policy.
func oracle(raw, rootJSON []byte, digest v1.Hash) (*verify.VerificationResult, error) {
	trusted, err := root.NewTrustedRootFromJSON(rootJSON)
	if err != nil {
		return nil, err
	}
	rules := []verify.VerifierOption{verify.WithObserverTimestamps(1)}
	if len(trusted.RekorLogs()) > 0 {
		rules = append(rules, verify.WithTransparencyLog(1))
	}
	if len(trusted.CTLogs()) > 0 {
		rules = append(rules, verify.WithSignedCertificateTimestamps(1))
	}
	verifier, err := verify.NewVerifier(trusted, rules...)
	if err != nil {
		return nil, err
	}
	parsed := &bundle.Bundle{}
	if err := parsed.UnmarshalJSON(raw); err != nil {
		return nil, err
	}
	hash, err := hex.DecodeString(digest.Hex)
	if err != nil {
		return nil, err
	}
	return verifier.Verify(parsed, verify.NewPolicy(verify.WithArtifactDigest(digest.Algorithm, hash), verify.WithoutIdentitiesUnsafe()))
}

// repeated are fields of a log entry that repeat other facts. sigstore-go does not compare
// them in each case, and this package does.
var repeated = []string{"/kindVersion", "/inclusionProof/rootHash", "/inclusionProof/treeSize", "/canonicalizedBody"}

// compare fails if this package and sigstore-go have different verdicts about a bundle. This
// package may refuse a bundle with a wrong repeated field, which sigstore-go accepts.
func (r *rig) compare(name string, raw []byte, digest v1.Hash) {
	r.t.Helper()
	compare(r.t, name, raw, mustRead(r.t, filepath.Join(r.folder, rootFile)), digest)
}

func compare(t *testing.T, name string, raw, rootJSON []byte, digest v1.Hash) {
	t.Helper()
	verifier, err := NewVerifier(rootJSON)
	if err != nil {
		t.Fatal(err)
	}
	theirs, theirErr := oracle(raw, rootJSON, digest)
	ourErr := verifier.valid(raw, digest)
	stricter := ourErr != nil && slices.ContainsFunc(repeated, func(field string) bool { return strings.Contains(name, field) })
	if (ourErr == nil) != (theirErr == nil) && !stricter {
		t.Errorf("%s: this package: %v; sigstore-go: %v, %v", name, ourErr, theirs, theirErr)
	}
}

// valid verifies a bundle without a policy.
func (v *Verifier) valid(raw []byte, digest v1.Hash) error {
	b, err := readBundle(raw)
	if err != nil {
		return err
	}
	if _, err := v.check(b); err != nil {
		return err
	}
	out, err := summarize(b.leaf)
	if err != nil {
		return err
	}
	return out.addStatement(b.Envelope.Payload, digest)
}

// The bundles were made by actions/attest in public repositories, and come from the tests of
// cli/cli. The test also shows that the embedded root is the root of sigstore.dev.
func TestRealBundlesOfSigstoreDevAreValid(t *testing.T) {
	t.Parallel()
	roots, err := Roots()
	if err != nil {
		t.Fatal(err)
	}
	verifier, err := NewVerifier(roots)
	if err != nil {
		t.Fatal(err)
	}
	public, err := os.ReadFile(filepath.Join("roots", "public-good.json"))
	if err != nil {
		t.Fatal(err)
	}
	cases := []struct {
		file   string
		policy Policy
		run    string
	}{
		{"custom-issuer.sigstore.json", Policy{Owner: "too-legit", Issuer: "https://token.actions.githubusercontent.com/hammer-time"}, "https://github.com/too-legit/attest/actions/runs/10818226125/attempts/1"},
		{"reusable-workflow-attestation.sigstore.json", Policy{Repo: "malancas/attest-demo", SignerRepo: "github/artifact-attestations-workflows"}, "https://github.com/malancas/attest-demo/actions/runs/9228858953/attempts/1"},
	}
	for _, tc := range cases {
		raw, err := os.ReadFile(filepath.Join("testdata", tc.file))
		if err != nil {
			t.Fatal(err)
		}
		digest := subjectOf(t, raw)
		result, err := verifier.Verify(raw, digest, tc.policy)
		if err != nil {
			t.Errorf("%s: %v", tc.file, err)
			continue
		}
		theirs, err := oracle(raw, public, digest)
		if err != nil {
			t.Fatal(err)
		}
		c := theirs.Signature.Certificate
		got := fmt.Sprint(result.Signer, result.Issuer, result.Repository, result.Owner, result.Workflow, result.Ref, result.Commit, result.Run, result.Runner, result.Authority, result.Time.UTC())
		want := fmt.Sprint(c.SubjectAlternativeName, c.Issuer, c.SourceRepositoryURI, c.SourceRepositoryOwnerURI, c.BuildConfigURI, c.SourceRepositoryRef, c.SourceRepositoryDigest, c.RunInvocationURI, c.RunnerEnvironment, c.CertificateIssuer, theirs.VerifiedTimestamps[0].Timestamp.UTC())
		if got != want || result.Run != tc.run {
			t.Errorf("%s: got %s, want %s", tc.file, got, want)
		}
		if _, err := verifier.Verify(raw, digest, Policy{Repo: "acme/web"}); err == nil {
			t.Errorf("%s: the bundle meets the policy of another repository", tc.file)
		}
	}
}

// subjectOf returns the first digest of a statement.
func subjectOf(t *testing.T, raw []byte) v1.Hash {
	t.Helper()
	b, err := readBundle(raw)
	if err != nil {
		t.Fatal(err)
	}
	var statement Statement
	if err := json.Unmarshal(b.Envelope.Payload, &statement); err != nil {
		t.Fatal(err)
	}
	return v1.Hash{Algorithm: "sha256", Hex: statement.Subject[0].Digest["sha256"]}
}

// Every value of a bundle is changed, removed or replaced, and the verdict stays the verdict
// of sigstore-go.
func TestChangedBundlesHaveTheVerdictOfSigstoreGo(t *testing.T) {
	t.Parallel()
	for _, form := range []sigstore.Form{sigstore.PublicGood, sigstore.GitHub} {
		r := newRig(t, form)
		session := r.open(job())
		good := encode(t, r.seal(session, provenanceOf(t, session, "image")))
		bundles := [][]byte{good}
		if form == sigstore.PublicGood {
			bundles = append(bundles, rekor2(t, r, provenanceOf(t, session, "image")))
		}
		for _, raw := range bundles {
			r.compare("unchanged", raw, digestOf("image"))
			changed := 0
			mutate(t, raw, func(name string, raw []byte) {
				changed++
				r.compare(name, raw, digestOf("image"))
			})
			if changed < 20 {
				t.Errorf("only %d changes", changed)
			}
		}
	}
}

// mutate calls a function with many changed copies of a JSON text.
func mutate(t *testing.T, raw []byte, call func(string, []byte)) {
	t.Helper()
	var value any
	if err := json.Unmarshal(raw, &value); err != nil {
		t.Fatal(err)
	}
	var walk func(path string, at any, set func(any))
	walk = func(path string, at any, set func(any)) {
		try := func(what string, other any) {
			set(other)
			call(path+" "+what, encode(t, value))
			set(at)
		}
		switch v := at.(type) {
		case map[string]any:
			for key, child := range v {
				walk(path+"/"+key, child, func(other any) { v[key] = other })
				delete(v, key)
				call(path+"/"+key+" removed", encode(t, value))
				v[key] = child
			}
		case []any:
			try("empty", []any{})
			try("doubled", append(append([]any{}, v...), v...))
			for i, child := range v {
				walk(fmt.Sprintf("%s[%d]", path, i), child, func(other any) { v[i] = other })
			}
		case string:
			for what, other := range changes(v) {
				try(what, other)
			}
		}
	}
	walk("", value, func(other any) { value = other })
}

// changes returns other texts than a text. If the text is base64, single bits change.
func changes(text string) map[string]any {
	out := map[string]any{"other text": text + "1"}
	raw, err := base64.StdEncoding.DecodeString(text)
	if err != nil || len(raw) < 8 {
		return out
	}
	for _, at := range []int{0, len(raw) / 3, len(raw) / 2, len(raw) - 1} {
		other := append([]byte{}, raw...)
		other[at] ^= 1
		out[fmt.Sprintf("bit in byte %d", at)] = base64.StdEncoding.EncodeToString(other)
	}
	return out
}

// A certificate that no log contains has no proof, or has the proof of another certificate.
func TestCertificatesMustBeLogged(t *testing.T) {
	t.Parallel()
	r := newRig(t, sigstore.PublicGood)
	session := r.open(job())
	roots, err := readRoots(mustRead(t, filepath.Join(r.folder, rootFile)))
	if err != nil {
		t.Fatal(err)
	}
	chains, err := roots[0].chains(session.identity.certificate, time.Now())
	if err != nil {
		t.Fatal(err)
	}
	if err := roots[0].checkLogged(chains[0]); err != nil {
		t.Errorf("a good certificate: %v", err)
	}
	other := r.open(job()).identity.certificate
	forged := *session.identity.certificate
	forged.RawTBSCertificate = other.RawTBSCertificate
	chain := slices.Clone(chains[0])
	if chain[0] = &forged; roots[0].checkLogged(chain) == nil {
		t.Error("the proof of another certificate is valid")
	}
	unknown := *roots[0]
	unknown.ctLogs = []logKey{roots[0].logs[0]}
	if unknown.checkLogged(chains[0]) == nil {
		t.Error("the proof of an unknown log is valid")
	}
	ended := *roots[0]
	end := time.Now().Add(-time.Hour)
	ended.ctLogs = []logKey{roots[0].ctLogs[0]}
	if ended.ctLogs[0].valid.End = &end; ended.checkLogged(chains[0]) == nil {
		t.Error("the proof of a log that ended is valid")
	}
}

func mustRead(t *testing.T, file string) []byte {
	t.Helper()
	raw, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	return raw
}
