package cmd_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"path/filepath"
	"strings"
	"testing"
	"time"

	v1 "github.com/google/go-containerregistry/pkg/v1"

	"github.com/ghcr-publish/ghcr-publish/internal/cmd"
	"github.com/ghcr-publish/ghcr-publish/internal/ghcrtest"
	"github.com/ghcr-publish/ghcr-publish/internal/ghcrtest/random"
	"github.com/ghcr-publish/ghcr-publish/internal/source/sourcetest"
)

// shared is a package that one job cleans up while another job publishes.
type shared struct {
	*stage
	amd64, arm64, alone v1.Descriptor // the cleanup deletes these images
	platforms, single   string        // layouts of the same images
}

// newShared returns a stage with old images: an index that a rule selects, and an image
// without a tag.
func newShared(t *testing.T) *shared {
	t.Helper()
	c := acme()
	c.Packages = []ghcrtest.Package{{
		Name: "acme/web", Repository: "acme/web", Visibility: ghcrtest.Public, Grants: map[string]ghcrtest.Role{"acme/web": ghcrtest.Admin},
	}}
	s := &shared{stage: newStage(t, c)}
	l := sourcetest.NewLayout(t)
	s.amd64, s.arm64 = sourcetest.On(l.Image(sourcetest.AMD64, "a"), sourcetest.AMD64), sourcetest.On(l.Image(sourcetest.ARM64, "b"), sourcetest.ARM64)
	index := l.Index(s.amd64, s.arm64)
	l.Add(index)
	s.platforms = sourcetest.Dir(t, l.Files())
	one := sourcetest.NewLayout(t)
	s.alone = one.Image(sourcetest.AMD64, "alone")
	one.Add(s.alone)
	s.single = sourcetest.Dir(t, one.Files())
	other := sourcetest.NewLayout(t)
	main, old := other.Image(sourcetest.AMD64, "main"), other.Image(sourcetest.AMD64, "old")
	for tag, d := range map[string]v1.Descriptor{"main": main, "pr-2": old, "pr-1": index, "": s.alone, " ": s.amd64, "  ": s.arm64} {
		s.plant(strings.TrimSpace(tag), d, append(append(l.Files(), one.Files()...), other.Files()...))
	}
	return s
}

// plant adds an image to the package without the requests of a client.
func (s *shared) plant(tag string, d v1.Descriptor, files []sourcetest.File) {
	s.t.Helper()
	v := ghcrtest.Version{MediaType: string(d.MediaType), Created: time.Now().Add(-100 * time.Hour)}
	if tag != "" {
		v.Tags = []string{tag}
	}
	for _, f := range files {
		if filepath.Base(f.Name) == d.Digest.Hex {
			v.Raw = f.Body
		}
		_, err := s.server.AddBlob("acme/web", f.Body)
		s.check(err)
	}
	s.server.AddVersion("acme/web", v)
}

// other returns a stage for another job that uses the same package.
func (s *shared) other() *stage {
	o := &stage{t: s.t, server: s.server, dir: s.t.TempDir(), env: maps.Clone(s.env)}
	for _, name := range []string{"OUTPUT", "STATE", "ENV", "STEP_SUMMARY"} {
		o.env["GITHUB_"+name] = filepath.Join(o.dir, name)
	}
	return o
}

// A cleanup and a publication use one package at the same time. The publication begins at
// each request of the cleanup, and everything that it needs exists at the end. A begin
// between the last read of a version and its deletion is not in the test, because GitHub's API
// has no conditional deletion. A publication of an image that was gone at its begin can fail.
func TestACleanupKeepsWhatAPublicationNeeds(t *testing.T) {
	t.Parallel()
	kinds := []struct {
		name    string
		publish func(s *shared, job *stage) result
	}{
		{"a platform image by digest, and then its tag", func(s *shared, job *stage) result {
			job.push(s.single)
			return job.with("source", "docker://"+job.image("acme/web")+"@"+s.alone.Digest.String(), "tags", "v2").run()
		}},
		{"an index of the same platforms", func(s *shared, job *stage) result {
			return job.with("command", "publish", "source", s.platforms, "tags", "v2").run()
		}},
		{"a tag of an image that goes", func(s *shared, job *stage) result {
			return job.with("command", "publish", "source", "docker://"+job.image("acme/web")+"@"+s.alone.Digest.String(), "tags", "v2").run()
		}},
		{"merged platform images", func(s *shared, job *stage) result {
			return job.merge(map[string]string{"digest-linux-amd64": s.amd64.Digest.String(), "digest-linux-arm64": s.arm64.Digest.String()}, "tags", "v2")
		}},
	}
	// The cleanup sends 26 requests, in addition to the reads of single versions. With the
	// build tag integration, a publication begins at each of them.
	const requests, step = 26, 1000/random.Packages + 1
	for _, kind := range kinds {
		for point := 0; point < requests; point += step {
			t.Run(fmt.Sprint(kind.name, " at request ", point), func(t *testing.T) {
				t.Parallel()
				newShared(t).publishDuringCleanup(point, kind.publish)
			})
		}
	}
}

// publishDuringCleanup runs a cleanup, and a publication at one of its requests.
func (s *shared) publishDuringCleanup(point int, publish func(*shared, *stage) result) {
	s.t.Helper()
	job := s.other()
	var published *result
	gone := false
	s.server.Inject(
		ghcrtest.Fault{Method: http.MethodGet, Path: "/versions/", Times: ghcrtest.Always, Effect: ghcrtest.BeforeAnswer{Do: func() {}}},
		ghcrtest.Fault{After: point, Effect: ghcrtest.BeforeAnswer{Do: func() {
			gone = s.isGone()
			r := publish(s, job)
			published = &r
		}}},
	)
	s.with("command", "cleanup", "delete", "pr-*", "untagged", "delete", "min-age", "0h").run().succeeds()
	switch {
	case published == nil:
		s.t.Fatalf("the cleanup sent fewer than %d requests", point)
	case published.code == cmd.OK:
		s.isComplete("v2")
	case !gone:
		published.fatal("the publication failed, although its image existed at its begin")
	}
	s.isComplete("main")
	if s.server.Tag("acme/web", "pr-2") != "" {
		s.t.Error("the cleanup did not delete the other image")
	}
}

// isGone reports whether the cleanup already deleted an image that a publication could use.
func (s *shared) isGone() bool {
	for _, d := range []v1.Descriptor{s.amd64, s.arm64, s.alone} {
		if _, ok := s.server.Manifest("acme/web", d.Digest.String()); !ok {
			return true
		}
	}
	return false
}

// isComplete fails the test if a tag or a platform of its image is missing.
func (s *shared) isComplete(tag string) {
	s.t.Helper()
	m, ok := s.server.Manifest("acme/web", tag)
	if !ok {
		s.t.Fatalf("the tag %s is missing", tag)
	}
	var index v1.IndexManifest
	s.check(json.Unmarshal(m.Raw, &index))
	for _, child := range index.Manifests {
		if _, ok := s.server.Manifest("acme/web", child.Digest.String()); !ok {
			s.t.Errorf("the tag %s lost the platform %s", tag, child.Digest)
		}
	}
}
