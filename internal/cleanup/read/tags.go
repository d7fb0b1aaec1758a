package read

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/ghcr-publish/ghcr-publish/internal/github"
	"github.com/ghcr-publish/ghcr-publish/internal/registry"
)

// settling contains the waits before each read of something that another client possibly
// pushed a short time ago. The lists of GitHub's API and of the registry, and the manifests,
// can disagree for some seconds.
var settling = []time.Duration{0, time.Second, 2 * time.Second, 3 * time.Second, 4 * time.Second}

// tags lists the tags in the registry. A package without a tag has no list.
func (r *Reader) tags(ctx context.Context) ([]string, error) {
	tags, err := r.Registry.Tags(ctx, r.Repo)
	if registry.IsNotFound(err) {
		return nil, nil
	}
	return tags, err
}

// unlistedTags returns the tags of the registry that no version has.
func unlistedTags(versions []github.Version, tags []string) []string {
	listed := map[string]bool{}
	for _, v := range versions {
		for _, tag := range v.Tags {
			listed[tag] = true
		}
	}
	return slices.DeleteFunc(slices.Clone(tags), func(tag string) bool { return listed[tag] })
}

// NewTags returns the tags in the registry that are not known, with their digests.
func (r *Reader) NewTags(ctx context.Context, known func(tag string) bool) (map[string]string, error) {
	tags, err := r.tags(ctx)
	if err != nil {
		return nil, err
	}
	return r.resolve(ctx, slices.DeleteFunc(tags, known))
}

// resolve returns the digests of tags. A tag that the registry lists but does not serve is
// read again some seconds later: the tag is either new, or it was deleted. The result does not
// contain a deleted tag.
func (r *Reader) resolve(ctx context.Context, tags []string) (map[string]string, error) {
	out := map[string]string{}
	for _, wait := range settling {
		if len(tags) > 0 && wait > 0 {
			if err := r.Sleep.Wait(ctx, wait); err != nil {
				return nil, err
			}
		}
		var err error
		if tags, err = r.digests(ctx, tags, out); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// digests adds the digests of tags to a map, and returns the tags that the registry does not
// serve.
func (r *Reader) digests(ctx context.Context, tags []string, out map[string]string) (absent []string, err error) {
	for _, tag := range tags {
		digest, err := r.Digest(ctx, tag)
		switch {
		case err != nil:
			return nil, err
		case digest == "":
			absent = append(absent, tag)
		default:
			out[tag] = digest
		}
	}
	return absent, nil
}

// Digest returns the digest of a tag, or "" if the registry does not serve the tag.
func (r *Reader) Digest(ctx context.Context, tag string) (string, error) {
	desc, err := r.Registry.Head(ctx, r.Repo.Tag(tag))
	if registry.IsNotFound(err) {
		return "", nil
	}
	if err != nil {
		return "", fmt.Errorf("reading the tag %q: %w", tag, err)
	}
	return desc.Digest.String(), nil
}
