package cmd_test

import (
	"fmt"
	"testing"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/types"

	"github.com/ghcr-publish/ghcr-publish/internal/source/sourcetest"
)

// The tree has 8 levels, and each index lists all indexes of the next level. The tree has
// only 150 manifests, but more than 10 million paths from the root to the last level.
func TestIndexesThatListTheSameIndexesAreReadOnce(t *testing.T) {
	t.Parallel()
	l := sourcetest.NewLayout(t)
	artifact := func(i int) v1.Descriptor {
		return l.JSON(types.OCIManifestSchema1, v1.Manifest{
			SchemaVersion: 2, MediaType: types.OCIManifestSchema1, ArtifactType: "application/x-test",
			Config: l.Blob("application/vnd.oci.empty.v1+json", []byte("{}")), Layers: []v1.Descriptor{l.Blob("text/plain", fmt.Append(nil, i))},
		})
	}
	const width = 20
	var level []v1.Descriptor
	for i := range width {
		level = append(level, artifact(i))
	}
	for depth := range 6 {
		var above []v1.Descriptor
		for i := range width {
			above = append(above, l.JSON(types.OCIImageIndex, v1.IndexManifest{
				SchemaVersion: 2, MediaType: types.OCIImageIndex, Manifests: level, Annotations: map[string]string{"number": fmt.Sprint(depth, i)},
			}))
		}
		level = above
	}
	l.Add(l.Index(level...))
	s := newStage(t, acme()).with("source", sourcetest.Dir(t, l.Files()), "tags", "1", "on-loss", "warn")
	s.run().succeeds()
	s.with("labels", "a=b", "annotations", "c=d").run().succeeds()
	s.with("command", "inspect", "source", s.image("acme/web")+":1", "tags", "", "labels", "", "annotations", "").run().succeeds()
}
