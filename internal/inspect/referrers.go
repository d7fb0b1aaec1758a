package inspect

import (
	"context"

	"github.com/google/go-containerregistry/pkg/name"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"golang.org/x/sync/errgroup"

	"github.com/ghcr-publish/ghcr-publish/internal/registry"
	"github.com/ghcr-publish/ghcr-publish/internal/registry/referrers"
)

// Referrer describes a manifest that refers to an image, for example a
// signature, an SBOM or an attestation.
type Referrer struct {
	Digest       string            `json:"digest"`
	MediaType    string            `json:"media_type"`
	ArtifactType string            `json:"artifact_type,omitempty"`
	Size         int64             `json:"size"` // the size of the manifest, in bytes
	Annotations  map[string]string `json:"annotations,omitempty"`
	Tag          string            `json:"tag,omitempty"` // the tag that cosign created, or "" for an entry of the list of referrers
}

// Referrers returns the manifests in a repository that refer to an image. The
// result starts with the manifests in the list of referrers (see
// [referrers.List]). The manifests with a tag of cosign follow (see
// [referrers.CosignTags]). Referrers returns an error if a request fails or
// the list is not valid. For an image without referrers, Referrers returns
// nil and no error.
func Referrers(ctx context.Context, client *registry.Client, repo name.Repository, digest v1.Hash) ([]Referrer, error) {
	group, ctx := errgroup.WithContext(ctx)
	var listed []v1.Descriptor
	group.Go(func() (err error) {
		listed, err = referrers.List(ctx, client, repo, digest)
		return err
	})
	tagged := make([]*Referrer, len(referrers.CosignTags))
	for i, kind := range referrers.CosignTags {
		group.Go(func() (err error) {
			tagged[i], err = cosignReferrer(ctx, client, repo.Tag(referrers.Tag(digest)+kind.Suffix), kind)
			return err
		})
	}
	if err := group.Wait(); err != nil {
		return nil, err
	}
	var out []Referrer
	for _, d := range listed {
		out = append(out, Referrer{
			Digest: hash(d.Digest), MediaType: string(d.MediaType), ArtifactType: d.ArtifactType, Size: d.Size, Annotations: d.Annotations,
		})
	}
	for _, r := range tagged {
		if r != nil {
			out = append(out, *r)
		}
	}
	return out, nil
}

// cosignReferrer returns the manifest with the given tag of cosign, or nil if
// the repository does not have the tag.
func cosignReferrer(ctx context.Context, client *registry.Client, tag name.Tag, kind referrers.CosignTag) (*Referrer, error) {
	desc, err := client.Head(ctx, tag)
	if registry.IsAbsent(err) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	return &Referrer{
		Digest: desc.Digest.String(), MediaType: string(desc.MediaType), ArtifactType: kind.Content + " (cosign)",
		Size: desc.Size, Tag: tag.TagStr(),
	}, nil
}
