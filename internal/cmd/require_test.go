package cmd_test

import (
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	v1 "github.com/google/go-containerregistry/pkg/v1"

	"github.com/ghcr-publish/ghcr-publish/internal/ghcrtest/sigstore"
	"github.com/ghcr-publish/ghcr-publish/internal/source/sourcetest"
)

// requireStages returns the inputs of the commands that can require an attestation.
func requireStages(a *attested, folder string) map[string][]string {
	return map[string][]string{
		"pull":    {"command", "pull", "source", a.image("acme/web") + ":1", "destination", folder, "tags", ""},
		"promote": {"command", "promote", "source", "1", "destination", "", "tags", "stable"},
	}
}

func TestRequireRefusesAnImageBeforeTheFirstWrite(t *testing.T) {
	t.Parallel()
	a := newAttested(t)
	folder := filepath.Join(a.dir, "images")
	for _, step := range []struct {
		name   string
		attach []byte
		code   string
	}{
		{"no attestation", nil, "attestation-missing"},
		{"an attestation of another image", a.bundle(otherDigest(), claims()), "policy-not-met"},
		{"an attestation of another repository", a.bundle(a.digest, sigstore.JobClaims("mallory/web", "public")), "policy-not-met"},
	} {
		if step.attach != nil {
			a.attach(step.attach)
		}
		for command, inputs := range requireStages(a, folder) {
			r := a.with(inputs...).with("require", "repo=acme/web").run().failsWith(step.code)
			if _, err := os.Stat(folder); err == nil {
				t.Errorf("%s, %s: the run wrote %s", command, step.name, folder)
			}
			for _, q := range r.requests {
				if q.Method == http.MethodPut || strings.HasSuffix(q.Path, "/manifests/stable") && q.Method != http.MethodGet && q.Method != http.MethodHead {
					t.Errorf("%s, %s: the run sent %s %s", command, step.name, q.Method, q.Path)
				}
			}
		}
	}
}

func TestRequireAcceptsAnImageWithAnAttestation(t *testing.T) {
	t.Parallel()
	a := newAttested(t)
	a.attach(a.bundle(a.digest, claims()))
	folder := filepath.Join(a.dir, "images")
	for command, inputs := range requireStages(a, folder) {
		policy := "repo=acme/web\nsource-ref = refs/heads/main\ndeny-self-hosted-runners"
		r := a.with(inputs...).with("require", policy).run().succeeds()
		r.hasOutputs("digest", a.digest.String())
		if !strings.Contains(r.stdout, "meets the policy") || !strings.Contains(r.stdout, "https://github.com/acme/web") {
			t.Errorf("%s: the log does not name the signer:\n%s", command, r.stdout)
		}
	}
	if _, err := os.Stat(filepath.Join(folder, "index.json")); err != nil {
		t.Error(err)
	}
}

// The attestation describes the index. A run that pulls one of its images compares the
// attestation with the digest of the index.
func TestRequireAcceptsAPlatformOfAnAttestedIndex(t *testing.T) {
	t.Parallel()
	a := newAttested(t)
	l := sourcetest.NewLayout(t)
	l.Add(l.Index(sourcetest.On(l.Image(sourcetest.AMD64, "a"), sourcetest.AMD64), sourcetest.On(l.Image(sourcetest.ARM64, "b"), sourcetest.ARM64)))
	r := a.with("command", "publish", "source", sourcetest.Dir(t, l.Files()), "tags", "2", "trusted-root", "").run().succeeds()
	var err error
	a.digest, err = v1.NewHash(r.outputs["digest"])
	a.check(err)
	a.attach(a.bundle(a.digest, claims()))
	a.with("command", "pull", "source", a.image("acme/web")+":2", "tags", "", "destination", "docker-archive:"+filepath.Join(a.dir, "web.tar"),
		"platform", "linux/arm64", "trusted-root", filepath.Join(a.folder, sigstore.RootFile), "require", "owner=acme").run().succeeds()
}
