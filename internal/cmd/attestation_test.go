package cmd_test

import (
	"strings"
	"testing"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/types"

	"github.com/ghcr-publish/ghcr-publish/internal/ghcrtest"
	"github.com/ghcr-publish/ghcr-publish/internal/source/sourcetest"
)

func TestAttestationsAreStrippedIfTheInputAsks(t *testing.T) {
	t.Parallel()
	path, root := buildxLayout(t)
	s := newStage(t, acme()).with("source", path, "tags", "1", "attestations", "strip")
	r := s.run().succeeds()
	all := newStage(t, acme()).with("source", path, "tags", "1").run().succeeds().hasOutputs("digest", root.Digest.String())
	if r.outputs["digest"] == root.Digest.String() || r.outputs["digests"] != all.outputs["digests"] || !strings.Contains(r.stdout, "removes attestations (2)") {
		r.fatal("the images changed, or the index did not change: %s", all.outputs["digests"])
	}
	if got := s.manifest("1").Manifests; len(got) != 2 || got[0].Platform == nil || got[1].Platform == nil {
		t.Errorf("the index contains %v", got)
	}
	s.run().succeeds().wroteNothing().hasOutputs("outcome", "unchanged")

	zstd := s.with("compression", "zstd", "tags", "2").run().succeeds()
	if strings.Contains(zstd.notices(), "attestations-outdated") || len(s.manifest("2").Manifests) != 2 {
		zstd.fatal("the notices mention attestations, but the index has no attestation")
	}
}

func TestIndexOfOneImageBecomesThatImageWithoutItsAttestation(t *testing.T) {
	t.Parallel()
	l := sourcetest.NewLayout(t)
	one := sourcetest.On(l.Image(sourcetest.AMD64, "one"), sourcetest.AMD64)
	l.Add(l.Index(one, l.Attestation(one)))
	s := newStage(t, acme()).with("source", sourcetest.Dir(t, l.Files()), "tags", "1", "attestations", "strip")
	s.run().succeeds().hasOutputs("digest", one.Digest.String()).hasOutputs("digest-linux-amd64", one.Digest.String())
	s.run().succeeds().wroteNothing()
	s.with("source", "docker://"+s.image("acme/web:1"), "tags", "2").run().succeeds().hasOutputs("digest", one.Digest.String())
	s.with("attestations", "referrers").run().failsWith("input-value", "keep, strip").wroteNothing()
}

func TestChildrenThatAreNotAttestationsAreKept(t *testing.T) {
	t.Parallel()
	cases := []struct {
		name  string
		make  func(*sourcetest.Layout, v1.Descriptor) v1.Descriptor
		left  int    // number of entries of the root
		same  bool   // the digest does not change
		words string // in the published index
	}{
		{"an artifact without a platform", func(l *sourcetest.Layout, one v1.Descriptor) v1.Descriptor {
			thing := v1.Manifest{SchemaVersion: 2, MediaType: types.OCIManifestSchema1, Config: l.Blob("application/vnd.acme.thing", []byte("{}"))}
			return l.Index(one, sourcetest.On(l.JSON(types.OCIManifestSchema1, thing), sourcetest.Unknown))
		}, 2, true, ""},
		{"only attestations", func(l *sourcetest.Layout, one v1.Descriptor) v1.Descriptor { return l.Index(l.Attestation(one)) }, 1, true, ""},
		{"annotations of the index", func(l *sourcetest.Layout, one v1.Descriptor) v1.Descriptor {
			return l.JSON(types.OCIImageIndex, v1.IndexManifest{
				SchemaVersion: 2, MediaType: types.OCIImageIndex, Manifests: []v1.Descriptor{one, l.Attestation(one)},
				Annotations: map[string]string{"org.opencontainers.image.description": "mine"},
			})
		}, 1, false, "mine"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			l := sourcetest.NewLayout(t)
			root := c.make(l, sourcetest.On(l.Image(sourcetest.AMD64, "a"), sourcetest.AMD64))
			l.Add(root)
			s := newStage(t, acme()).with("source", sourcetest.Dir(t, l.Files()), "tags", "1", "attestations", "strip")
			r := s.run().succeeds()
			found, _ := s.server.Manifest("acme/web", "1")
			if len(s.manifest("1").Manifests) != c.left || (r.outputs["digest"] == root.Digest.String()) != c.same || !strings.Contains(string(found.Raw), c.words) {
				r.fatal("the published index is %s", found.Raw)
			}
			for _, m := range s.manifest("1").Manifests {
				inner, _ := s.server.Manifest("acme/web", m.Digest.String())
				if !c.same && strings.Contains(string(inner.Raw), "attestation-manifest") {
					t.Errorf("an attestation remains in %s", inner.Raw)
				}
			}
			s.run().succeeds().wroteNothing()
		})
	}
}

// boundLayout writes a layout of an index with an image and its attestation in the form of
// BuildKit 0.32 and later.
func boundLayout(t *testing.T) (path string, attestation v1.Descriptor) {
	t.Helper()
	l := sourcetest.NewLayout(t)
	one := sourcetest.On(l.Image(sourcetest.AMD64, "one"), sourcetest.AMD64)
	attestation = l.BoundAttestation(one)
	l.Add(l.Index(one, attestation))
	return sourcetest.Dir(t, l.Files()), attestation
}

// A registry can refuse the attestations of BuildKit 0.32 and later. The error then names
// the input that writes the older form, and the registry accepts this form.
func TestRegistryThatRefusesNewAttestationsGetsTheOlderForm(t *testing.T) {
	t.Parallel()
	path, attestation := boundLayout(t)
	s := newStage(t, acme()).with("source", path, "tags", "1")
	s.server.Inject(ghcrtest.Fault{
		Method: "PUT", Path: "/manifests/" + attestation.Digest.String(), Times: ghcrtest.Always,
		Effect: ghcrtest.Answer{Status: 400, Code: "MANIFEST_INVALID", Message: "manifest invalid"},
	})
	s.run().failsWith("attestation-refused", "attestations: legacy")
	if s.server.Tag("acme/web", "1") != "" {
		t.Error("the tag exists after a refusal")
	}
	r := s.with("attestations", "legacy").run().succeeds()
	if r.notices() != "digest-changes" {
		r.fatal("the notices are %q", r.notices())
	}
	index := s.manifest("1")
	inner, _ := s.server.Manifest("acme/web", index.Manifests[1].Digest.String())
	if index.Manifests[1].Annotations["vnd.docker.reference.digest"] != index.Manifests[0].Digest.String() || strings.Contains(string(inner.Raw), "subject") {
		r.fatal("the attestation is %+v: %s", index.Manifests[1], inner.Raw)
	}
	s.run().succeeds().wroteNothing().hasOutputs("outcome", "unchanged", "digest", r.outputs["digest"])
	s.with("source", "docker://"+s.image("acme/web:1"), "tags", "2").run().succeeds().hasOutputs("digest", r.outputs["digest"])
}

func TestMergeWritesTheOlderFormOfAttestations(t *testing.T) {
	t.Parallel()
	path, _ := boundLayout(t)
	s := newStage(t, acme())
	digests := s.push(path)
	r := s.merge(digests, "tags", "1", "attestations", "legacy").succeeds()
	if r.notices() != "attestations-legacy" {
		r.fatal("the notices are %q", r.notices())
	}
	direct := newStage(t, acme()).with("source", path, "tags", "1", "attestations", "legacy").run().succeeds()
	r.hasOutputs("digest-linux-amd64", direct.outputs["digest-linux-amd64"])
	for _, m := range s.manifest("1").Manifests {
		if inner, _ := s.server.Manifest("acme/web", m.Digest.String()); strings.Contains(string(inner.Raw), "subject") {
			t.Errorf("a manifest is %s", inner.Raw)
		}
	}
	s.run().succeeds().wroteNothing().hasOutputs("outcome", "unchanged")
}

func TestRefusedReferrerProposesTheOlderForm(t *testing.T) {
	t.Parallel()
	l := sourcetest.NewLayout(t)
	one := sourcetest.On(l.Image(sourcetest.AMD64, "one"), sourcetest.AMD64)
	l.Add(l.Index(one, l.Attestation(one)))
	s := newStage(t, acme())
	digests := s.push(sourcetest.Dir(t, l.Files()))
	s.server.Inject(ghcrtest.Fault{
		Method: "PUT", Path: "/manifests/sha256:", // the referrer is the only new manifest
		Effect: ghcrtest.Answer{Status: 415, Code: "UNSUPPORTED", Message: "unsupported"},
	})
	s.merge(digests, "tags", "1", "attestations", "referrers").failsWith("attestation-refused", "attestations: legacy")
}
