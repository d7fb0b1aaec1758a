package publish

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/google/go-containerregistry/pkg/name"

	"github.com/ghcr-publish/ghcr-publish/internal/diag"
	"github.com/ghcr-publish/ghcr-publish/internal/diag/nearest"
	"github.com/ghcr-publish/ghcr-publish/internal/pull"
	"github.com/ghcr-publish/ghcr-publish/internal/registry"
)

// maxShownTags is the maximum number of tags in a hint.
const maxShownTags = 8

// NameTags adds the tags that resemble a missing tag to the hint of an error of
// [Explainer.Read]. NameTags sends one request, and only after the registry has answered
// that the tag does not exist. If the registry does not list the tags, NameTags returns
// the error unchanged.
func NameTags(ctx context.Context, client *registry.Client, err error, ref name.Reference) error {
	var found *diag.Error
	var answer *registry.Error
	tag, isTag := ref.(name.Tag)
	if !isTag || !errors.As(err, &found) || found.Code != pull.CodeNotFound || !errors.As(found.Err, &answer) || !answer.Lacks(ref) {
		return err
	}
	tags, listErr := client.FirstTags(ctx, ref.Context())
	if listErr != nil || len(tags) == 0 {
		return err
	}
	found.Hint = tagsHint(tag.TagStr(), tags)
	return err
}

// tagsHint returns the hint for a tag that a readable repository does not have.
func tagsHint(missing string, tags []string) string {
	for _, prefixed := range []string{"v" + missing, strings.TrimPrefix(missing, "v")} {
		for _, tag := range tags {
			if tag == prefixed {
				return fmt.Sprintf("Did you mean the tag %s? Tags are case-sensitive.", tag)
			}
		}
	}
	if like := nearest.Of(missing, tags); len(like) > 0 {
		return fmt.Sprintf("Did you mean the tag %s? Tags are case-sensitive.", strings.Join(like, " or "))
	}
	shown := strings.Join(tags[:min(len(tags), maxShownTags)], ", ")
	if more := len(tags) - maxShownTags; more > 0 {
		shown = fmt.Sprintf("%s and %d more", shown, more)
	}
	return fmt.Sprintf("Write a tag that exists. The repository has these tags: %s.", shown)
}
