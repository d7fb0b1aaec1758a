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
// ghcr.io has no conditional write, so two concurrent writers can overwrite each other.
// Package referrers reads the list again after a short random wait, and writes missing
// entries again. This procedure is safe only if every other writer writes the list soon
// after it has read the list. A writer that needs more time than the random wait can remove
// entries from the list. If a registry names the state of a list with the header ETag, the
// write has the condition that the list is still in this state (RFC 9110, "If-Match").
package referrers

import (
	"context"
	"errors"
	"fmt"
	"sync"

	"github.com/google/go-containerregistry/pkg/name"
	v1 "github.com/google/go-containerregistry/pkg/v1"

	"github.com/ghcr-publish/ghcr-publish/internal/registry"
)

// maxEntries is the maximum number of entries in a list of referrers. A limit is
// necessary, because a reader of the list sends requests for each entry.
const maxEntries = 5000

// Tag returns the fallback tag of a subject.
func Tag(subject v1.Hash) string { return subject.Algorithm + "-" + subject.Hex }

// List returns the referrers of a subject. List uses the referrers API. If the registry does
// not have the API, or if the list of the API is empty, List uses the fallback tag, because
// ghcr.io has also answered with an empty list. The returned list can be empty. List omits
// malformed entries.
func List(ctx context.Context, client *registry.Client, repo name.Repository, subject v1.Hash) ([]v1.Descriptor, error) {
	var list []v1.Descriptor
	var index *document
	var apiErr, err error
	var reading sync.WaitGroup
	// The two reads are concurrent, because ghcr.io has only the fallback tag.
	reading.Go(func() { list, _, apiErr = fromAPI(ctx, client, repo, subject) })
	reading.Go(func() { index, _, err = fallback(ctx, client, repo, subject, registry.IsAbsent) })
	reading.Wait()
	switch {
	case apiErr != nil || len(list) > 0:
		return list, apiErr
	case errors.Is(err, errNotIndex):
		return nil, nil
	case err != nil:
		return nil, err
	}
	return index.descriptors(), nil
}

// fromAPI returns the entries of the referrers API, and whether the registry has the API.
func fromAPI(ctx context.Context, client *registry.Client, repo name.Repository, subject v1.Hash) (list []v1.Descriptor, hasAPI bool, err error) {
	pages, err := client.Referrers(ctx, repo, subject)
	if registry.IsAbsent(err) {
		return nil, false, nil
	}
	for _, raw := range pages {
		var index *document
		if index, err = parseDocument(raw); err != nil {
			break
		}
		list = append(list, index.descriptors()...)
		if err = checkLength(len(list)); err != nil {
			break
		}
	}
	if err != nil {
		return nil, false, fmt.Errorf("listing the referrers of %q: %w", subject, err)
	}
	return list, true, nil
}

// fallback returns the index under the fallback tag, and its header ETag. The index is empty
// if the function "absent" accepts the error of the read.
func fallback(ctx context.Context, client *registry.Client, repo name.Repository, subject v1.Hash, absent func(error) bool) (*document, string, error) {
	raw, state, err := client.TagState(ctx, repo.Tag(Tag(subject)))
	if absent(err) {
		return newDocument(), "", nil
	}
	var index *document
	if err == nil {
		index, err = parseDocument(raw)
	}
	if err != nil {
		return nil, "", fmt.Errorf("listing the referrers of %q: %w", subject, err)
	}
	return index, state, nil
}
