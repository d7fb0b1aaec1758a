package report_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/ghcr-publish/ghcr-publish/internal/diag"
	"github.com/ghcr-publish/ghcr-publish/internal/report"
)

func TestBytes(t *testing.T) {
	t.Parallel()
	cases := []struct {
		n    int64
		want string
	}{
		{0, "0 B"}, {1, "1 B"}, {999, "999 B"}, {1000, "1.00 kB"}, {9994, "9.99 kB"}, {9996, "10.0 kB"}, {99_949, "99.9 kB"},
		{99_960, "100 kB"}, {999_499, "999 kB"}, {999_500, "1.00 MB"}, {1_500_000_000, "1.50 GB"}, {10_000_000_000, "10.0 GB"},
		{2_000_000_000_000, "2.00 TB"}, {5_000_000_000_000_000, "5000 TB"},
	}
	for _, c := range cases {
		if got := report.Bytes(c.n); got != c.want {
			t.Errorf("Bytes(%d) = %q, want %q", c.n, got, c.want)
		}
	}
}

const digest = "sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"

// published returns the report of a run that published two platforms with two
// tags.
func published() *report.Report {
	r := report.New("publish", "image.tar", report.Run{Server: "https://github.com", Repository: "acme/web"})
	r.Outcome, r.Digest, r.Version, r.TagNames = report.Published, digest, "1.2.3", []string{"1.2.3", "latest"}
	shared := report.Layer{Digest: "sha256:aa", Size: 1_000_000}
	r.Platforms = []report.Platform{
		{Platform: "linux/amd64", Digest: "sha256:01", Size: 3_000_000, Layers: []report.Layer{shared, {Digest: "sha256:bb", Size: 2_000_000}}},
		{Platform: "linux/arm64", Digest: "sha256:02", Size: 1_000_000, Layers: []report.Layer{shared}},
	}
	r.Images = []report.Image{{
		Image: "ghcr.io/acme/web", Reference: "ghcr.io/acme/web@" + digest, Complete: true, Proven: true,
		Tags: []report.Tag{
			{Name: "1.2.3", Reference: "ghcr.io/acme/web:1.2.3", State: "moved", Proven: true},
			{Name: "latest", Reference: "ghcr.io/acme/web:latest", State: "moved", Proven: true, Previous: "sha256:99"},
		},
		Uploaded: report.Tally{Blobs: 2, Bytes: 3_000_000}, Mounted: report.Tally{Blobs: 1, Bytes: 1_000_000},
		Visibility: "public", VisibilityOutcome: "already", VisibilityWanted: "public", Linked: "yes", Repository: "acme/web", AnonymousPull: "verified",
		PackageURL: "https://github.com/orgs/acme/packages/container/package/web", SettingsURL: "https://github.com/orgs/acme/packages/container/web/settings",
	}}
	r.Transfer = report.Transfer{Seconds: 1.5, Requests: 20, Retries: 1, BytesSent: 3_100_000}
	return r
}

func outputs(t *testing.T, r *report.Report) map[string]string {
	t.Helper()
	list, err := r.Outputs()
	if err != nil {
		t.Fatal(err)
	}
	out := map[string]string{}
	for _, o := range list {
		if _, twice := out[o.Name]; twice {
			t.Errorf("the output %s occurs twice", o.Name)
		}
		out[o.Name] = o.Value
	}
	return out
}

func TestOutputsOfAPublishedImage(t *testing.T) {
	t.Parallel()
	got := outputs(t, published())
	want := map[string]string{
		"digest": digest, "reference": "ghcr.io/acme/web@" + digest, "image": "ghcr.io/acme/web",
		"tags": "ghcr.io/acme/web:1.2.3\nghcr.io/acme/web:latest", "tag-names": "1.2.3\nlatest", "version": "1.2.3",
		"digests": `{"linux/amd64":"sha256:01","linux/arm64":"sha256:02"}`, "digest-linux-amd64": "sha256:01", "digest-linux-arm64": "sha256:02",
		"pushed": "true", "changed": "true", "previous": `{"ghcr.io/acme/web:1.2.3":null,"ghcr.io/acme/web:latest":"sha256:99"}`,
		"linked": "yes", "visibility": "public", "anonymous-pull": "verified", "outcome": "published",
	}
	for name, value := range want {
		if got[name] != value {
			t.Errorf("%s is %q, want %q", name, got[name], value)
		}
	}
	if !json.Valid([]byte(got["json"])) {
		t.Errorf("the output json is not valid JSON: %s", got["json"])
	}
}

// TestOutputsContainNoFalseFact changes the report of a published image.
func TestOutputsContainNoFalseFact(t *testing.T) {
	t.Parallel()
	cases := []struct {
		name   string
		change func(*report.Report)
		want   map[string]string
	}{
		{"a second image is not complete", func(r *report.Report) {
			r.Fail(errors.New("x"))
			r.Images = append(r.Images, report.Image{Image: "ghcr.io/acme/two", Tags: []report.Tag{{Name: "1.2.3", Reference: "ghcr.io/acme/two:1.2.3", State: "untouched"}}})
		}, map[string]string{"digest": "", "digests": "{}", "pushed": "false", "changed": "true", "outcome": "failed", "tags": "ghcr.io/acme/web:1.2.3\nghcr.io/acme/web:latest"}},
		{"a tag without an answer", func(r *report.Report) {
			r.Fail(errors.New("x"))
			r.Images[0].Tags[1].State, r.Images[0].Tags[1].Proven = "unclear", false
		}, map[string]string{"tags": "ghcr.io/acme/web:1.2.3", "pushed": "false", "changed": "true", "digest": digest}},
		{"failed after the proof", func(r *report.Report) { r.Fail(errors.New("x")) }, map[string]string{"pushed": "true", "digest": digest, "outcome": "failed"}},
		{"a dry run", func(r *report.Report) { r.Images = nil; r.Outcome = report.Planned }, map[string]string{
			"pushed": "false", "changed": "false", "digest": "", "digests": "{}", "reference": "", "tags": "", "previous": "{}", "linked": "", "outcome": "planned",
		}},
		{"one of two packages is not linked", func(r *report.Report) {
			second := r.Images[0]
			second.Linked = "no"
			r.Images = append(r.Images, second)
		}, map[string]string{"linked": "no"}},
		{"one of two links is unknown", func(r *report.Report) {
			second := r.Images[0]
			second.Linked = "unknown"
			r.Images = append(r.Images, second)
		}, map[string]string{"linked": "unknown"}},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			r := published()
			c.change(r)
			got := outputs(t, r)
			for name, value := range c.want {
				if got[name] != value {
					t.Errorf("%s is %q, want %q", name, got[name], value)
				}
			}
		})
	}
}

func TestPlatformOutputsAreDeclared(t *testing.T) {
	t.Parallel()
	raw, err := os.ReadFile("../../action.yml")
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range report.CommonPlatforms {
		if !strings.Contains(string(raw), "\n  "+report.PlatformOutput(p)+":\n") {
			t.Errorf("action.yml does not declare %s", report.PlatformOutput(p))
		}
	}
}

// The runner drops an output that contains a secret, and a secret can be equal to
// the name of the owner.
func TestDigestsAndTagNamesDoNotContainTheOwner(t *testing.T) {
	t.Parallel()
	got := outputs(t, published())
	for _, name := range []string{"digest", "digests", "version", "tag-names", "digest-linux-amd64"} {
		if strings.Contains(got[name], "acme") || strings.Contains(got[name], "ghcr.io") {
			t.Errorf("%s contains the owner or the host: %q", name, got[name])
		}
	}
}

func TestTextOfEachOutcome(t *testing.T) {
	t.Parallel()
	cases := []struct {
		name   string
		change func(*report.Report)
		want   []string
	}{
		{"published", func(*report.Report) {}, []string{
			"Published ghcr.io/acme/web: 1.2.3, latest\n", "docker pull ghcr.io/acme/web:1.2.3\n", "digest: ghcr.io/acme/web@" + digest,
			"public; pulled without credentials to verify it; linked to acme/web", "blobs: 2 uploaded (3.00 MB), 1 mounted (1.00 MB)",
			"ghcr.io/acme/web:latest  moved, previously sha256:99", "linux/arm64", "in 1 layer", "20 requests, 3.10 MB sent in 1.5 s, 1 repeated",
		}},
		{"promoted", func(r *report.Report) { r.Command = "promote" }, []string{"Promoted ghcr.io/acme/web: 1.2.3, latest\n"}},
		{"pushed by digest", func(r *report.Report) { r.ByDigest, r.Images[0].Tags = true, nil }, []string{"Pushed linux/amd64, linux/arm64 by digest, without a tag\n"}},
		{"two images", func(r *report.Report) {
			second := r.Images[0]
			second.Image = "ghcr.io/acme/two"
			r.Images = append(r.Images, second)
		}, []string{"Published 1.2.3, latest in 2 repositories\n", "\nghcr.io/acme/two: 1.2.3, latest\n"}},
		{"unchanged", func(r *report.Report) { r.Outcome = report.Unchanged }, []string{"Already published ghcr.io/acme/web: 1.2.3, latest\n"}},
		{"skipped", func(r *report.Report) { r.Outcome, r.Reason = report.Skipped, "the token is read-only" }, []string{"Not published: the token is read-only"}},
		{"failed after a write", func(r *report.Report) {
			r.Fail(errors.New("x"))
			r.Images[0].Tags[1].State, r.Images[0].Tags[1].Proven = "untouched", false
		}, []string{"Publishing failed after a part of the image was written.", "latest  not moved, points at sha256:99"}},
		{"failed after the proof", func(r *report.Report) { r.Fail(errors.New("x")) }, []string{"Published ghcr.io/acme/web: 1.2.3, latest. But the step failed"}},
		{"failed before a write", func(r *report.Report) { r.Fail(errors.New("x")); r.Images = nil }, []string{"Publishing failed. Nothing was written."}},
		{"needs-owner", func(r *report.Report) {
			r.Images[0].Visibility, r.Images[0].VisibilityOutcome = "private", "needs-owner"
		}, []string{"private, but public is wanted"}},
		{"planned", func(r *report.Report) {
			r.Outcome, r.Images = report.Planned, nil
			r.Planned = []report.PlannedImage{{
				Image: "ghcr.io/acme/web", New: true, Visibility: "public", MayPush: "yes", Blobs: 3, Upload: report.Tally{Blobs: 1, Bytes: 1000},
				Tags: []report.PlannedTag{{Name: "1", Change: report.TagNew}, {Name: "2", Change: report.TagKept, Reason: "it is newer"}},
			}}
			r.Steps = []report.Step{{Kind: "tag", Image: "ghcr.io/acme/web", Object: "1", Detail: "points at " + digest, Needed: true}, {Kind: "blob", Image: "ghcr.io/acme/web", Object: "sha256:aa", Bytes: 1000}}
		}, []string{
			"Dry run: nothing was published.\nThis run would publish ghcr.io/acme/web (a new package, which would be public):\n",
			"  1  would be new\n", "  2  would not move: it is newer\n", "  1 of 3 blobs to upload (1.00 kB); the token may push", "to do", "present", "1.00 kB",
		}},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			r := published()
			c.change(r)
			_, details := r.Details()
			text := r.Text() + details
			for _, want := range c.want {
				if !strings.Contains(text, want) {
					t.Errorf("the text does not contain %q:\n%s", want, text)
				}
			}
			if regexp.MustCompile(`(?m)[ \t]+$`).MatchString(text) || strings.ContainsAny(text, "\x1b\r\x00") {
				t.Errorf("the text contains control characters or blanks at the end of a line:\n%q", text)
			}
		})
	}
}

// The report has 10,000 layers, 200 platforms, 2,000 tags and long errors.
func TestSummaryStaysBelowTheLimitOfTheRunner(t *testing.T) {
	t.Parallel()
	r := published()
	layers := make([]report.Layer, 10_000)
	for i := range layers {
		layers[i] = report.Layer{Digest: fmt.Sprintf("sha256:%064d", i), Size: 1}
	}
	r.Platforms[0].Layers = layers
	for i := range 200 {
		r.Platforms = append(r.Platforms, report.Platform{Platform: fmt.Sprintf("os%d/arch", i), Digest: digest})
	}
	for i := range 2000 {
		tag := strings.Repeat("t", 120) + fmt.Sprint(i)
		r.Images[0].Tags = append(r.Images[0].Tags, report.Tag{Name: tag, Reference: "ghcr.io/acme/web:" + tag, State: "moved"})
		r.Steps = append(r.Steps, report.Step{Kind: "blob", Image: "ghcr.io/acme/web", Object: digest})
		r.Notice(diag.Notice{Title: "n", Text: strings.Repeat("x", 10_000)})
		r.Fail(&diag.Error{Code: "c", Title: "t", Hint: strings.Repeat("h", 10_000), Err: errors.New(strings.Repeat("e", 100_000))})
	}
	for range 300 {
		r.Images = append(r.Images, r.Images[0])
	}
	if n := len(r.Markdown().String()); n > 1<<20 {
		t.Errorf("the summary has %d bytes", n)
	}
}

// Texts of an image or a server must not change the layout of the summary.
func TestForeignTextsAreEscapedInTheSummary(t *testing.T) {
	t.Parallel()
	const evil = "x\n# evil \\[l](http://evil) \\*x\\* \\`y` \\| z \x1b[31m \u202e\u200b\n| a | b |\n```\n<img src=x onerror=y> [l](http://evil) ![i](http://evil) **b** _i_ `c` <!-- --> </sub> @everyone https://evil"
	r := published()
	r.Outcome = report.Failed
	r.Platforms[0].Platform = evil
	r.Images[0].Repository = evil
	r.Images[0].Visibility, r.Images[0].VisibilityOutcome, r.Images[0].VisibilityWanted = evil, "needs-owner", evil
	r.Steps = []report.Step{{Kind: "tag", Image: evil, Object: "1", Detail: evil}}
	r.Notice(diag.Notice{Title: evil, Text: evil})
	r.Fail(&diag.Error{Code: "c", Title: evil, Hint: evil, Err: errors.New(evil)})
	md := r.Markdown().String()
	for _, bad := range []string{"<img", "\n# evil", "\n| a |", "[l](http", "![i](", " \\\\[l", " \\*x", "\x1b", "\u202e", "\u200b", "\n```\n<", "<!--"} {
		if strings.Contains(md, bad) {
			t.Errorf("the summary contains %q", bad)
		}
	}
}

func TestYAMLOfAHintIsACodeBlock(t *testing.T) {
	t.Parallel()
	r := report.New("publish", "x", report.Run{})
	r.Fail(&diag.Error{Code: "c", Title: "t", Hint: "Add this:\n    permissions:\n      packages: write"})
	if md := r.Markdown().String(); !strings.Contains(md, "\n> ```yaml\n> permissions:\n>   packages: write\n> ```\n") {
		t.Errorf("the YAML block is missing:\n%s", md)
	}
}

func TestFailAddsEachErrorWithItsFields(t *testing.T) {
	t.Parallel()
	r := report.New("publish", "x", report.Run{})
	r.Fail(errors.Join(diag.Inputf("a", "one", "h", "t"), fmt.Errorf("doing: %w", &diag.Error{Code: "two", Title: "u", Err: errors.New("cause")})))
	var codes []string
	for _, m := range r.Errors {
		codes = append(codes, m.Code+"/"+m.Input+"/"+m.Text)
	}
	if want := []string{"one/a/", "two//Cause"}; !slices.Equal(codes, want) || r.Outcome != report.Failed {
		t.Errorf("got %q, want %q", codes, want)
	}
	r = report.New("publish", "x", report.Run{})
	r.Outcome = report.Published
	if r.Fail(nil); r.Outcome != report.Published || len(r.Errors) > 0 {
		t.Error("Fail(nil) adds an error")
	}
}
