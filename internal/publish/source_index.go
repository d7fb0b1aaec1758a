package publish

import (
	"context"
	"errors"

	"github.com/google/go-containerregistry/pkg/name"

	"github.com/ghcr-publish/ghcr-publish/internal/meta"
	"github.com/ghcr-publish/ghcr-publish/internal/publish/resolve"
	"github.com/ghcr-publish/ghcr-publish/internal/registry"
	"github.com/ghcr-publish/ghcr-publish/internal/source"
	"github.com/ghcr-publish/ghcr-publish/internal/source/merge"
)

// IndexSource is an index of the platform images that matrix jobs have pushed.
type IndexSource struct {
	Name     string
	Images   []merge.PlatformImage
	Registry *registry.Client
	// Repository is the repository of the images that the user states only by a
	// digest.
	Repository name.Repository
	Options    merge.Options
}

// Traits implements [Source].
func (s IndexSource) Traits() Traits {
	t := Traits{Timing: resolve.OpenConcurrently, Final: true}
	for _, i := range s.Images {
		if i.Repo != nil {
			t.Repositories = append(t.Repositories, *i.Repo)
		}
	}
	return t
}

// Open implements [Source].
func (s IndexSource) Open(ctx context.Context, names meta.Result) (*source.Source, error) {
	images, err := merge.Read(ctx, s.Registry, s.Repository, s.Images, isAbsentImage)
	if err != nil {
		return nil, err
	}
	options := s.Options
	options.Annotations, options.Defaults = map[string]string{}, map[string]string{}
	for _, pair := range names.Annotations {
		if pair.Describes() {
			options.Defaults[pair.Key] = pair.Value
		} else {
			options.Annotations[pair.Key] = pair.Value
		}
	}
	joined, err := merge.Join(images, options)
	if err != nil {
		return nil, err
	}
	out := &source.Source{Name: s.Name, Kind: source.Registry, Root: joined.Root, Notices: joined.Notices}
	for _, ref := range joined.Referrers {
		entry := ref.Manifest.Descriptor
		entry.ArtifactType, entry.Annotations = ref.ArtifactType, ref.Annotations
		out.Attached = append(out.Attached, source.Attached{Root: ref.Manifest, Subject: ref.Subject.Digest, Entry: entry})
	}
	return out, nil
}

// isAbsentImage reports whether a registry does not have an image. The status 404 of a
// host to which a redirect leads is another failure.
func isAbsentImage(err error) bool {
	var answer *registry.Error
	return registry.IsNotFound(err) && errors.As(err, &answer) && answer.From == ""
}

// Close implements [Source].
func (IndexSource) Close() error { return nil }
