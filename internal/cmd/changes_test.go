package cmd_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	v1 "github.com/google/go-containerregistry/pkg/v1"

	"github.com/ghcr-publish/ghcr-publish/internal/ghcrtest"
	"github.com/ghcr-publish/ghcr-publish/internal/report"
	"github.com/ghcr-publish/ghcr-publish/internal/source/sourcetest"
)

// imageOf writes the OCI layout of an image with the texts as layers.
func imageOf(t *testing.T, texts ...string) string {
	t.Helper()
	l := sourcetest.NewLayout(t)
	l.Add(l.Image(sourcetest.AMD64, texts...))
	return sourcetest.Dir(t, l.Files())
}

// six writes the OCI layout of an index with six images. Each image has a layer of its own
// with the text.
func six(t *testing.T, text string) string {
	t.Helper()
	l := sourcetest.NewLayout(t)
	var children []v1.Descriptor
	for i := range 6 {
		p := &v1.Platform{OS: "linux", Architecture: fmt.Sprint("cpu", i)}
		children = append(children, sourcetest.On(l.Image(p, "shared", fmt.Sprint(text, i)), p))
	}
	l.Add(l.Index(children...))
	return sourcetest.Dir(t, l.Files())
}

// moves prepares a run that moves the tag latest from one image to another image.
func moves(t *testing.T, verify, before, after string) *publishing {
	t.Helper()
	p := publishRoundTrips(t, before, verify)
	p.barrier = ghcrtest.NewRoundTrips() // this run is not checked
	p.with("tags", "latest", "monotonic", "false").run().succeeds()
	p.with("source", after)
	return p
}

// The comparison of an image reads its manifest and its config, and the storage of ghcr.io
// sends the config (download). These reads run beside the uploads, so the run needs no
// further round trip: the run without the comparison has the same number of round trips.
func TestRoundTripsOfAComparedImage(t *testing.T) {
	t.Parallel()
	p := moves(t, "digest", imageOf(t, "a", "b"), imageOf(t, "a", "c"))
	p.takes("published",
		roundTrip{"token": 1},
		roundTrip{"HEAD manifest latest": 1, "POST upload": 1},
		roundTrip{"HEAD manifest digest": 1, "HEAD blob": 3},
		roundTrip{"POST upload": 1, "PUT upload": 1, "GET manifest digest": 1},
		roundTrip{"PUT upload": 1, "GET blob": 1},
		roundTrip{"PUT manifest latest": 1, "download": 1},
		roundTrip{"HEAD manifest latest": 1, "HEAD manifest digest": 1},
	)
	p.takes("unchanged", roundTrip{"token": 1}, roundTrip{"HEAD manifest latest": 1, "POST upload": 1})
}

func TestRoundTripsOfAComparedIndexOfSix(t *testing.T) {
	t.Parallel()
	p := moves(t, "digest", six(t, "old"), six(t, "new"))
	p.takes("published",
		roundTrip{"token": 1},
		roundTrip{"HEAD manifest latest": 1, "POST upload": 1},
		roundTrip{"HEAD manifest digest": 1, "HEAD blob": 13},
		roundTrip{"POST upload": 11, "PUT upload": 1, "GET manifest digest": 1},
		roundTrip{"PUT upload": 11, "GET manifest digest": 6},
		roundTrip{"PUT manifest digest": 6, "GET blob": 6},
		roundTrip{"PUT manifest latest": 1, "download": 6},
		roundTrip{"HEAD manifest latest": 1, "HEAD manifest digest": 1},
	)
}

// released prepares a run that publishes three images as one release. The tag latest of each
// image points at another image.
func released(t *testing.T) *publishing {
	t.Helper()
	p := publishRoundTrips(t, "", "digest")
	delete(p.env, "INPUT_SOURCE")
	p.barrier = ghcrtest.NewRoundTrips() // this run is not checked
	p.with("tags", "latest", "monotonic", "false", "sources", p.lines("old")).run().succeeds()
	p.with("sources", p.lines("new"))
	return p
}

// lines returns the input "sources" with three images. Each image has a layer with the text.
func (p *publishing) lines(text string) string {
	p.t.Helper()
	var out []string
	for _, name := range []string{"api", "web", "worker"} {
		out = append(out, name+"="+imageOf(p.t, name, text+" "+name))
	}
	return strings.Join(out, "\n")
}

// A release of three images reads three manifests and three configs beside the uploads.
// Each round trip also contains requests that the run needs without the comparison, so the
// comparison adds none.
func TestRoundTripsOfAComparedReleaseOfThreeImages(t *testing.T) {
	t.Parallel()
	released(t).takes("published",
		roundTrip{"token": 1},
		roundTrip{"HEAD manifest latest": 3, "POST upload": 3},
		roundTrip{"HEAD manifest digest": 3, "HEAD blob": 9},
		roundTrip{"POST upload": 3, "PUT upload": 3, "GET manifest digest": 3},
		roundTrip{"PUT upload": 3, "GET blob": 3},
		roundTrip{"PUT manifest digest": 3, "HEAD manifest latest": 3, "download": 3},
		roundTrip{"PUT manifest latest": 3},
		roundTrip{"HEAD manifest latest": 3, "HEAD manifest digest": 3},
	)
}

// With on-loss: fail, the run needs the comparison before the tag moves. These images are
// small, so the comparison takes longer than the uploads.
func TestRoundTripsBeforeTheTagsOfARunThatFailsForALoss(t *testing.T) {
	t.Parallel()
	p := moves(t, "digest", imageOf(t, "a", "b"), imageOf(t, "a", "c"))
	p.with("on-loss", "fail")
	p.takes("published",
		roundTrip{"token": 1},
		roundTrip{"HEAD manifest latest": 1, "POST upload": 1},
		roundTrip{"HEAD manifest digest": 1, "HEAD blob": 3},
		roundTrip{"POST upload": 1, "PUT upload": 1, "GET manifest digest": 1},
		roundTrip{"PUT upload": 1, "GET blob": 1},
		roundTrip{"download": 1},
		roundTrip{"PUT manifest latest": 1},
		roundTrip{"HEAD manifest latest": 1, "HEAD manifest digest": 1},
	)
}

// A promotion uploads nothing, so the run ends one round trip later: the storage sends the
// config of the previous image. The image of a promotion exists, so the run also reads the
// referrers of both images.
func TestRoundTripsOfAComparedPromotion(t *testing.T) {
	t.Parallel()
	p := moves(t, "digest", imageOf(t, "a"), imageOf(t, "b"))
	first := p.with("tags", "rc").run().succeeds().outputs["digest"]
	latest := p.with("source", imageOf(t, "c"), "tags", "latest").run().succeeds().outputs["digest"]
	reads := roundTrip{"PUT manifest latest": 1, "GET manifest digest": 1, "GET referrers": 2}
	ends := roundTrip{"HEAD manifest latest": 1, "HEAD manifest digest": 1, "GET blob": 1}
	for _, digest := range []string{first, latest} {
		tag := strings.Replace(digest, ":", "-", 1)
		reads["GET manifest "+tag] = 1
		for _, suffix := range []string{".sig", ".att", ".sbom"} {
			reads["HEAD manifest "+tag+suffix] = 1
		}
	}
	p.with("command", "promote", "source", "rc", "tags", "latest")
	p.takes("published",
		roundTrip{"token": 1},
		roundTrip{"HEAD manifest latest": 1, "POST upload": 1, "GET manifest rc": 1},
		roundTrip{"GET blob": 1}, // the config of the promoted image, which states its platform
		roundTrip{"download": 1},
		reads,
		ends,
		roundTrip{"download": 1},
	)
}

// publishedAs publishes an image to a stage under tags that may move to any image.
func publishedAs(s *stage, source string, tags ...string) result {
	return s.with("source", source, "tags", strings.Join(tags, "\n"), "monotonic", "false", "verify", "digest").run()
}

// changesOf returns the field "changes" of the output "json".
func changesOf(t *testing.T, r result) []report.Replaced {
	t.Helper()
	var out report.Report
	if err := json.Unmarshal([]byte(r.outputs["json"]), &out); err != nil {
		t.Fatal(err)
	}
	return out.Changes
}

func TestRequestsOfAComparison(t *testing.T) {
	t.Parallel()
	cases := []struct {
		name             string
		before           map[string]string // tag to source
		after            string
		tags             []string
		manifests, blobs int
	}{
		{"a new tag", map[string]string{"other": imageOf(t, "a")}, imageOf(t, "b"), []string{"new"}, 0, 0},
		{"an unchanged tag", map[string]string{"latest": imageOf(t, "a")}, imageOf(t, "a"), []string{"latest"}, 0, 0},
		{"one image", map[string]string{"latest": imageOf(t, "a")}, imageOf(t, "b"), []string{"latest"}, 1, 1},
		{"an index of six", map[string]string{"latest": six(t, "old")}, six(t, "new"), []string{"latest"}, 7, 6},
		{"three images", map[string]string{"1": imageOf(t, "a"), "1.2": imageOf(t, "b"), "latest": imageOf(t, "c")}, imageOf(t, "d"), []string{"1", "1.2", "latest"}, 3, 3},
		{"one image under three tags", map[string]string{"1": imageOf(t, "a"), "1.2": imageOf(t, "a"), "latest": imageOf(t, "a")}, imageOf(t, "d"), []string{"1", "1.2", "latest"}, 1, 1},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			s := newStage(t, acme())
			for tag, source := range c.before {
				publishedAs(s, source, tag).succeeds()
			}
			s.server.Reset()
			r := publishedAs(s, c.after, c.tags...).succeeds()
			counts := s.server.Counts()
			if got := [...]int{counts[ghcrtest.ClassGetManifest], counts[ghcrtest.ClassGetBlob]}; got != [...]int{c.manifests, c.blobs} {
				t.Errorf("got %d manifests and %d blobs, want %d and %d", got[0], got[1], c.manifests, c.blobs)
			}
			tags := 0
			for _, each := range changesOf(t, r) {
				tags += len(each.Tags)
			}
			if compared := c.manifests > 0; compared && tags != len(c.tags) || !compared && tags > 0 {
				t.Errorf("got the changes of %d tags", tags)
			}
		})
	}
}

func TestARunWithoutVerificationComparesNothing(t *testing.T) {
	t.Parallel()
	s := newStage(t, acme())
	publishedAs(s, imageOf(t, "a"), "latest").succeeds()
	s.server.Reset()
	r := s.with("source", imageOf(t, "b"), "verify", "none").run().succeeds()
	if s.server.Counts()[ghcrtest.ClassGetManifest] != 0 || len(changesOf(t, r)) != 0 {
		t.Errorf("the run read %v", s.server.Counts())
	}
	r = s.with("source", imageOf(t, "c"), "verify", "none", "on-loss", "fail", "tags", "latest\nother").run().succeeds()
	if len(changesOf(t, r)) != 1 {
		t.Errorf("with on-loss: fail, got the changes %+v", changesOf(t, r))
	}
}

// A previous image that cannot be read never fails the publication.
func TestAPreviousImageThatCannotBeReadIsReported(t *testing.T) {
	t.Parallel()
	for _, policy := range []string{"warn", "fail"} {
		t.Run(policy, func(t *testing.T) {
			t.Parallel()
			s := newStage(t, acme())
			publishedAs(s, imageOf(t, "a"), "latest").succeeds()
			digest := s.server.Tag("acme/web", "latest")
			s.server.Inject(ghcrtest.Fault{Method: http.MethodGet, Path: "manifests/" + digest, Times: ghcrtest.Always, Effect: ghcrtest.Answer{Status: 404}})
			s.with("on-loss", policy)
			r := publishedAs(s, imageOf(t, "b"), "latest").succeeds().hasOutputs("outcome", "published")
			got := changesOf(t, r)
			if len(got) != 1 || got[0].NotCompared == "" || got[0].Before != digest {
				t.Errorf("got %+v", got)
			}
			level := map[string]string{"warn": "notice", "fail": "warning"}[policy]
			found := false
			for _, a := range r.annotations() {
				found = found || a.level == level && strings.Contains(a.title, "not compared")
			}
			if !found {
				t.Errorf("no %s reports that the image was not compared: %+v", level, r.annotations())
			}
		})
	}
}

// The values of environment variables can be secret.
func TestValuesOfVariablesAreInNoOutput(t *testing.T) {
	t.Parallel()
	s := newStage(t, acme())
	with := func(env ...string) string {
		l := sourcetest.NewLayout(t)
		l.Add(l.Configured(sourcetest.AMD64, v1.Config{Env: env}, "a"))
		return sourcetest.Dir(t, l.Files())
	}
	publishedAs(s, with("A=variable-canary-1", "B=variable-canary-2"), "latest").succeeds()
	r := publishedAs(s, with("A=variable-canary-3", "C=variable-canary-4"), "latest").succeeds()
	if all := r.stdout + r.stderr + r.summary + fmt.Sprint(r.outputs); strings.Contains(all, "variable-canary") || !strings.Contains(r.summary, "variable A") {
		t.Errorf("an output contains a value, or the summary lacks a name:\n%s", all)
	}
}

// The image of a promotion exists, so its referrers are known before the tag moves.
func TestPromoteReportsTheLossesOfReferrers(t *testing.T) {
	t.Parallel()
	s := newStage(t, acme())
	publishedAs(s, imageOf(t, "a"), "stable").succeeds()
	publishedAs(s, imageOf(t, "b"), "rc").succeeds()
	sbom := filepath.Join(s.dir, "sbom.json")
	if err := os.WriteFile(sbom, []byte(`{"bomFormat":"CycloneDX","components":[]}`), 0o600); err != nil {
		t.Fatal(err)
	}
	s.with("source", "", "tags", "", "content", sbom, "artifact-type", "application/vnd.cyclonedx+json", "subject", s.image("acme/web")+":stable").run().succeeds()
	s.with("command", "promote", "content", "", "artifact-type", "", "subject", "", "source", "rc", "tags", "stable", "on-loss", "fail")
	s.run().failsWith("loss-refused", "SBOM (CycloneDX)")
	r := s.with("on-loss", "warn").run().succeeds()
	if got := changesOf(t, r); len(got) != 1 || len(got[0].Losses) != 1 || got[0].Losses[0].Kind != "sbom" {
		t.Errorf("got %+v", got)
	}
}

// withSBOM publishes an image under a tag, and an SBOM as its referrer.
func withSBOM(s *stage, source, tag, version string) {
	s.t.Helper()
	publishedAs(s, source, tag).succeeds()
	sbom := filepath.Join(s.dir, tag+".json")
	s.check(os.WriteFile(sbom, fmt.Appendf(nil, `{"bomFormat":"CycloneDX","components":[{"name":"openssl","version":%q}]}`, version), 0o600))
	s.with("source", "", "tags", "", "content", sbom, "artifact-type", "application/vnd.cyclonedx+json", "subject", s.image("acme/web")+":"+tag).run().succeeds()
	s.with("content", "", "artifact-type", "", "subject", "")
}

func TestSBOMsOfReferrersAreCompared(t *testing.T) {
	t.Parallel()
	s := newStage(t, acme())
	withSBOM(s, imageOf(t, "a"), "stable", "3.0")
	withSBOM(s, imageOf(t, "b"), "rc", "3.1")
	diff := s.with("command", "diff", "tags", "", "monotonic", "", "verify", "", "source", s.image("acme/web")+":stable\n"+s.image("acme/web")+":rc").run().succeeds()
	if !strings.Contains(diff.stdout, "~ openssl 3.0 → 3.1") {
		t.Errorf("diff printed\n%s", diff.stdout)
	}
	r := s.with("command", "promote", "source", "rc", "tags", "stable", "monotonic", "false", "on-loss", "fail").run().succeeds()
	got := changesOf(t, r)
	if len(got) != 1 || got[0].Packages == nil || got[0].Packages.Updated != 1 || got[0].Packages.Rows[0].Name != "openssl" {
		t.Errorf("got %+v", got)
	}
}
