package cmd_test

import (
	"encoding/json"
	"testing"

	"github.com/ghcr-publish/ghcr-publish/internal/cmd"
	"github.com/ghcr-publish/ghcr-publish/internal/ghcrtest"
	"github.com/ghcr-publish/ghcr-publish/internal/source/sourcetest"
)

func TestExitCodesOfDiff(t *testing.T) {
	t.Parallel()
	one, two := oneImage(t), sourcetest.Dir(t, func() []sourcetest.File {
		l := sourcetest.NewLayout(t)
		l.Add(l.Image(sourcetest.AMD64, "a", "c"))
		return l.Files()
	}())
	cases := []struct {
		name string
		args []string
		code int
	}{
		{"the same image", []string{one, one}, cmd.OK},
		{"the same image with --exit-code", []string{one, one, "--exit-code"}, cmd.OK},
		{"two images", []string{one, two}, cmd.OK},
		{"two images with --exit-code", []string{one, two, "--exit-code"}, cmd.Different},
		{"an image that does not exist", []string{one, "./absent"}, cmd.Failure},
		{"an image that does not exist with --exit-code", []string{one, "./absent", "--exit-code"}, cmd.Trouble},
		{"one image with --exit-code", []string{one, "--exit-code"}, cmd.Trouble},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			s := newStage(t, acme()).atTerminal()
			r := s.run(append([]string{"diff"}, c.args...)...)
			if silent := c.args[0] == one && len(c.args) > 1 && (c.args[1] == one || c.args[1] == two); r.code != c.code || silent && r.stderr != "" {
				t.Errorf("got the exit code %d, want %d\n%s", r.code, c.code, r.stderr)
			}
		})
	}
}

// diff reads each manifest and each config once, and no config of an image that both
// indexes contain.
func TestDiffReadsNoLayersAndNoSharedConfigs(t *testing.T) {
	t.Parallel()
	s := newStage(t, acme())
	publish := func(tag string, texts ...string) {
		l := sourcetest.NewLayout(t)
		l.Add(l.Index(sourcetest.On(l.Image(sourcetest.AMD64, texts...), sourcetest.AMD64), sourcetest.On(l.Image(sourcetest.ARM64, "shared"), sourcetest.ARM64)))
		s.with("command", "publish", "source", sourcetest.Dir(t, l.Files()), "tags", tag).run().succeeds()
	}
	publish("1", "a")
	publish("2", "a", "b")
	s.server.Reset()
	r := s.with("command", "diff", "tags", "", "source", s.image("acme/web")+":1\n"+s.image("acme/web")+":2").run().succeeds().hasOutputs("changed", "true")
	counts := s.server.Counts()
	if counts[ghcrtest.ClassGetBlob] != 2 {
		t.Errorf("got %d blobs, want the two configs that differ", counts[ghcrtest.ClassGetBlob])
	}
	var report struct {
		Platforms []struct{ Platform, Change string }
	}
	if err := json.Unmarshal([]byte(r.outputs["json"]), &report); err != nil {
		t.Fatal(err)
	}
	if len(report.Platforms) != 2 || report.Platforms[0].Change != "changed" || report.Platforms[1].Change != "unchanged" {
		t.Errorf("got %+v", report)
	}
}
