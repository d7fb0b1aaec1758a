package cmd_test

import (
	"testing"

	v1 "github.com/google/go-containerregistry/pkg/v1"

	"github.com/ghcr-publish/ghcr-publish/internal/ghcrtest"
	"github.com/ghcr-publish/ghcr-publish/internal/source/sourcetest"
)

// platformImage writes the result of a build for one platform: an index of an
// image and its attestation.
func platformImage(t *testing.T, p *v1.Platform, texts ...string) (path, digest string) {
	t.Helper()
	l := sourcetest.NewLayout(t)
	img := sourcetest.On(l.Image(p, texts...), p)
	root := l.Index(img, l.Attestation(img))
	l.Add(root)
	return sourcetest.Dir(t, l.Files()), root.Digest.String()
}

func TestPushByDigestWritesNoTag(t *testing.T) {
	t.Parallel()
	s := newStage(t, acme())
	source, digest := platformImage(t, sourcetest.ARM64, "app")
	r := s.with("source", source, "push-by-digest", "true", "digest-name", "web/linux/arm64").run().succeeds()
	// The name of the output omits v8, and the digest is that of the pushed index.
	r.hasOutputs("digest", digest, "digest-linux-arm64", digest, "digest-web-linux-arm64", digest,
		"digests", `{"linux/arm64":"`+digest+`"}`, "pushed", "true", "changed", "true", "tags", "", "previous", "{}")
	if tags := s.server.Tags("acme/web"); len(tags) > 0 {
		t.Errorf("the image has tags: %q", tags)
	}
	if _, exists := s.server.Manifest("acme/web", digest); !exists {
		t.Error("the image is not in the registry")
	}
	s.run().succeeds().wroteNothing().hasOutputs("outcome", "unchanged", "digest-linux-arm64", digest)
}

func TestUncommonPlatformHasADigestOutput(t *testing.T) {
	t.Parallel()
	s := newStage(t, acme())
	source, digest := platformImage(t, &v1.Platform{OS: "linux", Architecture: "loong64"}, "app")
	s.with("source", source, "push-by-digest", "true").run().succeeds().hasOutputs("digest-linux-loong64", digest)
}

func TestSkippedPushByDigestHasTheOutputSkipped(t *testing.T) {
	t.Parallel()
	c := acme()
	c.Credentials[0].Packages = ghcrtest.Read
	s := newStage(t, c)
	source, _ := platformImage(t, sourcetest.AMD64, "app")
	s.fork().with("source", source, "push-by-digest", "true", "digest-name", "amd").run().succeeds().wroteNothing().
		hasOutputs("outcome", "skipped", "digest-linux-amd64", "skipped", "digest-amd", "skipped", "digest", "")
}

func TestInvalidInputsWithPushByDigest(t *testing.T) {
	t.Parallel()
	cases := []struct {
		name   string
		inputs []string
		code   string
		words  string
	}{
		{"tags", []string{"push-by-digest", "true", "tags", "latest"}, "tags-with-push-by-digest", "Move the input tags"},
		{"a digest name without push-by-digest", []string{"digest-name", "amd64"}, "digest-name-without-push-by-digest", "push-by-digest: true"},
		{"a digest name that the name of an output cannot contain", []string{"push-by-digest", "true", "digest-name", "a b"}, "digest-name-invalid", "letters, digits"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			s := newStage(t, acme())
			source, _ := platformImage(t, sourcetest.AMD64, "app")
			s.with("source", source).with(c.inputs...).run().failsWith(c.code, c.words).wroteNothing()
		})
	}
}
