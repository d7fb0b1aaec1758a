package input_test

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/ghcr-publish/ghcr-publish/internal/diag"
	"github.com/ghcr-publish/ghcr-publish/internal/input"
)

// pulled parses the flags of a pull at a terminal.
func pulled(source, platform string) (*input.PullConfig, error) {
	flags := map[string]string{"source": source, "platform": platform, "destination": "x", "timeout": "1m"}
	return input.ParsePull(input.Environment{Getenv: func(string) string { return "" }, Flag: func(name string) string { return flags[name] }})
}

func TestReferencesAreParsedOrRefused(t *testing.T) {
	t.Parallel()
	const digest = "@sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
	cases := []struct {
		name, source string
		want         string // a reference, or "!" and the code of an error
	}{
		{"whole", "ghcr.io/acme/web:1.2.3", "ghcr.io/acme/web:1.2.3"},
		{"latest", "ghcr.io/acme/web", "ghcr.io/acme/web:latest"},
		{"digest", "ghcr.io/acme/web" + digest, "ghcr.io/acme/web" + digest},
		{"tag and digest", "ghcr.io/acme/web:1" + digest, "ghcr.io/acme/web" + digest},
		{"without a host", "acme/web:1", "ghcr.io/acme/web:1"},
		{"only the name changes to lower case", "ghcr.io/Acme/Web:V1", "ghcr.io/acme/web:V1"},
		{"prefixed", "docker://ghcr.io/acme/web:1", "ghcr.io/acme/web:1"},
		{"a port", "localhost:5000/acme/web", "localhost:5000/acme/web:latest"},
		{"another registry", "docker.io/library/alpine:3", "index.docker.io/library/alpine:3"},
		{"no owner", "web:1", "!image-without-owner"},
		{"a path", "./image.tar", "!reference-invalid"},
		{"blanks", "acme/web :1", "!reference-invalid"},
		{"half a digest", "acme/web@sha256:00", "!reference-invalid"},
		{"empty", "", "!source-missing"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			got, err := pulled(c.source, "")
			if c.want[0] == '!' {
				if !diag.Is(err, c.want[1:]) {
					t.Errorf("got %v, want %s", err, c.want)
				}
				return
			}
			if err != nil || got.Reference.Name() != c.want {
				t.Errorf("got %v, %v, want %s", got.Reference, err, c.want)
			}
		})
	}
}

func TestPlatformsAreParsedOrRefused(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{"linux/amd64": "linux/amd64", "Linux/ARM64": "linux/arm64", "linux/arm/v7": "linux/arm/v7", "linux/x86_64": "linux/amd64", "linux/armhf": "linux/arm/v7", "linux/newarch9": "linux/newarch9",
		"linux/amd46": "", "linx/amd64": "", "linux/amr64": "", "linux/amd64,linux/arm64": "", "linux": "", "/amd64": "", "a/b/c/d": ""} {
		got, err := pulled("acme/web", text)
		if want == "" {
			if !diag.Is(err, "input-value") {
				t.Errorf("%q: got %v", text, err)
			}
			continue
		}
		if err != nil || got.Platform.String() != want {
			t.Errorf("%q: got %v, %v", text, got.Platform, err)
		}
	}
}

// A text is a path if a file with this name exists.
func TestInspectDistinguishesPathsFromReferences(t *testing.T) {
	t.Parallel()
	existing := filepath.Join(t.TempDir(), "image")
	if err := os.WriteFile(existing, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for source, path := range map[string]bool{
		existing: true, "./a": true, "/no/such": true, "oci:x": true, "docker-archive:x": true, "oci-archive:x:y": true, "image.tar#web": true,
		"acme/web": false, "ghcr.io/acme/web:1": false, "docker://acme/web": false,
	} {
		flags := map[string]string{"source": source, "timeout": "1m"}
		c, err := input.ParseInspect(input.Environment{Getenv: func(string) string { return "" }, Flag: func(name string) string { return flags[name] }})
		if err != nil || (c.Reference == nil) != path {
			t.Errorf("%q: got %v, %v", source, c.Reference, err)
		}
	}
}
