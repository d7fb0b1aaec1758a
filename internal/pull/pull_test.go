package pull_test

import (
	"context"
	"errors"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	v1 "github.com/google/go-containerregistry/pkg/v1"

	"github.com/ghcr-publish/ghcr-publish/internal/diag"
	"github.com/ghcr-publish/ghcr-publish/internal/ghcrtest"
	"github.com/ghcr-publish/ghcr-publish/internal/image"
	"github.com/ghcr-publish/ghcr-publish/internal/pull"
	"github.com/ghcr-publish/ghcr-publish/internal/registry"
	"github.com/ghcr-publish/ghcr-publish/internal/source/sourcetest"
)

// A pull requests one token, each manifest once and each blob once. The registry
// redirects the request for a blob, so the download is a second request.
func TestEachManifestAndBlobIsRequestedOnce(t *testing.T) {
	t.Parallel()
	for name, make := range map[string]func(*sourcetest.Layout) v1.Descriptor{"one image": large, "an index": multi} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := newFixture(t, make, ghcrtest.Public)
			dir := filepath.Join(t.TempDir(), "layout")
			found, result, err := r.pullInto(t.Context(), dir)
			r.check(err)
			r.checkComplete(dir)
			manifests, blobs := len(image.Manifests(r.root)), len(image.Blobs(r.root))
			counts := r.ghcr.Counts()
			want := map[ghcrtest.Class]int{ghcrtest.ClassToken: 1, ghcrtest.ClassGetManifest: manifests, ghcrtest.ClassGetBlob: blobs, ghcrtest.ClassDownload: blobs}
			for class, n := range counts {
				if n != want[class] {
					t.Errorf("%s: %d requests, want %d", class, n, want[class])
				}
			}
			if !found.ByFirstClient || result.Fetched.Blobs != blobs || result.Present.Blobs != 0 {
				t.Errorf("got %+v, by the anonymous client: %t", result, found.ByFirstClient)
			}

			r.ghcr.Reset()
			_, result, err = r.pullInto(t.Context(), dir)
			r.check(err)
			if again := r.ghcr.Counts(); again[ghcrtest.ClassGetBlob] > 1 || result.Fetched.Blobs != 0 || result.Present.Blobs != blobs {
				t.Errorf("the second pull sent the requests %v and fetched %+v", again, result.Fetched)
			}
		})
	}
}

// After an interruption, a download continues at its offset, unless the server
// does not support ranges.
func TestInterruptedDownloadsContinue(t *testing.T) {
	t.Parallel()
	cases := []struct {
		name    string
		effect  ghcrtest.Effect
		resumes bool
		noRange bool
	}{
		{"reset", ghcrtest.Reset{ResponseBytes: layerSize / 2}, true, false},
		{"reset before the first byte", ghcrtest.Reset{}, false, false},
		{"truncated", ghcrtest.Truncate{Bytes: layerSize / 2}, true, false},
		{"503", ghcrtest.Answer{Status: 503}, false, false},
		{"reset by a server that ignores ranges", ghcrtest.Reset{ResponseBytes: layerSize / 2}, true, true},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			r := newFixture(t, large, ghcrtest.Public)
			ranges := 0
			var mu sync.Mutex
			r.before = func(req *http.Request) {
				mu.Lock()
				defer mu.Unlock()
				if req.Header.Get("Range") != "" && strings.HasPrefix(req.URL.Path, downloads) {
					ranges++
				}
				if c.noRange {
					req.Header.Del("Range")
				}
			}
			r.ghcr.Inject(ghcrtest.Fault{Method: "GET", Path: downloads + r.root.Blobs[1].Descriptor.Digest.String(), Effect: c.effect})
			dir := filepath.Join(t.TempDir(), "layout")
			_, _, err := r.pullInto(t.Context(), dir)
			r.check(err)
			r.checkComplete(dir)
			mu.Lock()
			defer mu.Unlock()
			if resumed := ranges > 0; resumed != c.resumes {
				t.Errorf("the client sent a request with a range: %t, want %t", resumed, c.resumes)
			}
		})
	}
}

func TestWrongBytesAreNotStored(t *testing.T) {
	t.Parallel()
	for _, target := range []string{"oci:", "oci-archive:", "docker-archive:", ""} {
		t.Run(target, func(t *testing.T) {
			t.Parallel()
			r := newFixture(t, large, ghcrtest.Public)
			r.corrupt = downloads + r.root.Blobs[1].Descriptor.Digest.String()
			dir := t.TempDir()
			if target != "" {
				target += filepath.Join(dir, "it")
			}
			_, _, err := r.pullInto(t.Context(), target)
			var wrong *registry.WrongContent
			if !errors.As(err, &wrong) {
				t.Fatalf("got %v, want WrongContent", err)
			}
			checkNoImage(t, dir)
		})
	}
}

// checkNoImage fails the test if a file below dir is neither oci-layout nor a
// blob with the right digest.
func checkNoImage(t *testing.T, dir string) {
	t.Helper()
	err := filepath.WalkDir(dir, func(path string, d os.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		raw, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		h, _, err := v1.SHA256(strings.NewReader(string(raw)))
		switch {
		case err != nil:
			return err
		case filepath.Base(filepath.Dir(path)) == "sha256" && d.Name() == h.Hex, d.Name() == "oci-layout":
		default:
			t.Errorf("%s still exists", path)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

// The test cancels the pull when half of a layer is written.
func TestCancelledPullLeavesNoImage(t *testing.T) {
	t.Parallel()
	for _, target := range []string{"oci:", "oci-archive:"} {
		t.Run(target, func(t *testing.T) {
			t.Parallel()
			r := newFixture(t, large, ghcrtest.Public)
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			r.ghcr.Inject(
				ghcrtest.Fault{Method: "GET", Path: downloads, After: 1, Effect: ghcrtest.BeforeAnswer{Do: cancel}},
				ghcrtest.Fault{Method: "GET", Path: downloads, Times: ghcrtest.Always, Effect: ghcrtest.Truncate{Bytes: layerSize / 2}})
			dir := t.TempDir()
			if _, _, err := r.pullInto(ctx, target+filepath.Join(dir, "it")); !errors.Is(err, context.Canceled) {
				t.Errorf("got %v", err)
			}
			checkNoImage(t, dir)
		})
	}
}

// A target that is a pipe needs the blobs in the order of the archive.
func TestPullIntoAPipe(t *testing.T) {
	t.Parallel()
	r := newFixture(t, large, ghcrtest.Public)
	path := filepath.Join(t.TempDir(), "image.tar")
	file, err := os.Create(path)
	r.check(err)
	r.stream = file
	_, _, err = r.pullInto(t.Context(), "docker-archive:-")
	r.check(err)
	r.check(file.Close())
	r.checkComplete("oci-archive:" + path)
}

func TestConcurrentPullsIntoOneLayout(t *testing.T) {
	t.Parallel()
	r := newFixture(t, large, ghcrtest.Public)
	dir := filepath.Join(t.TempDir(), "layout")
	var group sync.WaitGroup
	for range 6 {
		group.Go(func() {
			if _, _, err := r.pullInto(t.Context(), dir); err != nil {
				t.Error(err)
			}
		})
	}
	group.Wait()
	r.checkComplete(dir)
}

func TestPrivateImageIsReadWithTheLogin(t *testing.T) {
	t.Parallel()
	r := newFixture(t, multi, ghcrtest.Private)
	dir := filepath.Join(t.TempDir(), "layout")
	found, _, err := r.pullInto(t.Context(), dir)
	r.check(err)
	r.checkComplete(dir)
	if found.ByFirstClient {
		t.Error("the anonymous client found the private image")
	}
	r.Clients = r.Clients[:1]
	if _, _, err := r.pullInto(t.Context(), dir); !registry.IsAbsent(err) {
		t.Errorf("the anonymous client got %v", err)
	}
}

func TestResolveChoosesTheImageForThePlatform(t *testing.T) {
	t.Parallel()
	arm := func(variant string) *v1.Platform {
		return &v1.Platform{OS: "linux", Architecture: "arm", Variant: variant}
	}
	index := func(l *sourcetest.Layout) v1.Descriptor {
		var all []v1.Descriptor
		for i, p := range []*v1.Platform{sourcetest.Unknown, arm("v6"), arm("v7"), sourcetest.ARM64, sourcetest.AMD64, {OS: "linux", Architecture: "amd64", Variant: "v3"}} {
			all = append(all, sourcetest.On(l.Image(p, string(rune('a'+i))), p))
		}
		return l.Index(all...)
	}
	one := func(l *sourcetest.Layout) v1.Descriptor { return l.Image(sourcetest.AMD64, "one") }
	onlyOne := func(l *sourcetest.Layout) v1.Descriptor {
		return l.Index(sourcetest.On(one(l), sourcetest.AMD64), sourcetest.On(l.Image(sourcetest.Unknown, "x"), sourcetest.Unknown))
	}
	here := v1.Platform{OS: "linux", Architecture: "amd64"}
	cases := []struct {
		name   string
		make   func(*sourcetest.Layout) v1.Descriptor
		want   string
		single bool
		here   v1.Platform
		got    string // platform of the chosen image, or "" if the wanted platform is missing
	}{
		{"architecture", index, "linux/amd64", false, here, "linux/amd64"},
		{"variant", index, "linux/arm/v7", false, here, "linux/arm/v7"},
		{"the first of several variants", index, "linux/arm", false, here, "linux/arm/v6"},
		{"arm64 is v8", index, "linux/arm64/v8", false, here, "linux/arm64"},
		{"missing architecture", index, "linux/s390x", false, here, ""},
		{"missing variant", index, "linux/arm/v5", false, here, ""},
		{"an attestation is not an image", index, "unknown/unknown", false, here, ""},
		{"default platform", index, "", true, v1.Platform{OS: "linux", Architecture: "arm64"}, "linux/arm64"},
		{"missing default platform", index, "", true, v1.Platform{OS: "windows", Architecture: "amd64"}, ""},
		{"the only image of an index, for another platform", onlyOne, "", true, v1.Platform{OS: "windows", Architecture: "amd64"}, "linux/amd64"},
		{"an image instead of an index", one, "linux/amd64", false, here, "linux/amd64"},
		{"an image for another platform", one, "linux/arm64", false, here, ""},
		{"an image without a requested platform", one, "", true, v1.Platform{OS: "windows", Architecture: "amd64"}, "linux/amd64"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			r := newFixture(t, c.make, ghcrtest.Public)
			q := pull.Query{Reference: r.repo.Tag("1"), Single: c.single, DefaultPlatform: c.here}
			if c.want != "" {
				p, err := v1.ParsePlatform(c.want)
				r.check(err)
				q.Platform = p
			}
			found, err := r.Resolve(t.Context(), q)
			if c.got == "" {
				if !diag.Is(err, pull.CodePlatformMissing) {
					t.Errorf("got %v", err)
				}
				return
			}
			r.check(err)
			if got := image.PlatformString(found.Root.Platform); got != c.got {
				t.Errorf("got %s, want %s", got, c.got)
			}
			if got := r.ghcr.Counts()[ghcrtest.ClassGetManifest]; got > 2 {
				t.Errorf("the registry got %d requests for manifests", got)
			}
			if c.want != "" && r.root.Index() {
				selected, err := pull.Select("it", r.root, *q.Platform)
				r.check(err)
				if selected.Descriptor.Digest != found.Root.Descriptor.Digest {
					t.Error("Select chooses another image than Resolve")
				}
			}
		})
	}
}

func TestManifestWithAnotherDigestIsRefused(t *testing.T) {
	t.Parallel()
	r := newFixture(t, large, ghcrtest.Public)
	r.ghcr.Inject(ghcrtest.Fault{Method: "GET", Path: "/manifests/", Times: ghcrtest.Always, Effect: ghcrtest.WrongDigest{}})
	if _, err := r.Resolve(t.Context(), r.query()); err == nil {
		t.Error("Resolve accepts a manifest with another digest")
	}
}
