package cmd_test

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/types"

	"github.com/ghcr-publish/ghcr-publish/internal/attest"
	"github.com/ghcr-publish/ghcr-publish/internal/ghcrtest"
	"github.com/ghcr-publish/ghcr-publish/internal/ghcrtest/sigstore"
)

// attested is a stage with a published image, and with an embedded Sigstore that signs for
// the job.
type attested struct {
	*stage
	folder string // the files of Sigstore
	digest v1.Hash
	list   []v1.Descriptor // the referrers of the image
}

func newAttested(t *testing.T) *attested {
	t.Helper()
	return newAttestedOn(t, acme())
}

func newAttestedOn(t *testing.T, config ghcrtest.Config) *attested {
	t.Helper()
	a := &attested{stage: newStage(t, config), folder: t.TempDir()}
	r := a.with("command", "publish", "source", oneImage(t), "tags", "1").run().succeeds()
	var err error
	a.digest, err = v1.NewHash(r.outputs["digest"])
	a.check(err)
	services, err := a.server.Sigstore()
	a.check(err)
	a.check(services.WriteFiles(a.folder, a.server.URL()))
	delete(a.env, "INPUT_TAGS")
	a.with("command", "verify", "source", a.image("acme/web")+":1", "trusted-root", filepath.Join(a.folder, sigstore.RootFile))
	return a
}

// bundle returns the provenance of a digest, signed by a job with the given claims.
func (a *attested) bundle(digest v1.Hash, claims sigstore.Claims) []byte {
	a.t.Helper()
	services, err := a.server.Sigstore()
	a.check(err)
	env := map[string]string{}
	for _, pair := range services.Env(a.server.URL(), claims) {
		name, value, _ := strings.Cut(pair, "=")
		env[name] = value
	}
	signer := attest.Signer{Job: attest.JobOf(func(name string) string { return env[name] }), Sigstore: a.folder}
	session, err := signer.Open(a.t.Context())
	a.check(err)
	statement, err := session.Claims.Provenance("ghcr.io/acme/web", []v1.Hash{digest})
	a.check(err)
	bundles, err := session.Sign(a.t.Context(), statement)
	a.check(err)
	return bundles[0].Raw
}

// attach stores a text as a bundle of the image, and writes the list of referrers.
func (a *attested) attach(text []byte) {
	a.t.Helper()
	a.listed(a.storeBundle("acme/web", a.digest, text))
}

// listed adds a manifest to the list of referrers.
func (a *attested) listed(manifest []byte) {
	a.t.Helper()
	digest, size, err := v1.SHA256(bytes.NewReader(manifest))
	a.check(err)
	a.list = append(a.list, v1.Descriptor{MediaType: types.OCIManifestSchema1, Digest: digest, Size: size, ArtifactType: attest.MediaType})
	a.listReferrers("acme/web", a.digest, a.list)
}

// storeBundle stores a text as a bundle of an image, and returns its manifest.
func (s *stage) storeBundle(repository string, image v1.Hash, text []byte) []byte {
	s.t.Helper()
	empty, err := s.server.AddBlob(repository, []byte("{}"))
	s.check(err)
	layer, err := s.server.AddBlob(repository, text)
	s.check(err)
	descriptor := func(mediaType, digest string, size int) map[string]any {
		return map[string]any{"mediaType": mediaType, "digest": digest, "size": size}
	}
	manifest, err := json.Marshal(map[string]any{
		"schemaVersion": 2, "mediaType": types.OCIManifestSchema1, "artifactType": attest.MediaType,
		"config":  descriptor("application/vnd.oci.empty.v1+json", empty, 2),
		"layers":  []any{descriptor(attest.MediaType, layer, len(text))},
		"subject": descriptor(string(types.OCIManifestSchema1), image.String(), 1),
	})
	s.check(err)
	s.server.AddManifest(repository, "", string(types.OCIManifestSchema1), manifest)
	return manifest
}

// listReferrers writes the list of referrers of an image.
func (s *stage) listReferrers(repository string, image v1.Hash, list []v1.Descriptor) {
	s.t.Helper()
	index, err := json.Marshal(v1.IndexManifest{SchemaVersion: 2, MediaType: types.OCIImageIndex, Manifests: list})
	s.check(err)
	s.server.AddManifest(repository, "sha256-"+image.Hex, string(types.OCIImageIndex), index)
}

// claims are the claims of a job of the repository.
func claims() sigstore.Claims { return sigstore.JobClaims("acme/web", "public") }

func otherDigest() v1.Hash {
	hash := sha256.Sum256([]byte("other"))
	return v1.Hash{Algorithm: "sha256", Hex: hex.EncodeToString(hash[:])}
}

// Every user with the right to push can add a referrer, so other referrers beside a good
// attestation do not matter.
func TestVerifyFindsAGoodAttestationAmongOthers(t *testing.T) {
	t.Parallel()
	a := newAttested(t)
	a.attach([]byte("no bundle"))
	a.attach(a.bundle(otherDigest(), claims()))
	a.listed([]byte("a manifest that was deleted"))
	a.attach(a.bundle(a.digest, sigstore.JobClaims("mallory/web", "public")))
	a.attach(a.bundle(a.digest, claims()))
	r := a.with("repo", "acme/web").run().succeeds()
	r.hasOutputs("digest", a.digest.String(), "reference", a.image("acme/web")+"@"+a.digest.String())
	var facts map[string]string
	if err := json.Unmarshal([]byte(r.outputs["json"]), &facts); err != nil {
		t.Fatal(err)
	}
	if facts["repository"] != "https://github.com/acme/web" || facts["bundle"] != a.list[4].Digest.String() || facts["runner"] != "github-hosted" {
		t.Errorf("got %v", facts)
	}
	if !strings.Contains(r.stdout, "has a valid attestation") || !strings.Contains(r.summary, "https://github.com/acme/web/actions/runs/1") {
		t.Errorf("the log is %q, and the summary is %q", r.stdout, r.summary)
	}
}

func TestVerifyRefusesAnImageThatDoesNotMeetThePolicy(t *testing.T) {
	t.Parallel()
	a := newAttested(t)
	a.with("repo", "acme/web").run().failsWith("attestation-missing")
	a.attach(a.bundle(otherDigest(), claims()))
	r := a.run().failsWith("policy-not-met")
	if !strings.Contains(r.stdout+r.stderr, "does not describe the digest") {
		t.Errorf("got %s", r.stdout)
	}
	a.attach(a.bundle(a.digest, claims()))
	a.run().succeeds()
	for _, pair := range [][2]string{
		{"source-ref", "refs/tags/v1"}, {"source-digest", strings.Repeat("1", 40)}, {"signer-workflow", "acme/web/.github/workflows/other.yml"},
		{"signer-repo", "acme/workflows"}, {"cert-identity", "x"}, {"cert-identity-regex", "^x"}, {"cert-oidc-issuer", "https://example.com"},
		{"predicate-type", "https://cyclonedx.org/bom"}, {"repo", "acme/api"}, {"repo", "mallory/web"},
	} {
		before := a.env["INPUT_"+strings.ToUpper(pair[0])]
		a.with(pair[0], pair[1]).run().failsWith("policy-not-met")
		a.with(pair[0], before)
	}
	// The program does not know the keys of the embedded Sigstore.
	a.with("trusted-root", "").run().failsWith("policy-not-met")
}

func TestVerifyReadsBundlesFromAFile(t *testing.T) {
	t.Parallel()
	a := newAttested(t)
	file := filepath.Join(a.dir, "bundles.jsonl")
	lines := append(append(a.bundle(otherDigest(), claims()), '\n'), append(a.bundle(a.digest, claims()), '\n')...)
	a.check(os.WriteFile(file, lines, 0o600))
	r := a.with("owner", "acme", "bundle", file).run().succeeds()
	if !strings.Contains(r.stdout, "bundle 2 of ") {
		t.Errorf("got %s", r.stdout)
	}
	a.check(os.WriteFile(file, []byte("no JSON"), 0o600))
	a.run().failsWith("bundle-unreadable", "in the input bundle cannot be read")
	a.with("bundle", filepath.Join(a.dir, "absent")).run().failsWith("bundle-unreadable")
	a.with("trusted-root", filepath.Join(a.dir, "absent")).run().failsWith("trusted-root-invalid")
}

// A user can write the files with Windows PowerShell, which adds a byte order mark and ends
// lines with CR LF.
func TestVerifyReadsFilesOfWindowsPowerShell(t *testing.T) {
	t.Parallel()
	a := newAttested(t)
	const mark, lineEnd = "\xef\xbb\xbf", "\r\n"
	bundles, roots := filepath.Join(a.dir, "bundles.jsonl"), filepath.Join(a.dir, "roots.jsonl")
	text := mark + string(a.bundle(otherDigest(), claims())) + lineEnd + string(a.bundle(a.digest, claims())) + lineEnd
	a.check(os.WriteFile(bundles, []byte(text), 0o600))
	root, err := os.ReadFile(a.env["INPUT_TRUSTED-ROOT"])
	a.check(err)
	a.check(os.WriteFile(roots, []byte(mark+string(root)+lineEnd), 0o600))
	r := a.with("owner", "acme", "bundle", bundles, "trusted-root", roots).run().succeeds()
	if !strings.Contains(r.stdout, "bundle 2 of ") {
		t.Errorf("got %s", r.stdout)
	}
}

// A digest and a file of bundles are enough, so that a user can verify an image without a
// network.
func TestVerifyOfADigestWithAFileSendsNoRequest(t *testing.T) {
	t.Parallel()
	a := newAttested(t)
	file := filepath.Join(a.dir, "bundle.json")
	a.check(os.WriteFile(file, a.bundle(a.digest, claims()), 0o600))
	a.with("repo", "acme/web", "bundle", file)
	for digest, code := range map[string]string{a.digest.String(): "", otherDigest().String(): "policy-not-met"} {
		r := a.with("source", a.image("acme/web")+"@"+digest).run()
		if code == "" {
			r.succeeds().hasOutputs("digest", digest)
		} else {
			r.failsWith(code)
		}
		if len(r.requests) != 0 {
			r.fatal("the run sent %d requests", len(r.requests))
		}
	}
	if r := a.with("source", a.image("acme/web")+":1").run().succeeds(); len(r.requests) == 0 {
		r.fatal("the run did not resolve the tag")
	}
}

func TestVerifyNeedsAPolicy(t *testing.T) {
	t.Parallel()
	s := newStage(t, acme()).with("command", "verify", "source", "ghcr.io/acme/web:1")
	r := s.run().failsWith("policy-invalid")
	if len(r.requests) != 0 {
		t.Errorf("the run sent %d requests", len(r.requests))
	}
}
