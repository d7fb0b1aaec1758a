package image_test

import (
	"maps"
	"testing"

	v1 "github.com/google/go-containerregistry/pkg/v1"

	"github.com/ghcr-publish/ghcr-publish/internal/image"
)

// windows is an image for Windows.
func windows(digest, version string, features ...string) *image.Manifest {
	return node(digest, &v1.Platform{OS: "windows", Architecture: "amd64", OSVersion: version, OSFeatures: features}, nil)
}

func TestKeysOfPlatformsDistinguishImages(t *testing.T) {
	t.Parallel()
	linux := node("c", &v1.Platform{OS: "linux", Architecture: "amd64"}, nil)
	cases := []struct {
		name   string
		images []*image.Manifest
		want   map[string]string // the first character of each digest
	}{
		{"one image", []*image.Manifest{windows("a", "10.0.1", "win32k"), linux}, map[string]string{"windows/amd64": "a", "linux/amd64": "c"}},
		{"two versions", []*image.Manifest{windows("a", "10.0.1"), windows("b", "10.0.2"), linux}, map[string]string{"windows(10.0.1)/amd64": "a", "windows(10.0.2)/amd64": "b", "linux/amd64": "c"}},
		{"a feature", []*image.Manifest{windows("a", "10.0.1"), windows("b", "10.0.1", "win32k")}, map[string]string{"windows(10.0.1)/amd64": "a", "windows(10.0.1+win32k)/amd64": "b"}},
		{"a feature without a version", []*image.Manifest{windows("a", ""), windows("b", "", "z", "a")}, map[string]string{"windows/amd64": "a", "windows(+a+z)/amd64": "b"}},
		{"a version of one image", []*image.Manifest{windows("a", ""), windows("b", "10.0.1")}, map[string]string{"windows/amd64": "a", "windows(10.0.1)/amd64": "b"}},
		{"two equal platforms", []*image.Manifest{windows("a", "10.0.1"), windows("b", "10.0.1")}, map[string]string{"windows(10.0.1)/amd64": "a"}},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			got := image.ByPlatform(image.PlatformDigests(node("0", nil, nil, c.images...)))
			for key, digest := range got {
				got[key] = digest[len("sha256:"):][:1]
			}
			if !maps.Equal(got, c.want) {
				t.Errorf("got %v, want %v", got, c.want)
			}
		})
	}
}
