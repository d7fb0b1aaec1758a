//go:build integration && linux

package cmd_test

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// mergedDockerfile builds an image whose labels and files depend on the build arguments of
// the jobs.
const mergedDockerfile = "FROM scratch\nARG COMMIT\nARG VERSION\nLABEL org.example.commit=$COMMIT org.example.version=$VERSION\nCOPY file /\n"

// fixedTime replaces the time of a run, so that two runs give the same image.
const fixedTime = "2026-01-02T03:04:05.678Z"

// TestMergedStepsPublishTheSameImages runs the step that migrate writes, and the steps that
// it replaces, with the same BuildKit. docker/metadata-action is the command "metadata".
// docker/build-push-action is docker buildx with the options that the action gives to it
// (docker/build-push-action, src/context.ts). Both must publish the same tags with the same
// digests, labels and annotations.
func TestMergedStepsPublishTheSameImages(t *testing.T) {
	d := startDockerd(t, currentSnapshots)
	for _, j := range mergedJobs() {
		t.Run(j.name, func(t *testing.T) {
			dir, inputs := j.migrate(t)
			for name, text := range map[string]string{"Dockerfile": mergedDockerfile, "file": layer("text")} {
				if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
					t.Fatal(err)
				}
			}
			meta := j.runMetadata(t)
			theirs, ours := j.realStage(t, d), j.realStage(t, d)
			old := j.runOldSteps(t, theirs, dir, meta)
			for name, value := range inputs {
				value = strings.ReplaceAll(j.evaluate(t, ours, value, meta), "{{date 'YYYY-MM-DDTHH:mm:ss.SSS[Z]'}}", fixedTime)
				ours.with(name, createdTime.ReplaceAllString(value, fixedTime))
			}
			r := ours.with("context", dir).run().succeeds()
			var report struct{ Digest string } // A dry run has no output "digest".
			if ours.check(json.Unmarshal([]byte(r.outputs["json"]), &report)); report.Digest != old {
				t.Errorf("the digest is %s, the old steps give %s", report.Digest, old)
			}
			j.comparePublished(t, theirs, ours, meta)
		})
	}
}

// realStage returns the stage of a run with docker buildx and an engine.
func (j mergedJob) realStage(t *testing.T, d *dockerd) *stage {
	t.Helper()
	s, bin := j.stage(t), t.TempDir()
	s.check(os.Symlink(program(t, "docker", true), filepath.Join(bin, "docker")))
	s.env["PATH"], s.env["HOME"], s.env["RUNNER_TEMP"] = bin, t.TempDir(), t.TempDir()
	s.env["SOURCE_DATE_EPOCH"] = "1700000000"
	return s.withBuildx(d)
}

// runOldSteps runs the steps of docker/login-action and docker/build-push-action, and
// returns the digest of the image.
func (j mergedJob) runOldSteps(t *testing.T, s *stage, dir string, meta map[string]string) string {
	t.Helper()
	login := base64.StdEncoding.EncodeToString([]byte("octocat:" + canary))
	s.check(os.WriteFile(filepath.Join(s.env["HOME"], ".docker", "config.json"), fmt.Appendf(nil, `{"auths":{%q:{"auth":%q}}}`, s.server.Host(), login), 0o600))
	options := []struct{ input, flag string }{{"annotations", "--annotation"}, {"build-args", "--build-arg"}, {"cache-from", "--cache-from"}, {"cache-to", "--cache-to"}, {"labels", "--label"}, {"platforms", "--platform"}, {"tags", "--tag"}}
	args := []string{"build", "--provenance=false"}
	for _, o := range options {
		for _, value := range lines(createdTime.ReplaceAllString(j.evaluate(t, s, j.push[o.input], meta), fixedTime)) {
			args = append(args, o.flag, value)
		}
	}
	file := filepath.Join(t.TempDir(), "image.tar")
	s.buildx(append(args, "--output", "type=oci,dest="+file, dir)...)
	if !j.dry {
		s.buildx(append(args, "--push", dir)...)
	}
	return archiveDigest(t, file)
}

// archiveDigest returns the digest of the image in an OCI archive.
func archiveDigest(t *testing.T, file string) string {
	t.Helper()
	raw, err := exec.CommandContext(t.Context(), "tar", "--extract", "--to-stdout", "--file", file, "index.json").Output()
	if err != nil {
		t.Fatal(err)
	}
	var index struct{ Manifests []struct{ Digest string } }
	if err := json.Unmarshal(raw, &index); err != nil || len(index.Manifests) == 0 {
		t.Fatalf("index.json: %v\n%s", err, raw)
	}
	return index.Manifests[0].Digest
}

// comparePublished compares the tags, digests, labels and annotations in two registries.
func (j mergedJob) comparePublished(t *testing.T, theirs, ours *stage, meta map[string]string) {
	t.Helper()
	if j.dry {
		return
	}
	for _, reference := range lines(j.evaluate(t, ours, j.push["tags"], meta)) {
		name, tag, _ := strings.Cut(strings.TrimPrefix(reference, ours.server.Host()+"/"), ":")
		if got, want := ours.server.Tags(name), theirs.server.Tags(name); !slices.Equal(got, want) {
			t.Errorf("%s has the tags %q, the old steps give %q", name, got, want)
		}
		if got, want := ours.server.Tag(name, tag), theirs.server.Tag(name, tag); got != want {
			t.Errorf("%s:%s is %s, the old steps give %s", name, tag, got, want)
		}
		if j.push["platforms"] != "" {
			continue // The digest of the index covers the labels of its images.
		}
		labels, annotations := ours.namesOf(name, tag)
		oldLabels, oldAnnotations := theirs.namesOf(name, tag)
		if got, want := withoutTime(pairsOf(labels)), withoutTime(pairsOf(oldLabels)); !slices.Equal(got, want) {
			t.Errorf("labels of %s\n%q, the old steps give\n%q", reference, got, want)
		}
		if got, want := withoutTime(pairsOf(annotations)), withoutTime(pairsOf(oldAnnotations)); !slices.Equal(got, want) {
			t.Errorf("annotations of %s\n%q, the old steps give\n%q", reference, got, want)
		}
	}
}
