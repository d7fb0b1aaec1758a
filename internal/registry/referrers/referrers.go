// Package referrers reads and writes the list of the referrers of an image
// (distribution-spec, "Listing Referrers"). Referrers are signatures,
// attestations and SBOMs.
//
// A registry with the referrers API maintains the list itself. ghcr.io does not
// have the referrers API (docs/ghcr.md, Referrers). On a registry without the
// referrers API, the list is an index under the fallback tag of the subject.
// Clients, not the registry, write the index under the fallback tag ("Referrers
// Tag Schema").
//
// A registry has no conditional write, so two concurrent writers can overwrite each
// other. Package referrers reads the list again after a short random wait, and writes
// missing entries again. This procedure is safe only if every other writer writes the
// list soon after it has read the list. A writer that needs more time than the random
// wait can remove entries from the list.
package referrers

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/google/go-containerregistry/pkg/name"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/types"

	"github.com/ghcr-publish/ghcr-publish/internal/image/document"
	"github.com/ghcr-publish/ghcr-publish/internal/registry"
)

// maxEntries is the maximum number of entries in a list of referrers. A limit is
// necessary, because a reader of the list sends requests for each entry.
const maxEntries = 5000

// Tag returns the fallback tag of a subject.
func Tag(subject v1.Hash) string { return subject.Algorithm + "-" + subject.Hex }

// List returns the referrers of a subject. List uses the referrers API, or the
// fallback tag if the registry does not have the API. The returned list can be
// empty.
func List(ctx context.Context, client *registry.Client, repo name.Repository, subject v1.Hash) ([]v1.Descriptor, error) {
	if pages, err := client.Referrers(ctx, repo, subject); err == nil {
		return entries(pages...)
	} else if !registry.IsAbsent(err) {
		return nil, fmt.Errorf("listing the referrers of %q: %w", subject, err)
	}
	list, _, err := fallback(ctx, client, repo, subject)
	return list, err
}

// fallback returns the entries and the annotations of the index under the
// fallback tag.
func fallback(ctx context.Context, client *registry.Client, repo name.Repository, subject v1.Hash) ([]v1.Descriptor, map[string]string, error) {
	_, raw, err := client.Manifest(ctx, repo.Tag(Tag(subject)))
	if registry.IsAbsent(err) {
		return nil, nil, nil
	}
	if err != nil {
		return nil, nil, fmt.Errorf("listing the referrers of %q: %w", subject, err)
	}
	list, err := entries(raw)
	if err != nil {
		return nil, nil, fmt.Errorf("listing the referrers of %q: %w", subject, err)
	}
	var doc struct {
		Annotations map[string]string `json:"annotations"`
	}
	if err := json.Unmarshal(raw, &doc); err != nil {
		return nil, nil, fmt.Errorf("listing the referrers of %q: %w", subject, err)
	}
	return list, doc.Annotations, nil
}

func entries(pages ...[]byte) ([]v1.Descriptor, error) {
	var all []v1.Descriptor
	for _, raw := range pages {
		doc, err := document.Parse("list of referrers", raw, types.OCIImageIndex)
		if err != nil {
			return nil, err
		}
		if all = append(all, doc.Manifests...); len(all) > maxEntries {
			return nil, fmt.Errorf("the list has more than %d entries", maxEntries)
		}
	}
	return all, nil
}
