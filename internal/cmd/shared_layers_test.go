package cmd_test

import (
	"bytes"
	"crypto/sha256"
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/ghcr-publish/ghcr-publish/internal/publish/pushed"
	"github.com/ghcr-publish/ghcr-publish/internal/registry"
	"github.com/ghcr-publish/ghcr-publish/internal/source/sourcetest"
)

// TestStepsOfAJobSendSharedLayersOnce publishes images with common layers one after the
// other, each in its own package. Only the first run sends the common layers.
func TestStepsOfAJobSendSharedLayersOnce(t *testing.T) {
	t.Parallel()
	s := newStage(t, acme())
	s.env["RUNNER_TEMP"] = t.TempDir()
	for i := range 5 {
		l := sourcetest.NewLayout(t)
		l.Add(l.Image(sourcetest.AMD64, large("one"), large("two"), large("three"), large(fmt.Sprint("own ", i))))
		s.with("source", sourcetest.Dir(t, l.Files()), "tags", "1", "image", s.image(fmt.Sprintf("acme/s%d", i)))
		r := s.run().succeeds()
		sent, mounted := r.count("PUT", "/blobs/"), r.count("POST", "mount=")
		if i == 0 && (sent != 5 || mounted != 0) || i > 0 && (sent != 2 || mounted != 3) {
			r.fatal("image %d: %d blobs were sent, %d layers were mounted", i, sent, mounted)
		}
		if tokens := r.count("GET", "/token"); tokens > 3 {
			r.fatal("image %d: %d token requests", i, tokens)
		}
		again := s.run().succeeds().hasOutputs("outcome", "unchanged")
		if again.count("POST", "mount=") > 0 {
			again.fatal("an unchanged image was mounted")
		}
	}
}

// TestRecordedLayersOfAHiddenPackageAreSent uses a record with a package that the token
// cannot read. The registry then does not mount the layers.
func TestRecordedLayersOfAHiddenPackageAreSent(t *testing.T) {
	t.Parallel()
	s := newStage(t, acme())
	s.env["RUNNER_TEMP"] = t.TempDir()
	l := sourcetest.NewLayout(t)
	l.Add(l.Image(sourcetest.AMD64, large("one"), large("two")))
	s.with("source", sourcetest.Dir(t, l.Files()), "tags", "1", "image", s.image("acme/first"))
	s.run().succeeds()
	record := string(pushed.In(s.env["RUNNER_TEMP"]))
	text, err := os.ReadFile(record)
	s.check(err)
	s.check(os.WriteFile(record, bytes.ReplaceAll(text, []byte("acme/first"), []byte("acme/hidden")), 0o600))
	r := s.with("image", s.image("acme/second")).run().succeeds()
	if sent, asked := r.count("PUT", "/blobs/"), r.count("POST", "mount="); sent != 3 || asked != 2 {
		r.fatal("%d blobs were sent, %d mounts were requested", sent, asked)
	}
}

// large returns a text that is larger than the layers that are always sent. The text
// cannot be compressed below this size.
func large(name string) string {
	var b strings.Builder
	for i := 0; int64(b.Len()) < 4*registry.BulkSize; i++ {
		fmt.Fprintf(&b, "%x", sha256.Sum256(fmt.Append(nil, name, i)))
	}
	return b.String()
}
