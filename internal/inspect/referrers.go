package inspect

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/google/go-containerregistry/pkg/name"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"golang.org/x/sync/errgroup"

	"github.com/ghcr-publish/ghcr-publish/internal/registry"
)

// maxReferrers bounds what is listed.
const maxReferrers = 1000

// Referrer is a manifest that refers to an image: a signature, an SBOM, an
// attestation.
type Referrer struct {
	Digest       string            `json:"digest"`
	MediaType    string            `json:"media_type"`
	ArtifactType string            `json:"artifact_type,omitempty"`
	Size         int64             `json:"size"`
	Annotations  map[string]string `json:"annotations,omitempty"`
	Tag          string            `json:"tag,omitempty"` // for those that are found by a tag of their own
}

// Registry reads references. Package registry implements it.
type Registry interface {
	Manifest(ctx context.Context, ref name.Reference) (v1.Descriptor, []byte, error)
	Head(ctx context.Context, ref name.Reference) (v1.Descriptor, error)
}

// cosignTags are the endings of the tags that cosign gave what belongs to an
// image before it used the referrers of the spec, and what they hold.
var cosignTags = []struct{ suffix, holds string }{
	{".sig", "signature (cosign)"}, {".att", "attestation (cosign)"}, {".sbom", "SBOM (cosign)"},
}

// Referrers lists what refers to an image of a repository, by the tag that
// stands in for the referrers API (distribution-spec, "Referrers Tag Schema"),
// which ghcr.io does not have (docs/ghcr.md, Referrers), and by cosign's tags.
func Referrers(ctx context.Context, client Registry, repo name.Repository, digest v1.Hash) ([]Referrer, error) {
	base := digest.Algorithm + "-" + digest.Hex
	group, ctx := errgroup.WithContext(ctx)
	var listed []Referrer
	group.Go(func() (err error) {
		listed, err = fallback(ctx, client, repo.Tag(base))
		return err
	})
	tagged := make([]*Referrer, len(cosignTags))
	for i, c := range cosignTags {
		group.Go(func() error {
			desc, err := client.Head(ctx, repo.Tag(base+c.suffix))
			if err == nil {
				tagged[i] = &Referrer{Digest: desc.Digest.String(), MediaType: string(desc.MediaType), ArtifactType: c.holds, Size: desc.Size, Tag: base + c.suffix}
			}
			return registry.IgnoreAbsent(err)
		})
	}
	if err := group.Wait(); err != nil {
		return nil, err
	}
	for _, r := range tagged {
		if r != nil {
			listed = append(listed, *r)
		}
	}
	return listed, nil
}

func fallback(ctx context.Context, client Registry, tag name.Tag) ([]Referrer, error) {
	_, content, err := client.Manifest(ctx, tag)
	if err != nil {
		return nil, registry.IgnoreAbsent(err)
	}
	list, err := readReferrers(content)
	if err != nil {
		return nil, fmt.Errorf("reading the referrers in %q: %w", tag, err)
	}
	return list, nil
}

func readReferrers(content []byte) ([]Referrer, error) {
	var index struct {
		Manifests json.RawMessage `json:"manifests"`
	}
	if err := json.Unmarshal(content, &index); err != nil {
		return nil, err
	}
	if index.Manifests == nil {
		return nil, nil
	}
	in := json.NewDecoder(bytes.NewReader(index.Manifests))
	if open, err := in.Token(); err != nil || open != json.Delim('[') {
		return nil, errors.Join(errors.New("it has no list of manifests"), err)
	}
	var out []Referrer
	for in.More() {
		if len(out) == maxReferrers {
			return nil, fmt.Errorf("there are more than %d", maxReferrers)
		}
		var one struct {
			Digest       v1.Hash           `json:"digest"`
			MediaType    string            `json:"mediaType"`
			ArtifactType string            `json:"artifactType"`
			Size         int64             `json:"size"`
			Annotations  map[string]string `json:"annotations"`
		}
		if err := in.Decode(&one); err != nil {
			return nil, err
		}
		out = append(out, Referrer{Digest: hash(one.Digest), MediaType: one.MediaType, ArtifactType: one.ArtifactType, Size: one.Size, Annotations: one.Annotations})
	}
	return out, nil
}
