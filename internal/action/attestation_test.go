package action_test

import (
	"strings"
	"testing"

	"github.com/ghcr-publish/ghcr-publish/internal/source/sourcetest"
)

func TestAttestationsAreLeftOutWhereAskedFor(t *testing.T) {
	t.Parallel()
	path, root := built(t)
	s := newStage(t, acme()).with("source", path, "tags", "1", "attestations", "strip")
	r := s.run().succeeds()
	all := newStage(t, acme()).with("source", path, "tags", "1").run().succeeds().says("digest", root.Digest.String())
	if r.outputs["digest"] == root.Digest.String() || r.outputs["digests"] != all.outputs["digests"] || !strings.Contains(r.stdout, "without its 2 attestations") {
		r.fatal("the images are to stay, and the index is to change: %s", all.outputs["digests"])
	}
	if got := s.told("1").Manifests; len(got) != 2 || got[0].Platform == nil || got[1].Platform == nil {
		t.Errorf("the index names %v", got)
	}
	s.run().succeeds().wroteNothing().says("outcome", "unchanged")

	zstd := s.with("compression", "zstd", "tags", "2").run().succeeds()
	if strings.Contains(zstd.stdout, "Attestations speak of") || len(s.told("2").Manifests) != 2 {
		zstd.fatal("nothing is left that attests anything")
	}
}

func TestAnIndexOfOneImageIsThatImageWithoutItsAttestation(t *testing.T) {
	t.Parallel()
	l := sourcetest.NewLayout(t)
	one := sourcetest.On(l.Image(sourcetest.AMD64, "one"), sourcetest.AMD64)
	l.Add(l.Index(one, l.Attestation(one)))
	s := newStage(t, acme()).with("source", sourcetest.Dir(t, l.Files()), "tags", "1", "attestations", "strip")
	s.run().succeeds().says("digest", one.Digest.String()).says("digest-linux-amd64", one.Digest.String())
	s.run().succeeds().wroteNothing()
	s.with("source", "docker://"+s.image("acme/web:1"), "tags", "2").run().succeeds().says("digest", one.Digest.String())
	s.with("attestations", "referrers").run().failsWith("input-value", "where merge makes the index").wroteNothing()
}
