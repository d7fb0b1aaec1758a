package main

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"go.yaml.in/yaml/v3"

	"github.com/ghcr-publish/ghcr-publish/internal/ci/needs"
)

// stepsOf returns the inputs of each step of this action in the YAML blocks of a page.
func stepsOf(t *testing.T, page string) []map[string]string {
	t.Helper()
	raw, err := os.ReadFile(page)
	if err != nil {
		t.Fatal(err)
	}
	var out []map[string]string
	for _, b := range blocks(string(raw)) {
		var steps []struct {
			Uses string
			With map[string]string
		}
		if b.language != "yaml" || yaml.Unmarshal([]byte(b.text), &steps) != nil {
			continue
		}
		for _, s := range steps {
			if strings.HasPrefix(s.Uses, "ghcr-publish/") {
				out = append(out, s.With)
			}
		}
	}
	return out
}

// step runs the program as a step with the inputs of a document.
func (d *desk) step(ctx context.Context, t *testing.T, with map[string]string, env ...string) (string, error) {
	t.Helper()
	c := exec.CommandContext(ctx, "ghcr-publish")
	c.Dir = d.folder
	c.Env = append(slices.Clone(d.env), "GITHUB_ACTIONS=true", "GITHUB_OUTPUT="+filepath.Join(t.TempDir(), "outputs"), "INPUT_TOKEN="+secret, "GITHUB_TOKEN=")
	c.Env = append(c.Env, env...)
	for name, value := range with {
		c.Env = append(c.Env, "INPUT_"+strings.ToUpper(name)+"="+strings.ReplaceAll(value, "ghcr.io/", d.host+"/"))
	}
	out, err := c.CombinedOutput()
	return string(out), err
}

// TestGatesInTheDocumentsDecide runs each gate of docs/gate.md twice: with an image that
// the gate accepts, and with an image that the gate refuses. A small program takes the
// place of the scanner and of Docker. This program refuses references that contain the
// digest in the variable REFUSED.
func TestGatesInTheDocumentsDecide(t *testing.T) {
	t.Parallel()
	needs.Bash(t)
	needs.Program(t, "jq")
	const standIn = "#!/bin/sh\necho \"$0 $*\"\ncase \"$* $REFERENCE\" in *$REFUSED*) exit 1 ;; esac\n"
	const amd64 = "sha256:a76597dd54e6632d745e17d460d0b4c1dacf70e724ce5756fe64ee7770af8e2c" // one of the images in image.tar
	steps := stepsOf(t, "docs/gate.md")
	if len(steps) < 5 {
		t.Fatalf("docs/gate.md has %d steps", len(steps))
	}
	for _, with := range steps {
		t.Run(with["gate"], func(t *testing.T) {
			t.Parallel()
			d := newDesk(t)
			for _, name := range []string{"trivy", "docker", "scan.sh"} {
				if err := os.WriteFile(filepath.Join(d.folder, name), []byte(standIn), 0o700); err != nil {
					t.Fatal(err)
				}
			}
			path := "PATH=" + d.folder + string(filepath.ListSeparator) + os.Getenv("PATH")
			with["tags"] = "accepted"
			if strings.Contains(with["gate"], "User") {
				d.policy(t, with, path)
				return
			}
			if out, err := d.step(t.Context(), t, with, path, "REFUSED=none"); err != nil {
				t.Errorf("the gate refused the image: %v\n%s", err, out)
			}
			refused := "REFUSED=sha256:"
			if strings.Contains(with["gate"], "DIGESTS") {
				refused = "REFUSED=" + amd64
			}
			with["tags"] = "refused"
			if out, err := d.step(t.Context(), t, with, path, refused); err == nil || !strings.Contains(out, "gate-failed") {
				t.Errorf("the gate accepted the image: %v\n%s", err, out)
			}
		})
	}
}

// policy runs the gate with the policy: the program of the image in image.tar runs as
// root, and the program of the image from files runs as another user.
func (d *desk) policy(t *testing.T, with map[string]string, path string) {
	t.Helper()
	if out, err := d.step(t.Context(), t, with, path); err == nil || !strings.Contains(out, "gate-failed") {
		t.Errorf("the gate accepted an image whose program runs as root: %v\n%s", err, out)
	}
	files := map[string]string{"content": "dist/{platform}/app:/app", "entrypoint": "/app", "user": "65532", "tags": "accepted", "gate": with["gate"]}
	if out, err := d.step(t.Context(), t, files, path); err != nil {
		t.Errorf("the gate refused an image whose program does not run as root: %v\n%s", err, out)
	}
}
