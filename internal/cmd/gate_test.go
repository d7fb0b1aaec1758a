package cmd_test

import (
	"context"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/ghcr-publish/ghcr-publish/internal/ci/needs"
	"github.com/ghcr-publish/ghcr-publish/internal/cmd"
	"github.com/ghcr-publish/ghcr-publish/internal/ghcrtest"
	"github.com/ghcr-publish/ghcr-publish/internal/source/sourcetest"
)

// gated sets a gate whose script can run programs and write to the folder of the stage.
func gated(s *stage, script string) *stage {
	needs.Bash(s.t)
	s.env["PATH"], s.env["STAGE"] = os.Getenv("PATH"), s.dir
	return s.with("gate", script)
}

// whenExists calls a function when the script of a gate has written a file.
func (s *stage) whenExists(name string, then func()) {
	go func() {
		for {
			if _, err := os.Stat(filepath.Join(s.dir, name)); err == nil {
				then()
				return
			}
			select {
			case <-s.t.Context().Done():
				return
			case <-time.After(5 * time.Millisecond):
			}
		}
	}()
}

func TestCancelDuringTheGate(t *testing.T) {
	t.Parallel()
	s := gated(newStage(t, acme()), `touch "$STAGE/started"; sleep 300 & sleep 300`)
	source, digest := layout(t)
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	s.whenExists("started", cancel)
	begin := time.Now()
	r := s.with("source", source, "tags", "1").runIn(ctx)
	if took := time.Since(begin); took > 20*time.Second {
		t.Errorf("the run took %s", took)
	}
	if r.code != cmd.Interrupted || !slices.Contains(r.codes(), "cancelled") {
		r.fatal("exit %d with the codes %q", r.code, r.codes())
	}
	r.hasOutputs("outcome", "gated", "digest", digest, "tags", "", "pushed", "false")
	if tags := s.server.Tags("acme/web"); len(tags) > 0 {
		t.Errorf("tags exist: %q", tags)
	}
	if left, err := filepath.Glob(filepath.Join(s.dir, "ghcr-publish-gate-*")); err != nil || len(left) > 0 {
		t.Errorf("the temporary folders %q exist, error %v", left, err)
	}
}

// All content is in the registry when the gate starts, and no tag exists. The tags are
// written after the gate.
func TestGateRunsBetweenTheManifestsAndTheTags(t *testing.T) {
	t.Parallel()
	s := gated(newStage(t, acme()), `touch "$STAGE/started"; until [ -e "$STAGE/checked" ]; do sleep 0.01; done`)
	source, digest := layout(t)
	s.whenExists("started", func() {
		if _, exists := s.server.Manifest("acme/web", digest); !exists {
			t.Error("the registry does not have the image when the gate starts")
		}
		if tags := s.server.Tags("acme/web"); len(tags) > 0 {
			t.Errorf("the tags %q exist before the gate", tags)
		}
		_ = os.WriteFile(filepath.Join(s.dir, "checked"), nil, 0o600) // without the file, the run ends with a timeout
	})
	s.with("source", source, "tags", "1", "timeout", "20s").run().succeeds()
	if got := s.server.Tag("acme/web", "1"); got != digest {
		t.Errorf("the tag points at %q, want %q", got, digest)
	}
}

// Another run writes a version tag during the gate. The run does not overwrite the tag.
func TestTagsAreReadAgainAfterTheGate(t *testing.T) {
	t.Parallel()
	s := newStage(t, acme())
	source, _ := layout(t)
	other, otherDigest := platformImage(t, sourcetest.AMD64, "other")
	s.with("source", other, "tags", "other").run().succeeds()
	second := *s
	second.dir, second.env = t.TempDir(), maps.Clone(s.env)
	for _, name := range []string{"OUTPUT", "STATE", "ENV", "STEP_SUMMARY"} {
		second.env["GITHUB_"+name] = filepath.Join(second.dir, name)
	}
	gated(s, `touch "$STAGE/started"; until [ -e "$STAGE/checked" ]; do sleep 0.01; done`)
	s.whenExists("started", func() {
		second.with("source", other, "tags", "1.2.3").run()
		_ = os.WriteFile(filepath.Join(s.dir, "checked"), nil, 0o600) // without the file, the run ends with a timeout
	})
	s.with("source", source, "tags", "1.2.3", "timeout", "20s").run().failsWith("tag-exists")
	if got := s.server.Tag("acme/web", "1.2.3"); got != otherDigest {
		t.Errorf("the tag points at %q, want %q", got, otherDigest)
	}
}

// The gate of a public image gets no login, because it needs none.
func TestGateOfAPublicImageGetsNoLogin(t *testing.T) {
	t.Parallel()
	config := acme()
	config.Packages = []ghcrtest.Package{{Name: "acme/web", Visibility: ghcrtest.Public, Repository: "acme/web"}}
	s := gated(newStage(t, config), `echo "config=$DOCKER_CONFIG."`)
	source, _ := layout(t)
	r := s.with("source", source, "tags", "1").run().succeeds()
	if !strings.Contains(r.stdout, "config=.\n") {
		r.fatal("the gate got a login")
	}
}
