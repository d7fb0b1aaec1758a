package cmd_test

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/ghcr-publish/ghcr-publish/internal/ghcrtest"
	"github.com/ghcr-publish/ghcr-publish/internal/source/sourcetest"
)

// layout writes the multi-platform image and returns its path and digest.
func layout(t *testing.T) (path, digest string) {
	t.Helper()
	l := sourcetest.NewLayout(t)
	root := l.MultiPlatform()
	l.Add(root)
	return sourcetest.Dir(t, l.Files()), root.Digest.String()
}

func TestPushOfABranchPublishesTheTagOfTheBranch(t *testing.T) {
	t.Parallel()
	s := newStage(t, acme())
	source, digest := layout(t)
	r := s.with("source", source).run().succeeds()
	image := s.image("acme/web")
	r.hasOutputs("digest", digest, "image", image, "reference", image+"@"+digest, "tags", image+":main", "tag-names", "main",
		"pushed", "true", "changed", "true", "previous", `{"`+image+`:main":null}`, "linked", "yes", "visibility", "public",
		"anonymous-pull", "verified", "outcome", "published", "package-url", s.server.URL()+"/orgs/acme/packages/container/package/web",
		"settings-url", s.server.URL()+"/orgs/acme/packages/container/web/settings")
	if got := s.server.Tag("acme/web", "main"); got != digest {
		t.Errorf("the tag points at %q, want %q", got, digest)
	}
	for _, q := range r.requests {
		if q.Method == "PUT" && q.Status != 201 {
			t.Errorf("PUT %s got the status %d: the content was pushed before the content that it names", q.Path, q.Status)
		}
	}
	for _, want := range []string{image + "@" + digest, "linux/amd64", "linux/arm64", "pulled without credentials to verify it", "| new |"} {
		if !strings.Contains(r.summary, want) {
			t.Errorf("the summary does not contain %q", want)
		}
	}
}

func TestSecondRunTransfersNothingAndReportsUnchanged(t *testing.T) {
	t.Parallel()
	s := newStage(t, acme())
	source, digest := layout(t)
	s.with("source", source, "tags", "1.2.3\nlatest").run().succeeds()
	r := s.run().succeeds().wroteNothing()
	r.hasOutputs("outcome", "unchanged", "changed", "false", "pushed", "true", "digest", digest, "anonymous-pull", "verified")
	if n := r.count("POST", ""); n != 1 {
		t.Errorf("%d POST requests, want only the preflight", n)
	}
	if n := r.count("PUT", "") + r.count("PATCH", ""); n != 0 {
		t.Errorf("%d PUT and PATCH requests, want none", n)
	}
	if !strings.Contains(r.stdout, "Already published") {
		t.Errorf("the log does not contain \"Already published\":\n%s", r.stdout)
	}
}

func TestMovedTagReportsThePreviousDigest(t *testing.T) {
	t.Parallel()
	s := newStage(t, acme())
	first, before := layout(t)
	s.with("source", first, "tags", "latest").run().succeeds()
	l := sourcetest.NewLayout(t)
	l.Add(l.Image(sourcetest.AMD64, "another"))
	r := s.with("source", sourcetest.Dir(t, l.Files())).run().succeeds()
	r.hasOutputs("previous", `{"`+s.image("acme/web")+`:latest":"`+before+`"}`, "changed", "true")
	if r.outputs["digest"] == before || s.server.Tag("acme/web", "latest") != r.outputs["digest"] {
		t.Errorf("digest %q, tag %q, before %q", r.outputs["digest"], s.server.Tag("acme/web", "latest"), before)
	}
}

func TestSeveralImagesShareBlobsAndTagsAreWrittenLast(t *testing.T) {
	t.Parallel()
	c := acme()
	c.Packages = []ghcrtest.Package{{Name: "acme/web", Repository: "acme/web", Visibility: ghcrtest.Public}}
	s := newStage(t, c)
	source, digest := layout(t)
	r := s.with("source", source, "image", s.image("acme/web")+"\n"+s.image("acme/web/copy"), "tags", "1\n2").run().succeeds()
	r.hasOutputs("tags", strings.Join([]string{
		s.image("acme/web:1"), s.image("acme/web:2"), s.image("acme/web/copy:1"), s.image("acme/web/copy:2"),
	}, "\n"), "digest", digest)
	if n := r.count("POST", "/v2/acme/web/copy/blobs/uploads/?"); n == 0 || n != r.count("POST", "mount=") {
		t.Errorf("%d mounts into the second image, want at least one", n)
	}
	for _, q := range r.requests {
		if q.Class == ghcrtest.ClassPutUpload && strings.Contains(q.Path, "/acme/web/copy/") {
			t.Errorf("a blob was uploaded twice: %s", q.Path)
		}
	}
	lastDigest, firstTag := -1, len(r.requests)
	for i, q := range r.requests {
		if q.Class != ghcrtest.ClassPutManifest {
			continue
		}
		if strings.Contains(q.Path, "/manifests/sha256:") {
			lastDigest = i
		} else {
			firstTag = min(firstTag, i)
		}
	}
	if lastDigest < 0 || lastDigest > firstTag {
		t.Errorf("a tag was written (request %d) before the last digest (request %d)", firstTag, lastDigest)
	}
}

func TestReferencesOfMetadataActionAreAcceptedAsTags(t *testing.T) {
	t.Parallel()
	s := newStage(t, acme())
	source, _ := layout(t)
	image := s.image("acme/web")
	r := s.with("source", source, "tags", image+":1.2.3\n"+image+":1.2,"+image+":latest").run().succeeds()
	r.hasOutputs("tag-names", "1.2.3\n1.2\nlatest")
}

func TestDryRunPrintsThePlanAndWritesNothing(t *testing.T) {
	t.Parallel()
	cases := []struct{ name, input, value string }{
		{"dry-run", "dry-run", "true"},
		{"push: false, the input of build-push-action", "push", "false"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			s := newStage(t, acme())
			source, digest := layout(t)
			r := s.with("source", source, c.input, c.value).run().succeeds().wroteNothing()
			r.hasOutputs("outcome", "planned", "pushed", "false", "changed", "false", "digest", "", "tags", "")
			for _, want := range []string{"to do", digest, "main"} {
				if !strings.Contains(r.stdout, want) {
					t.Errorf("the plan does not contain %q:\n%s", want, r.stdout)
				}
			}
			if _, exists := s.server.Package("acme/web"); exists {
				t.Error("the dry run created a package")
			}
		})
	}
}

func TestDockerSaveTarIsCompressedOnlyInTheFirstRun(t *testing.T) {
	t.Parallel()
	s := newStage(t, acme())
	saved := sourcetest.NewSaved(t, "app:1", "one", "two")
	source := sourcetest.Tar(t, sourcetest.DockerSave(t, saved))
	first := s.with("source", source, "tags", "1\nlatest").run().succeeds()
	if first.outputs["digest"] == "" || first.outputs["digest"] != s.server.Tag("acme/web", "1") {
		t.Fatalf("digest %q, tag %q", first.outputs["digest"], s.server.Tag("acme/web", "1"))
	}
	// The config has the digests of the layers, so the layers are not read again.
	for i := range saved.Layers {
		saved.Layers[i] = bytes.Repeat([]byte("?"), len(saved.Layers[i]))
	}
	s.with("source", sourcetest.Tar(t, sourcetest.DockerSave(t, saved)))
	second := s.run().succeeds().wroteNothing()
	second.hasOutputs("outcome", "unchanged", "digest", first.outputs["digest"])
}

func TestOnlyNewLayersOfADockerSaveTarArePushed(t *testing.T) {
	t.Parallel()
	s := newStage(t, acme())
	tar := func(texts ...string) string {
		return sourcetest.Tar(t, sourcetest.DockerSave(t, sourcetest.NewSaved(t, "app:1", texts...)))
	}
	s.with("source", tar("base", "one"), "tags", "latest").run().succeeds()
	r := s.with("source", tar("base", "two")).run().succeeds()
	if n := r.count("PUT", "/blobs/upload/"); n != 2 { // the config and one layer
		t.Errorf("%d blobs were uploaded, want 2: %q", n, r.writes())
	}
}

func TestAdditionalTagNeedsOnlyATagRequest(t *testing.T) {
	t.Parallel()
	s := newStage(t, acme())
	source, digest := layout(t)
	s.with("source", source, "tags", "rc1").run().succeeds()
	r := s.with("source", "docker://"+s.image("acme/web:rc1"), "tags", "1.0.0").run().succeeds()
	r.hasOutputs("digest", digest, "tag-names", "1.0.0")
	want := "PUT /v2/acme/web/manifests/1.0.0"
	if w := r.writes(); len(w) != 1 || w[0] != want {
		t.Errorf("writes are %q, want only %q", w, want)
	}
}

func TestCopyInsideOneRegistryMountsAllBlobs(t *testing.T) {
	t.Parallel()
	s := newStage(t, acme())
	source, digest := layout(t)
	s.with("source", source, "tags", "1").run().succeeds()
	r := s.with("source", "docker://"+s.image("acme/web:1"), "image", s.image("acme/web/copy")).run().succeeds()
	r.hasOutputs("digest", digest)
	if n := r.count("PUT", "/blobs/upload/") + r.count("PATCH", ""); n != 0 {
		t.Errorf("%d uploads, want only mounts", n)
	}
}

func TestTraceContainsEveryRequestAndNoCredential(t *testing.T) {
	t.Parallel()
	path, _ := layout(t)
	s := newStage(t, acme())
	trace := filepath.Join(s.dir, "trace.jsonl")
	r := s.with("source", path, "trace", trace).run().succeeds()
	raw, err := os.ReadFile(trace)
	s.check(err)
	lines := strings.Split(strings.TrimSpace(string(raw)), "\n")
	registry := 0
	for _, q := range r.requests {
		if !strings.HasPrefix(q.Path, "/api/") {
			registry++
		}
	}
	if len(lines) != registry {
		t.Errorf("the trace has %d lines, the registry received %d requests", len(lines), registry)
	}
	for _, line := range lines {
		var x struct {
			Method, Host, Path string
			Status, Attempt    int
		}
		if err := json.Unmarshal([]byte(line), &x); err != nil || x.Method == "" || x.Path == "" || x.Status == 0 || x.Attempt != 1 {
			t.Errorf("line %q: %v", line, err)
		}
	}
	for _, form := range secretForms() {
		if strings.Contains(string(raw), form) {
			t.Errorf("the trace contains %q", form)
		}
	}
	s.with("trace", filepath.Join(s.dir, "no", "such", "folder")).run().failsWith("trace-unwritable", "trace")
}

// Row 15 of docs/ghcr.md, Refusals: ghcr.io accepts no chunk over 4 MiB. No layer is
// uploaded in chunks, whether its digest is known or it is compressed during the upload.
func TestLayerAboveTheChunkLimitIsUploadedInOneRequest(t *testing.T) {
	t.Parallel()
	big := strings.Repeat("0123456789abcdef", 6<<20/16)
	l := sourcetest.NewLayout(t)
	l.Add(l.Image(sourcetest.AMD64, big))
	for name, source := range map[string]string{
		"a layout":          sourcetest.Dir(t, l.Files()),
		"a docker save tar": sourcetest.Tar(t, sourcetest.DockerSave(t, sourcetest.NewSaved(t, "app:1", big))),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			newStage(t, acme()).with("source", source).run().succeeds().hasOutputs("outcome", "published")
		})
	}
}
