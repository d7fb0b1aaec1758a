package cmd_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/types"

	"github.com/ghcr-publish/ghcr-publish/internal/attest"
	"github.com/ghcr-publish/ghcr-publish/internal/ghcrtest"
	"github.com/ghcr-publish/ghcr-publish/internal/ghcrtest/sigstore"
	"github.com/ghcr-publish/ghcr-publish/internal/source/sourcetest"
)

// signing is a stage whose job has the permission id-token: write, and whose Sigstore is
// embedded in the server.
type signing struct {
	*stage
	folder string // the files of Sigstore
}

func newSigning(t *testing.T, c ghcrtest.Config, claims sigstore.Claims) *signing {
	t.Helper()
	s := &signing{stage: newStage(t, c), folder: t.TempDir()}
	services, err := s.server.Sigstore()
	s.check(err)
	s.check(services.WriteFiles(s.folder, s.server.URL()))
	for _, pair := range services.Env(s.server.URL(), claims) {
		name, value, _ := strings.Cut(pair, "=")
		s.env[name] = value
	}
	s.with("source", oneImage(t), "tags", "1", "sigstore", s.folder)
	return s
}

// verify verifies the image of the stage with the command "verify".
func (s *signing) verify(pairs ...string) result {
	s.t.Helper()
	v := &stage{t: s.t, server: s.server, dir: s.dir, env: map[string]string{}}
	for name, value := range s.env {
		if !strings.HasPrefix(name, "INPUT_") || name == "INPUT_TOKEN" {
			v.env[name] = value
		}
	}
	v.with("command", "verify", "source", s.image("acme/web")+":1", "trusted-root", filepath.Join(s.folder, sigstore.RootFile), "repo", "acme/web")
	return v.with(pairs...).run()
}

// attestation is the part of an attestation in the output "attestations" that the tests need.
type attestation struct {
	PredicateType string `json:"predicate_type"`
	Signer        string
	Subjects      []string
	Digest        string
	ID            int64
	LogIndex      *int64 `json:"log_index"`
	Existed       bool
	Verify        []string
}

func attestations(t *testing.T, r result) []attestation {
	t.Helper()
	var out []attestation
	if err := json.Unmarshal([]byte(r.outputs["attestations"]), &out); err != nil {
		t.Fatal(err)
	}
	return out
}

// position returns the index of the first request with the method and with a path that ends
// with the text, or -1.
func position(requests []ghcrtest.Request, method, end string) int {
	return slices.IndexFunc(requests, func(r ghcrtest.Request) bool { return r.Method == method && strings.HasSuffix(r.Path, end) })
}

func TestPublishAttestsTheImageBeforeItsTags(t *testing.T) {
	t.Parallel()
	s := newSigning(t, acme(), claims())
	r := s.run().succeeds().hasOutputs("outcome", "published", "attested", "yes")
	list := attestations(t, r)
	if len(list) != 1 || list[0].LogIndex == nil || list[0].ID == 0 || list[0].Digest == "" ||
		!slices.Equal(list[0].Subjects, []string{r.outputs["digest"]}) || !strings.HasSuffix(r.outputs["attestation-url"], "/acme/web/attestations/"+strconv.FormatInt(list[0].ID, 10)) {
		r.fatal("the attestations are %s", r.outputs["attestations"])
	}
	// The order of the writes: the bundle, its manifest, the list of referrers, the tag.
	writes := []int{
		position(r.requests, http.MethodPost, "/api/v1/log/entries"),
		position(r.requests, http.MethodPut, "/manifests/"+list[0].Digest),
		position(r.requests, http.MethodPut, "/manifests/"+strings.Replace(r.outputs["digest"], ":", "-", 1)),
		position(r.requests, http.MethodPut, "/manifests/1"),
	}
	if !slices.IsSorted(writes) || writes[0] < 0 {
		r.fatal("the positions of the writes are %v", writes)
	}
	if !strings.Contains(r.stdout, "attested: provenance signed by https://github.com/acme/web/.github/workflows/publish.yml@refs/heads/main, log index ") {
		r.fatal("the log lacks the signer")
	}
	verified := s.verify().succeeds()
	if got := verified.outputs["digest"]; got != r.outputs["digest"] {
		t.Errorf("verify found %s", got)
	}
	s.verify("bundle", r.outputs["bundle-path"]).succeeds()
}

// A run whose image has the attestation of this workflow and commit signs nothing.
func TestAnAttestedImageIsNotSignedAgain(t *testing.T) {
	t.Parallel()
	s := newSigning(t, acme(), claims())
	first := s.run().succeeds()
	again := s.run().succeeds().wroteNothing().hasOutputs("outcome", "unchanged", "attested", "yes")
	list := attestations(t, again)
	if len(list) != 1 || !list[0].Existed || list[0].Digest != attestations(t, first)[0].Digest {
		again.fatal("the attestations are %s", again.outputs["attestations"])
	}
	if position(again.requests, http.MethodPost, "/signingCert") >= 0 {
		again.fatal("the run requested a certificate")
	}
	services, err := s.server.Sigstore()
	s.check(err)
	for _, pair := range services.Env(s.server.URL(), claims().With("sha", strings.Repeat("1", 40))) {
		name, value, _ := strings.Cut(pair, "=")
		s.env[name] = value
	}
	other := s.run().succeeds().hasOutputs("outcome", "published", "attested", "yes", "changed", "true")
	if attestations(t, other)[0].Existed {
		other.fatal("the run used the attestation of another commit")
	}
	s.verify().succeeds()
	s.verify("source-digest", strings.Repeat("1", 40)).succeeds()
	s.verify("source-digest", strings.Repeat("2", 40)).failsWith("policy-not-met")
}

func TestAttestationsAreStoredWhereTheInputSays(t *testing.T) {
	t.Parallel()
	cases := []struct {
		name, store   string
		registry, api bool
	}{
		{"both", "auto", true, true},
		{"both by name", "registry,github", true, true},
		{"registry", "registry", true, false},
		{"API", "github", false, true},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			s := newSigning(t, acme(), claims())
			r := s.with("attest-store", c.store, "attest", "true").run().succeeds().hasOutputs("attested", "yes")
			one := attestations(t, r)[0]
			if got := one.Digest != ""; got != c.registry {
				r.fatal("in the registry: %t", got)
			}
			if got := one.ID != 0; got != c.api {
				r.fatal("in the API: %t", got)
			}
			if fromRegistry := strings.Contains(one.Verify[0], "--bundle-from-oci"); fromRegistry == c.api {
				r.fatal("the command is %s", one.Verify[0])
			}
			s.run().succeeds().wroteNothing().hasOutputs("attested", "yes")
		})
	}
	s := newSigning(t, acme(), claims())
	s.with("attest-store", "ghcr").run().failsWith("input-value").wroteNothing()
}

// The fault of each step. With attest: true, no tag moves. With attest: auto, the image is
// published with a warning.
func TestTagsDoNotMoveIfTheAttestationFails(t *testing.T) {
	t.Parallel()
	refuse := ghcrtest.Answer{Status: http.StatusForbidden, Message: "not here"}
	cases := []struct {
		name, method, path, code string
	}{
		{"identity token", http.MethodGet, "/idtoken", "signing-service-refused"},
		{"certificate", http.MethodPost, "/signingCert", "signing-service-refused"},
		{"log", http.MethodPost, "/api/v1/log/entries", "signing-service-refused"},
		{"timestamp", http.MethodPost, "/api/v1/timestamp", "signing-service-refused"},
		{"list of referrers", http.MethodPut, "/manifests/sha256-", "denied"},
		{"API", http.MethodPost, "/attestations", "attestation-api-refused"},
	}
	for _, c := range cases {
		for _, mode := range []string{"true", "auto"} {
			t.Run(c.name+" "+mode, func(t *testing.T) {
				t.Parallel()
				s := newSigning(t, acme(), claims())
				s.server.Inject(ghcrtest.Fault{Method: c.method, Path: c.path, Times: ghcrtest.Always, Effect: refuse})
				s.with("attest", mode, "attest-store", "registry,github")
				if mode == "true" {
					r := s.run().failsWith(c.code).hasOutputs("attested", "no")
					if position(r.requests, http.MethodPut, "/manifests/1") >= 0 {
						r.fatal("a tag moved")
					}
					return
				}
				r := s.run().succeeds().hasOutputs("outcome", "published", "attested", "no", "verified", "")
				if !strings.Contains(r.notices(), "not-attested") || !strings.Contains(r.stdout, "not here") {
					r.fatal("the warning is missing")
				}
			})
		}
	}
}

// The image exists by digest before these faults, so that they hit only the attestation.
func TestTagsDoNotMoveIfTheRegistryDoesNotStoreTheAttestation(t *testing.T) {
	t.Parallel()
	refuse := ghcrtest.Answer{Status: http.StatusForbidden, Message: "not here"}
	cases := []struct{ name, method, path, code string }{
		{"bundle", http.MethodPut, "/blobs/", "denied"},
		{"manifest", http.MethodPut, "/manifests/sha256:", "denied"},
		{"bundle is not returned", http.MethodGet, "/blobs/", "attestation-not-stored"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			s := newSigning(t, acme(), claims())
			s.with("attest", "false").run().succeeds()
			s.server.Inject(ghcrtest.Fault{Method: c.method, Path: c.path, Times: ghcrtest.Always, Effect: refuse})
			r := s.with("attest", "true", "attest-store", "registry", "tags", "2").run().failsWith(c.code).hasOutputs("attested", "no")
			if r.count(http.MethodPut, "/manifests/2") > 0 {
				r.fatal("a tag moved")
			}
		})
	}
}

// The list of referrers contains an entry of another program. The first read after the
// write still shows the old list.
func TestEntriesOfOtherProgramsStayInTheList(t *testing.T) {
	t.Parallel()
	s := newSigning(t, acme(), claims())
	digest := s.with("attest", "false").run().succeeds().outputs["digest"]
	other := []byte(`{"schemaVersion":2,"mediaType":"application/vnd.oci.image.index.v1+json","manifests":[]}`)
	s.server.AddManifest("acme/web", "", string(types.OCIImageIndex), other)
	hash, size, err := v1.SHA256(bytes.NewReader(other))
	s.check(err)
	foreign := fmt.Sprintf(`{"mediaType":"application/vnd.oci.image.index.v1+json","size":%d,"digest":"%s","annotations":{"a":"b"},"artifactType":"application/vnd.acme"}`, size, hash)
	tag := strings.Replace(digest, ":", "-", 1)
	s.server.AddManifest("acme/web", tag, string(types.OCIImageIndex), []byte(`{"schemaVersion":2,"mediaType":"application/vnd.oci.image.index.v1+json","manifests":[`+foreign+`],"annotations":{"x":"y"}}`))
	s.server.Inject(ghcrtest.Fault{Method: http.MethodPut, Path: "/manifests/" + tag, Effect: ghcrtest.Lag{Reads: 1}})
	r := s.with("attest", "true").run().succeeds().hasOutputs("attested", "yes")
	var list struct {
		Manifests   []json.RawMessage
		Annotations map[string]string
	}
	index, _ := s.server.Manifest("acme/web", tag)
	s.check(json.Unmarshal(index.Raw, &list))
	if len(list.Manifests) != 2 || string(list.Manifests[0]) != foreign || list.Annotations["x"] != "y" {
		t.Errorf("the list is %s", list.Manifests)
	}
	var ours v1.Descriptor
	s.check(json.Unmarshal(list.Manifests[1], &ours))
	if ours.ArtifactType != attest.MediaType || ours.Annotations["dev.sigstore.bundle.predicateType"] != attest.Provenance || ours.Digest.String() != attestations(t, r)[0].Digest {
		t.Errorf("the entry is %s", list.Manifests[1])
	}
}

// The API refuses attestations of private repositories of users. The registry is enough,
// unless the user demands the API.
func TestARefusalOfTheAPIIsANotice(t *testing.T) {
	t.Parallel()
	s := newSigning(t, acme(), claims())
	s.server.Inject(ghcrtest.Fault{Method: http.MethodPost, Path: "/attestations", Times: ghcrtest.Always, Effect: ghcrtest.Answer{Status: http.StatusForbidden, Message: "Feature not available"}})
	r := s.with("attest", "true").run().succeeds().hasOutputs("attested", "yes", "attestation-url", "")
	if !strings.Contains(r.notices(), "attestation-api-refused") || !strings.Contains(r.stdout, "Feature not available") {
		r.fatal("the notice is missing")
	}
}

// classes returns the number of requests of each class, without the upload sessions, whose
// number depends on the time.
func classes(requests []ghcrtest.Request) map[ghcrtest.Class]int {
	out := map[ghcrtest.Class]int{}
	for _, q := range requests {
		if q.Class != ghcrtest.ClassPostUpload {
			out[q.Class]++
		}
	}
	return out
}

func TestAJobWithoutATokenIsNotAttested(t *testing.T) {
	t.Parallel()
	s := newSigning(t, acme(), claims())
	delete(s.env, "ACTIONS_ID_TOKEN_REQUEST_URL")
	r := s.with("attest", "true").run().failsWith("identity-token-missing", "id-token: write").wroteNothing()
	if r.outputs["attested"] != "" {
		r.fatal("attested is %q", r.outputs["attested"])
	}
	r = s.with("attest", "auto").run().succeeds().hasOutputs("outcome", "published", "attested", "")
	if !strings.Contains(r.stdout, "no attestation, because the job does not have the permission id-token: write") {
		r.fatal("the log does not contain the reason")
	}
	with := newSigning(t, acme(), claims()).with("attest", "false").run().succeeds()
	if got, want := classes(r.requests), classes(with.requests); !maps.Equal(got, want) {
		t.Errorf("the requests are %v without a permission, and %v with attest: false", got, want)
	}
}

// All missing permissions are in one message.
func TestAllMissingPermissionsAreNamedAtOnce(t *testing.T) {
	t.Parallel()
	c := acme()
	c.Credentials[0].Packages = ghcrtest.Read
	s := newSigning(t, c, claims())
	delete(s.env, "ACTIONS_ID_TOKEN_REQUEST_URL")
	r := s.with("attest", "true").run().failsWith("identity-token-missing")
	if !strings.Contains(r.stdout+r.stderr, "packages: write") || len(r.codes()) < 2 {
		r.fatal("the messages do not name both permissions")
	}
	s.with("on-readonly", "skip").run().succeeds().hasOutputs("outcome", "skipped")
}

func TestThePlatformsAreSubjectsOfTheProvenance(t *testing.T) {
	t.Parallel()
	s := newSigning(t, acme(), claims())
	source, _ := layout(t)
	r := s.with("source", source).run().succeeds().hasOutputs("attested", "yes")
	var digests map[string]string
	s.check(json.Unmarshal([]byte(r.outputs["digests"]), &digests))
	subjects := attestations(t, r)[0].Subjects
	if subjects[0] != r.outputs["digest"] || len(subjects) != 1+len(digests) {
		r.fatal("the subjects are %v", subjects)
	}
	if indexes := r.count(http.MethodPut, "/manifests/sha256-"); indexes != 1 {
		r.fatal("the run wrote %d lists of referrers", indexes)
	}
}

func TestSBOMIsAttestedWithTheProvenance(t *testing.T) {
	t.Parallel()
	s := newSigning(t, acme(), claims())
	file := filepath.Join(s.dir, "sbom.json")
	s.check(os.WriteFile(file, []byte(`{"spdxVersion":"SPDX-2.3","SPDXID":"SPDXRef-DOCUMENT"}`), 0o600))
	r := s.with("sbom", file).run().succeeds().hasOutputs("attested", "yes")
	list := attestations(t, r)
	if len(list) != 2 || list[1].PredicateType != "https://spdx.dev/Document/v2.3" || r.count(http.MethodPut, "/manifests/sha256-") != 1 || r.count(http.MethodPost, "/signingCert") != 1 {
		r.fatal("the attestations are %s", r.outputs["attestations"])
	}
	s.verify("predicate-type", "https://spdx.dev/Document/v2.3").succeeds()
	s.run().succeeds().wroteNothing()

	s.check(os.WriteFile(file, []byte(`{}`), 0o600))
	s.run().failsWith("sbom-invalid").wroteNothing()
	s.check(os.WriteFile(file, nil, 0o600))
	s.run().failsWith("sbom-invalid", filepath.Base(file), "is empty").wroteNothing()
	s.with("sbom", filepath.Join(s.dir, "absent")).run().failsWith("sbom-invalid").wroteNothing()
	s.with("sbom", "true").run().failsWith("input-value").wroteNothing()
	s.with("sbom", file, "attest", "false").run().failsWith("sbom-without-attest").wroteNothing()
	s.with("sbom", "false").run().succeeds()
}

// GitHub's own instance has no log.
func TestPrivateRepositoriesAreAttestedWithoutALog(t *testing.T) {
	t.Parallel()
	c := acme()
	c.Sigstore = sigstore.GitHub
	c.Repositories[0].Visibility = ghcrtest.Private
	s := newSigning(t, c, sigstore.JobClaims("acme/web", "private"))
	r := s.run().succeeds().hasOutputs("attested", "yes")
	one := attestations(t, r)[0]
	if one.LogIndex != nil {
		r.fatal("the attestation has a log index")
	}
	if !strings.HasSuffix(one.Verify[1], " --insecure-ignore-tlog --use-signed-timestamps --insecure-ignore-sct") {
		r.fatal("the command of cosign demands logs: %s", one.Verify[1])
	}
	s.verify().succeeds()
	// GitHub has no instance for this server. With auto, this is no warning.
	delete(s.env, "INPUT_SIGSTORE")
	s.run().succeeds().hasOutputs("attested", "")
}

// A service can quote the identity token.
func TestIdentityTokensAreInNoOutput(t *testing.T) {
	t.Parallel()
	s := newSigning(t, acme(), claims())
	request := s.env["ACTIONS_ID_TOKEN_REQUEST_TOKEN"]
	s.server.Inject(ghcrtest.Fault{Path: "/idtoken", Times: ghcrtest.Always, Effect: ghcrtest.Answer{Status: http.StatusForbidden, Message: "no access with " + request}})
	r := s.with("attest", "true", "debug", "true").run().failsWith("signing-service-refused")
	if all := r.stdout + r.stderr + r.summary + r.outputs["json"]; strings.Contains(all, request) || !strings.Contains(all, "no access with") {
		r.fatal("the output contains the token, or not the words of the service")
	}
}

// The gate judges the image before the signature.
func TestAnImageThatTheGateRefusesIsNotSigned(t *testing.T) {
	t.Parallel()
	s := newSigning(t, acme(), claims())
	r := gated(s.stage, "exit 1").run().failsWith("gate-failed")
	if r.count(http.MethodPost, "/log/entries")+r.count(http.MethodPost, "/attestations") > 0 {
		r.fatal("the run signed the image")
	}
	s.with("gate", "true").run().succeeds().hasOutputs("attested", "yes")
}

func TestMatrixJobsLeaveTheAttestationToTheMerge(t *testing.T) {
	t.Parallel()
	s := newSigning(t, acme(), claims())
	delete(s.env, "INPUT_TAGS")
	outputs := map[string]string{}
	for name, platform := range map[string]*v1.Platform{"a": sourcetest.AMD64, "b": sourcetest.ARM64} {
		l := sourcetest.NewLayout(t)
		l.Add(l.Image(platform, name))
		r := s.with("push-by-digest", "true", "source", sourcetest.Dir(t, l.Files())).run().succeeds().hasOutputs("attested", "")
		outputs[name] = r.outputs["digest"]
	}
	s.with("attest", "true").run().succeeds().hasOutputs("attested", "yes")
	for _, name := range []string{"INPUT_PUSH-BY-DIGEST", "INPUT_SOURCE", "INPUT_ATTEST"} {
		delete(s.env, name)
	}
	digests := "a=" + outputs["a"] + "\nb=" + outputs["b"]
	merged := s.with("command", "merge", "digests", digests, "tags", "1").run().succeeds().hasOutputs("attested", "yes")
	subjects := attestations(t, merged)[0].Subjects
	if len(subjects) != 3 || subjects[0] != merged.outputs["digest"] || !slices.Contains(subjects, outputs["a"]) {
		merged.fatal("the subjects are %v", subjects)
	}
	s.verify().succeeds()
}

func TestAllImagesOfAReleaseAreAttested(t *testing.T) {
	t.Parallel()
	s := newSigning(t, acme(), claims())
	delete(s.env, "INPUT_SOURCE")
	s.with("sources", "web="+oneImage(t)+"\napi="+oneImage(t))
	r := s.run().succeeds().hasOutputs("attested", "yes")
	if got := attestations(t, r); len(got) != 2 || r.count(http.MethodPost, "/signingCert") != 1 {
		r.fatal("the attestations are %s", r.outputs["attestations"])
	}
	s.verify().succeeds()
	s.run().succeeds().wroteNothing()
}

func TestDryRunsAnnounceTheAttestation(t *testing.T) {
	t.Parallel()
	s := newSigning(t, acme(), claims())
	r := s.with("dry-run", "true").run().succeeds().wroteNothing()
	if !strings.Contains(r.stdout, "would sign the provenance") || r.count(http.MethodGet, "/idtoken") > 0 {
		r.fatal("the plan lacks the attestation, or the run requested a token")
	}
	delete(s.env, "ACTIONS_ID_TOKEN_REQUEST_URL")
	r = s.with("attest", "true").run().succeeds()
	if !strings.Contains(r.notices(), "not-attested") {
		r.fatal("the warning is missing")
	}
}

// The image was published without an attestation, because Sigstore refused.
func TestAnExistingImageIsAttestedLater(t *testing.T) {
	t.Parallel()
	s := newSigning(t, acme(), claims())
	first := s.with("attest", "false", "source", func() string { path, _ := layout(t); return path }()).run().succeeds()
	for _, name := range []string{"INPUT_ATTEST", "INPUT_TAGS"} {
		delete(s.env, name)
	}
	s.with("command", "attest", "source", s.image("acme/web")+":1")
	r := s.run().succeeds().hasOutputs("attested", "yes", "digest", first.outputs["digest"], "outcome", "published", "changed", "true")
	if subjects := attestations(t, r)[0].Subjects; len(subjects) < 3 || subjects[0] != first.outputs["digest"] {
		r.fatal("the subjects are %v", subjects)
	}
	if r.count(http.MethodPut, "/manifests/1") > 0 || !strings.Contains(r.stdout, "Attested ") {
		r.fatal("the run moved a tag, or the log is wrong")
	}
	s.verify().succeeds()
	s.run().succeeds().wroteNothing().hasOutputs("outcome", "unchanged")
	s.with("source", s.image("acme/web")+":absent").run().failsWith("image-not-found").wroteNothing()
	delete(s.env, "ACTIONS_ID_TOKEN_REQUEST_TOKEN")
	s.with("source", s.image("acme/web")+":1").run().failsWith("identity-token-missing").wroteNothing()
}
