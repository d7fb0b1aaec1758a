package input_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/ghcr-publish/ghcr-publish/internal/diag"
	"github.com/ghcr-publish/ghcr-publish/internal/input"
)

// filesCases are the inputs of an image from files, for
// TestConfigContainsEveryInput.
var filesCases = map[string]inputCase{
	"content": {"dist/app:/bin/\n C:\\site:/srv/./x \r\nD:/a:/b\n", func(c *input.Config) bool {
		want := []input.Content{{Path: "dist/app", To: "/bin", Into: true}, {Path: `C:\site`, To: "/srv/x"}, {Path: "D:/a", To: "/b"}}
		return slices.Equal(c.Files.Content, want) && c.Source == `dist/app:/bin/, C:\site:/srv/./x, D:/a:/b`
	}},
	"base":       {"docker://alpine:3", func(c *input.Config) bool { return c.Files.Base.Name() == "index.docker.io/library/alpine:3" }},
	"entrypoint": {"/app\n--name\na b", func(c *input.Config) bool { return slices.Equal(c.Files.Entrypoint, []string{"/app", "--name", "a b"}) }},
	"cmd":        {`["a b", ""]`, func(c *input.Config) bool { return slices.Equal(c.Files.Cmd, []string{"a b", ""}) }},
	"env":        {"A=1\nB=x=y", func(c *input.Config) bool { return slices.Equal(c.Files.Env, []string{"A=1", "B=x=y"}) }},
	"user":       {"1:2", func(c *input.Config) bool { return c.Files.User == "1:2" }},
	"workdir":    {"/srv", func(c *input.Config) bool { return c.Files.Workdir == "/srv" }},
	"platform": {"linux/amd64, linux/arm/v7", func(c *input.Config) bool {
		return fmt.Sprint(c.Files.Platforms) == "[linux/amd64 linux/arm/v7]"
	}},
}

// artifactCases are the inputs of an artifact.
var artifactCases = map[string]inputCase{
	"artifact-type": {"application/vnd.x+json", func(c *input.Config) bool {
		return c.Artifact.Type == "application/vnd.x+json" && c.Files == nil && !c.ByDigest &&
			slices.Equal(c.Artifact.Files, []input.ArtifactFile{{Path: "a", MediaType: "text/plain"}, {Path: `C:\b`}})
	}},
	"subject": {"ghcr.io/Acme/API@sha256:" + strings.Repeat("a", 64), func(c *input.Config) bool {
		return c.Artifact.Subject.Name() == "ghcr.io/acme/api@sha256:"+strings.Repeat("a", 64) && c.ByDigest && fmt.Sprint(c.Images) == "[ghcr.io/acme/api]"
	}},
}

func TestParsePublishRefusesInvalidFiles(t *testing.T) {
	t.Parallel()
	cases := []struct{ name, input, value, code, word string }{
		{"no path in the image", "content", "dist", "content-invalid", "absolute path"},
		{"a relative path in the image", "content", "dist:bin", "content-invalid", "absolute path"},
		{"a path above the root", "content", "dist:/a/../../b", "content-invalid", `".."`},
		{"no file", "content", " :/a", "content-invalid", "content"},
		{"backslashes in the image", "content", `a:/a\b`, "content-invalid", "backslashes"},
		{"a control character", "content", "a:/a\x01", "content-invalid", "control characters"},
		{"an unknown placeholder", "content", "dist/{goos}:/a", "content-invalid", `"{goos}"`},
		{"a base that is not a reference", "base", "Alpine::3", "reference-invalid", "base"},
		{"a base that is a host", "base", "quay.io", "reference-invalid", "quay.io/NAME:TAG"},
		{"a base that is a host with a port", "base", "localhost:5000", "reference-invalid", "localhost:5000/NAME:TAG"},
		{"a base with an empty tag", "base", "alpine:", "reference-invalid", "colon"},
		{"a base without owner", "base", "ghcr.io/alpine", "image-without-owner", "ghcr.io/OWNER/alpine"},
		{"a command line", "entrypoint", "/app --port 80", "input-value", "shell"},
		{"broken JSON", "cmd", `["a`, "input-value", "JSON"},
		{"a variable without a value", "env", "TOKEN", "input-value", "KEY=value"},
		{"a relative folder", "workdir", "srv", "input-value", "absolute"},
		{"no platform", "platform", "linux", "input-value", "linux/amd64"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			_, err := input.ParsePublish(workflow("INPUT_SOURCE", "", "INPUT_CONTENT", "a:/a", "INPUT_"+strings.ToUpper(c.input), c.value))
			if !diag.Is(err, c.code) || !strings.Contains(err.Error(), c.word) {
				t.Errorf("got %v, want %s with %q", err, c.code, c.word)
			}
		})
	}
}

// FuzzContent searches for lines with an unsafe path in the image.
func FuzzContent(f *testing.F) {
	for _, seed := range []string{"a:/b", `C:\a:/b/`, "a:/../b", "{os}:/x", ":/", "a:/:/b", "a:/\x00", "dist/{os}-{arch}{variant}/:/"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, line string) {
		c, err := input.ParsePublish(workflow("INPUT_SOURCE", "", "INPUT_CONTENT", line))
		if err != nil {
			return
		}
		for _, one := range c.Files.Content {
			parts := strings.Split(one.To, "/")
			if !strings.HasPrefix(one.To, "/") || slices.Contains(parts, "..") || strings.ContainsAny(one.To, "\x00\\\n") || one.Path == "" {
				t.Errorf("%q is parsed as %+v", line, one)
			}
		}
	})
}

func TestSubjectDeterminesRepositoryAndTags(t *testing.T) {
	t.Parallel()
	digest := "sha256:" + strings.Repeat("b", 64)
	env := []string{"INPUT_SOURCE", "", "INPUT_CONTENT", "a", "INPUT_ARTIFACT-TYPE", "text/x", "INPUT_SUBJECT"}
	c := parse(t, workflow(append(env, digest, "INPUT_TAGS", "1")...))
	if c.Artifact.Subject.Name() != "ghcr.io/acme/web@"+digest || c.ByDigest {
		t.Errorf("the subject is %s, by digest: %t", c.Artifact.Subject, c.ByDigest)
	}
	cases := []struct {
		name string
		more []string
		code string
	}{
		{"in another repository", append(env, "ghcr.io/acme/api:1", "INPUT_IMAGE", "ghcr.io/acme/web"), "subject-in-other-repository"},
		{"without a type", append(env, digest, "INPUT_ARTIFACT-TYPE", ""), "artifact-type-missing"},
		{"without files", append(env, digest, "INPUT_CONTENT", ""), "content-missing"},
		{"with a base", append(env, digest, "INPUT_BASE", "scratch"), "artifact-with-image-input"},
		{"with labels", append(env, digest, "INPUT_LABELS", "a=b"), "artifact-with-image-input"},
		{"with a source", append(env, digest, "INPUT_SOURCE", "x.tar"), "content-or-source"},
		{"invalid media type", append(env, digest, "INPUT_ARTIFACT-TYPE", "sbom"), "input-value"},
		{"invalid reference", append(env, "ghcr.io/acme/:"), "reference-invalid"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			if _, err := input.ParsePublish(workflow(c.more...)); !diag.Is(err, c.code) {
				t.Errorf("got %v, want %s", err, c.code)
			}
		})
	}
}
