package report_test

import (
	"encoding/json"
	"strings"
	"testing"
	"unicode"

	v1 "github.com/google/go-containerregistry/pkg/v1"

	"github.com/ghcr-publish/ghcr-publish/internal/image"
	"github.com/ghcr-publish/ghcr-publish/internal/inspect"
	"github.com/ghcr-publish/ghcr-publish/internal/report"
)

// hostile is a text of an image with control characters and commands.
const hostile = "a\n::error::b ##[group]c\x1b[31m\u009b31m\u202e\U000e0041"

func inspected(config string) *report.Inspect {
	return report.NewInspect("ghcr.io/acme/web:1", "docker", &image.Manifest{}, &inspect.View{
		Digest: "sha256:0a", MediaType: hostile, Annotations: map[string]string{hostile: hostile, "plain": "value"}, Manifests: 1, Blobs: 2, Size: 1234,
		Images: []inspect.Image{{
			Platform: &v1.Platform{OS: "linux", Architecture: "amd64"}, Digest: "sha256:0a", Size: 1234, Config: json.RawMessage(config),
			Layers: []inspect.Layer{{Digest: "sha256:0b", MediaType: "layer", Size: 7, URLs: []string{"https://example.com"}}, {MediaType: "layer", PlainSize: 9, DiffID: "sha256:0c"}},
		}},
	})
}

func TestInspectJSONEscapesControlCharactersAndCommands(t *testing.T) {
	t.Parallel()
	r := inspected(`{"config":{"Labels":{"k":"##[x]"}}}`)
	text, err := r.JSON()
	if err != nil {
		t.Fatal(err)
	}
	if strings.Contains(text, "##[") || strings.ContainsFunc(text, func(c rune) bool { return c != '\n' && !unicode.IsPrint(c) }) {
		t.Errorf("the JSON contains control characters or commands: %q", text)
	}
	var got report.Inspect
	if err := json.Unmarshal([]byte(text), &got); err != nil {
		t.Fatal(err)
	}
	if got.MediaType != hostile || got.Annotations[hostile] != hostile || !strings.Contains(string(got.Images[0].Config), `"##[x]"`) && !strings.Contains(string(got.Images[0].Config), `##\u005b`) {
		t.Errorf("got %+v", got)
	}
}

func TestInspectText(t *testing.T) {
	t.Parallel()
	r := inspected(`{"created":"2024-05-06T07:08:09Z","config":{"User":"nobody","Entrypoint":["/web"],"Cmd":["--port","80"],"Env":["A=1"],"ExposedPorts":{"80/tcp":{}},"WorkingDir":"/srv","Labels":{"org":"acme"}}}`)
	r.Referrers = []inspect.Referrer{{Digest: "sha256:0d", Size: 5, MediaType: "manifest", ArtifactType: "application/sbom"}, {Digest: "sha256:0e", MediaType: "manifest"}}
	text := r.Text()
	for _, want := range []string{
		"ghcr.io/acme/web:1\n", "sha256:0a", "1.23 kB in 1 manifest and 2 blobs", "plain=value", "linux/amd64", "2024-05-06", `["/web"]`, `["--port" "80"]`,
		"nobody", "/srv", `["80/tcp"]`, `["A=1"]`, "org=acme", "layer, foreign", "uncompressed sha256:0c", "9 B uncompressed", "application/sbom", "sha256:0e",
	} {
		if !strings.Contains(text, want) {
			t.Errorf("the text does not contain %q:\n%s", want, text)
		}
	}
}

// The outputs of a job have a limit of 1 MiB.
func TestInspectOutputsStayBelowTheLimitOfGitHub(t *testing.T) {
	t.Parallel()
	for _, large := range []bool{false, true} {
		label := "small"
		if large {
			label = strings.Repeat("x", 1<<20)
		}
		outputs, err := inspected(`{"label":"` + label + `"}`).Outputs()
		if err != nil {
			t.Fatal(err)
		}
		for _, o := range outputs {
			if len(o.Value) > 600<<10 {
				t.Errorf("the output %s has %d bytes", o.Name, len(o.Value))
			}
			if o.Name == "json" && (!json.Valid([]byte(o.Value)) || strings.Contains(o.Value, `"config"`) == large) {
				t.Errorf("large %t: %.200s", large, o.Value)
			}
		}
	}
}
