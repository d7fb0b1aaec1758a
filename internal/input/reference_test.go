package input_test

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
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
		{"an empty tag", "ghcr.io/acme/web:", "!reference-invalid"},
		{"an empty part", "ghcr.io//web:1", "!reference-invalid"},
		{"a host with a wrong port", "ghcr.io:x/acme/web", "!reference-invalid"},
		{"an owner that ends with a hyphen", "ghcr.io/acme-/web:1", "!reference-invalid"},
		{"a tag that begins with a dot", "ghcr.io/acme/web:.1", "!reference-invalid"},
		{"only a host", "ghcr.io", "!reference-invalid"},
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

// The inputs base, source of promote and source of pull follow the same rules. Only the
// registry of a name without a host differs.
func TestReferencesOfAllInputsFollowTheSameRules(t *testing.T) {
	t.Parallel()
	const digest = "@sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
	cases := []struct {
		name, text string
		ok         bool
		words      string // a part of the message about base and about the source of promote
	}{
		{"a tag", "ghcr.io/acme/web:1.2", true, ""},
		{"a digest", "ghcr.io/acme/web" + digest, true, ""},
		{"upper case in the name", "ghcr.io/Acme/Web:V1", true, ""},
		{"a port", "localhost:5000/acme/web:1", true, ""},
		{"a blank", "ghcr.io/acme/web :1", false, `contains " "`},
		{"an empty tag", "ghcr.io/acme/web:", false, "ends with a colon"},
		{"an empty part", "ghcr.io//web:1", false, "before or after a slash"},
		{"a slash at the end", "ghcr.io/acme/web/", false, "before or after a slash"},
		{"a wrong part", "ghcr.io/acme/_web:1", false, `the part "_web"`},
		{"a wrong owner", "ghcr.io/acme-/web:1", false, `the owner "acme-"`},
		{"a wrong host", "ghcr..io/acme/web:1", false, `the host "ghcr..io"`},
		{"a host without a name", "ghcr.io/", false, "slash"},
		{"a wrong tag", "ghcr.io/acme/web:-1", false, `The tag "-1"`},
		{"two tags", "ghcr.io/acme/web:1:2", false, "is not an image reference"},
		{"half a digest", "ghcr.io/acme/web@sha256:00", false, "is not an image reference"},
		{"an address", "https://ghcr.io/acme/web:1", false, "without https://"},
		{"an expression", "ghcr.io/acme/${NAME}:1", false, "NAME"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			_, promoted := input.ParsePromote(withFlags(map[string]string{"source": c.text, "image": "ghcr.io/acme/copy", "tags": "1", "timeout": "1m"}))
			_, based := input.ParsePublish(withFlags(map[string]string{"base": c.text, "content": "a=/a", "image": "ghcr.io/acme/copy", "tags": "1", "timeout": "1m"}))
			_, published := input.ParsePublish(withFlags(map[string]string{"source": "docker://" + c.text, "image": "ghcr.io/acme/copy", "tags": "1", "timeout": "1m"}))
			for name, err := range map[string]error{"base": based, "source": errors.Join(promoted, published)} {
				var about string
				for _, e := range diag.All(err) {
					if e.Input == name {
						about += e.Error()
					}
				}
				if name == "source" && !c.ok && (promoted == nil || published == nil) {
					t.Errorf("promote: %v, publish: %v", promoted, published)
				}
				if (about == "") != c.ok || !strings.Contains(about, c.words) {
					t.Errorf("%s: got %q, want %q", name, about, c.words)
				}
			}
		})
	}
}

// withFlags is the environment of a terminal with flags.
func withFlags(flags map[string]string) input.Environment {
	return input.Environment{Getenv: func(string) string { return "" }, Flag: func(name string) string { return flags[name] }}
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

func TestOnlyOneSourceReadsStandardInput(t *testing.T) {
	t.Parallel()
	for text, ok := range map[string]bool{
		"a=-\nb=b.tar": true, "a=-": true, "a=-\nb=-": false, "a=docker-archive:-\nb=-#web:1": false, "a=/dev/stdin\nb=oci-archive:-": false, "a=x-archive\nb=-": true,
	} {
		_, err := input.ParsePublish(withFlags(map[string]string{"sources": text, "tags": "1", "image": "", "timeout": "1m", "registry": "ghcr.io"}))
		if refused := err != nil && strings.Contains(err.Error(), "standard input"); refused == ok {
			t.Errorf("%q: got %v", text, err)
		}
	}
}
