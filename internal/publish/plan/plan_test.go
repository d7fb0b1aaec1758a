package plan_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-containerregistry/pkg/name"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/types"

	"github.com/ghcr-publish/ghcr-publish/internal/image"
	"github.com/ghcr-publish/ghcr-publish/internal/publish/plan"
)

func hash(c string) v1.Hash { return v1.Hash{Algorithm: "sha256", Hex: strings.Repeat(c, 64)} }

func blob(c string) *image.Blob {
	return &image.Blob{Descriptor: v1.Descriptor{Digest: hash(c), Size: 10}}
}

func manifest(c string, mediaType types.MediaType, blobs []*image.Blob, children ...*image.Manifest) *image.Manifest {
	return &image.Manifest{Descriptor: v1.Descriptor{Digest: hash(c), MediaType: mediaType}, Blobs: blobs, Children: children}
}

func repo(t *testing.T, text string) name.Repository {
	t.Helper()
	r, err := name.NewRepository(text)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// lines prints a plan, one step per line, so that a case shows the complete plan.
func lines(p *plan.Plan) string {
	var b strings.Builder
	for _, s := range p.Steps {
		mark, what := " ", s.Tag
		if s.Needed {
			mark = "+"
		}
		switch s.Kind {
		case plan.PushBlob:
			what = "pending"
			if !s.Blob.Pending() {
				what = s.Blob.Descriptor.Digest.Hex[:1]
			}
		case plan.PushManifest:
			what = "pending"
			if !s.Manifest.Pending() {
				what = s.Manifest.Descriptor.Digest.Hex[:1]
			}
		}
		how := s.How
		if s.From != nil {
			how = "from " + s.From.Hex[:1]
		}
		b.WriteString(strings.TrimRight(fmt.Sprintf("%s%d %s %s %s", mark, s.Target, s.Kind, what, how), " ") + "\n")
	}
	return b.String()
}

func TestNewListsTheStepsOfEachTarget(t *testing.T) {
	t.Parallel()
	web, copied := repo(t, "ghcr.io/acme/web"), repo(t, "ghcr.io/acme/copy")
	single := func() *image.Manifest {
		return manifest("a", types.OCIManifestSchema1, []*image.Blob{blob("1"), blob("2")})
	}
	index := func() *image.Manifest {
		left := manifest("b", types.OCIManifestSchema1, []*image.Blob{blob("1"), blob("3")})
		right := manifest("c", types.OCIManifestSchema1, []*image.Blob{blob("2"), blob("3")})
		return manifest("d", types.OCIImageIndex, nil, left, right)
	}
	plain := func() *image.Manifest {
		m := single()
		m.Descriptor.Digest = v1.Hash{}
		m.Blobs[1] = &image.Blob{DiffID: hash("9"), PlainSize: 100}
		return m
	}
	mounted := func() *image.Manifest {
		m := single()
		m.Blobs[1].MountFrom = []name.Repository{web}
		return m
	}
	cases := []struct {
		name    string
		root    *image.Manifest
		targets []plan.Target
		want    string
		writes  bool
	}{
		{
			"one tag: the root is written only under the tag", single(),
			[]plan.Target{{Repo: web, Tags: []string{"x"}}},
			"+0 blob 1 upload\n+0 blob 2 upload\n+0 tag x\n", true,
		},
		{
			"two tags: the root is written by digest before the tags", single(),
			[]plan.Target{{Repo: web, Tags: []string{"x", "y"}}},
			"+0 blob 1 upload\n+0 blob 2 upload\n+0 manifest a\n+0 tag x\n+0 tag y\n", true,
		},
		{
			"no tag: the root is written by digest", single(),
			[]plan.Target{{Repo: web}},
			"+0 blob 1 upload\n+0 blob 2 upload\n+0 manifest a\n", true,
		},
		{
			"an index: the children come before the index, and a shared blob is uploaded once", index(),
			[]plan.Target{{Repo: web, Tags: []string{"x"}}},
			"+0 blob 1 upload\n+0 blob 3 upload\n+0 blob 2 upload\n+0 manifest b\n+0 manifest c\n+0 tag x\n", true,
		},
		{
			"a blob that exists", single(),
			[]plan.Target{{Repo: web, Tags: []string{"x"}, HasBlobs: map[v1.Hash]bool{hash("1"): true}}},
			" 0 blob 1 upload\n+0 blob 2 upload\n+0 tag x\n", true,
		},
		{
			"all steps are done", single(),
			[]plan.Target{{Repo: web, Tags: []string{"x", "y"}, HasRoot: true, Now: map[string]v1.Hash{"x": hash("a"), "y": hash("a")}}},
			" 0 blob 1 upload\n 0 blob 2 upload\n 0 manifest a\n 0 tag x from a\n 0 tag y from a\n", false,
		},
		{
			"one tag points at another digest", single(),
			[]plan.Target{{Repo: web, Tags: []string{"x", "y"}, HasRoot: true, Now: map[string]v1.Hash{"x": hash("a"), "y": hash("f")}}},
			" 0 blob 1 upload\n 0 blob 2 upload\n 0 manifest a\n 0 tag x from a\n+0 tag y from f\n", true,
		},
		{
			"two targets: each target has all steps, and the tags come last", single(),
			[]plan.Target{{Repo: web, Tags: []string{"x"}}, {Repo: copied, Tags: []string{"x"}, HasRoot: true}},
			"+0 blob 1 upload\n+0 blob 2 upload\n 1 blob 1 upload\n 1 blob 2 upload\n+0 manifest a\n 1 manifest a\n+0 tag x\n+1 tag x\n", true,
		},
		{
			"uncompressed layers: the digest is unknown, so each step is needed", plain(),
			[]plan.Target{{Repo: web, Tags: []string{"x"}, Now: map[string]v1.Hash{"x": hash("a")}}},
			"+0 blob 1 upload\n+0 blob pending compress and upload\n+0 tag x from a\n", true,
		},
		{
			"a target mounts a blob from another repository, but not from itself", mounted(),
			[]plan.Target{{Repo: web, Tags: []string{"x"}}, {Repo: copied, Tags: []string{"x"}}},
			"+0 blob 1 upload\n+0 blob 2 upload\n+1 blob 1 upload\n+1 blob 2 mount\n+0 manifest a\n+1 manifest a\n+0 tag x\n+1 tag x\n", true,
		},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			p := plan.New(c.root, c.targets, nil)
			if got := lines(p); got != c.want {
				t.Errorf("got\n%swant\n%s", got, c.want)
			}
			if p.Writes() != c.writes {
				t.Errorf("Writes returns %t", p.Writes())
			}
			n := len(p.Of(plan.PushBlob)) + len(p.Of(plan.PushManifest)) + len(p.Of(plan.PointTag))
			if n != len(p.Steps) {
				t.Errorf("Of returns %d steps for all kinds, but the plan has %d", n, len(p.Steps))
			}
		})
	}
}
