// Package referrers reads and writes the list of what refers to an image:
// signatures, attestations, SBOMs (distribution-spec, "Listing Referrers").
//
// Where a registry has the referrers API, it keeps the list itself. ghcr.io has
// none (docs/ghcr.md, Referrers): there the list is an index under the fallback
// tag of the subject, which clients write ("Referrers Tag Schema"). A registry
// has no conditional write, so two writers at once can overwrite each other:
// this package reads the list again after a short random wait and writes what
// was lost. An entry is safe from every writer that takes less time between its
// read and its write than that wait; it is not safe from writers that do not
// look again themselves.
package referrers

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/google/go-containerregistry/pkg/name"
	v1 "github.com/google/go-containerregistry/pkg/v1"

	"github.com/ghcr-publish/ghcr-publish/internal/registry"
)

// maxEntries bounds a list: each entry costs requests of those who read it.
const maxEntries = 5000

// Tag is the fallback tag of a subject.
func Tag(subject v1.Hash) string { return subject.Algorithm + "-" + subject.Hex }

// List returns the manifests that refer to a subject, by the API where there
// is one, else by the fallback tag. None is no error.
func List(ctx context.Context, client *registry.Client, repo name.Repository, subject v1.Hash) ([]v1.Descriptor, error) {
	if pages, err := client.Referrers(ctx, repo, subject); err == nil {
		return entries(pages...)
	} else if !registry.IsAbsent(err) {
		return nil, fmt.Errorf("listing what refers to %s: %w", subject, err)
	}
	list, _, err := fallback(ctx, client, repo, subject)
	return list, err
}

// fallback reads the index under the fallback tag, and its annotations.
func fallback(ctx context.Context, client *registry.Client, repo name.Repository, subject v1.Hash) ([]v1.Descriptor, map[string]string, error) {
	_, raw, err := client.Manifest(ctx, repo.Tag(Tag(subject)))
	if registry.IsAbsent(err) {
		return nil, nil, nil
	}
	if err != nil {
		return nil, nil, fmt.Errorf("listing what refers to %s: %w", subject, err)
	}
	list, err := entries(raw)
	if err != nil {
		return nil, nil, fmt.Errorf("listing what refers to %s: %w", subject, err)
	}
	var doc v1.IndexManifest
	if err := json.Unmarshal(raw, &doc); err != nil {
		return nil, nil, fmt.Errorf("listing what refers to %s: %w", subject, err)
	}
	return list, doc.Annotations, nil
}

func entries(pages ...[]byte) ([]v1.Descriptor, error) {
	var all []v1.Descriptor
	for _, raw := range pages {
		var doc v1.IndexManifest
		if err := json.Unmarshal(raw, &doc); err != nil {
			return nil, err
		}
		if all = append(all, doc.Manifests...); len(all) > maxEntries {
			return nil, fmt.Errorf("the list has more than %d entries", maxEntries)
		}
	}
	return all, nil
}
