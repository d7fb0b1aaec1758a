package cmd_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	v1 "github.com/google/go-containerregistry/pkg/v1"

	"github.com/ghcr-publish/ghcr-publish/internal/ghcrtest"
	"github.com/ghcr-publish/ghcr-publish/internal/source/sourcetest"
)

// candidateStage returns a stage with acme/dev:rc and the digest of rc. The job of
// acme/web may read the package acme/dev.
func candidateStage(t *testing.T) (*stage, string) {
	t.Helper()
	c := acme()
	c.Packages = []ghcrtest.Package{
		{Name: "acme/dev", Repository: "acme/web", Visibility: ghcrtest.Public},
		{Name: "acme/web", Repository: "acme/web", Visibility: ghcrtest.Public},
	}
	s := newStage(t, c)
	source, digest := layout(t)
	s.with("source", source, "image", s.image("acme/dev"), "tags", "rc").run().succeeds()
	s.with("command", "promote", "source", "", "image", "", "tags", "")
	return s, digest
}

func TestPromoteAddsTagsWithoutTransfer(t *testing.T) {
	t.Parallel()
	s, digest := candidateStage(t)
	r := s.with("source", "rc", "image", s.image("acme/dev"), "tags", "1.2.3\nstable", "expected-digest", digest).run().succeeds()
	r.hasOutputs("digest", digest, "tag-names", "1.2.3\nstable", "pushed", "true", "changed", "true")
	for _, w := range r.writes() {
		if !strings.HasSuffix(w, "/manifests/1.2.3") && !strings.HasSuffix(w, "/manifests/stable") {
			t.Errorf("unexpected write: %s", w)
		}
	}
	s.run().succeeds().wroteNothing().hasOutputs("outcome", "unchanged")
}

func TestPromoteIntoAnotherRepositoryMountsTheBlobs(t *testing.T) {
	t.Parallel()
	s, digest := candidateStage(t)
	r := s.with("source", "docker://"+s.image("acme/dev:rc"), "image", s.image("acme/web")).run().succeeds()
	// Without the input "tags", the image gets the tag that it has in the source.
	r.hasOutputs("digest", digest, "tags", s.image("acme/web:rc"), "anonymous-pull", "verified")
	if n := r.count("PUT", "/blobs/"); n > 0 {
		t.Errorf("%d blobs were uploaded, want only mounts", n)
	}
}

// Two registries cannot mount blobs from each other. The blobs are copied, and the other
// registry does not receive the token.
func TestPromoteFromAnotherRegistryCopiesTheBlobs(t *testing.T) {
	t.Parallel()
	origin, digest := candidateStage(t)
	origin.sign(digest)
	c := acme()
	c.Packages = []ghcrtest.Package{{Name: "acme/web", Repository: "acme/web", Visibility: ghcrtest.Public}}
	s := newStage(t, c)
	origin.server.Reset()
	r := s.with("command", "promote", "source", origin.image("acme/dev:rc"), "tags", "1.2.3").run().succeeds()
	r.hasOutputs("digest", digest, "tags", s.image("acme/web:1.2.3"), "anonymous-pull", "verified")
	if n := r.count("PUT", "/blobs/"); n == 0 {
		t.Error("no blob was uploaded")
	}
	if got := s.server.Tag("acme/web", strings.Replace(digest, ":", "-", 1)+".sig"); got == "" {
		t.Error("the signature was not copied")
	}
	for _, q := range origin.server.Requests() {
		if q.Class == ghcrtest.ClassToken && q.Authorized {
			t.Errorf("the other registry received credentials: %s %s", q.Method, q.Path)
		}
	}
}

func TestPromoteRefusesAnUnexpectedDigest(t *testing.T) {
	t.Parallel()
	s, _ := candidateStage(t)
	s.with("source", s.image("acme/dev:rc"), "image", s.image("acme/web"), "expected-digest", "sha256:"+strings.Repeat("0", 64)).run().
		failsWith("digest-differs", "expected-digest").wroteNothing()
}

func TestPromoteInputErrors(t *testing.T) {
	t.Parallel()
	cases := []struct {
		name   string
		inputs []string
		code   string
		words  string
	}{
		{"no source", nil, "source-missing", "Set the input source"},
		{"no tags", []string{"source", "sha256:" + strings.Repeat("0", 64)}, "no-tags", "Set the input tags"},
		{"an invalid source", []string{"source", "A B", "tags", "1"}, "source-invalid", "OWNER/NAME:TAG"},
		{"an invalid digest", []string{"source", "rc", "tags", "1", "expected-digest", "rc"}, "digest-invalid", "sha256: and 64"},
		{"labels, which would change the digest", []string{"source", "rc", "tags", "1", "labels", "a=b"}, "input-not-accepted", "labels belongs to publish"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			newStage(t, acme()).with("command", "promote").with(c.inputs...).run().failsWith(c.code, c.words).wroteNothing()
		})
	}
}

// sign adds the manifests that cosign and oras would push for acme/dev:rc.
func (s *stage) sign(digest string) {
	s.t.Helper()
	layer, err := s.server.AddBlob("acme/dev", []byte("signature"))
	s.check(err)
	config, err := s.server.AddBlob("acme/dev", []byte("{}"))
	s.check(err)
	manifest := func(kind string) (string, int) {
		raw, err := json.Marshal(map[string]any{
			"schemaVersion": 2, "mediaType": "application/vnd.oci.image.manifest.v1+json", "artifactType": kind,
			"config":  map[string]any{"mediaType": "application/vnd.oci.empty.v1+json", "digest": config, "size": 2},
			"layers":  []any{map[string]any{"mediaType": "text/plain", "digest": layer, "size": 9}},
			"subject": map[string]any{"mediaType": "application/vnd.oci.image.index.v1+json", "digest": digest, "size": 1},
		})
		s.check(err)
		tag := ""
		if kind == "cosign" {
			tag = strings.Replace(digest, ":", "-", 1) + ".sig"
		}
		return s.server.AddManifest("acme/dev", tag, "application/vnd.oci.image.manifest.v1+json", raw), len(raw)
	}
	manifest("cosign")
	proof, size := manifest("application/vnd.acme.proof")
	raw, err := json.Marshal(map[string]any{
		"schemaVersion": 2, "mediaType": "application/vnd.oci.image.index.v1+json",
		"manifests": []any{map[string]any{
			"mediaType": "application/vnd.oci.image.manifest.v1+json", "digest": proof, "size": size,
			"artifactType": "application/vnd.acme.proof", "annotations": map[string]string{"by": "acme"},
		}},
	})
	s.check(err)
	s.server.AddManifest("acme/dev", strings.Replace(digest, ":", "-", 1), "application/vnd.oci.image.index.v1+json", raw)
}

func TestSignaturesAndReferrersAreCopiedBeforeTheTag(t *testing.T) {
	t.Parallel()
	s, digest := candidateStage(t)
	s.sign(digest)
	s.with("source", s.image("acme/dev:rc"), "image", s.image("acme/web"), "tags", "1.2.3")
	if dry := s.with("dry-run", "true").run().succeeds().wroteNothing(); strings.Count(dry.stdout, "The run would also push ") != 2 {
		t.Errorf("the dry run does not list the attachments:\n%s", dry.stdout)
	}
	r := s.with("dry-run", "").run().succeeds()
	fallback := strings.Replace(digest, ":", "-", 1)
	for _, tag := range []string{fallback, fallback + ".sig"} {
		if got, want := s.server.Tag("acme/web", tag), s.server.Tag("acme/dev", tag); got == "" || (tag != fallback && got != want) {
			t.Errorf("%s is %q, want %q", tag, got, want)
		}
	}
	list := index(t, s, fallback)
	if len(list.Manifests) != 1 || list.Manifests[0].ArtifactType != "application/vnd.acme.proof" || list.Manifests[0].Annotations["by"] != "acme" {
		t.Errorf("the list of referrers is %+v", list.Manifests)
	}
	writes := r.writes()
	if last := writes[len(writes)-1]; !strings.HasSuffix(last, "/manifests/1.2.3") {
		t.Errorf("the tag of the image was not the last write: %q", writes)
	}
	if !strings.Contains(r.stdout, "pushed the attachment "+s.image("acme/web:"+fallback+".sig")) {
		t.Errorf("the log does not list the attachment:\n%s", r.stdout)
	}
	s.run().succeeds().wroteNothing().hasOutputs("outcome", "unchanged")
}

// The signature of the index has the digest of the index, which changes. The signature of
// an image stays valid.
func TestPromoteWithPlatformsCopiesOnlyTheReferrersOfTheKeptImages(t *testing.T) {
	t.Parallel()
	s, digest := candidateStage(t)
	stored, ok := s.server.Manifest("acme/dev", digest)
	if !ok {
		t.Fatal("the candidate does not exist")
	}
	var source v1.IndexManifest
	s.check(json.Unmarshal(stored.Raw, &source))
	kept, removed := source.Manifests[0].Digest.String(), source.Manifests[1].Digest.String()
	for _, subject := range []string{digest, kept, removed} {
		s.sign(subject)
	}
	r := s.with("source", s.image("acme/dev:rc"), "image", s.image("acme/web"), "tags", "1.2.3", "platforms", "linux/amd64", "expected-digest", digest).run().succeeds()
	for subject, want := range map[string]bool{digest: false, kept: true, removed: false} {
		if got := s.server.Tag("acme/web", strings.Replace(subject, ":", "-", 1)+".sig") != ""; got != want {
			t.Errorf("the signature of %s was copied: %t, want %t", subject, got, want)
		}
	}
	if _, ok := s.server.Manifest("acme/web", removed); ok || r.outputs["digest"] == digest || !strings.Contains(r.notices(), "platforms-removed") {
		t.Errorf("the removed image was copied: %t; digest %s; notices %s", ok, r.outputs["digest"], r.notices())
	}
	list := index(t, s, "1.2.3").Manifests // The BuildKit attestation of the kept image stays in the index.
	if len(list) != 2 || list[0].Digest.String() != kept || list[1].Annotations["vnd.docker.reference.digest"] != kept {
		t.Errorf("the index lists %+v", list)
	}
}

// An existing signature that differs can contain signatures of others, so it is kept.
func TestDifferentSignatureAtTheDestinationIsKept(t *testing.T) {
	t.Parallel()
	s, digest := candidateStage(t)
	s.sign(digest)
	tag := strings.Replace(digest, ":", "-", 1) + ".sig"
	theirs := s.server.AddManifest("acme/web", tag, "application/vnd.oci.image.index.v1+json", []byte(`{"schemaVersion":2,"manifests":[]}`))
	r := s.with("source", s.image("acme/dev:rc"), "image", s.image("acme/web"), "tags", "1.2.3").run().succeeds()
	if got := s.server.Tag("acme/web", tag); got != theirs {
		t.Errorf("the signature was replaced by %s", got)
	}
	if got := r.notices(); !strings.Contains(got, "attachment-kept") {
		t.Errorf("notices are %q", got)
	}
}

func TestOnlyNewerKeepsATagOfUnknownAge(t *testing.T) {
	t.Parallel()
	s, digest := candidateStage(t)
	l := sourcetest.NewLayout(t)
	l.Add(l.Image(sourcetest.AMD64, "another"))
	s.with("command", "publish", "source", sourcetest.Dir(t, l.Files()), "image", s.image("acme/dev"), "tags", "stable").run().succeeds()
	before := s.server.Tag("acme/dev", "stable")
	s.with("command", "promote", "source", digest, "tags", "stable", "only-newer", "true").run().succeeds().hasOutputs("tags", "")
	if got := s.server.Tag("acme/dev", "stable"); got != before {
		t.Error("the tag moved although the order is unknown")
	}
	s.with("only-newer", "false").run().succeeds().hasOutputs("tag-names", "stable")
}

// A rollback promotes the digest of the output previous.
func TestOutputPreviousAllowsARollback(t *testing.T) {
	t.Parallel()
	s := stageWithCommits(t)
	old := s.mergeAt(first, "latest").succeeds().outputs["digest"]
	newer := s.mergeAt(second, "latest").succeeds()
	var previous map[string]string
	s.check(json.Unmarshal([]byte(newer.outputs["previous"]), &previous))
	back := previous[s.image("acme/web:latest")]
	if back != old {
		t.Fatalf("previous is %q, want %s", newer.outputs["previous"], old)
	}
	s.with("digests", "", "command", "promote", "source", back, "tags", "latest").run().succeeds().hasOutputs("tags", "")
	s.with("monotonic", "false").run().succeeds()
	if got := s.server.Tag("acme/web", "latest"); got != old {
		t.Errorf("latest points at %s, want %s", got, old)
	}
}

func TestMergeConvertsAttestationsToReferrers(t *testing.T) {
	t.Parallel()
	s := newStage(t, acme())
	r := s.merge(threePlatformImages(t, s), "tags", "1", "attestations", "referrers").succeeds()
	if n := r.count("PUT", "/blobs/"); n > 0 {
		t.Errorf("%d blobs were uploaded", n)
	}
	doc := index(t, s, "1")
	if len(doc.Manifests) != 3 {
		t.Errorf("the index has %d entries, want three images", len(doc.Manifests))
	}
	for _, d := range doc.Manifests {
		list := index(t, s, strings.Replace(d.Digest.String(), ":", "-", 1))
		if len(list.Manifests) != 1 || list.Manifests[0].ArtifactType != "application/vnd.in-toto+json" {
			t.Errorf("the referrers of %s: %+v", d.Digest, list.Manifests)
			continue
		}
		m, _ := s.server.Manifest("acme/web", list.Manifests[0].Digest.String())
		var referrer struct{ Subject v1.Descriptor }
		if err := json.Unmarshal(m.Raw, &referrer); err != nil || referrer.Subject.Digest != d.Digest {
			t.Errorf("the referrer %s: %v", m.Raw, err)
		}
	}
	s.run().succeeds().wroteNothing()
}

func TestPublishedArtifactsAreReportedToTheRunner(t *testing.T) {
	t.Parallel()
	s := newStage(t, acme())
	s.env["GITHUB_ARTIFACTS"] = filepath.Join(s.dir, "ARTIFACTS")
	source, digest := layout(t)
	s.with("source", source, "tags", "1.2.3\nlatest").run().succeeds()
	raw, err := os.ReadFile(s.env["GITHUB_ARTIFACTS"])
	s.check(err)
	want := "oci://" + s.image("acme/web:1.2.3") + "@" + digest + "\noci://" + s.image("acme/web:latest") + "@" + digest + "\n"
	if string(raw) != want {
		t.Errorf("got %q, want %q", raw, want)
	}
}
