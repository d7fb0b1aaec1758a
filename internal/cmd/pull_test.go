package cmd_test

import (
	"bytes"
	"context"
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/ghcr-publish/ghcr-publish/internal/cmd"
	"github.com/ghcr-publish/ghcr-publish/internal/ghcrtest"
	"github.com/ghcr-publish/ghcr-publish/internal/source/sourcetest"
)

// publishedStage returns a stage with acme/web:1.2.3 for two platforms, and its digest.
// The package has the given visibility.
func publishedStage(t *testing.T, v ghcrtest.Visibility) (s *stage, digest string) {
	t.Helper()
	c := acme()
	c.Packages = []ghcrtest.Package{{Name: "acme/web", Visibility: v, Repository: "acme/web"}}
	s = newStage(t, c)
	l := sourcetest.NewLayout(t)
	desc := l.MultiPlatform()
	l.Add(desc, "1.2.3")
	s.with("source", sourcetest.Dir(t, l.Files()), "tags", "1.2.3\nlatest").run().succeeds()
	for key := range s.env {
		if strings.HasPrefix(key, "INPUT_") && key != "INPUT_TOKEN" {
			delete(s.env, key)
		}
	}
	return s, desc.Digest.String()
}

func TestPullWritesEachKindOfDestination(t *testing.T) {
	t.Parallel()
	cases := []struct {
		name, reference, destination, platform string
		want                                   []string // outputs
	}{
		{"a directory", ":1.2.3", "images", "", []string{"platforms", "linux/amd64\nlinux/arm64"}},
		{"no tag means latest", "", "images", "", nil},
		{"the prefix docker://", "docker://:1.2.3", "images", "", nil},
		{"an archive", ":1.2.3", "oci-archive:web.tar", "", nil},
		{"one platform", ":1.2.3", "oci-archive:web.tar", "linux/arm64", []string{"platforms", "linux/arm64"}},
		{"for docker load", ":1.2.3", "docker-archive:web.tar", "linux/amd64", []string{"platforms", "linux/amd64"}},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			s, digest := publishedStage(t, ghcrtest.Public)
			reference := s.image("acme/web") + c.reference
			if rest, ok := strings.CutPrefix(c.reference, "docker://"); ok {
				reference = "docker://" + s.image("Acme/Web") + rest // registries accept only lower case
			}
			kind, path, _ := strings.Cut(c.destination, ":")
			if path == "" {
				kind, path = "oci", kind
			}
			path = filepath.Join(s.dir, path)
			s.with("command", "pull", "source", reference, "destination", kind+":"+path, "platform", c.platform)
			r := s.run().succeeds().wroteNothing()
			r.hasOutputs("path", path, "image", s.image("acme/web"), "anonymous-pull", "verified", "outcome", "pulled").hasOutputs(c.want...)
			if c.platform == "" {
				r.hasOutputs("digest", digest, "reference", s.image("acme/web")+"@"+digest)
			} else if r.outputs["digest"] == digest || r.outputs["digest-"+strings.ReplaceAll(c.platform, "/", "-")] != r.outputs["digest"] {
				t.Errorf("the outputs list another platform: %v", r.outputs)
			}
			for _, q := range r.requests {
				if q.Authorized && q.Class == ghcrtest.ClassToken {
					t.Error("a request for a public image contains the token")
				}
			}
			again := s.with("command", "inspect", "source", path, "destination", "", "platform", "").run().succeeds()
			again.hasOutputs("digest", r.outputs["digest"])
		})
	}
}

func TestPullOfAPrivateImageUsesTheToken(t *testing.T) {
	t.Parallel()
	s, digest := publishedStage(t, ghcrtest.Private)
	s.with("command", "pull", "source", s.image("acme/web"), "destination", filepath.Join(s.dir, "images"))
	s.run().succeeds().hasOutputs("digest", digest, "anonymous-pull", "refused", "outcome", "pulled")
}

func TestVerifyOnlyWritesNothing(t *testing.T) {
	t.Parallel()
	s, digest := publishedStage(t, ghcrtest.Public)
	before, _ := os.ReadDir(s.dir)
	r := s.with("command", "pull", "source", s.image("acme/web")+"@"+digest, "verify-only", "true", "summary", "false").run().succeeds()
	r.hasOutputs("digest", digest, "outcome", "verified", "path", "")
	if after, _ := os.ReadDir(s.dir); len(after) > len(before) {
		t.Errorf("files were written: %v", after)
	}

	s.server.Inject(ghcrtest.Fault{Method: "GET", Path: "/ghcr1/blobs/", After: 2, Times: ghcrtest.Always, Effect: ghcrtest.Answer{Status: 404, Message: "gone"}})
	s.run().failsWith("image-not-found").hasOutputs("outcome", "failed", "digest", "")
}

func TestPullErrors(t *testing.T) {
	t.Parallel()
	cases := []struct {
		name   string
		inputs []string
		token  string
		code   string
		words  []string
	}{
		{"another tag", []string{"source", "HOST/acme/web:9", "destination", "DIR/x"}, canary, "image-not-found", []string{"acme/web:9"}},
		{"no such platform", []string{"source", "HOST/acme/web", "platform", "linux/s390x", "destination", "DIR/x"}, canary, "platform-missing", []string{"linux/s390x", "linux/amd64, linux/arm64"}},
		{"private without a token", []string{"source", "HOST/acme/web", "destination", "DIR/x"}, "", "image-not-found", []string{"not public", "packages: read"}},
		{"a file instead of a layout", []string{"source", "HOST/acme/web", "destination", "oci:DIR/event.json"}, canary, "destination-not-a-layout", []string{"is a file"}},
		{"a folder with other files", []string{"source", "HOST/acme/web", "destination", "DIR"}, canary, "destination-not-a-layout", []string{"other files"}},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			s, _ := publishedStage(t, ghcrtest.Private)
			fill := strings.NewReplacer("HOST", s.server.Host(), "DIR", s.dir)
			for i, v := range c.inputs {
				c.inputs[i] = fill.Replace(v)
			}
			r := s.with(c.inputs...).with("command", "pull", "token", c.token).run()
			r.failsWith(c.code, c.words...).hasOutputs("outcome", "failed", "digest", "", "path", "")
			if _, err := os.Stat(filepath.Join(s.dir, "x", "index.json")); err == nil {
				t.Error("files of a layout exist")
			}
		})
	}
}

// A missing part of an image does not mean that the image does not exist.
func TestPullNamesAMissingPart(t *testing.T) {
	t.Parallel()
	for _, path := range []string{"/v2/acme/web/blobs/", "/v2/acme/web/manifests/sha256:"} {
		s, _ := publishedStage(t, ghcrtest.Private)
		s.server.Inject(ghcrtest.Fault{Method: "GET", Path: path, Times: ghcrtest.Always, Effect: ghcrtest.Answer{Status: 404, Code: "BLOB_UNKNOWN"}})
		r := s.with("command", "pull", "source", s.server.Host()+"/acme/web", "destination", filepath.Join(s.dir, "x")).run()
		r.failsWith("image-not-found", "A part of "+s.server.Host()+"/acme/web", "push the image again")
	}
}

// The status 404 of a token service does not mean that the image does not exist.
func TestPullWithoutATokenServiceNamesTheTokenRequest(t *testing.T) {
	t.Parallel()
	s, _ := publishedStage(t, ghcrtest.Private)
	s.server.Inject(ghcrtest.Fault{Path: "/token", Times: ghcrtest.Always, Effect: ghcrtest.Answer{Status: 404}})
	r := s.with("command", "pull", "source", s.server.Host()+"/acme/web", "destination", filepath.Join(s.dir, "x")).run()
	r.failsWith("registry-refused", "the token request")
}

func TestAllInvalidPullInputsAreReported(t *testing.T) {
	t.Parallel()
	cases := []struct {
		name   string
		inputs []string
		codes  []string
		words  []string
	}{
		{"no inputs", nil, []string{"source-missing", "destination-missing"}, nil},
		{"a destination with verify-only", []string{"source", "ghcr.io/acme/web", "destination", "x", "verify-only", "true"}, []string{"destination-with-verify-only"}, nil},
		{"no owner", []string{"source", "HOST/web", "destination", "x"}, []string{"image-without-owner"}, nil},
		{"an invalid reference", []string{"source", "a b", "destination", "image.tar"}, []string{"reference-invalid", "destination-invalid"}, []string{"looks like a file"}},
		{"an invalid platform", []string{"source", "ghcr.io/acme/web", "platform", "linux", "destination", "s3:x"}, []string{"input-value", "destination-invalid"}, []string{"platform", "prefix"}},
		{"a pipe", []string{"source", "ghcr.io/acme/web", "destination", "docker-archive:-"}, []string{"destination-invalid"}, []string{"docker-archive:-"}},
		{"an invalid name for an engine", []string{"source", "ghcr.io/acme/web", "destination", "docker-daemon:UPPER"}, []string{"destination-invalid"}, []string{"in lower case"}},
		{"an input of another command", []string{"source", "ghcr.io/acme/web", "destination", "x", "tags", "1"}, []string{"input-not-accepted"}, []string{"tags"}},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			s := newStage(t, acme())
			for i, v := range c.inputs {
				c.inputs[i] = strings.ReplaceAll(v, "HOST", s.server.Host())
			}
			r := s.with(c.inputs...).with("command", "pull").run()
			if len(r.requests) > 0 {
				r.fatal("%d requests were sent", len(r.requests))
			}
			for _, code := range c.codes {
				r.failsWith(code, c.words...)
			}
		})
	}
}

func TestPullAtATerminal(t *testing.T) {
	t.Parallel()
	s, digest := publishedStage(t, ghcrtest.Private)
	delete(s.env, "GITHUB_ACTIONS")
	s.env["GITHUB_TOKEN"] = canary
	dir := filepath.Join(s.dir, "images")
	r := s.run("pull", s.image("acme/web")+":1.2.3", dir).succeeds()
	for _, w := range []string{"Pulled " + s.image("acme/web") + ":1.2.3 to " + dir, digest, "linux/arm64", "fetched", "anonymous pull: no"} {
		if !strings.Contains(r.stdout, w) {
			r.fatal("the output does not contain %q", w)
		}
	}
	second := s.run("pull", s.image("acme/web")+":1.2.3", "--destination", dir).succeeds()
	if !strings.Contains(second.stdout, "0 blobs fetched") || second.count("GET", "/blobs/") != 0 {
		second.fatal("existing blobs were fetched again")
	}
	s.run("pull", s.image("acme/web"), dir, "--destination", dir).failsWith("usage", "twice")
}

func TestPullIntoAPipe(t *testing.T) {
	t.Parallel()
	s, _ := publishedStage(t, ghcrtest.Public)
	delete(s.env, "GITHUB_ACTIONS")
	r := result{t: t}
	var stdout, stderr bytes.Buffer
	r.code = cmd.Main(t.Context(), []string{"pull", s.image("acme/web"), "docker-archive:-", "--platform", "linux/amd64"}, cmd.Process{
		Getenv: func(key string) string { return s.env[key] }, Stdin: strings.NewReader(""), Stdout: &stdout, Stderr: &stderr,
	})
	r.stderr = stderr.String()
	r.succeeds()
	if !strings.Contains(r.stderr, "Pulled "+s.image("acme/web")) {
		r.fatal("standard error does not report the pulled image")
	}
	path := sourcetest.Write(t, "image.tar", stdout.Bytes())
	s.env["GITHUB_ACTIONS"] = "true"
	s.with("command", "inspect", "source", path).run().succeeds().hasOutputs("platforms", "linux/amd64")
}

func TestCancelledPullIsReported(t *testing.T) {
	t.Parallel()
	s, _ := publishedStage(t, ghcrtest.Public)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	r := s.with("command", "pull", "source", s.image("acme/web"), "destination", filepath.Join(s.dir, "images")).runIn(ctx)
	if r.code != cmd.Interrupted || !slices.Contains(r.codes(), "cancelled") || !strings.Contains(r.stdout, "an OCI layout already contains") {
		r.fatal("exit %d with the codes %q", r.code, r.codes())
	}
}

func TestInspectDescribesAnIndexAndOnePlatform(t *testing.T) {
	t.Parallel()
	s, digest := publishedStage(t, ghcrtest.Public)
	signature := `{"schemaVersion":2,"mediaType":"application/vnd.oci.image.index.v1+json","manifests":[` +
		`{"mediaType":"application/vnd.oci.image.manifest.v1+json","digest":"` + digest + `","size":7,"artifactType":"application/vnd.example.sbom"}]}`
	s.server.AddManifest("acme/web", strings.Replace(digest, ":", "-", 1), "application/vnd.oci.image.index.v1+json", []byte(signature))
	s.with("command", "inspect", "source", s.image("acme/web")+":1.2.3")
	r := s.run().succeeds().wroteNothing()
	r.hasOutputs("digest", digest, "platforms", "linux/amd64\nlinux/arm64", "anonymous-pull", "verified", "reference", s.image("acme/web")+"@"+digest)
	for _, w := range []string{digest, "PLATFORM", "linux/amd64", "linux/arm64", "attestation of", "REFERRER", "application/vnd.example.sbom"} {
		if !strings.Contains(r.stdout, w) {
			t.Errorf("the output does not contain %q:\n%s", w, r.stdout)
		}
	}
	if n := r.count("GET", "/blobs/"); n == 0 || r.outputs["json"] == "" {
		t.Errorf("the output json lacks the configs, or is not JSON")
	}

	one := s.with("platform", "linux/arm64", "json", "true").run().succeeds()
	var got struct {
		Index, Digest string
		Images        []struct {
			Platform struct{ Architecture string }
			Config   struct{ Architecture string }
			Layers   []any
		}
	}
	_, text, _ := strings.Cut(one.stdout, "{\n") // the text after the masks
	if err := json.Unmarshal([]byte("{"+text), &got); err != nil {
		one.fatal("reading the JSON: %v", err)
	}
	if got.Index != digest || len(got.Images) != 1 || got.Images[0].Config.Architecture != "arm64" || len(got.Images[0].Layers) == 0 {
		t.Errorf("got %+v", got)
	}
}

func TestInspectOfFilesSendsNoRequest(t *testing.T) {
	t.Parallel()
	s := newStage(t, acme())
	saved := sourcetest.Tar(t, sourcetest.DockerSave(t, sourcetest.NewSaved(t, "web:1", "one")))
	r := s.with("command", "inspect", "source", saved).run().succeeds()
	r.hasOutputs("digest", "", "platforms", "linux/amd64", "image", "")
	if len(r.requests) > 0 || !strings.Contains(r.stdout, "known after compression") || !strings.Contains(r.stdout, "uncompressed sha256:") {
		r.fatal("%d requests", len(r.requests))
	}
	s.with("platform", "linux/arm64").run().failsWith("platform-missing", "linux/amd64")
	s.with("source", "./nothing").run().failsWith("source-not-found")
}

func TestInspectDigestSendsOneRequest(t *testing.T) {
	t.Parallel()
	s, digest := publishedStage(t, ghcrtest.Public)
	r := s.with("command", "inspect", "source", s.image("acme/web")+":1.2.3", "digest-only", "true").run().succeeds()
	r.hasOutputs("digest", digest)
	if !strings.Contains(r.stdout, digest) || len(r.requests) != 2 || r.count("HEAD", "/manifests/1.2.3") != 1 {
		r.fatal("%d requests were sent", len(r.requests))
	}
	s.with("source", s.image("acme/web")+":none").run().failsWith("image-not-found")

	private, digest := publishedStage(t, ghcrtest.Private)
	private.with("command", "inspect", "source", private.image("acme/web")+":1.2.3", "digest-only", "true").run().succeeds().hasOutputs("digest", digest)
}
